package algo

import (
	"context"
	"slices"

	"ringleader/graph"
)

// TriangleCounts of [Triangles].
type TriangleCounts struct {
	At     []uint64 // triangles at each vertex
	Total  uint64   // triangles of the graph
	Wedges uint64   // pairs of links that meet in a vertex
}

// Transitivity is the share of wedges that are closed, 0 without wedges.
func (t TriangleCounts) Transitivity() float64 {
	if t.Wedges == 0 {
		return 0
	}
	return 3 * float64(t.Total) / float64(t.Wedges)
}

// Clustering is the share of closed wedges at v, a vertex of the given degree;
// 0 below degree 2. Watts and Strogatz 1998, doi:10.1038/30918.
func (t TriangleCounts) Clustering(v graph.Vertex, degree int) float64 {
	if degree < 2 {
		return 0
	}
	return 2 * float64(t.At[v]) / (float64(degree) * float64(degree-1))
}

// Triangles counts the triangles and wedges of a symmetric graph without
// loops; weights do not matter. Each link is turned towards its end of higher
// degree, so that a hub is met from its neighbours and never walked: Latapy's
// forward algorithm, "Main-memory triangle computations for very large
// (sparse (power-law)) graphs", doi:10.1016/j.tcs.2008.07.017.
//
// In a graph of accounts and identifiers there are none by construction: count
// on the accounts' side, see [CoOccur]. Time: O(links^1.5) at worst, near
// linear on sparse graphs. Memory: 4 bytes a link, 20 a vertex. It fails only
// when ctx ends.
func Triangles(ctx context.Context, a graph.Adjacency) (TriangleCounts, error) {
	n := a.Len()
	t := TriangleCounts{At: make([]uint64, n)}
	up := upward(a)
	mark := make([]graph.Vertex, n) // mark[w] is v+1 while w is above v
	for v := range graph.Vertex(n) {
		if v&0xfff == 0 && ctx.Err() != nil {
			return TriangleCounts{}, ctx.Err()
		}
		degree := uint64(len(a.Row(v)))
		t.Wedges += degree * (max(degree, 1) - 1) / 2
		for _, w := range up.Row(v) {
			mark[w] = v + 1
		}
		for _, w := range up.Row(v) {
			for _, x := range up.Row(w) {
				if mark[x] == v+1 {
					t.At[v]++
					t.At[w]++
					t.At[x]++
					t.Total++
				}
			}
		}
	}
	return t, nil
}

// upward keeps of each link the arc from its end of lower degree, ties to the
// lower vertex.
func upward(a graph.Adjacency) graph.Adjacency {
	n := a.Len()
	up := graph.Adjacency{Start: make([]uint32, n+1), Targets: make([]graph.Vertex, 0, len(a.Targets)/2)}
	for v := range graph.Vertex(n) {
		degree := len(a.Row(v))
		for _, w := range a.Row(v) {
			if other := len(a.Row(w)); degree < other || degree == other && v < w {
				up.Targets = append(up.Targets, w)
			}
		}
		up.Start[v+1] = uint32(len(up.Targets))
	}
	up.Targets = slices.Clip(up.Targets)
	return up
}
