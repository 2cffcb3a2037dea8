package engine

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"ringleader/engine/algo"
	"ringleader/engine/policy"
	"ringleader/graph"
)

// dependent is what a tie counts whose people others have tied already: who
// shares a phone shares an address.
const dependent = .25

// sharing is what the ties of one kind say of a group.
type sharing struct {
	counts []float64 // of ties, rarest first: 1, or less if others have tied their people
	chance []float64 // that so wide a tie begins with a given person
	ids    []graph.Vertex
	links  []graph.LinkID
	bound  []graph.Vertex
	widest tie
}

// bits is the surprise of the m rarest ties among n people, for the m that says
// most: m or more where λ = n·chance are expected, a Poisson count; the Chernoff
// bound m·log2(m/λ) − (m−λ)·log2 e. A big group of households has many common
// ties, as many as are expected.
func (x *sharing) bits(n float64) (best float64) {
	m := 0.0
	for i := range x.counts {
		m += x.counts[i]
		if lambda := n * x.chance[i]; m > lambda {
			best = max(best, m*math.Log2(m/lambda)-(m-lambda)*math.Log2E)
		}
	}
	return best
}

// addSharing: how rare it is to be bound like this. The ties, rarest first, join
// people one after the other; a tie that joins nobody who was apart counts a
// quarter, so a chain of papers adds up and further identifiers of the same
// people say little. The null model is how many accounts ties of the kind bind
// with as many people.
func (s shared) addSharing(r *candidate, ties []tie, own map[graph.Vertex]float64) {
	owners := make([]graph.Vertex, len(r.accounts))
	for i, a := range r.accounts {
		owners[i] = s.owner[a-s.lo]
	}
	owners = distinct(owners)
	person := func(a graph.Vertex) uint32 {
		i, _ := slices.BinarySearch(owners, s.owner[a-s.lo])
		return uint32(i)
	}
	order := slices.DeleteFunc(slices.Clone(ties), func(t tie) bool { return t.found != policy.DetectorShared })
	for i := range order { // what binds the part of a tie that is here
		order[i].bits = s.boundBits(&order[i])
	}
	slices.SortStableFunc(order, func(a, b tie) int {
		return cmp.Or(cmp.Compare(b.bits, a.bits), cmp.Compare(len(b.accounts), len(a.accounts)), cmp.Compare(a.on, b.on))
	})
	apart := algo.NewUnionFind(len(owners))
	by := make(map[graph.Kind]*sharing)
	for _, t := range order {
		joins, people := 0, s.people(t.accounts)
		if people < 2 {
			continue
		}
		for _, a := range t.accounts[1:] {
			joins += one(apart.Union(person(t.accounts[0]), person(a)))
		}
		part := float64(joins) / float64(people-1)
		k := s.g.Kind(t.on)
		x := by[k]
		if x == nil {
			x = &sharing{widest: t}
			by[k] = x
		}
		x.add(t, part+dependent*(1-part), people)
		for _, a := range t.accounts {
			own[a] += min(6, t.bits) * (part + dependent*(1-part)) / 2
		}
		r.from, r.to = earliest(r.from, t.from), max(r.to, t.to)
	}
	for _, k := range sortedKeys(by) {
		s.addKind(r, k, by[k], float64(len(owners)))
	}
}

func (x *sharing) add(t tie, count float64, people int) {
	x.counts = append(x.counts, count)
	x.chance = append(x.chance, math.Exp2(-t.bits)/float64(people))
	x.ids = append(x.ids, t.on)
	x.links = append(x.links, t.links...)
	x.bound = append(x.bound, t.accounts...)
	if len(t.accounts) > len(x.widest.accounts) {
		x.widest = t
	}
}

// addKind writes the line of one kind.
func (s shared) addKind(r *candidate, k graph.Kind, x *sharing, people float64) {
	x.ids, x.bound = distinct(x.ids), distinct(x.bound)
	chance := percent(s.boundBy(k, x.widest.burst).chance(s.people(x.widest.accounts)))
	text := fmt.Sprintf("%d accounts share %s %s; %s of all accounts share one so widely", len(x.bound), k, s.g.Ref(x.ids[0]).Mask(), chance)
	if len(x.ids) > 1 {
		text = fmt.Sprintf("%d accounts share %d identifiers of the kind %s, the widest %s; %s of all accounts share one so widely",
			len(x.bound), len(x.ids), k, s.g.Ref(x.widest.on).Mask(), chance)
	}
	r.lines = append(r.lines, line{text: text, bits: x.bits(people), kind: string(k), refs: x.ids, links: x.links})
}

// boundBits is [boundStats.bits] of a tie, or of the part of it that is left.
func (d *ground) boundBits(t *tie) float64 {
	if t.on >= d.lo && t.on < d.hi {
		return t.bits
	}
	return max(0, d.boundBy(d.g.Kind(t.on), t.burst).bits(d.people(t.accounts))+t.less)
}

// earliest is the first of two times, either of which may be unknown.
func earliest(a, b graph.Time) graph.Time {
	if !b.Known() {
		return a
	}
	return earlier(a, b)
}

// addOpenings: more accounts opened close together than the population's
// openings in the same days would have it. Of all stretches the one that is
// least likely speaks: the Chernoff bound for k of n but the first, which anybody
// could have been, less the choice among n²/2. No stretch says more than six
// bits an account: families open accounts together too.
func (s shared) addOpenings(r *candidate, accounts []graph.Vertex, own map[graph.Vertex]float64) {
	type opening struct {
		a  graph.Vertex
		at int64
	}
	var all []opening
	for _, a := range accounts {
		if t := s.openedAt(a); t.Known() {
			all = append(all, opening{a, t.Millis()})
		}
	}
	slices.SortFunc(all, func(a, b opening) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.a, b.a)) })
	n := len(all)
	best, lo, hi, each := 0.0, 0, 0, 0.0
	step := max(1, n/64) // a stretch of a big group may begin and end at fewer places
	for i := 0; i < n; i += step {
		for j := i + s.policy.Cluster.Accounts; j <= n; j += step {
			k := j - i
			width := max(all[j-1].at-all[i].at, hour)
			if width > s.policy.Cluster.OpenedWithin.Millis() {
				break
			}
			q := max(1./64, s.pop.openedBetween(all[i].at, all[i].at+width, k))
			if bits := surpriseOf(k-1, n-1, q); bits > best {
				best, lo, hi, each = bits, i, j, -math.Log2(q)
			}
		}
	}
	best -= math.Log2(float64(max(1, n*n/2)))
	if best <= 0 {
		return
	}
	r.lines = append(r.lines, line{
		text: fmt.Sprintf("%d of %d accounts were opened within %s of each other", hi-lo, len(accounts), duration(all[hi-1].at-all[lo].at)),
		bits: best, kind: "opened_together"})
	for _, o := range all[lo:hi] {
		own[o.a] += min(6, each)
	}
}

// surpriseOf is the Chernoff bound, in bits, for k or more of n where each comes
// with chance q: n times the divergence of k/n from q.
func surpriseOf(k, n int, q float64) float64 {
	x := float64(k) / float64(n)
	if x <= q {
		return 0
	}
	bits := x * math.Log2(x/q)
	if x < 1 {
		bits += (1 - x) * math.Log2((1-x)/(1-q))
	}
	return float64(n) * bits
}

// addHousehold: a group small enough for a family. It weighs in full where most
// accounts share a roof or an owner, half where the data does not say where they
// live, and not at all where it says that they live apart.
func (s shared) addHousehold(r *candidate, accounts []graph.Vertex, ties []tie) {
	people := s.people(accounts)
	if people > s.policy.Household.People {
		return
	}
	roof := 0
	for _, t := range ties {
		if slices.Contains(s.policy.Household.Kinds, s.g.Kind(t.on)) {
			roof = max(roof, len(t.accounts))
		}
	}
	if slices.Contains(s.policy.Household.Kinds, graph.Customer) && people < len(accounts) {
		roof = max(roof, len(accounts)-people+1)
	}
	l := line{text: fmt.Sprintf("%d accounts of %d people could be one family", len(accounts), people),
		bits: s.policy.Household.Bits / 2, kind: "household"}
	switch {
	case 2*roof > len(accounts):
		l.text = fmt.Sprintf("%d of %d accounts share a roof or an owner, as families do", roof, len(accounts))
		l.bits = s.policy.Household.Bits
	case 2*s.housed(accounts) > len(accounts):
		return
	}
	r.lines = append(r.lines, l)
}

// housed is how many accounts name a roof.
func (s shared) housed(accounts []graph.Vertex) int {
	n := 0
	for _, a := range accounts {
		for l, hi := s.g.Out(a); l < hi; l++ {
			k := s.g.Kind(s.g.To(l))
			if k != graph.Customer && !s.never[s.g.TypeOf(l)] && slices.Contains(s.policy.Household.Kinds, k) {
				n++
				break
			}
		}
	}
	return n
}
