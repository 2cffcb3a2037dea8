package algo

import (
	"context"

	"ringleader/graph"
)

// Cores is the core number of every vertex of a symmetric graph: the largest k
// such that it belongs to a subgraph in which every vertex has k neighbours or
// more (Seidman 1983, doi:10.1016/0378-8733(83)90028-X). Loops and weights do not
// count.
//
// Vertices are peeled level by level, like Batagelj and Zaversnik (2003,
// arXiv:cs/0310049) but without keeping vertices sorted by degree: one list of
// what is left is walked once a level, and a vertex is in it for no more levels
// than it has neighbours. So it takes O(vertices + arcs), with one wait for
// memory an arc. Memory: 12 bytes a vertex.
//
// Core numbers are unique. They mislead where an identifier has many accounts
// that share nothing else: its core is 1, like that of any star. It fails when
// ctx ends.
func Cores(ctx context.Context, a graph.Adjacency) ([]uint32, error) {
	core := make([]uint32, a.Len()) // the degree among what is left, then final
	left := make([]graph.Vertex, a.Len())
	for v := range graph.Vertex(a.Len()) {
		left[v] = v
		for _, u := range a.Row(v) {
			if u != v {
				core[v]++
			}
		}
	}
	var peel []graph.Vertex
	for k := uint32(0); len(left) > 0; k++ {
		// Those of degree k go, those above stay, those below have gone.
		least, kept := uint32(none), left[:0]
		for _, v := range left {
			switch d := core[v]; {
			case d > k:
				least = min(least, d)
				kept = append(kept, v)
			case d == k:
				peel = append(peel, v)
			}
		}
		left = kept
		if len(peel) == 0 {
			k = least - 1
			continue
		}
		var err error
		if peel, err = peelLevel(ctx, a, core, k, peel); err != nil {
			return nil, err
		}
	}
	return core, ctx.Err()
}

// peelLevel removes the given vertices of degree k and all that fall to k with
// them.
func peelLevel(ctx context.Context, a graph.Adjacency, core []uint32, k uint32, peel []graph.Vertex) ([]graph.Vertex, error) {
	for steps := 0; len(peel) > 0; steps++ {
		if steps&0xffff == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		v := peel[len(peel)-1]
		peel = peel[:len(peel)-1]
		for _, u := range a.Row(v) {
			d := core[u]
			if d <= k {
				continue
			}
			core[u] = d - 1
			if d-1 == k {
				peel = append(peel, u)
			}
		}
	}
	return peel, nil
}
