package engine

import (
	"cmp"
	"slices"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// statsOf measures an identifier; who has it at one time costs as much as all the
// rest, so it is counted only if asked for. Time: O(n log n) for n sightings.
func (d *ground) statsOf(sightings []sighting, rule policy.KindRule, atOnce bool) policy.IdentifierStats {
	accounts := accountsOf(sightings)
	s := policy.IdentifierStats{Accounts: len(accounts), People: d.people(accounts)}
	s.AboveCap = s.Accounts > rule.Cap
	stays := d.stays(sightings)
	if atOnce {
		s.AtOnce = d.mostAtOnce(slices.Clone(sightings), rule)
	}
	if len(stays) == 0 {
		return s
	}
	natives, returning := 0, 0
	lengths := make([]int64, len(stays))
	s.First = stays[0].from
	for i, x := range stays {
		to := x.to
		for _, y := range x.sightings {
			to = max(to, d.g.Until(y.link)) // where the data says so
		}
		s.Last = max(s.Last, to)
		lengths[i] = to.Millis() - x.from.Millis()
		returning += one(lengths[i] >= dayMillis)
		opened := d.openedAt(x.sightings[0].account)
		natives += one(opened.Known() && absolute(x.from.Millis()-opened.Millis()) <= dayMillis)
	}
	slices.Sort(lengths)
	s.Stay = policy.SpanOf(lengths[(len(lengths)-1)/2])
	s.Natives, s.Returning = float64(natives)/float64(len(stays)), float64(returning)/float64(len(stays))
	s.PerDay = float64(len(stays)) / max(1, float64(s.Last.Millis()-s.First.Millis())/dayMillis)
	return s
}

// mostAtOnce is the most accounts whose valid spans meet. It orders sightings.
func (d *ground) mostAtOnce(sightings []sighting, rule policy.KindRule) int {
	applySpans(d.g, sightings, rule)
	type change struct {
		at      int64
		step    int // ends after beginnings of the same time
		account graph.Vertex
	}
	var all []change
	for _, s := range sightings {
		all = append(all, change{s.lo, 1, s.account}, change{s.hi, -1, s.account})
	}
	slices.SortFunc(all, func(a, b change) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(b.step, a.step)) })
	open := make(map[graph.Vertex]int)
	most := 0
	for _, c := range all {
		if open[c.account] += c.step; open[c.account] == 0 {
			delete(open, c.account)
		}
		most = max(most, len(open))
	}
	return most
}
