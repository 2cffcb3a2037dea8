//go:build !unix

package loadertest

import (
	"testing"
	"time"
)

// CPU is 0 on systems that do not tell processor time.
func CPU(testing.TB) time.Duration { return 0 }
