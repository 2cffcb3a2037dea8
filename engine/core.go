package engine

import (
	"cmp"
	"math"
	"slices"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// An identifier above its cap ties nobody as a whole. What it may tie are parts
// of its accounts that have more to do with it than passing by: bursts, and its
// core.

// bursts finds, on an identifier above its cap, the groups of accounts that
// were first seen on it within the rule's span and not by chance at the
// identifier's own pace round about. Time: O(n log n).
func (d *ground) bursts(sightings []sighting, r policy.BurstRule) [][]sighting {
	if r.Accounts == 0 {
		return nil
	}
	first := d.firstSightings(sightings)
	width := r.Within.Millis()
	var out [][]sighting
	start, end := 0, 0 // of the burst being grown: first[start:end]
	j := 0
	for i := range first {
		for j < len(first) && first[j].lo-first[i].lo <= width {
			j++
		}
		if j-i < r.Accounts || paceBits(first, i, j, width) < r.Bits {
			continue
		}
		if i >= end && end > start {
			out = append(out, first[start:end])
			start = i
		} else if end == start {
			start = i
		}
		end = j
	}
	if end > start {
		out = append(out, first[start:end])
	}
	return out
}

// firstSightings keeps the first sighting of each account that has a time, in
// order of time; lo and hi are that time.
func (d *ground) firstSightings(sightings []sighting) []sighting {
	var first []sighting
	for _, s := range sightings {
		if at := d.g.At(s.link); at.Known() {
			s.lo, s.hi = at.Millis(), at.Millis()
			first = append(first, s)
		}
	}
	slices.SortFunc(first, func(a, b sighting) int {
		return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.lo, b.lo), cmp.Compare(a.link, b.link))
	})
	first = slices.CompactFunc(first, func(a, b sighting) bool { return a.account == b.account })
	slices.SortFunc(first, func(a, b sighting) int {
		return cmp.Or(cmp.Compare(a.lo, b.lo), cmp.Compare(a.account, b.account))
	})
	return first
}

// paceBits is how unlikely first[i:j], which lie within width, are if accounts
// come as a Poisson process at the pace of the surroundings, four and
// twenty widths to each side, or of the whole time, whichever is faster: the
// Chernoff bound k·log2(k/λ) − (k−λ)·log2 e, less log2 of the number of places
// where such a group could have stood.
func paceBits(first []sighting, i, j int, width int64) float64 {
	k := float64(j - i)
	side := 24 * width
	byTime := func(s sighting, t int64) int { return cmp.Compare(s.lo, t) }
	before, _ := slices.BinarySearchFunc(first, first[i].lo-side, byTime)
	after, _ := slices.BinarySearchFunc(first, first[j-1].lo+side+1, byTime)
	near := i - before + after - j
	whole := float64(max(first[len(first)-1].lo-first[0].lo, 2*side))
	pace := max(float64(near+1)/float64(2*side), float64(len(first)-(j-i)+1)/whole)
	lambda := pace * float64(width)
	if k <= lambda {
		return 0
	}
	bits := k*math.Log2(k/lambda) - (k-lambda)*math.Log2E
	return max(0, bits-math.Log2(whole/float64(width)))
}

// appendCore adds the ties of an identifier's core, if it has one: the accounts
// that are at home on it. Natives were first seen on it about when they were
// opened; regulars came back to it. Visitors of a repair shop are neither, the
// accounts of a farm are one or the other. A core goes on while the next account
// comes within the rule's gap; one that goes on for longer than the rule's span
// belongs to something public, and ties nobody. Nor does one that is too small a
// part of all that were seen there in its time: everybody is at home behind a
// carrier. Time: O(n log n).
func (d *ground) appendCore(ties []tie, v graph.Vertex, sightings []sighting, r policy.CoreRule) []tie {
	if r.Accounts == 0 || len(sightings) < r.Accounts {
		return ties
	}
	all := d.stays(sightings)
	var core []stay
	for _, s := range all {
		if d.atHome(s, r) {
			core = append(core, s)
		}
	}
	for len(core) >= r.Accounts {
		n := 1
		for n < len(core) && core[n].from.Millis()-core[n-1].from.Millis() <= r.Gap.Millis() {
			n++
		}
		run := core[:n]
		core = core[n:]
		first, last := run[0].from, run[n-1].from
		if n < r.Accounts || last.Millis()-first.Millis() > r.Within.Millis() {
			continue
		}
		seen := 0
		for _, s := range all {
			if s.from >= first && s.from <= last {
				seen++
			}
		}
		if float64(n) < r.Share*float64(seen) {
			continue
		}
		var bound []sighting
		for _, s := range run {
			bound = append(bound, s.sightings...)
		}
		ties = append(ties, d.newTie(v, bound, true))
	}
	return ties
}

// stay is the sightings with a time of one account on one thing.
type stay struct {
	sightings []sighting // by time
	from, to  graph.Time
}

// stays lists who was on a thing, by first sighting, then account.
func (d *ground) stays(sightings []sighting) []stay {
	all := make([]sighting, 0, len(sightings))
	for _, s := range sightings {
		if d.g.At(s.link).Known() {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b sighting) int {
		return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(d.g.At(a.link), d.g.At(b.link)), cmp.Compare(a.link, b.link))
	})
	var out []stay
	for i := 0; i < len(all); {
		j := i + 1
		for j < len(all) && all[j].account == all[i].account {
			j++
		}
		out = append(out, stay{all[i:j], d.g.At(all[i].link), d.g.At(all[j-1].link)})
		i = j
	}
	slices.SortFunc(out, func(a, b stay) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.sightings[0].account, b.sightings[0].account))
	})
	return out
}

// atHome reports whether an account is a native or a regular of a thing.
func (d *ground) atHome(s stay, r policy.CoreRule) bool {
	if r.Regulars > 0 && s.to.Millis()-s.from.Millis() >= r.Regulars.Millis() {
		return true
	}
	opened := d.openedAt(s.sightings[0].account)
	return r.Natives > 0 && opened.Known() && absolute(s.from.Millis()-opened.Millis()) <= r.Natives.Millis()
}
