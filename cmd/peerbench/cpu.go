package main

import "syscall"

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
