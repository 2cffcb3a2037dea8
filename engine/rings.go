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

// findRings works through components on all threads. The order of results is
// that of the components.
func (d *ground) findRings(ctx context.Context, parts []*component, o *Options) ([]found, error) {
	byPart := make([][]found, len(parts))
	var done atomic.Int64
	err := d.each(ctx, len(parts), 16, func(i int) error {
		kept, err := parts[i].rings(ctx)
		if err != nil {
			return err
		}
		for _, r := range kept {
			byPart[i] = append(byPart[i], found{parts[i].finish(r), r})
		}
		if n := done.Add(1); n%256 == 0 || int(n) == len(parts) {
			o.report("rings", int(n), len(parts))
		}
		return nil
	})
	return slices.Concat(byPart...), err
}

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
	best := make(map[string]AccountScore)
	for i := range run.Rings {
		r := &run.Rings[i]
		for _, m := range r.Members {
			if m.Ref.Kind != graph.Account {
				continue
			}
			have, ok := best[m.Ref.Key]
			if !ok || *m.Probability > have.Probability {
				best[m.Ref.Key] = AccountScore{Account: m.Ref.Key, Probability: *m.Probability, SuspectProbability: *m.SuspectProbability,
					Score: m.Score, Ring: r.ID, Role: m.Role, Status: StatusScored}
			}
		}
	}
	base := min(d.probability(0), d.ringProbability(0)) // no verdict speaks of those outside every ring
	out := make([]AccountScore, 0, len(wanted))
	count := &run.Info.Status
	for _, v := range wanted {
		key := d.g.Ref(v).Key
		s, ok := best[key]
		if !ok {
			s = AccountScore{Account: key, Probability: base, SuspectProbability: base, Status: d.status(t, v)}
		}
		switch s.Status {
		case StatusScored:
			count.Scored++
		case StatusNotScoredHub:
			count.NotScoredHub++
		case StatusNoLinks:
			count.NoLinks++
		}
		out = append(out, s)
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
