package engine

import (
	"slices"

	"ringleader/engine/algo"
	"ringleader/engine/policy"
	"ringleader/graph"
)

// seams is where a candidate would come apart: what tells two rings that one
// account, one thing or one evening joins from a single ring.
type seams struct {
	joint     float64 // share of accounts that hang on the rest by one account or one tie over an identifier
	jointAll  float64 // the same over ties of all sorts
	things    float64 // share of accounts in the largest part that things alone connect
	papers    float64
	receivers float64 // that shared beneficiaries connect
	both      float64 // that things and beneficiaries connect
	pause     float64 // log2(1+hours) of the longest pause between accounts taking part
	aside     float64 // share of accounts on the shorter side of that pause
	lasted    float64 // log2(1+hours) from the first to the last taking part
}

// seams looks for them. Time: linear in the accounts of ties and in payments.
func (s *subject) seams() seams {
	var x seams
	shared, things, papers := s.pieces(), s.pieces(), s.pieces()
	var identity, all [][]int
	for i := range s.c.ties {
		t := &s.c.ties[i]
		ranks := make([]int, len(t.accounts))
		for k, a := range t.accounts {
			ranks[k], _ = slices.BinarySearch(s.accounts, a)
		}
		all = append(all, ranks)
		if t.found != policy.DetectorShared {
			continue
		}
		identity = append(identity, ranks)
		switch s.c.classOf(s.c.g.Kind(t.on)) {
		case classThing:
			things.join(ranks)
			shared.join(ranks)
		case classPaper:
			papers.join(ranks)
		}
	}
	paid := s.pieces()
	eachTarget(s.visits(func(d *factDebit) (graph.Vertex, bool) { return d.receiver, d.named }), func(part []visitTo, k int) {
		if k < 2 {
			return
		}
		ranks := make([]int, len(part))
		for i := range part {
			ranks[i] = part[i].who
		}
		paid.join(ranks)
		shared.join(ranks)
	})
	x.things, x.papers, x.receivers, x.both = things.largest()/s.n, papers.largest()/s.n, paid.largest()/s.n, shared.largest()/s.n
	x.joint, x.jointAll = joint(len(s.accounts), identity)/s.n, joint(len(s.accounts), all)/s.n
	s.pauses(&x)
	return x
}

// pauses looks at when the accounts took part, as the pattern has it.
func (s *subject) pauses(x *seams) {
	var since []int64
	for i := range s.best.members {
		m := &s.best.members[i]
		if s.c.isAccount(m.v) && m.role != RoleBystander && m.since.Known() {
			since = append(since, m.since.Millis())
		}
	}
	if len(since) < 2 {
		return
	}
	slices.Sort(since)
	longest, at := int64(-1), 0
	for i := range since[1:] {
		if d := since[i+1] - since[i]; d > longest {
			longest, at = d, i+1
		}
	}
	x.pause, x.aside = logHours(longest), float64(min(at, len(since)-at))/s.n
	x.lasted = logHours(since[len(since)-1] - since[0])
}

// pieces are parts of a candidate that something connects.
type pieces struct {
	*algo.UnionFind
	n int
}

func (s *subject) pieces() pieces { return pieces{algo.NewUnionFind(len(s.accounts)), len(s.accounts)} }

func (p pieces) join(ranks []int) {
	for _, r := range ranks[1:] {
		p.Union(uint32(ranks[0]), uint32(r))
	}
}

// largest is how many accounts the largest part has, if more than one.
func (p pieces) largest() float64 {
	size, most := make([]int, p.n), 0
	for i := range p.n {
		r := p.Find(uint32(i))
		size[r]++
		most = max(most, size[r])
	}
	if most < 2 {
		return 0
	}
	return float64(most)
}
