package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"ringleader/graph"
)

// minRing is the fewest accounts of a ring that are not bystanders.
const minRing = 3

// pool is the candidates of a component, each set of accounts once.
func (c *component) pool(ctx context.Context) ([]*candidate, error) {
	if len(c.accounts) < minRing {
		return nil, nil
	}
	sets, err := c.sets(ctx)
	if err != nil {
		return nil, err
	}
	var pool []*candidate
	weighed := slices.Clone(sets) // or about to be; ordered
	for i, accounts := range sets {
		if i%64 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for _, r := range c.weigh(accounts) {
			pool = append(pool, r)
			if c.model.trees == nil && !c.keepFeatures {
				continue // bits add up: without a scorer the whole is the better guess
			}
			last := len(r.accounts)
			for _, least := range trims {
				core := r.supported(c.g, least)
				if len(core) >= last {
					continue
				}
				last = len(core)
				if k, ok := slices.BinarySearchFunc(weighed, core, slices.Compare[[]graph.Vertex]); !ok {
					weighed = slices.Insert(weighed, k, core)
					pool = append(pool, c.weigh(core)...)
				}
			}
		}
	}
	slices.SortStableFunc(pool, func(a, b *candidate) int {
		return cmp.Or(slices.Compare(a.accounts, b.accounts), cmp.Compare(b.merit, a.merit), cmp.Compare(a.rank, b.rank))
	})
	return slices.CompactFunc(pool, func(a, b *candidate) bool { return slices.Equal(a.accounts, b.accounts) }), nil
}

// sets lists what may be a ring, each set of accounts once, in order: what the
// views of the component show and what detectors propose.
func (c *component) sets(ctx context.Context) ([][]graph.Vertex, error) {
	sets, err := c.fromViews(ctx)
	if err != nil {
		return nil, err
	}
	for _, det := range detectors(c.ground) {
		if c.off(det) {
			continue
		}
		own, err := det.propose(ctx, c)
		if err != nil {
			return nil, err
		}
		sets = append(sets, own...)
	}
	sets = slices.DeleteFunc(sets, func(s []graph.Vertex) bool { return len(s) < minRing })
	slices.SortFunc(sets, func(a, b []graph.Vertex) int { return slices.Compare(a, b) })
	return slices.CompactFunc(sets, slices.Equal[[]graph.Vertex]), nil
}

// weigh lets every detector say what some accounts of the component are. A
// detector may take fewer of them; for each set that one settles on, the
// candidate is the one that explains it best: the most specific pattern of those
// that are more likely than not, as victims on one device also look like a
// cluster on it; else the one with the most evidence.
func (c *component) weigh(accounts []graph.Vertex) []*candidate {
	if len(accounts) < minRing {
		return nil
	}
	part := c.inside(accounts)
	all := detectors(c.ground)
	bits := make([]float64, len(all))
	var found []*candidate
	for i, det := range all {
		bits[i] = noBits
		if c.off(det) {
			continue
		}
		r, ok := det.assess(part, accounts)
		if !ok || len(r.accounts) < minRing {
			continue
		}
		r.detectors, r.rank = []string{det.name()}, i
		r.addUnsupported(c.g)
		r.sumBits(c.g)
		bits[i] = r.score
		k := slices.IndexFunc(found, func(o *candidate) bool { return slices.Equal(o.accounts, r.accounts) })
		switch {
		case k < 0:
			found = append(found, r)
		case r.score > found[k].score && c.probability(found[k].score) < .5:
			found[k] = r
		}
	}
	for _, r := range found {
		likely := r.rank < len(all)-1 && c.probability(r.score) >= .5
		c.learn(r, part, bits)
		if likely && c.model.trees != nil {
			r.merit += specificBits
		}
	}
	return found
}

// specificBits is how much a pattern that the evidence bears out may be behind a
// mere cluster of nearly the same accounts and still be the one to name them: it
// knows roles and losses.
const specificBits = 1

// unsupported is what an account weighs against a ring that has no evidence of
// its own to be in it: a ring explains its members.
const unsupported = -1

// kindUnsupported is the kind of that line.
const kindUnsupported = "unsupported"

// addUnsupported speaks against groups that hold more than the pattern.
func (r *candidate) addUnsupported(g *graph.Snapshot) {
	n := 0
	for i := range r.members {
		m := &r.members[i]
		n += one(g.Kind(m.v) == graph.Account && m.role != RoleBystander && m.bits < 1)
	}
	if n > 0 {
		r.lines = append(r.lines, line{kind: kindUnsupported, bits: unsupported * float64(n),
			text: fmt.Sprintf("%d of %d accounts have hardly any evidence of their own", n, len(r.accounts))})
	}
}

// trims are the bits of its own that an account needs to stay in a trimmed
// candidate, which is one more candidate beside the whole.
var trims = []float64{1, 3}

// supported is the accounts of a candidate that have so much evidence of their
// own.
func (r *candidate) supported(g *graph.Snapshot, least float64) []graph.Vertex {
	var out []graph.Vertex
	for i := range r.members {
		if m := &r.members[i]; g.Kind(m.v) == graph.Account && m.role != RoleBystander && m.bits >= least {
			out = append(out, m.v)
		}
	}
	return distinct(out)
}

// learn lets the learned scorer speak.
func (c *component) learn(r *candidate, part *component, bits []float64) {
	if len(r.accounts) < len(part.accounts) {
		part = part.inside(r.accounts)
	}
	if c.model.trees == nil && !c.keepFeatures {
		r.merit = r.score
		return
	}
	s := c.newSubject(part)
	s.best, s.scores, s.bits = r, r.score, bits
	s.seam = s.seams()
	r.features = s.vector(c.features)
	c.model.adjust(c.ground, r)
}
