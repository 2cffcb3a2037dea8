package algo_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/graph/network"

	"ringleader/engine/algo"
	"ringleader/engine/algo/algotest"
	"ringleader/graph"
)

func pageRank(t require.TestingT, a graph.Adjacency, o algo.PageRankOptions) []float64 {
	rank, err := algo.PageRank(context.Background(), a, o)
	require.NoError(t, err)
	return rank
}

func unweighted(a graph.Adjacency) graph.Adjacency {
	return graph.Adjacency{Start: a.Start, Targets: a.Targets}
}

// gonum starts from random ranks, so both run until they have settled to 1e-10.
// Its PageRank takes no weights.
func TestPageRankIsGonums(t *testing.T) {
	for seed := range uint64(1000) {
		rng := rand.New(rand.NewPCG(seed, 8))
		a := unweighted(randomGraph(rng, 40))
		o := algo.PageRankOptions{Tolerance: 1e-12, Iterations: 1000, Damping: .8, Threads: threadCounts[seed%3]}
		if seed%2 == 0 { // a directed graph
			var arcs []graph.Arc
			for range rng.IntN(3 * a.Len()) {
				arcs = append(arcs, graph.Arc{From: graph.Vertex(rng.IntN(a.Len())), To: graph.Vertex(rng.IntN(a.Len())), Weight: 1})
			}
			a = unweighted(graph.NewAdjacency(a.Len(), arcs, false))
			in := a.Reverse()
			o.Incoming = &in
		}
		want := network.PageRank(graph.NewDirected(a), .8, 1e-12)
		for v, got := range pageRank(t, a, o) {
			if math.Abs(want[int64(v)]-got) > 1e-9 {
				require.InDelta(t, want[int64(v)], got, 1e-9, "seed %d, vertex %d", seed, v)
			}
		}
	}
}

// With a restart that is the same for all nothing is left out, so both ways are
// there to compare, iteration by iteration. The bound is the roundings of a sum of
// 20,000 ranks, 20,000·2⁻⁵³.
func TestPageRankLeavesOutLeavesExactly(t *testing.T) {
	graphs := []graph.Adjacency{
		graph.NewAdjacency(2, []graph.Arc{{From: 0, To: 1}}, true), // two leaves and nothing else
		graph.NewAdjacency(3, nil, true),
		// A loop alone, two leaves that have each other, and a leaf of a triangle.
		graph.NewAdjacency(7, []graph.Arc{
			{From: 0, To: 0}, {From: 1, To: 2},
			{From: 3, To: 4}, {From: 4, To: 5}, {From: 5, To: 3}, {From: 5, To: 6},
		}, true),
	}
	for seed := range uint64(300) {
		graphs = append(graphs, randomGraph(rand.New(rand.NewPCG(seed, 14)), 30))
	}
	for _, family := range []string{"fraud", "ident", "star"} {
		g, err := algotest.New(family, 20_000, 1)
		require.NoError(t, err)
		graphs = append(graphs, g.Adjacency())
	}
	for i, a := range graphs {
		a = unweighted(a)
		alike := slices.Repeat([]float32{1}, a.Len())
		for _, iterations := range []int{1, 2, 7, 20} {
			o := algo.PageRankOptions{Tolerance: 1e-300, Iterations: iterations, Threads: threadCounts[i%3]}
			got := pageRank(t, a, o)
			o.Restart = alike
			for v, want := range pageRank(t, a, o) {
				if math.Abs(got[v]-want) > 3e-12 {
					require.InDelta(t, want, got[v], 3e-12, "graph %d, %d iterations, vertex %d", i, iterations, v)
				}
			}
		}
	}
}

func TestPageRankIsTheSameForAnyNumberOfThreads(t *testing.T) {
	for _, family := range []string{"fraud", "rmat"} {
		g, err := algotest.New(family, 200_000, 1)
		require.NoError(t, err)
		a := g.Adjacency()
		for _, tolerance := range []float64{0, 1e-9, -1} {
			o := algo.PageRankOptions{Tolerance: tolerance, Iterations: 20, Threads: 1}
			want := pageRank(t, a, o)
			sum := 0.0
			for _, r := range want {
				sum += r
			}
			require.InDelta(t, 1, sum, 1e-5, "ranks are chances")
			for _, o.Threads = range threadCounts {
				require.Equal(t, want, pageRank(t, a, o), "%s, %d threads", family, o.Threads)
			}
		}
	}
}

// From a ring that hangs on the rest by one link, the walker seldom leaves.
func TestPersonalisedPageRankIsNearness(t *testing.T) {
	a := planted(1, 5, 10, .8, .01)
	restart := make([]float32, a.Len())
	restart[12], restart[13] = 3, 1
	rank := pageRank(t, a, algo.PageRankOptions{Restart: restart})
	inside := 0.0
	for v := 10; v < 20; v++ {
		inside += rank[v]
	}
	require.Greater(t, inside, .7)
	require.Greater(t, rank[12], rank[13])
	for v := range rank {
		require.LessOrEqual(t, rank[v], rank[12])
	}
	// The unit of the restart does not matter.
	for i := range restart {
		restart[i] *= 8
	}
	require.Equal(t, rank, pageRank(t, a, algo.PageRankOptions{Restart: restart}))
}

// By hand: from 0, the walker goes to 1 three times in four. With d = .5,
// r0 = .5 + .5·(r1 + r2), r1 = .5·¾·r0, r2 = .5·¼·r0, so r0 = .5/(1 − ¼) = ⅔.
func TestPageRankGoesByWeight(t *testing.T) {
	a := graph.NewAdjacency(3, []graph.Arc{{From: 0, To: 1, Weight: 3}, {From: 0, To: 2, Weight: 1}}, true)
	rank := pageRank(t, a, algo.PageRankOptions{Damping: .5, Tolerance: 1e-12, Restart: []float32{1, 0, 0}})
	require.InDeltaSlice(t, []float64{2. / 3, 1. / 4, 1. / 12}, rank, 1e-9)
}

func TestPageRankRefuses(t *testing.T) {
	a := cycle(3)
	ctx, cancel := context.WithCancel(context.Background())
	for _, o := range []algo.PageRankOptions{
		{Restart: []float32{1}}, {Restart: []float32{0, 0, 0}}, {Restart: []float32{1, -1, 1}},
		{Damping: 1}, {Incoming: &graph.Adjacency{}},
	} {
		_, err := algo.PageRank(ctx, a, o)
		require.ErrorIs(t, err, graph.ErrInvalid, "%+v", o)
	}
	bad := graph.Adjacency{Start: a.Start, Targets: a.Targets, Weights: slices.Repeat([]float32{-1}, 6)}
	_, err := algo.PageRank(ctx, bad, algo.PageRankOptions{})
	require.ErrorIs(t, err, graph.ErrInvalid)
	cancel()
	_, err = algo.PageRank(ctx, a, algo.PageRankOptions{})
	require.ErrorIs(t, err, context.Canceled)
	none, err := algo.PageRank(context.Background(), graph.Adjacency{}, algo.PageRankOptions{})
	require.NoError(t, err)
	require.Empty(t, none)
}
