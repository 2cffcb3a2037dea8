package main

import (
	"bytes"
	"os"
	"runtime/debug"
	"strconv"
	"syscall"
)

// cpuSeconds is the user and system time of the process so far.
func cpuSeconds() float64 {
	u := usage()
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// peakMB is the largest resident set of the process so far.
func peakMB() float64 { return float64(usage().Maxrss) / 1024 }

func usage() (u syscall.Rusage) {
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail for the process itself
	return u
}

// resident is how much memory the process holds, in MB, once all that is garbage
// has been given back; from then on peakBeyond counts anew. 0 where the system is not Linux.
func resident() float64 {
	debug.FreeOSMemory()
	if os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) != nil {
		return 0
	}
	return status("VmRSS:")
}

// peakBeyond is the largest resident set since resident, less what there was
// then: what the work took beside its input, the collector's headroom included.
func peakBeyond(before float64) float64 {
	if before == 0 {
		return 0
	}
	return status("VmHWM:") - before
}

// status is a size of /proc/self/status in MB.
func status(name string) float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(text) {
		if f := bytes.Fields(line); len(f) > 1 && string(f[0]) == name {
			kb, err := strconv.ParseFloat(string(f[1]), 64)
			if err == nil {
				return kb / 1024
			}
		}
	}
	return 0
}
