//go:build unix

package graph_test

import (
	"syscall"
	"testing"
	"time"
)

// cpu is the processor time of this process: wall times say who else was busy.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
