package engine

import (
	"cmp"
	"context"
	"slices"

	"ringleader/engine/algo"
	"ringleader/engine/policy"
	"ringleader/graph"
)

// takeover finds waves of account takeover: old accounts that are seen on a
// thing new to them (a device, a credential), one after the other, and are
// debited there at once, mostly to the same few receivers. Most of a wave are
// victims; the thing is the operator's, the receivers are beneficiaries.
//
// A visit is the first sighting of an account on such a thing; a hit is the
// visit of an old account that debits follow. Hits belong to one wave if they
// share the thing, or the receiver, within the horizon. Cost: O(links) to list
// visits. Known to misfire on: a family's new tablet on which all pay within
// the day (the household line and the receivers speak against it).
type takeover struct{ *ground }

func (takeover) name() string { return policy.DetectorTakeover }

// visit is the first sighting of an account on a thing.
type visit struct {
	account graph.Vertex
	on      graph.Vertex
	link    graph.LinkID
	since   graph.Time
	aged    bool
	blind   bool    // no thing is known; on is the receiver of the debits
	debits  []debit // that followed on the thing, by time
}

// hit reports whether the visit cost an old account money.
func (v *visit) hit() bool { return v.aged && len(v.debits) > 0 }

// wave is visits that belong together, by time.
type wave struct {
	visits   []visit
	accounts []graph.Vertex // ascending
}

func (t takeover) ties(ctx context.Context, found *tied) error {
	byAccount := make([][]visit, t.pop.accounts)
	err := t.each(ctx, t.pop.accounts, 256, func(i int) error {
		byAccount[i] = t.visits(t.lo + graph.Vertex(i))
		return nil
	})
	if err != nil {
		return err
	}
	for _, w := range t.waves(slices.Concat(byAccount...), byAnything) {
		bound := tie{accounts: w.accounts, on: w.visits[0].on, found: policy.DetectorTakeover, bits: patternBits}
		for _, v := range w.visits {
			bound.links = append(bound.links, v.link)
			bound.to = max(bound.to, v.since)
		}
		bound.from = w.visits[0].since
		slices.Sort(bound.links)
		found.ties = append(found.ties, bound)
	}
	return nil
}

// patternBits are of a tie that a whole pattern stands behind: tightening a
// component tears such ties last.
const patternBits = 64

// propose lists each wave, and what is left of it if less joins hits: two waves of
// the same days have a receiver or an evening in common.
func (t takeover) propose(_ context.Context, c *component) ([][]graph.Vertex, error) {
	var sets [][]graph.Vertex
	for _, tie := range c.ties {
		if tie.found != policy.DetectorTakeover {
			continue
		}
		sets = append(sets, tie.accounts)
		var visits []visit
		for _, a := range tie.accounts {
			visits = append(visits, c.visits(t, a)...)
		}
		for _, by := range []joins{byThing, byReceiver, byThing | byReceiver, byThing | byReceiver | byPoint} {
			for _, w := range t.waves(visits, by) {
				sets = append(sets, intersect(w.accounts, tie.accounts))
			}
		}
	}
	return sets, nil
}

// visits is the visits of an account of the component, listed when first asked
// for. They are only read.
func (c *component) visits(t takeover, a graph.Vertex) []visit {
	c = c.root()
	i, _ := slices.BinarySearch(c.accounts, a)
	if c.visited == nil {
		c.visited = make([][]visit, len(c.accounts))
	}
	if c.visited[i] == nil {
		c.visited[i] = append([]visit{}, t.visits(a)...) // not nil, so that it is listed once
	}
	return c.visited[i]
}

// joins is what puts hits into one wave.
type joins uint8

// What joins hits: the thing, the receiver, the phishing point, the session of
// drains.
const (
	byThing joins = 1 << iota
	byReceiver
	byPoint
	bySession

	byAnything = byThing | byReceiver | byPoint | bySession
)

// visits lists the visits of one account. Things that nobody else uses count
// too: a thief may use a device once.
func (t takeover) visits(a graph.Vertex) []visit {
	var out []visit
	lo, hi := t.g.Out(a)
	first := graph.Time(0)
	for l := lo; l < hi; l++ {
		at := t.g.At(l)
		if !at.Known() {
			continue
		}
		if !first.Known() || at < first {
			first = at
		}
		if to := t.g.To(l); !t.never[t.g.TypeOf(l)] && t.rules[t.g.Kind(to)].NewOwner {
			// Links to one end come together, the earliest first.
			if n := len(out); n == 0 || out[n-1].on != to {
				out = append(out, visit{account: a, on: to, link: l, since: at})
			}
		}
	}
	if len(out) == 0 {
		return nil
	}
	opened := t.openedAt(a)
	var debits []debit
	for i := range out {
		v := &out[i]
		switch rule := &t.policy.Takeover; {
		case opened.Known():
			v.aged = v.since.Millis()-opened.Millis() >= rule.Aged.Millis()
		default:
			v.aged = v.since.Millis()-first.Millis() >= rule.SeenBefore.Millis()
		}
		if !v.aged {
			continue
		}
		if debits == nil {
			debits = t.debitsOf(a)
		}
		v.debits = t.debitsOn(v, debits)
	}
	return out
}

// quickDebit is how soon a debit must follow a visit where the data does not
// say what it was made on.
const quickDebit = hour

// debitsOn is the debits that follow a visit, made on its thing; where the data
// does not name a thing of that kind for a debit, those within the hour, unless
// strangers meet on it anyway.
func (t takeover) debitsOn(v *visit, debits []debit) []debit {
	start := v.since.Millis()
	end := later(start, t.policy.Takeover.CashOut.Millis())
	i, _ := slices.BinarySearchFunc(debits, v.since, func(d debit, at graph.Time) int { return cmp.Compare(d.at, at) })
	var window []debit
	for _, d := range debits[i:] {
		if d.at.Millis() > end {
			break
		}
		window = append(window, d)
	}
	if len(window) == 0 {
		return nil
	}
	things := t.thingsOf(v.account, t.g.Kind(v.on))
	private := !t.rules[t.g.Kind(v.on)].Public()
	var out []debit
	for _, d := range window {
		on, named := things[d.event]
		if named && on == v.on || private && (!named || d.event == "") && d.at.Millis()-start <= quickDebit {
			d.onThing = named
			out = append(out, d)
		}
	}
	return out
}

// thingsOf maps the events of an account to the thing of a kind that they
// happened on.
func (t takeover) thingsOf(a graph.Vertex, k graph.Kind) map[string]graph.Vertex {
	out := make(map[string]graph.Vertex)
	for l, hi := t.g.Out(a); l < hi; l++ {
		if e := t.g.Event(l); e != "" && t.g.Kind(t.g.To(l)) == k && !t.never[t.g.TypeOf(l)] {
			out[e] = t.g.To(l)
		}
	}
	return out
}

// waves groups visits. Time: O(v log v) and the payers of receivers.
func (t takeover) waves(visits []visit, by joins) []wave {
	u := algo.NewUnionFind(len(visits))
	onThing, toReceiver := make(map[graph.Vertex][]int), make(map[graph.Vertex][]int)
	byAccount := make(map[graph.Vertex]int)
	for i := range visits {
		v := &visits[i]
		onThing[v.on] = append(onThing[v.on], i)
		if !v.hit() {
			continue
		}
		for _, d := range v.debits {
			if d.hasReceiver {
				if s := toReceiver[d.beneficiary]; len(s) == 0 || s[len(s)-1] != i {
					toReceiver[d.beneficiary] = append(s, i)
				}
			}
		}
	}
	inWave := make([]bool, len(visits))
	join := func(group []int) {
		for _, i := range group {
			inWave[i] = true
			u.Union(uint32(group[0]), uint32(i))
		}
	}
	for thing, group := range onThing {
		if by&byThing == 0 || len(group) < 2 || t.crowded(thing) {
			continue
		}
		t.runs(visits, group, func(run []int) {
			if hits, all := countHits(visits, run); hits > 1 && float64(hits) >= t.policy.Takeover.Share*float64(all) {
				join(run)
			}
		})
	}
	for y, group := range toReceiver {
		if by&byReceiver == 0 {
			break
		}
		t.runs(visits, group, func(run []int) {
			hits, _ := countHits(visits, run)
			last := &visits[run[len(run)-1]]
			payers := t.payersBetween(y, visits[run[0]].since, last.debits[len(last.debits)-1].at)
			if hits > 1 && float64(hits) >= t.policy.Takeover.Share*float64(payers) {
				join(run)
			}
		})
	}
	t.joinPoints(visits, by, join)
	for i := range visits { // hit twice in one session: the account joins two things
		if inWave[i] && visits[i].hit() {
			j, ok := byAccount[visits[i].account]
			if ok && absolute(visits[i].since.Millis()-visits[j].since.Millis()) <= t.policy.Takeover.Gap.Millis() {
				u.Union(uint32(j), uint32(i))
			}
			byAccount[visits[i].account] = i
		}
	}
	return t.collectWaves(visits, inWave, u.Labels())
}

// crowded reports whether a thing is of a public kind and above its cap.
func (t takeover) crowded(thing graph.Vertex) bool {
	if rule := t.rules[t.g.Kind(thing)]; rule.Cap == 0 { // not measured, as it ties nobody
		return rule.Public() && len(t.sightingsOf(thing, nil)) > 0
	}
	return t.pop.crowded[thing]
}

// collectWaves lists groups with enough victims, by their first visit.
func (t takeover) collectWaves(visits []visit, inWave []bool, labels []uint32) []wave {
	at := make(map[uint32]int)
	var all []wave
	for i, l := range labels {
		if !inWave[i] {
			continue
		}
		n, ok := at[l]
		if !ok {
			n = len(all)
			at[l] = n
			all = append(all, wave{})
		}
		all[n].visits = append(all[n].visits, visits[i])
	}
	kept := all[:0]
	for _, w := range all {
		victims := make(map[graph.Vertex]bool)
		for _, v := range w.visits {
			w.accounts = append(w.accounts, v.account)
			if v.hit() {
				victims[v.account] = true
			}
		}
		if len(victims) < t.policy.Takeover.Accounts {
			continue
		}
		slices.Sort(w.accounts)
		w.accounts = slices.Compact(w.accounts)
		slices.SortFunc(w.visits, compareVisits)
		t.addBlind(&w)
		kept = append(kept, w)
	}
	return kept
}

// runs orders a group of visits by time and yields each stretch in which the
// next one comes within the horizon. It reorders group.
func (t takeover) runs(visits []visit, group []int, yield func([]int)) {
	slices.SortFunc(group, func(i, j int) int {
		return cmp.Or(cmp.Compare(visits[i].since, visits[j].since), cmp.Compare(i, j))
	})
	start := 0
	for i := 1; i <= len(group); i++ {
		if i < len(group) && visits[group[i]].since.Millis()-visits[group[i-1]].since.Millis() <= t.policy.Takeover.Horizon.Millis() {
			continue
		}
		yield(group[start:i])
		start = i
	}
}

// countHits counts the distinct accounts that were hit, and all.
func countHits(visits []visit, run []int) (hits, all int) {
	accounts := make(map[graph.Vertex]bool)
	for _, i := range run {
		v := &visits[i]
		accounts[v.account] = accounts[v.account] || v.hit()
	}
	for _, hit := range accounts {
		if hit {
			hits++
		}
	}
	return hits, len(accounts)
}

// payersBetween counts the distinct accounts that paid y in a time.
func (d *ground) payersBetween(y graph.Vertex, from, to graph.Time) int {
	payers := make(map[graph.Vertex]bool)
	for _, l := range d.g.In(y) {
		if at := d.g.At(l); d.g.Type(l) == graph.PaidTo && at >= from && at <= to {
			payers[d.g.From(l)] = true
		}
	}
	return len(payers)
}

func absolute(n int64) int64 { return max(n, -n) }
