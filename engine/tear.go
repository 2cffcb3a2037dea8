package engine

import (
	"cmp"
	"slices"

	"ringleader/engine/algo"
	"ringleader/graph"
)

// tear splits a component that no bar of bits makes small enough: ties that all
// are as strong as can be chain up. Its ties join accounts one after the other,
// the strongest first and of these the narrowest, as long as no piece comes to
// more than limit accounts; of a tie that would make one too big, the smaller
// pieces that it touches are joined and the rest stays apart. One tie that is
// wider than limit all by itself is a pattern, and a piece of its own. torn counts
// the ties that lead from piece to piece. It depends on nothing outside the
// component; keys decide only between ties that are alike in all else. Time:
// O(accounts in ties · log).
func (c *component) tear(limit int) (parts [][]graph.Vertex, torn int) {
	order := make([]*tie, len(c.ties))
	for i := range c.ties {
		order[i] = &c.ties[i]
	}
	slices.SortStableFunc(order, func(a, b *tie) int {
		return cmp.Or(cmp.Compare(one(len(b.accounts) > limit), one(len(a.accounts) > limit)), cmp.Compare(b.bits, a.bits),
			cmp.Compare(len(a.accounts), len(b.accounts)), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to),
			cmp.Compare(a.found, b.found), slices.Compare(a.accounts, b.accounts))
	})
	u := algo.NewUnionFind(len(c.accounts))
	size := make([]int, len(c.accounts)) // by root
	closed := make([]bool, len(c.accounts))
	for i := range size {
		size[i] = 1
	}
	for _, t := range order {
		roots := c.roots(u, t)
		if len(t.accounts) > limit {
			roots = slices.DeleteFunc(roots, func(r uint32) bool { return closed[r] })
		}
		slices.SortStableFunc(roots, func(a, b uint32) int { return cmp.Compare(size[a], size[b]) })
		at, left := -1, false // the piece that grows
		for _, r := range roots {
			switch {
			case closed[r] || at >= 0 && len(t.accounts) <= limit && size[at]+size[r] > limit:
				left = true
			case at < 0:
				at = int(r)
			default:
				n := size[at] + size[r]
				u.Union(uint32(at), r)
				at = int(u.Find(r))
				size[at] = n
			}
		}
		torn += one(left)
		if at >= 0 && len(t.accounts) > limit {
			closed[at] = true
		}
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
