package engine

import (
	"fmt"
	"math"

	"ringleader/graph"
)

// joinPoints joins the hits of accounts whose credentials were caught at one
// point not long before, where that point explains the hits better than chance
// does; and the hits of one session of drains. Both put a wave together of which
// things and receivers show parts only.
//
// The null model of a point: of so many accounts that were caught there as many
// are hit as of all accounts are drained. It is the common point of purchase of
// card fraud, asked of phishing pages. Time: O(visits · events of an account).
func (t takeover) joinPoints(visits []visit, by joins, join func([]int)) {
	atPoint, inSession := make(map[string][]int), make(map[int][]int)
	for i := range visits {
		v := &visits[i]
		if !v.hit() {
			continue
		}
		if p := t.caughtAt(v); by&byPoint != 0 && p != "" {
			atPoint[p] = append(atPoint[p], i)
		}
		if s, ok := t.sessionOf(v); by&bySession != 0 && ok {
			inSession[s] = append(inSession[s], i)
		}
	}
	for p, group := range atPoint {
		if hits, _ := countHits(visits, group); hits > 1 && t.pointBits(p, hits) >= pointNeeds {
			join(group)
		}
	}
	for _, group := range inSession {
		if hits, _ := countHits(visits, group); hits > 1 {
			join(group)
		}
	}
}

// pointNeeds is how surprising the hits of a point must be to put them together.
const pointNeeds = 6

// pointBits is how unlikely so many hits are of those whom a point caught.
func (d *ground) pointBits(point string, hits int) float64 {
	rate := share(len(d.tables.drains.of), d.pop.accounts)
	return surprise(float64(hits), rate*float64(d.tables.caught[point]))
}

// caughtAt is the last point at which the credential of a hit account was
// caught, not long before; empty if there is none.
func (d *ground) caughtAt(v *visit) string {
	point, last := "", int64(math.MinInt64)
	first := v.debits[0].at.Millis()
	for e := range d.g.History(v.account) {
		if e.Name != eventPhished || e.Value == "" || !e.At.Known() {
			continue
		}
		if at := e.At.Millis(); at > last && at <= first && first-at <= d.policy.Takeover.Caught.Millis() {
			point, last = e.Value, at
		}
	}
	return point
}

// sessionOf is the stretch of a session of drains that a hit is part of, in which
// each drain follows the one before sooner than any at its merchant would by
// chance, at the pace of that hour of the day: thieves keep the same hours, and in
// a large world two rings empty accounts at one merchant within minutes every night.
func (d *ground) sessionOf(v *visit) (int, bool) {
	t := &d.tables.drains
	i, ok := t.of[v.account]
	for ; ok && i < len(t.all) && t.all[i].account == v.account; i++ {
		x := &t.all[i]
		if s, in := t.sessionOf[i]; in && len(t.sessions[s]) > 1 && v.debits[0].at.Millis() <= x.to && v.debits[len(v.debits)-1].at.Millis() >= x.from {
			return t.closeOf[i], true
		}
	}
	return 0, false
}

// countCaught counts, for each point, the accounts whose credentials were caught
// there.
func (d *ground) countCaught() {
	d.tables.caught = make(map[string]int)
	for a := d.lo; a < d.hi; a++ {
		last := ""
		for e := range d.g.History(a) { // ascending by name, time, value
			if e.Name == eventPhished && e.Value != "" && e.Value != last {
				d.tables.caught[e.Value]++
				last = e.Value
			}
		}
	}
}

// mainPoint is the point that caught most of some accounts' hits, the first of
// equals by name.
func (x *assessment) mainPoint() (point string, hits int) {
	by := make(map[string]map[graph.Vertex]bool)
	for i := range x.hits {
		p := x.caughtAt(&x.hits[i])
		if p == "" {
			continue
		}
		if by[p] == nil {
			by[p] = make(map[graph.Vertex]bool)
		}
		by[p][x.hits[i].account] = true
	}
	for _, p := range sortedKeys(by) {
		if len(by[p]) > hits {
			point, hits = p, len(by[p])
		}
	}
	return point, hits
}

// addPoint: one point that caught several victims, against the share of
// accounts that are drained at all.
func (x *assessment) addPoint() {
	if point, hits := x.mainPoint(); hits > 1 {
		others := x.tables.caught[point] - hits
		x.add("point", fmt.Sprintf("credentials of %d of %d accounts were caught at one point not long before, as were those of %d others",
			hits, len(x.victims), max(others, 0)), min(8, x.pointBits(point, hits)/2))
	}
}
