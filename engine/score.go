package engine

import (
	"cmp"
	"math"
	"slices"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// logistic2 is the probability whose odds are 2^bits.
func logistic2(bits float64) float64 { return 1 / (1 + math.Exp2(-bits)) }

// roundBits keeps a hundredth of a bit: what is printed is what is added up.
func roundBits(b float64) float64 { return math.Round(b*100) / 100 }

// sumBits rounds the lines, drops those that say nothing, orders them and adds
// them up in that order. It is the score.
func (r *candidate) sumBits(g *graph.Snapshot) {
	for i := range r.lines {
		b := r.lines[i].bits
		if k := r.lines[i].kind; k != kindLearned && k != kindUnsupported {
			b = min(max(b, -policy.LineBits), policy.LineBits)
		}
		r.lines[i].bits = roundBits(b)
		slices.Sort(r.lines[i].refs)
		r.lines[i].refs = slices.Compact(r.lines[i].refs)
	}
	r.lines = slices.DeleteFunc(r.lines, func(l line) bool { return l.bits == 0 && l.kind != kindRule })
	slices.SortStableFunc(r.lines, func(a, b line) int {
		return cmp.Or(cmp.Compare(b.bits, a.bits), cmp.Compare(a.kind, b.kind), cmp.Compare(a.text, b.text))
	})
	r.score = 0
	for _, l := range r.lines {
		r.score += l.bits
	}
	r.score = roundBits(r.score)
}

// ringProbability of a ring with the given score: by verdicts where they suffice,
// else an estimate, and the ring says that it is not calibrated.
func (d *ground) ringProbability(score float64) float64 {
	if d.calibration != nil {
		return d.calibration.probability(score)
	}
	return d.probability(score)
}

// probability estimates that of a ring with the given score by the policy's
// prior. What rings are made of rests on it, whatever verdicts say.
func (d *ground) probability(score float64) float64 {
	return math.Round(logistic2(score+d.policy.PriorBits)*1e6) / 1e6
}

// Odds that an account of a ring belongs to it, before its own evidence: the
// ring's accounts were chosen by the pattern, so they start a little above
// even.
const memberPrior = 1

// victimSuspect is the share of a victim's probability that stays as suspicion:
// some owners stage the loss of their own account.
const victimSuspect = .02

// memberProbabilities are of belonging to the ring in any role but bystander,
// and of being a suspect.
func memberProbabilities(ring float64, m *member) (belongs, suspect float64) {
	belongs = ring * logistic2(memberPrior+m.bits)
	switch {
	case m.role == RoleBystander:
		belongs *= .1
		suspect = belongs * victimSuspect
	case m.role.Suspect():
		suspect = belongs
	default:
		suspect = belongs * victimSuspect
	}
	return round6(belongs), round6(suspect)
}

func round6(p float64) float64 { return math.Round(p*1e6) / 1e6 }

// ring turns a candidate into the shape that programs read.
func (d *ground) ring(r *candidate) Ring {
	p := d.ringProbability(r.score)
	out := Ring{Probability: p, Calibrated: d.calibration != nil, Score: r.score, Typology: r.typology, Size: len(r.accounts),
		People: d.people(r.accounts), FirstSeen: r.from, LastSeen: r.to, Loss: r.loss,
		Members: []Member{}, Evidence: []Evidence{}, Detectors: r.detectors, Lineage: []Lineage{}}
	if out.Loss == nil {
		out.Loss = []Loss{}
	}
	slices.Sort(out.Detectors)
	for i := range r.members {
		m := &r.members[i]
		x := Member{Ref: d.g.Ref(m.v), Role: m.role, Score: roundBits(m.bits), Since: m.since, Next: m.next, Reasons: m.reasons}
		if d.isAccount(m.v) {
			belongs, suspect := memberProbabilities(p, m)
			x.Probability, x.SuspectProbability = &belongs, &suspect
		}
		out.Members = append(out.Members, x)
	}
	slices.SortFunc(out.Members, func(a, b Member) int {
		return cmp.Or(cmp.Compare(roleRank(a.Role), roleRank(b.Role)), cmp.Compare(b.Score, a.Score), a.Ref.Compare(b.Ref))
	})
	for _, l := range r.lines {
		e := Evidence{Text: l.text, Bits: l.bits, Kind: l.kind, Refs: []graph.Ref{}, Links: []string{}}
		for _, v := range l.refs {
			e.Refs = append(e.Refs, d.g.Ref(v))
		}
		for _, link := range l.links {
			e.Links = append(e.Links, LinkKey(d.g, link))
		}
		slices.Sort(e.Links)
		e.Links = slices.Compact(e.Links)
		out.Evidence = append(out.Evidence, e)
	}
	return out
}

// roleRank is the order of roles in a list of members: who runs it first.
func roleRank(r Role) int {
	return slices.Index([]Role{RoleOperator, RoleBeneficiary, RoleCashOut, RoleMule, RoleVictim, RoleBystander}, r)
}

// customerOf is the last owner that the data names for an account.
func (d *ground) customerOf(a graph.Vertex) (owner graph.Vertex, ok bool) {
	var last graph.Time
	for l, hi := d.g.Out(a); l < hi; l++ {
		if d.g.Type(l) == graph.OwnedBy && (!ok || d.g.At(l) >= last) {
			owner, last, ok = d.g.To(l), d.g.At(l), true
		}
	}
	return owner, ok
}

// logRatio is log2 of a to b, by the rule of succession.
func logRatio(a, b int) float64 { return math.Log2((float64(a) + 1) / (float64(b) + 1)) }
