package engine

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync/atomic"

	"ringleader/graph"
)

// found is a ring beside the candidate that it was made of.
type found struct {
	ring Ring
	from *candidate
}

// findRings works through components on all threads, then makes rings of what
// they keep. The order of results is that of the components.
func (d *ground) findRings(ctx context.Context, parts []*component, o *Options) ([]found, error) {
	byPart := make([][]*candidate, len(parts))
	var done atomic.Int64
	err := d.each(ctx, len(parts), 16, func(i int) (err error) {
		byPart[i], err = parts[i].rings(ctx)
		if n := done.Add(1); n%256 == 0 || int(n) == len(parts) {
			o.report("rings", int(n), len(parts))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	kept := slices.Concat(byPart...)
	out := make([]found, len(kept))
	err = d.each(ctx, (len(kept)+explainedAtOnce-1)/explainedAtOnce, 1, func(i int) error {
		lo, hi := i*explainedAtOnce, min((i+1)*explainedAtOnce, len(kept))
		d.model.explain(d, kept[lo:hi])
		for k := lo; k < hi; k++ {
			out[k] = found{d.finish(kept[k]), kept[k]}
		}
		return nil
	})
	return out, err
}

// explainedAtOnce is how many rings the model explains at once: rows and values
// of so many stay within the caches.
const explainedAtOnce = 128

// rings proposes, weighs and settles the rings of one component.
func (c *component) rings(ctx context.Context) ([]*candidate, error) {
	pool, err := c.pool(ctx)
	if err != nil {
		return nil, err
	}
	pool = slices.DeleteFunc(pool, func(r *candidate) bool { return r.score < c.policy.KeepBits })
	return c.settle(pool), nil
}

// settle resolves overlaps: one candidate after the other takes its accounts,
// what overlaps it by half or more is the same ring seen again, and what
// overlaps it by less is weighed anew without them. So no account is in two
// rings. The one of most merit comes first. Without a model candidates more
// likely than not come first, and of these the ones of the more specific
// pattern: victims on one device also look like a cluster on it.
func (c *component) settle(pool []*candidate) []*candidate {
	specific := func(s *candidate) int {
		switch {
		case c.model.trees != nil:
			return 0
		case c.probability(s.score) < .5:
			return math.MaxInt
		}
		return s.rank
	}
	order := func(a, b *candidate) int {
		return cmp.Or(cmp.Compare(specific(a), specific(b)), cmp.Compare(b.merit, a.merit), cmp.Compare(a.rank, b.rank),
			cmp.Compare(len(b.accounts), len(a.accounts)), slices.Compare(a.accounts, b.accounts))
	}
	owner := make(map[graph.Vertex]*candidate)
	var kept []*candidate
	slices.SortFunc(pool, order)
	for len(pool) > 0 {
		next := pool[0]
		pool = pool[1:]
		var free []graph.Vertex
		var rival *candidate
		for _, a := range next.accounts {
			if o := owner[a]; o != nil {
				rival = o
			} else {
				free = append(free, a)
			}
		}
		switch {
		case rival == nil:
			for _, a := range next.accounts {
				owner[a] = next
			}
			kept = append(kept, next)
		case 2*len(free) <= len(next.accounts):
			for _, name := range next.detectors {
				if !slices.Contains(rival.detectors, name) {
					rival.detectors = append(rival.detectors, name)
				}
			}
		default:
			for _, r := range c.weigh(free) {
				if r.score < c.policy.KeepBits {
					continue
				}
				i, _ := slices.BinarySearchFunc(pool, r, order)
				pool = slices.Insert(pool, i, r)
			}
		}
	}
	for _, r := range kept { // a bystander of one ring may be a member of another
		r.members = slices.DeleteFunc(r.members, func(m member) bool {
			return m.role == RoleBystander && owner[m.v] != nil && owner[m.v] != r
		})
	}
	return kept
}

// sortRings puts the highest score first.
func sortRings(rings []Ring) {
	slices.SortFunc(rings, func(a, b Ring) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID))
	})
}

// scores gives every account of the scope its row, by key.
func (d *ground) scores(t *tied, run *Run, in Scope) ([]AccountScore, error) {
	wanted := make([]graph.Vertex, 0, d.pop.accounts)
	for v := d.lo; v < d.hi; v++ {
		wanted = append(wanted, v)
	}
	if len(in.Accounts) > 0 {
		var err error
		if wanted, err = d.scopeVertices(in); err != nil {
			return nil, err
		}
	}
	var members []AccountScore
	best := make([]uint32, d.pop.accounts) // by account: its row among members, from 1 on
	for i := range run.Rings {
		r := &run.Rings[i]
		for k := range r.Members {
			m := &r.Members[k]
			v, ok := d.g.Lookup(m.Ref)
			if !ok || !d.isAccount(v) {
				continue
			}
			row := AccountScore{Account: m.Ref.Key, Probability: *m.Probability, SuspectProbability: *m.SuspectProbability,
				Score: m.Score, Ring: r.ID, Role: m.Role, Status: StatusScored}
			if have := best[v-d.lo]; have == 0 {
				members = append(members, row)
				best[v-d.lo] = uint32(len(members))
			} else if row.Probability > members[have-1].Probability {
				members[have-1] = row
			}
		}
	}
	base := min(d.probability(0), d.ringProbability(0)) // no verdict speaks of those outside every ring
	out := make([]AccountScore, 0, len(wanted))
	count := &run.Info.Status
	for _, v := range wanted {
		if have := best[v-d.lo]; have > 0 {
			out = append(out, members[have-1])
		} else {
			out = append(out, AccountScore{Account: d.g.Ref(v).Key, Probability: base, SuspectProbability: base, Status: d.status(t, v)})
		}
		switch out[len(out)-1].Status {
		case StatusScored:
			count.Scored++
		case StatusNotScoredHub:
			count.NotScoredHub++
		case StatusNoLinks:
			count.NoLinks++
		}
	}
	return out, nil
}

// status of an account outside every ring.
func (d *ground) status(t *tied, v graph.Vertex) Status {
	lo, hi := d.g.Out(v)
	switch {
	case t.bound[v-d.lo]:
		return StatusScored
	case t.shares[v-d.lo] && t.cut[v-d.lo]:
		return StatusNotScoredHub
	case lo == hi && len(d.g.In(v)) == 0:
		return StatusNoLinks
	}
	return StatusScored
}
