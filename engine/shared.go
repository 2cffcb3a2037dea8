package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// shared finds clusters of accounts on common identifiers: device farms, and
// groups that share several identifiers where no other pattern fits.
//
// Sharing alone is weak: families, offices and repair shops share too. What
// tells a farm is time: accounts opened together, or first seen on one thing
// within the hour. So the null models are the population's own tails (how many
// accounts an identifier of a kind has), its pace of openings and of first
// sightings; long common use and a common roof speak against. Known to
// misfire on: families that set up several new accounts on one day.
type shared struct{ *ground }

func (shared) name() string { return policy.DetectorShared }

func (s shared) ties(ctx context.Context, t *tied) error { return s.identifierTies(ctx, t) }

// propose lists what each tie binds; the views of a component do the rest.
func (s shared) propose(_ context.Context, c *component) ([][]graph.Vertex, error) {
	var sets [][]graph.Vertex
	for _, t := range c.ties {
		if t.found == policy.DetectorShared && len(t.accounts) >= c.policy.Cluster.Accounts {
			sets = append(sets, t.accounts)
		}
	}
	return sets, nil
}

// assess weighs a set of accounts as a cluster on shared identifiers.
func (s shared) assess(c *component, accounts []graph.Vertex) (*candidate, bool) {
	ties := c.inside(accounts).ties
	best := bestByKind(c, ties)
	if len(best) == 0 {
		return nil, false
	}
	r := &candidate{typology: SharedIdentifiers, accounts: accounts}
	own := make(map[graph.Vertex]float64)
	s.addSharing(r, ties, own)
	s.addOpenings(r, accounts, own)
	s.addFirstSeen(r, best, own)
	s.addLongUse(r, best)
	s.addElsewhere(r, best)
	s.addHousehold(r, accounts, ties)
	if t := best[0]; s.classOf(s.g.Kind(t.on)) == classThing && 2*len(t.accounts) > len(accounts) {
		r.typology = DeviceFarm
	}
	s.addMembers(r, ties, best, own)
	return r, true
}

// bestByKind is, for each kind, the tie that binds most accounts, those that
// bind most first. Ties of one kind depend on each other, so one speaks for
// all.
func bestByKind(c *component, ties []tie) []tie {
	var best []tie
	for _, t := range ties {
		if t.found != policy.DetectorShared {
			continue
		}
		i := slices.IndexFunc(best, func(b tie) bool { return c.g.Kind(b.on) == c.g.Kind(t.on) })
		switch {
		case i < 0:
			best = append(best, t)
		case c.tellsMore(&t, &best[i]):
			best[i] = t
		}
	}
	slices.SortStableFunc(best, func(a, b tie) int {
		return cmp.Or(cmp.Compare(len(b.accounts), len(a.accounts)), cmp.Compare(b.bits, a.bits))
	})
	return best
}

// tellsMore orders ties of one kind by what evidence reads of them, so that no
// key decides between two that bind as many accounts.
func (c *component) tellsMore(a, b *tie) bool {
	return cmp.Or(cmp.Compare(len(a.accounts), len(b.accounts)), cmp.Compare(a.bits, b.bits), cmp.Compare(len(a.links), len(b.links)),
		cmp.Compare(len(c.g.In(b.on)), len(c.g.In(a.on))), cmp.Compare(b.from, a.from), cmp.Compare(a.to, b.to)) > 0
}

// addFirstSeen: accounts first seen on one thing within the hour, against the
// population's pace of first sightings for that kind. Only kinds for which the
// policy looks for bursts count: an address is written down when a form is
// filled in. A stated span is no event either.
func (s shared) addFirstSeen(r *candidate, best []tie, own map[graph.Vertex]float64) {
	width := s.policy.Cluster.SeenWithin.Millis()
	var top []sighting
	var on graph.Vertex
	for _, t := range best {
		if s.rules[s.g.Kind(t.on)].Burst.Accounts == 0 {
			continue
		}
		first := s.eventSightings(t)
		j := 0
		for i := range first {
			for j < len(first) && first[j].lo-first[i].lo <= width {
				j++
			}
			if j-i > len(top) {
				top, on = first[i:j], t.on
			}
		}
	}
	if len(top) < s.policy.Cluster.Accounts {
		return
	}
	took := top[len(top)-1].lo - top[0].lo
	each := min(4, s.pop.kinds[s.g.Kind(on)].surprise(top[0].lo, top[0].lo+took, len(top)))
	r.lines = append(r.lines, line{
		text: fmt.Sprintf("%d accounts were first seen on %s %s within %s", len(top), s.g.Kind(on), s.g.Ref(on).Mask(), duration(took)),
		bits: min(12, float64(len(top)-1)*each), kind: "first_seen_together", refs: []graph.Vertex{on}, links: linksOf(top)})
	for _, x := range top {
		own[x.account] += each
	}
}

// eventSightings is the first sightings of a tie, of links without a stated end.
func (d *ground) eventSightings(t tie) []sighting {
	var all []sighting
	for _, l := range t.links {
		if d.g.Until(l).Known() {
			continue
		}
		a := d.g.From(l)
		if !d.isAccount(a) {
			a = d.g.To(l)
		}
		all = append(all, sighting{account: a, link: l})
	}
	return d.firstSightings(all)
}

// addLongUse: accounts that used the same thing for a month or longer belong
// to people who live or work together.
func (s shared) addLongUse(r *candidate, best []tie) {
	most, on := 0, graph.Vertex(0)
	for _, t := range best {
		if n := s.longUsers(t); n > most {
			most, on = n, t.on
		}
	}
	if most < 2 {
		return
	}
	r.lines = append(r.lines, line{
		text: fmt.Sprintf("%d of %d accounts used %s %s for %s or longer", most, len(r.accounts), s.g.Kind(on), s.g.Ref(on).Mask(), s.policy.Cluster.LongUse),
		bits: -1.5 * float64(most), kind: "long_use", refs: []graph.Vertex{on}})
}

// addElsewhere: accounts that have a thing of their own of the same kind, known
// before they turned up on the shared one, and did not come back to that, are
// visitors: customers of a shop, players of a studio.
func (s shared) addElsewhere(r *candidate, best []tie) {
	t := best[0]
	for _, b := range best {
		if s.classOf(s.g.Kind(b.on)) == classThing {
			t = b
			break
		}
	}
	kind, n := s.g.Kind(t.on), 0
	for _, a := range t.accounts {
		here, last, before := graph.Time(0), graph.Time(0), graph.Time(0)
		for l, hi := s.g.Out(a); l < hi; l++ {
			to, at := s.g.To(l), s.g.At(l)
			switch {
			case s.never[s.g.TypeOf(l)] || !at.Known() || s.g.Kind(to) != kind:
			case to == t.on:
				here, last = earlier(here, at), max(last, at, s.g.Until(l))
			default:
				before = earlier(before, at)
			}
		}
		if here.Known() && before.Known() && before < here && last.Millis()-here.Millis() < dayMillis {
			n++
		}
	}
	if n > 1 {
		r.lines = append(r.lines, line{
			text: fmt.Sprintf("%d of %d accounts had a %s of their own before they came to %s, and left it again", n, len(t.accounts), kind, s.g.Ref(t.on).Mask()),
			bits: -2 * float64(n), kind: "visitors", refs: []graph.Vertex{t.on}})
	}
}

// earlier is the first of two times, of which a may be unknown.
func earlier(a, b graph.Time) graph.Time {
	if !a.Known() || b < a {
		return b
	}
	return a
}

// longUsers counts the accounts of a tie that were seen on its identifier from
// first to last for long, the tie's own time and any other. On a thing of more
// accounts than a family has, those count that have another one besides: people
// who work together have a phone of their own, and the accounts of a farm live on
// its devices.
func (s shared) longUsers(t tie) int {
	n := 0
	wide := len(t.accounts) > s.policy.Household.People && s.classOf(s.g.Kind(t.on)) == classThing
	var buf []sighting
	for _, a := range t.accounts { // not over the identifier's sightings: it may be a hub
		if wide && !s.another(a, t.on) {
			continue
		}
		buf = s.sightingsBetween(a, t.on, buf[:0])
		first, last := int64(never), int64(always)
		for _, x := range buf {
			if at := s.g.At(x.link); at.Known() {
				first, last = min(first, at.Millis()), max(last, at.Millis(), s.g.Until(x.link).Millis())
			}
		}
		if first != never && last-first >= s.policy.Cluster.LongUse.Millis() {
			n++
		}
	}
	return n
}

// another says whether an account was seen on another identifier of that kind.
func (s shared) another(a, than graph.Vertex) bool {
	for l, hi := s.g.Out(a); l < hi; l++ {
		if to := s.g.To(l); to != than && s.g.Kind(to) == s.g.Kind(than) && !s.never[s.g.TypeOf(l)] {
			return true
		}
	}
	return false
}

// addMembers gives every account the role that fits a cluster, and lists the
// things that bind it.
func (s shared) addMembers(r *candidate, ties, best []tie, own map[graph.Vertex]float64) {
	since := make(map[graph.Vertex]graph.Time)
	for _, t := range ties {
		for _, l := range t.links {
			a, at := s.g.From(l), s.g.At(l)
			if have, ok := since[a]; at.Known() && (!ok || at < have) {
				since[a] = at
			}
		}
	}
	for _, a := range r.accounts {
		var reasons []string
		for _, t := range best {
			if _, ok := slices.BinarySearch(t.accounts, a); ok {
				reasons = append(reasons, fmt.Sprintf("shares %s %s with %d accounts", s.g.Kind(t.on), s.g.Ref(t.on).Mask(), len(t.accounts)-1))
			}
		}
		if len(reasons) == 0 {
			reasons = []string{"is tied to accounts of the ring"}
		}
		r.members = append(r.members, member{v: a, role: RoleMule, bits: own[a], since: since[a], reasons: reasons})
	}
	for _, t := range best {
		r.members = append(r.members, member{v: t.on, role: RoleOperator, bits: t.bits, since: t.from,
			reasons: []string{fmt.Sprintf("%d accounts of the ring share it", len(t.accounts))}})
	}
}

func linksOf(s []sighting) []graph.LinkID {
	out := make([]graph.LinkID, len(s))
	for i := range s {
		out[i] = s[i].link
	}
	return out
}

// duration is milliseconds in the words of a report.
func duration(ms int64) string { return policy.SpanOf(ms).Words() }

func percent(p float64) string {
	switch {
	case p < .001:
		return "fewer than 0.1 %"
	case p < .1:
		return fmt.Sprintf("%.1f %%", 100*p)
	}
	return fmt.Sprintf("%.0f %%", 100*p)
}
