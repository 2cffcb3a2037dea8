package algo

import (
	"context"

	"ringleader/graph"
)

// CommunityOptions of [Communities]. The zero value is modularity at
// resolution 1 with the default size limit.
type CommunityOptions struct {
	// Resolution is γ of Reichardt and Bornholdt
	// (doi:10.1103/PhysRevE.74.016110): higher gives smaller communities.
	// Zero: 1.
	Resolution float64
	// Seed of the order in which vertices are visited.
	Seed uint64
	// MaxVertices is the largest graph that gonum's Louvain gets; a bigger one
	// goes to [Leiden]. Zero: 2000, about a second in gonum.
	MaxVertices int
}

// Communities labels the communities of a symmetric graph; each vertex gets the
// smallest vertex of its community. It is the seam of community detection:
// behind it stand gonum's Louvain method (Blondel et al. 2008,
// doi:10.1088/1742-5468/2008/10/P10008) for ring-sized graphs and [Leiden] for
// larger ones. Both maximise
//
//	Q = 1/2m Σ_ij [A_ij − γ k_i k_j / 2m] δ(c_i, c_j).
//
// It is deterministic for a seed and an order of vertices. It misleads where
// communities are much smaller than √(2m) (the resolution limit: they are
// merged), and a community it returns need not be connected, so each is split
// into its connected parts here. Memory: O(vertices + arcs). Time: superlinear,
// in gonum, hence MaxVertices.
func Communities(ctx context.Context, a graph.Adjacency, o CommunityOptions) ([]uint32, error) {
	if o.MaxVertices == 0 {
		o.MaxVertices = 2000
	}
	if a.Len() > o.MaxVertices {
		return Leiden(ctx, a, LeidenOptions{Resolution: o.Resolution})
	}
	return Gonum.Communities(ctx, a, LeidenOptions{Resolution: o.Resolution}, o.Seed)
}

// connectedParts splits each class of vertices into what is connected inside.
func connectedParts(a graph.Adjacency, class []uint32) []uint32 {
	u := NewUnionFind(a.Len())
	for v := range graph.Vertex(a.Len()) {
		for _, w := range a.Row(v) {
			if class[v] == class[w] {
				u.Union(uint32(v), uint32(w))
			}
		}
	}
	return u.Labels()
}
