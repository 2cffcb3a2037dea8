package engine

import (
	"cmp"
	"context"
	"math"
	"slices"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// tie binds accounts. It depends on nothing outside the identifier, or the
// neighbourhood and window, that it was found in.
type tie struct {
	accounts []graph.Vertex // ascending
	on       graph.Vertex   // the identifier, or what a pattern turns on
	found    string         // detector
	bits     float64        // how rare it is to be bound like this
	links    []graph.LinkID // what it rests on
	from, to graph.Time     // of these, where known
	burst    bool           // of an identifier above its cap
	less     float64        // bits that its identifier's class takes off, 0 or less
	spread   float64        // bits that it holds faster for being wide, see [tie.firm]
}

// firm is the bits by which tightening goes: how rare it is that an account
// begins a tie like this, not that it is in one. One farm of thousands is one
// tie, although it makes it common to be in such a tie.
func (t *tie) firm() float64 { return t.bits + t.spread }

// tied is what finding ties came to.
type tied struct {
	ties   []tie
	cuts   []Cut
	shares []bool // by account: shares an identifier with another
	bound  []bool // by account: is in a tie
	cut    []bool // by account: shares an identifier that the policy cut
}

// findTies asks every detector. Ties come in the order of detectors and
// vertices. Time: O(sightings · log sightings per identifier).
func (d *ground) findTies(ctx context.Context) (*tied, error) {
	n := d.pop.accounts
	t := &tied{shares: make([]bool, n), bound: make([]bool, n), cut: make([]bool, n)}
	for _, det := range detectors(d) {
		if d.off(det) {
			continue
		}
		if err := det.ties(ctx, t); err != nil {
			return nil, err
		}
	}
	for i := range t.ties {
		for _, a := range t.ties[i].accounts {
			t.bound[a-d.lo] = true
		}
	}
	slices.SortFunc(t.cuts, func(a, b Cut) int {
		return cmp.Or(cmp.Compare(b.Accounts, a.Accounts), a.Ref.Compare(b.Ref))
	})
	return t, nil
}

// identifierTies ties accounts over shared identifiers as the policy allows,
// and adds them to t.
func (d *ground) identifierTies(ctx context.Context, t *tied) error {
	var ids []graph.Vertex
	for _, k := range d.g.Kinds() {
		if k == graph.Account || d.rules[k].Cap == 0 {
			continue
		}
		for v, hi := d.g.OfKind(k); v < hi; v++ {
			ids = append(ids, v)
		}
	}
	first := len(t.ties)
	found := make([]identifier, min(len(ids), identifiersAtOnce))
	for len(ids) > 0 {
		found = found[:min(len(ids), len(found))]
		err := d.each(ctx, len(found), 512, func(i int) error {
			found[i] = d.tieOver(ids[i])
			return nil
		})
		if err != nil {
			return err
		}
		ids = ids[len(found):]
		for i := range found {
			t.take(d, &found[i])
		}
	}
	d.weighTies(t.ties[first:])
	if d.assoc >= 0 && !d.never[d.assoc] {
		d.associations(t)
	}
	return nil
}

// identifiersAtOnce is how many identifiers are looked at before what they give
// is collected: most give nothing.
const identifiersAtOnce = 1 << 15

// take adds what an identifier gives.
func (t *tied) take(d *ground, f *identifier) {
	t.ties = append(t.ties, f.ties...)
	if f.cut.Rule != "" {
		t.cuts = append(t.cuts, f.cut)
	}
	for _, a := range f.accounts {
		t.shares[a-d.lo] = true
		t.cut[a-d.lo] = t.cut[a-d.lo] || f.cut.Rule != ""
	}
}

// identifier is what one identifier gives.
type identifier struct {
	ties     []tie
	cut      Cut
	accounts []graph.Vertex // those that share it, if more than one
}

func (d *ground) tieOver(v graph.Vertex) identifier {
	if len(d.g.In(v)) < 2 && d.assoc < 0 {
		return identifier{}
	}
	sightings := d.sightingsOf(v, nil)
	if len(sightings) < 2 {
		return identifier{}
	}
	accounts := accountsOf(sightings)
	n := len(accounts)
	if n < 2 {
		return identifier{}
	}
	out := identifier{accounts: accounts}
	rule := d.rules[d.g.Kind(v)]
	class, cut := d.judge(v, sightings, n)
	out.cut = cut
	less := 0.0
	if class != nil {
		less = class.Bits
	}
	switch {
	case cut.Rule == "":
	case cut.wholly(class):
		return out
	default:
		for _, b := range d.bursts(sightings, rule.Burst) {
			out.ties = append(out.ties, d.newTie(v, b, true))
		}
		out.ties = lowered(d.appendCore(out.ties, v, sightings, rule.Core), less)
		return out
	}
	core := d.appendCore(nil, v, sightings, rule.Core)
	applySpans(d.g, sightings, rule)
	for _, group := range overlapGroups(sightings, rule.Window) {
		if t := d.newTie(v, group, false); len(t.accounts) > 1 {
			out.ties = append(out.ties, t)
		}
	}
	for _, t := range core { // unless one of these holds it whole
		if !slices.ContainsFunc(out.ties, func(o tie) bool { return len(intersect(o.accounts, t.accounts)) == len(t.accounts) }) {
			out.ties = append(out.ties, t)
		}
	}
	out.ties = lowered(out.ties, less)
	return out
}

// lowered takes off what the class of their identifier takes off.
func lowered(ties []tie, less float64) []tie {
	for i := range ties {
		ties[i].less = less
	}
	return ties
}

// newTie makes a tie of sightings of v. Its bits come when all are known.
func (d *ground) newTie(v graph.Vertex, s []sighting, burst bool) tie {
	t := tie{on: v, found: policy.DetectorShared, accounts: accountsOf(s), burst: burst}
	t.links = make([]graph.LinkID, len(s))
	for i := range s {
		t.links[i] = s[i].link
		if at := d.g.At(s[i].link); at.Known() {
			if !t.from.Known() || at < t.from {
				t.from = at
			}
			t.to = max(t.to, at)
		}
	}
	slices.Sort(t.links)
	return t
}

// associations ties accounts that the data says belong together.
func (d *ground) associations(t *tied) {
	for l := range graph.LinkID(d.g.Links()) {
		from, to := d.g.From(l), d.g.To(l)
		if int(d.g.TypeOf(l)) != d.assoc || !d.isAccount(from) || !d.isAccount(to) || from == to {
			continue
		}
		t.shares[from-d.lo], t.shares[to-d.lo] = true, true
		if d.g.Weight(l) < d.policy.Associated.MinWeight {
			continue
		}
		lo, hi := d.g.Out(to)
		t.ties = append(t.ties, tie{
			accounts: []graph.Vertex{min(from, to), max(from, to)}, on: to, found: policy.DetectorShared,
			bits:  math.Log2(float64(d.pop.accounts+1) / float64(len(d.g.In(to))+int(hi-lo))),
			links: []graph.LinkID{l}, from: d.g.At(l), to: d.g.At(l),
		})
	}
}
