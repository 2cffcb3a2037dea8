package algo

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	gonum "gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/community"
	"gonum.org/v1/gonum/graph/topo"
	"pgregory.net/rapid"

	"ringleader/graph"
)

func drawGraph(t *rapid.T) graph.Adjacency {
	n := rapid.IntRange(1, 40).Draw(t, "n")
	m := rapid.IntRange(0, 60).Draw(t, "m")
	arcs := make([]graph.Arc, m)
	for i := range arcs {
		arcs[i] = graph.Arc{
			From:   graph.Vertex(rapid.IntRange(0, n-1).Draw(t, "from")),
			To:     graph.Vertex(rapid.IntRange(0, n-1).Draw(t, "to")),
			Weight: float32(rapid.IntRange(1, 4).Draw(t, "weight"))}
	}
	return graph.NewAdjacency(n, arcs, true)
}

func TestComponentsAreGonums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawGraph(t)
		want := make([]uint32, a.Len())
		for _, c := range topo.ConnectedComponents(graph.NewUndirected(a)) {
			least := slices.MinFunc(c, func(x, y gonum.Node) int { return int(x.ID() - y.ID()) }).ID()
			for _, n := range c {
				want[n.ID()] = uint32(least)
			}
		}
		require.Equal(t, want, Components(a))
	})
}

func TestGroups(t *testing.T) {
	require.Equal(t, [][]uint32{{0, 2}, {1, 4}, {3}}, Groups([]uint32{0, 1, 0, 3, 1}))
	require.Empty(t, Groups(nil))
}

// cliques is k cliques of size s in a ring, each joined to the next by one arc.
func cliques(k, s int) graph.Adjacency {
	var arcs []graph.Arc
	for c := range k {
		for i := range s {
			for j := range i {
				arcs = append(arcs, graph.Arc{From: graph.Vertex(c*s + i), To: graph.Vertex(c*s + j), Weight: 1})
			}
		}
		arcs = append(arcs, graph.Arc{From: graph.Vertex(c * s), To: graph.Vertex((c + 1) % k * s), Weight: 1})
	}
	return graph.NewAdjacency(k*s, arcs, true)
}

func TestCommunitiesFindCliques(t *testing.T) {
	labels, err := Gonum.Communities(context.Background(), cliques(6, 8), LeidenOptions{}, 1)
	require.NoError(t, err)
	groups := Groups(labels)
	require.Len(t, groups, 6)
	for _, g := range groups {
		require.Len(t, g, 8)
		require.Equal(t, g[0]/8, g[7]/8)
	}
}

func TestCommunitiesAreConnectedAndRepeatable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawGraph(t)
		seed := rapid.Uint64().Draw(t, "seed")
		labels, err := Gonum.Communities(context.Background(), a, LeidenOptions{}, seed)
		require.NoError(t, err)
		again, err := Gonum.Communities(context.Background(), a, LeidenOptions{}, seed)
		require.NoError(t, err)
		require.Equal(t, labels, again)
		for i, l := range labels {
			require.LessOrEqual(t, l, uint32(i), "a label is the smallest member")
		}
		require.Equal(t, labels, connectedParts(a, labels), "every community is connected")
	})
}

// Modularity of the communities is that of gonum's own, which they are made
// of, or better: splitting what is not connected can only raise it.
func TestCommunitiesKeepModularity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawGraph(t)
		if len(a.Targets) == 0 {
			return
		}
		g := graph.NewUndirected(a)
		labels, err := Gonum.Communities(context.Background(), a, LeidenOptions{}, 5)
		require.NoError(t, err)
		var sets [][]gonum.Node
		for _, group := range Groups(labels) {
			var nodes []gonum.Node
			for _, v := range group {
				nodes = append(nodes, g.Node(int64(v)))
			}
			sets = append(sets, nodes)
		}
		louvain := community.Modularize(g, 1, rand.NewPCG(5, uint64(a.Len())))
		require.GreaterOrEqual(t, community.Q(g, sets, 1), community.Q(g, louvain.Communities(), 1)-1e-9)
	})
}

func TestCommunitiesLimits(t *testing.T) {
	a := cliques(3, 4)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Gonum.Communities(ctx, a, LeidenOptions{}, 1)
	require.ErrorIs(t, err, context.Canceled)

	a.Weights[0] = -1
	_, err = Gonum.Communities(context.Background(), a, LeidenOptions{}, 1)
	require.ErrorIs(t, err, graph.ErrInvalid)
}

func BenchmarkComponents(b *testing.B) {
	const n = 200_000
	arcs := make([]graph.Arc, n-1)
	for i := range arcs {
		arcs[i] = graph.Arc{To: graph.Vertex(i + 1), Weight: 1}
	}
	star := graph.NewAdjacency(n, arcs, true)
	for b.Loop() {
		Components(star)
	}
	b.ReportMetric(float64(len(star.Targets))*float64(b.N)/b.Elapsed().Seconds(), "arcs/s")
}
