package engine

import (
	"math"
	"slices"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// Rates inside a bust-out, where the population's own are the null model.
const bustRaised = .8 // accounts whose limits were changed before

func (x bustOut) assess(c *component, accounts []graph.Vertex) (*candidate, bool) {
	ties := c.patterns(policy.DetectorBustOut, accounts)
	if len(ties) == 0 {
		return nil, false
	}
	w := x.weighing(BustOut, ties)
	if len(w.r.accounts) < minRing {
		return nil, false
	}
	var run []int
	for _, a := range w.r.accounts {
		run = append(run, x.tables.splurges.of[a])
	}
	x.addSplurges(w, run)
	x.addLarge(w, run)
	x.addRaised(w, run)
	return w.finish(func(graph.Vertex) Role { return RoleOperator }), true
}

// addSplurges: accounts that spend far more than ever at the same merchants
// within days, against the merchants' pace of such.
func (x bustOut) addSplurges(w *weighing, run []int) {
	t := &x.tables.splurges
	by := make(map[graph.Vertex][]int)
	var links []graph.LinkID
	for _, i := range run {
		s := &t.all[i]
		for _, m := range s.merchants {
			by[m] = append(by[m], i)
		}
		for _, d := range s.debits {
			links = append(links, d.link)
			x.addDebit(w.ledger, s.account, d)
			w.at(s.account, d.at)
		}
		w.say(s.account, min(8, math.Log2(s.times)), "spent %.0f times in %s what it spent in all other time", s.times, duration(s.to-s.from))
	}
	bits := 0.0
	var shops []graph.Vertex
	for _, m := range sortedVertices(by) {
		if here := by[m]; len(here) > 1 {
			slices.SortFunc(here, func(i, j int) int { return int(t.all[i].from/1000 - t.all[j].from/1000) })
			shops = append(shops, m)
			unlikely, _ := x.splurgeBits(t, m, here)
			bits = max(bits, unlikely)
			for _, i := range here {
				w.say(t.all[i].account, 2, "at %s, as %d others did", x.g.Ref(m).Key, len(here)-1)
			}
		}
	}
	w.add("splurges", min(16, bits), shops, links, "%d accounts of age spent many times what they had ever spent, within %s, at the same %d merchants",
		len(run), duration(w.r.to.Millis()-w.r.from.Millis()), len(shops))
}

// addLarge: how rare debits of that size are among all.
func (x bustOut) addLarge(w *weighing, run []int) {
	t := &x.tables.splurges
	tails := make([]float64, 0, len(run))
	for _, i := range run {
		s := &t.all[i]
		list := t.amounts[x.g.Money(s.debits[0].link).Currency]
		tails = append(tails, share(len(list)-rank(list, s.usual), len(list)))
	}
	slices.Sort(tails)
	q := middle(tails)
	w.add("large", min(6, max(0, -math.Log2(q)-2)), nil, nil, "the debits are of a size that %s of all debits have", percent(q))
}

// addRaised: limits changed not long before, against how often limits are
// changed at all.
func (x bustOut) addRaised(w *weighing, run []int) {
	t := &x.tables.splurges
	k := 0
	for _, i := range run {
		if t.all[i].raised {
			k++
			w.say(t.all[i].account, 3, "had a limit changed shortly before")
		}
	}
	if t.limits == 0 {
		return
	}
	window := min(1, float64(x.policy.BustOut.Raised.Millis())/t.span)
	q := share(t.limits-k, x.pop.accounts) * window
	w.add("limit_raised", max(-3, ratio(k, len(run), max(bustRaised, q), q)), nil, nil,
		"limits of %d of %d accounts were changed within %s before; so are %s of all in so long a time", k, len(run), x.policy.BustOut.Raised, percent(q))
}
