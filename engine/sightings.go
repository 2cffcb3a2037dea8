package engine

import (
	"cmp"
	"math"
	"slices"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// Ends of spans that are open, in milliseconds.
const (
	always = math.MinInt64
	never  = math.MaxInt64
)

// sighting is one time that an account was seen with an identifier, and the
// milliseconds in which that counts: lo ≤ t ≤ hi.
type sighting struct {
	account graph.Vertex
	link    graph.LinkID
	lo, hi  int64
}

// later is ms + d without running over the end of time.
func later(ms, d int64) int64 {
	if d > never-max(ms, 0) {
		return never
	}
	return ms + d
}

// applySpans orders the sightings of one identifier by time and sets when each
// one counts: from the sighting to its stated end, else for the kind's hold;
// one without a time counts always. For an exclusive kind another owner's later
// sighting ends a span, and what a hold had added goes: the first owner was
// last seen when it was last seen.
func applySpans(g *graph.Snapshot, sightings []sighting, r policy.KindRule) {
	for i := range sightings {
		s := &sightings[i]
		at, until := g.At(s.link), g.Until(s.link)
		switch {
		case !at.Known():
			s.lo, s.hi = always, never
		case until.Known():
			s.lo, s.hi = at.Millis(), max(at.Millis(), until.Millis())
		default:
			s.lo, s.hi = at.Millis(), later(at.Millis(), r.Hold.Millis())
		}
	}
	slices.SortFunc(sightings, func(a, b sighting) int {
		return cmp.Or(cmp.Compare(a.lo, b.lo), cmp.Compare(a.account, b.account), cmp.Compare(a.link, b.link))
	})
	if !r.Exclusive {
		return
	}
	endOwners(g, sightings)
}

// endOwners cuts the spans of an exclusive identifier, whose sightings come by
// time, where another owner follows. Who is seen again after that never gave
// it up: the two of them hold it at once.
func endOwners(g *graph.Snapshot, sightings []sighting) {
	next := int64(never) // when the owner after the one of the run began
	var after []sighting // the last sighting of each account that follows
	for i := len(sightings) - 1; i >= 0; i-- {
		if i+1 < len(sightings) && sightings[i+1].account != sightings[i].account {
			next = sightings[i+1].lo
		}
		s := &sightings[i]
		k := slices.IndexFunc(after, func(o sighting) bool { return o.account == s.account })
		if k < 0 {
			after = append(after, *s)
		}
		switch {
		case s.lo == always || s.hi < next || next == s.lo:
		case k >= 0 && after[k].lo > next:
			s.hi = min(s.hi, after[k].lo)
		case g.Until(s.link).Known():
			s.hi = next - 1
		default:
			s.hi = s.lo
		}
	}
}

// overlapGroups cuts ordered sightings where nothing spans the gap: within a
// group each span lies within window of one before it.
func overlapGroups(sightings []sighting, window policy.Span) [][]sighting {
	var groups [][]sighting
	start, reach := 0, int64(always)
	for i, s := range sightings {
		if i > start && reach != never && s.lo > later(reach, window.Millis()) {
			groups = append(groups, sightings[start:i])
			start, reach = i, always
		}
		reach = max(reach, s.hi)
	}
	if start < len(sightings) {
		groups = append(groups, sightings[start:])
	}
	return groups
}
