package algo

import (
	"cmp"
	"slices"
)

// Flow is an amount that moves at a time, in or out.
type Flow struct {
	At     int64
	Amount float64
}

// Passed is how much of in-flow In left again with out-flow Out.
type Passed struct {
	In, Out int
	Amount  float64
}

// PassThrough matches what comes in with what goes out later, first in, first
// out: each out-flow is covered by the oldest in-flows that are not used up and
// no older than window. Both lists are ascending in time; at one time money
// comes before it goes. An in-flow of which an out-flow leaves no more than the
// share kept is used up: the rest is what was kept, and covers nothing later.
// Matches come by out-flow, then in-flow. Flows that are not above nothing match
// nothing.
//
// It is the pass-through test of money laundering work (Li et al. 2020,
// "FlowScope", doi:10.1609/aaai.v34i04.5906, for one account and ordered in
// time). Misleads where an account keeps a balance: any payment out then looks
// covered, so weigh how much of what came in left again. Time: O(in + out).
func PassThrough(in, out []Flow, window int64, kept float64) []Passed {
	var all []Passed
	left := make([]float64, len(in))
	for i, f := range in {
		left[i] = f.Amount
	}
	oldest := 0
	for j, o := range out {
		need := o.Amount
		for oldest < len(in) && (left[oldest] <= 0 || o.At-in[oldest].At > window) {
			oldest++
		}
		for i := oldest; i < len(in) && need > 0 && in[i].At <= o.At; i++ {
			if left[i] <= 0 {
				continue
			}
			take := min(need, left[i])
			left[i] -= take
			need -= take
			if left[i] <= kept*in[i].Amount {
				left[i] = 0
			}
			all = append(all, Passed{i, j, take})
		}
	}
	return all
}

// TimedArc is an arc at a time.
type TimedArc struct {
	From, To uint32
	At       int64
}

// TemporalCycles lists cycles whose arcs follow each other in time: each arc is
// later than the one before and all lie within window of the first; no vertex
// is met twice. A cycle is the numbers of its arcs in order, of at most most
// arcs and at least two; the first arc is the earliest. Cycles come by their
// arcs. At most limit are listed (0: no limit); truncated says that there are
// more.
//
// It is the depth-first search that 2SCENT (Kumar and Calders 2018,
// doi:10.14778/3236187.3236197) makes fast with bundles and bloom filters; a
// ring is small enough without. Time: O(arcs · d^most) with d arcs per vertex
// and window, so bound what goes in.
func TemporalCycles(arcs []TimedArc, most int, window int64, limit int) (cycles [][]int, truncated bool) {
	order := make([]int, len(arcs))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(arcs[a].At, arcs[b].At), cmp.Compare(a, b))
	})
	byFrom := make(map[uint32][]int) // by time
	for _, i := range order {
		byFrom[arcs[i].From] = append(byFrom[arcs[i].From], i)
	}
	var path []int
	met := make(map[uint32]bool)
	var grow func(first, last TimedArc) bool
	grow = func(first, last TimedArc) bool {
		next := byFrom[last.To]
		k, _ := slices.BinarySearchFunc(next, last.At+1, func(i int, at int64) int { return cmp.Compare(arcs[i].At, at) })
		for _, i := range next[k:] {
			a := arcs[i]
			if a.At-first.At > window {
				break
			}
			if a.To == first.From {
				if limit > 0 && len(cycles) >= limit {
					return false
				}
				cycles = append(cycles, append(slices.Clone(path), i))
				continue
			}
			if met[a.To] || len(path)+2 > most {
				continue
			}
			met[a.To], path = true, append(path, i)
			ok := grow(first, a)
			path = path[:len(path)-1]
			delete(met, a.To)
			if !ok {
				return false
			}
		}
		return true
	}
	for _, i := range order {
		a := arcs[i]
		if a.From == a.To {
			continue
		}
		clear(met)
		met[a.From], met[a.To] = true, true
		path = append(path[:0], i)
		if !grow(a, a) {
			truncated = true
			break
		}
	}
	slices.SortFunc(cycles, func(a, b []int) int { return slices.Compare(a, b) })
	return cycles, truncated
}
