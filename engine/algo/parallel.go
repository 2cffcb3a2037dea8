package algo

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// threads is the number of goroutines that an option asks for: all processors
// where it says nothing.
func threads(option int) int {
	if option <= 0 {
		return runtime.GOMAXPROCS(0)
	}
	return option
}

// parallel calls f for each chunk of grain numbers in [0, n), on up to the given
// number of goroutines, of which the caller's is one; worker tells them apart.
// The chunks are the same for any number of goroutines, so that what is summed
// by chunk does not depend on it. It stops between chunks when ctx ends.
func parallel(ctx context.Context, threads, n, grain int, f func(worker, lo, hi int)) error {
	var next atomic.Int64
	work := func(worker int) {
		for ctx.Err() == nil {
			hi := int(next.Add(int64(grain)))
			if hi-grain >= n {
				return
			}
			f(worker, hi-grain, min(hi, n))
		}
	}
	var wg sync.WaitGroup
	for w := 1; w < min(threads, (n+grain-1)/grain); w++ {
		wg.Go(func() { work(w) })
	}
	work(0)
	wg.Wait()
	return ctx.Err()
}
