package graph_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	gonum "gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/testgraph"
	"gonum.org/v1/gonum/graph/topo"
	"pgregory.net/rapid"

	"ringleader/graph"
)

// The views must pass gonum's own public checks for graph implementations.

func TestUndirectedPassesGonumChecks(t *testing.T) {
	build := func(a graph.Adjacency) gonum.Graph { return graph.NewUndirected(a) }
	checkView(t, viewBuilder(true, build), true)
	testgraph.NodeExistence(t, denseOnly(viewBuilder(true, build)))
}

func TestDirectedPassesGonumChecks(t *testing.T) {
	build := func(a graph.Adjacency) gonum.Graph { return graph.NewDirected(a) }
	checkView(t, viewBuilder(false, build), false)
	testgraph.NodeExistence(t, denseOnly(viewBuilder(false, build)))
}

func checkView(t *testing.T, b testgraph.Builder, reversesEdges bool) {
	const usesEmpty = true
	testgraph.EdgeExistence(t, b, reversesEdges)
	testgraph.ReturnAdjacentNodes(t, b, usesEmpty, reversesEdges)
	testgraph.ReturnAllNodes(t, b, usesEmpty)
	testgraph.ReturnNodeSlice(t, b, usesEmpty)
	testgraph.ReturnAllWeightedEdges(t, b, usesEmpty)
	testgraph.ReturnWeightedEdgeSlice(t, b, usesEmpty)
	testgraph.Weight(t, b)
}

// viewBuilder renumbers gonum's cases densely, since a view's node IDs are
// vertices, and drops loops and repeated edges, which a CSR row does not hold.
func viewBuilder(symmetric bool, build func(graph.Adjacency) gonum.Graph) testgraph.Builder {
	return func(nodes []gonum.Node, lines []testgraph.WeightedLine, _, _ float64) (gonum.Graph, []gonum.Node, []testgraph.Edge, float64, float64, bool) {
		ids := make(map[int64]int64)
		dense := func(n gonum.Node) int64 {
			if _, ok := ids[n.ID()]; !ok {
				ids[n.ID()] = int64(len(ids))
			}
			return ids[n.ID()]
		}
		for _, n := range nodes {
			dense(n)
		}
		var arcs []graph.Arc
		seen := make(map[[2]int64]bool)
		for _, l := range lines {
			f, to := dense(l.From()), dense(l.To())
			if f == to || seen[[2]int64{f, to}] || symmetric && seen[[2]int64{to, f}] {
				continue
			}
			seen[[2]int64{f, to}] = true
			arcs = append(arcs, graph.Arc{From: graph.Vertex(f), To: graph.Vertex(to), Weight: float32(l.Weight())})
		}
		if len(arcs) == 0 && len(lines) > 0 {
			return nil, nil, nil, 0, 0, false // a lone loop: not a simple graph
		}
		g := build(graph.NewAdjacency(len(ids), slices.Clone(arcs), symmetric))
		var want []gonum.Node
		for _, id := range ids {
			want = append(want, g.Node(id))
		}
		var edges []testgraph.Edge // gonum compares them as Go values, so the graph's own
		for _, a := range arcs {
			edges = append(edges, g.Edge(int64(a.From), int64(a.To)))
		}
		return g, want, edges, 0, 0, true
	}
}

// denseOnly leaves the cases whose nodes are 0…n−1: where the check names nodes
// that must not exist, renumbering would break it.
func denseOnly(b testgraph.Builder) testgraph.Builder {
	return func(nodes []gonum.Node, lines []testgraph.WeightedLine, self, absent float64) (gonum.Graph, []gonum.Node, []testgraph.Edge, float64, float64, bool) {
		for i, n := range nodes {
			if n.ID() != int64(i) {
				return nil, nil, nil, 0, 0, false
			}
		}
		for _, l := range lines {
			if l.From().ID() >= int64(len(nodes)) || l.To().ID() >= int64(len(nodes)) {
				return nil, nil, nil, 0, 0, false
			}
		}
		return b(nodes, lines, self, absent)
	}
}

func TestViewsServeGonumAlgorithms(t *testing.T) {
	// Two triangles and a lone vertex: three components, known by eye.
	arcs := []graph.Arc{{From: 0, To: 1, Weight: 1}, {From: 1, To: 2, Weight: 1}, {From: 2, To: 0, Weight: 1},
		{From: 3, To: 4, Weight: 1}, {From: 4, To: 5, Weight: 1}, {From: 5, To: 3, Weight: 1}}
	require.Len(t, topo.ConnectedComponents(graph.NewUndirected(graph.NewAdjacency(7, slices.Clone(arcs), true))), 3)
	require.Len(t, topo.TarjanSCC(graph.NewDirected(graph.NewAdjacency(7, arcs, false))), 3)
}

func TestNewAdjacencyAgainstMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "n")
		symmetric := rapid.Bool().Draw(t, "symmetric")
		want := make(map[[2]graph.Vertex]float32)
		var arcs []graph.Arc
		for range rapid.IntRange(0, 40).Draw(t, "arcs") {
			a := graph.Arc{
				From:   graph.Vertex(rapid.IntRange(0, n-1).Draw(t, "from")),
				To:     graph.Vertex(rapid.IntRange(0, n-1).Draw(t, "to")),
				Weight: float32(rapid.IntRange(1, 8).Draw(t, "weight")),
			}
			arcs = append(arcs, a)
			if a.From == a.To {
				continue
			}
			want[[2]graph.Vertex{a.From, a.To}] += a.Weight
			if symmetric {
				want[[2]graph.Vertex{a.To, a.From}] += a.Weight
			}
		}
		adj := graph.NewAdjacency(n, arcs, symmetric)
		require.Equal(t, n, adj.Len())
		require.Len(t, adj.Targets, len(want))
		for u := range graph.Vertex(n) {
			for v := range graph.Vertex(n) {
				w, ok := adj.Arc(u, v)
				require.Equal(t, want[[2]graph.Vertex{u, v}] > 0, ok)
				require.Equal(t, float64(want[[2]graph.Vertex{u, v}]), w)
				back, ok2 := adj.Reverse().Arc(v, u)
				require.Equal(t, ok, ok2)
				require.Equal(t, w, back)
			}
		}
	})
}
