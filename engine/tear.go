package engine

import (
	"cmp"
	"slices"

	"ringleader/engine/algo"
	"ringleader/graph"
)

// aside sets apart the ties that are wider than limit all by themselves, since no
// bar makes them smaller: each is a pattern, and a piece of its own. Of two that
// overlap the firmer one takes its accounts, and what is left of the other is
// apart only if it still is too wide. rest is what the other ties bind without
// these accounts, by components; torn counts the ties that lead out of a wide
// one. Time: O(accounts in ties · log).
func (c *component) aside(limit int) (wide [][]graph.Vertex, rest []*component, torn int) {
	var order []*tie
	for i := range c.ties {
		if len(c.ties[i].accounts) > limit {
			order = append(order, &c.ties[i])
		}
	}
	if len(order) == 0 {
		return nil, []*component{c}, 0
	}
	slices.SortStableFunc(order, compareFirm)
	taken := make(map[graph.Vertex]bool)
	isTaken := func(a graph.Vertex) bool { return taken[a] }
	for _, t := range order {
		free := slices.DeleteFunc(slices.Clone(t.accounts), isTaken)
		if len(free) <= limit {
			continue
		}
		wide = append(wide, free)
		for _, a := range free {
			taken[a] = true
		}
	}
	ties := make([]tie, 0, len(c.ties))
	for _, t := range c.ties {
		free := slices.DeleteFunc(slices.Clone(t.accounts), isTaken)
		torn += one(len(free) > 0 && len(free) < len(t.accounts))
		if part, ok := c.restrict(t, free); ok {
			ties = append(ties, part)
		}
	}
	return wide, c.regroup(ties), torn
}

// compareFirm puts the firmest tie first, of these the narrowest; keys decide
// only between ties that are alike in all else.
func compareFirm(a, b *tie) int {
	return cmp.Or(cmp.Compare(b.firm(), a.firm()), cmp.Compare(len(a.accounts), len(b.accounts)),
		cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to), cmp.Compare(a.found, b.found), slices.Compare(a.accounts, b.accounts))
}

// tear splits a component that no bar of bits makes small enough, and in which no
// tie is wider than limit: ties that all are as strong as can be chain up. Its
// ties join accounts one after the other, the firmest first and of these the
// narrowest, as long as no piece comes to more than limit accounts; of a tie that
// would make one too big, the smaller pieces that it touches are joined and the
// rest stays apart. torn counts the ties that lead from piece to piece. It
// depends on nothing outside the component. Time: O(accounts in ties · log).
func (c *component) tear(limit int) (parts [][]graph.Vertex, torn int) {
	order := make([]*tie, len(c.ties))
	for i := range c.ties {
		order[i] = &c.ties[i]
	}
	slices.SortStableFunc(order, compareFirm)
	u := algo.NewUnionFind(len(c.accounts))
	size := make([]int, len(c.accounts)) // by root
	for i := range size {
		size[i] = 1
	}
	for _, t := range order {
		roots := c.roots(u, t)
		slices.SortStableFunc(roots, func(a, b uint32) int { return cmp.Compare(size[a], size[b]) })
		at := int(roots[0]) // the piece that grows
		left := false
		for _, r := range roots[1:] {
			n := size[at] + size[r]
			if n > limit {
				left = true
				break // those that follow are larger
			}
			u.Union(uint32(at), r)
			at = int(u.Find(r))
			size[at] = n
		}
		torn += one(left)
	}
	for _, group := range algo.Groups(u.Labels()) {
		if len(group) < 2 {
			continue
		}
		part := make([]graph.Vertex, len(group))
		for i, x := range group {
			part[i] = c.accounts[x]
		}
		parts = append(parts, part)
	}
	return parts, torn
}

// roots is the pieces that a tie touches, each once, the first account's first.
func (c *component) roots(u *algo.UnionFind, t *tie) []uint32 {
	out := make([]uint32, len(t.accounts))
	for i, a := range t.accounts {
		x, _ := slices.BinarySearch(c.accounts, a)
		out[i] = u.Find(uint32(x))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
