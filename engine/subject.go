package engine

import (
	"cmp"
	"math"
	"slices"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// subject is a candidate as the scorer sees it: what features read. It depends
// on the component and the population's statistics alone; times are measured
// against the candidate's own events, amounts against each other.
type subject struct {
	c        *component // inside: ties restricted to the accounts
	accounts []graph.Vertex
	facts    []*accountFacts // by account
	n        float64

	people  float64 // distinct customers
	outside float64 // share of the pairs that share a tie of which one account is outside
	perAcc  float64 // ties an account
	double  float64 // share of accounts in two ties or more
	first   *tie    // that binds most accounts, of identifiers
	second  float64 // share of accounts that the next one binds
	cover   [classes]float64
	rarity  [classes]float64 // bits of the rarest tie
	repeats [classes]float64 // share of accounts seen again on what they share
	pattern float64          // share of accounts in ties of behaviour
	native  float64          // share of accounts opened about when first seen on what they share
	long    float64          // share of accounts that use it for long
	joined  []int64          // when each account was first seen on what it shares, ascending; by ties

	ages    []float64 // days from opening to joining, log2(1+d), ascending
	opened  []int64   // ascending
	span    float64   // log2(1+days) from the first to the last sighting of a tie
	joinMid float64   // log2(1+hours) of the shortest time in which half joined
	openMid float64   // log2(1+hours) of the shortest time in which half were opened
	openBit float64   // surprise of that, bits an account

	spend  spending
	seam   seams
	bits   []float64 // by detector: what it would score
	best   *candidate
	scores float64 // of best
}

// newSubject looks at the accounts of a component, of which part is the inside.
func (c *component) newSubject(part *component) *subject {
	s := &subject{c: part, accounts: part.accounts, n: float64(len(part.accounts))}
	for _, a := range part.accounts {
		s.facts = append(s.facts, c.facts(a))
	}
	s.people = float64(c.people(part.accounts))
	s.outside = c.boundary(part)
	s.structure()
	s.times()
	s.spend = s.spending()
	return s
}

// boundary is the share of pairs bound by ties that leave the part, each
// weighed by one over the accounts of its tie.
func (c *component) boundary(part *component) float64 {
	in, out := 0.0, 0.0
	for _, i := range c.touching(part.accounts) {
		t := &c.ties[i]
		k := float64(len(intersect(t.accounts, part.accounts)))
		if k == 0 {
			continue
		}
		w := 1 / float64(len(t.accounts))
		in += w * k * (k - 1) / 2
		out += w * k * (float64(len(t.accounts)) - k)
	}
	if in+out == 0 {
		return 1
	}
	return out / (in + out)
}

// structure looks at who shares what.
func (s *subject) structure() {
	rank := func(a graph.Vertex) int {
		i, _ := slices.BinarySearch(s.accounts, a)
		return i
	}
	n := len(s.accounts)
	var covered, again [classes][]bool
	for k := range covered {
		covered[k], again[k] = make([]bool, n), make([]bool, n)
	}
	behaved, native, long := make([]bool, n), make([]bool, n), make([]bool, n)
	ties, joined := make([]int, n), make([]int64, n)
	for i := range joined {
		joined[i] = never
	}
	var second int
	from, to := int64(never), int64(always)
	for i := range s.c.ties {
		t := &s.c.ties[i]
		for _, a := range t.accounts {
			ties[rank(a)]++
		}
		s.perAcc += float64(len(t.accounts)) / s.n
		if t.from.Known() {
			from, to = min(from, t.from.Millis()), max(to, t.to.Millis())
		}
		if t.found != policy.DetectorShared {
			for _, a := range t.accounts {
				behaved[rank(a)] = true
			}
			continue
		}
		kind := s.c.g.Kind(t.on)
		k := s.c.classOf(kind)
		s.rarity[k] = max(s.rarity[k], s.c.boundBits(t))
		if s.first == nil || s.wider(t, s.first) {
			if s.first != nil {
				second = len(s.first.accounts)
			}
			s.first = t
		} else if t.on != s.first.on {
			second = max(second, len(t.accounts))
		}
		for _, a := range t.accounts {
			covered[k][rank(a)] = true
		}
		for a, st := range s.c.staysIn(t) {
			i := rank(a)
			joined[i] = min(joined[i], st.from.Millis())
			lasted := st.to.Millis() - st.from.Millis()
			again[k][i] = again[k][i] || lasted >= hour
			long[i] = long[i] || lasted >= s.c.policy.Cluster.LongUse.Millis()
			if o := s.facts[i].opened; o.Known() && absolute(st.from.Millis()-o.Millis()) <= 24*hour {
				native[i] = true
			}
		}
	}
	for k := range covered {
		s.cover[k], s.repeats[k] = share1(covered[k]), share1(again[k])
	}
	s.pattern, s.native, s.long = share1(behaved), share1(native), share1(long)
	s.second = float64(second) / s.n
	for i := range ties {
		if ties[i] > 1 {
			s.double += 1 / s.n
		}
		if joined[i] == never {
			continue
		}
		s.joined = append(s.joined, joined[i])
		if o := s.facts[i].opened; o.Known() {
			s.ages = append(s.ages, logDays(joined[i]-o.Millis()))
		}
	}
	slices.Sort(s.ages)
	slices.Sort(s.joined)
	if from <= to {
		s.span = logDays(to - from)
	}
}

// wider orders the ties of most accounts by what features read of them, so that
// no key decides between equals.
func (s *subject) wider(a, b *tie) bool {
	return cmp.Or(cmp.Compare(len(a.accounts), len(b.accounts)), cmp.Compare(s.c.classOf(s.c.g.Kind(b.on)), s.c.classOf(s.c.g.Kind(a.on))),
		cmp.Compare(s.hub(a), s.hub(b))) > 0
}

// hub is how far an identifier is shared beyond a tie, log2 of sightings.
func (s *subject) hub(t *tie) float64 {
	return math.Log2(float64(len(s.c.g.In(t.on))+1) / float64(len(t.links)+1))
}

func share1(of []bool) float64 {
	n := 0
	for _, b := range of {
		n += one(b)
	}
	return float64(n) / float64(max(len(of), 1))
}

func logDays(ms int64) float64 { return math.Log2(1 + max(0, float64(ms)/(24*hour))) }

func logHours(ms int64) float64 { return math.Log2(1 + max(0, float64(ms)/hour)) }

// staysIn yields the accounts of a tie with their first and last sighting among
// its links.
func (c *component) staysIn(t *tie) func(yield func(graph.Vertex, stay) bool) {
	return func(yield func(graph.Vertex, stay) bool) {
		type seen struct {
			a  graph.Vertex
			at graph.Time
		}
		all := make([]seen, 0, len(t.links))
		for _, l := range t.links {
			a := c.g.From(l)
			if !c.isAccount(a) {
				a = c.g.To(l)
			}
			if at := c.g.At(l); at.Known() {
				all = append(all, seen{a, at})
				if u := c.g.Until(l); u.Known() {
					all = append(all, seen{a, u})
				}
			}
		}
		slices.SortFunc(all, func(x, y seen) int { return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.at, y.at)) })
		for i := 0; i < len(all); {
			j := i + 1
			for j < len(all) && all[j].a == all[i].a {
				j++
			}
			if _, ok := slices.BinarySearch(t.accounts, all[i].a); ok && !yield(all[i].a, stay{from: all[i].at, to: all[j-1].at}) {
				return
			}
			i = j
		}
	}
}

// times looks at when accounts were opened and joined.
func (s *subject) times() {
	for _, f := range s.facts {
		if f.opened.Known() {
			s.opened = append(s.opened, f.opened.Millis())
		}
	}
	slices.Sort(s.opened)
	width, _ := halfWidth(s.joined)
	s.joinMid = logHours(width)
	width, at := halfWidth(s.opened)
	s.openMid = logHours(width)
	if k := (len(s.opened) + 1) / 2; k > 1 {
		s.openBit = -math.Log2(s.c.pop.openedBetween(at, at+max(width, hour), k))
	}
}

// halfWidth is the shortest stretch that holds half of some times, ascending,
// rounded up, and where it begins; an hour where there are fewer than two.
func halfWidth(times []int64) (width, at int64) {
	k := (len(times) + 1) / 2
	if k < 2 {
		return hour, 0
	}
	width = never
	for i := 0; i+k <= len(times); i++ {
		if w := times[i+k-1] - times[i]; w < width {
			width, at = w, times[i]
		}
	}
	return width, at
}
