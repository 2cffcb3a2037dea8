package algo

import "ringleader/graph"

// UnionFind is a forest of disjoint sets over 0…n−1, by path halving (Tarjan
// and van Leeuwen 1984, doi:10.1145/62.2160). The root of a set is always its
// smallest member, which makes labels independent of the order of unions; the
// price is union by index instead of by rank. Time: O(log n) amortised.
type UnionFind struct {
	parent []uint32
}

// NewUnionFind makes n sets of one.
func NewUnionFind(n int) *UnionFind {
	u := &UnionFind{parent: make([]uint32, n)}
	for i := range u.parent {
		u.parent[i] = uint32(i)
	}
	return u
}

// Find is the smallest member of the set of x.
func (u *UnionFind) Find(x uint32) uint32 {
	for u.parent[x] != x {
		u.parent[x] = u.parent[u.parent[x]]
		x = u.parent[x]
	}
	return x
}

// Union joins the sets of x and y, and reports whether they were apart.
func (u *UnionFind) Union(x, y uint32) bool {
	x, y = u.Find(x), u.Find(y)
	if x == y {
		return false
	}
	if x > y {
		x, y = y, x
	}
	u.parent[y] = x
	return true
}

// Labels is the smallest member of the set of each element.
func (u *UnionFind) Labels() []uint32 {
	labels := make([]uint32, len(u.parent))
	for i := range labels {
		labels[i] = u.Find(uint32(i))
	}
	return labels
}

// Components labels the connected components of a, taking each arc both ways:
// every vertex gets the smallest vertex of its component. Time: O(vertices +
// arcs·log vertices), in practice linear.
func Components(a graph.Adjacency) []uint32 {
	u := NewUnionFind(a.Len())
	for v := range graph.Vertex(a.Len()) {
		for _, w := range a.Row(v) {
			u.Union(uint32(v), uint32(w))
		}
	}
	return u.Labels()
}

// Groups lists the members of each label, both ascending. Time: O(vertices).
func Groups(labels []uint32) [][]uint32 {
	at := make(map[uint32]int)
	var groups [][]uint32
	for v, l := range labels {
		i, ok := at[l]
		if !ok {
			i = len(groups)
			at[l] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], uint32(v))
	}
	return groups
}
