package graph

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// parallel calls f for 0…n−1 on so many threads, 0 for one per processor, and
// returns when all are done.
func parallel(threads, n int, f func(i int)) {
	parallelWith(threads, n, func(i int, _ *struct{}) { f(i) })
}

// parallelWith is parallel for an f that needs memory to work in: each thread has
// its own, zero before its first call.
func parallelWith[S any](threads, n int, f func(i int, own *S)) {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	threads = min(threads, n)
	if threads <= 1 {
		own := new(S)
		for i := range n {
			f(i, own)
		}
		return
	}
	var next atomic.Int64
	var all sync.WaitGroup
	for range threads {
		all.Go(func() {
			own := new(S)
			for i := int(next.Add(1) - 1); i < n; i = int(next.Add(1) - 1) {
				f(i, own)
			}
		})
	}
	all.Wait()
}

// Sizes of radix partitions: at most so many parts, whose write positions fit
// the first-level cache and the table of large pages; parts of so many bytes,
// which fit the second-level cache; and a list below the third needs none.
const (
	mostParts   = 1 << 10
	partBytes   = 1 << 18
	smallEnough = 1 << 15
)

// partShift is by how much numbers below n are shifted right to give parts of a
// list of so many bytes.
func partShift(n, bytes int) (shift uint) {
	for n>>shift >= min(mostParts, bytes/partBytes+1) {
		shift++
	}
	return shift
}

// groupBy lists 0…len(keys)−1 grouped by key, each group in ascending order:
// group k is order[start[k]:start[k+1]], for keys below n. It is a counting
// sort; a long list is partitioned by the upper bits of its keys first, so that
// no step writes all over memory. Time: O(len(keys) + n).
func groupBy[K ~uint32, I ~uint32](keys []K, n int, threads int) (start []uint32, order []I) {
	start = makeHuge[uint32](n + 1)
	order = makeHuge[I](len(keys))
	if len(keys) < smallEnough || n < mostParts {
		for _, k := range keys {
			start[k+1]++
		}
		accumulate(start)
		next := slices.Clone(start[:n])
		for i, k := range keys {
			order[next[k]] = I(i)
			next[k]++
		}
		return start, order
	}
	shift := partShift(n, 8*len(keys))
	parts, pairs := partition(keys, shift, n)
	parallel(threads, len(parts)-1, func(p int) {
		lo, hi := p<<shift, min((p+1)<<shift, n)
		part := pairs[parts[p]:parts[p+1]]
		next := make([]uint32, hi-lo)
		for _, pair := range part {
			next[int(pair>>32)-lo]++
		}
		at := uint32(parts[p])
		for k, count := range next {
			start[lo+k], next[k] = at, at
			at += count
		}
		for _, pair := range part {
			k := int(pair>>32) - lo
			order[next[k]] = I(uint32(pair))
			next[k]++
		}
	})
	start[n] = uint32(len(keys))
	return start, order
}

// partition lists key<<32 | index by part, key>>shift, in ascending order of
// index within a part; part p is pairs[parts[p]:parts[p+1]].
func partition[K ~uint32](keys []K, shift uint, n int) (parts []int, pairs []uint64) {
	parts = make([]int, (n-1)>>shift+2)
	for _, k := range keys {
		parts[k>>shift+1]++
	}
	for p := 1; p < len(parts); p++ {
		parts[p] += parts[p-1]
	}
	next := slices.Clone(parts)
	pairs = makeHuge[uint64](len(keys))
	for i, k := range keys {
		p := k >> shift
		pairs[next[p]] = uint64(k)<<32 | uint64(i)
		next[p]++
	}
	return parts, pairs
}

// reclaim collects what was dropped before so many bytes are made, if they are
// many. They then lie in memory that the process has already: the system takes
// several times as long to give new pages as it takes to fill them, and the peak
// is lower. A collection costs little here, for large tables hold no pointers.
func reclaim(size int) {
	if size >= 1<<26 {
		runtime.GC()
	}
}

// accumulate turns counts at v+1 into starts.
func accumulate(start []uint32) {
	for i := 1; i < len(start); i++ {
		start[i] += start[i-1]
	}
}
