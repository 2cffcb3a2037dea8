package algo_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/graph/topo"

	"ringleader/engine/algo"
	"ringleader/engine/algo/algotest"
	"ringleader/graph"
)

func cores(t require.TestingT, a graph.Adjacency) []uint32 {
	core, err := algo.Cores(context.Background(), a)
	require.NoError(t, err)
	return core
}

func TestCoresAreGonums(t *testing.T) {
	for seed := range uint64(1000) {
		a := randomGraph(rand.New(rand.NewPCG(seed, 7)), 60)
		_, shells := topo.DegeneracyOrdering(graph.NewUndirected(a))
		want := make([]uint32, a.Len())
		for k, shell := range shells {
			for _, n := range shell {
				want[n.ID()] = uint32(k)
			}
		}
		require.Equal(t, want, cores(t, a), "seed %d", seed)
	}
}

// In a k-core every member has k neighbours inside, and no set with that
// property is larger: what is outside can be peeled away.
func TestCoresOfFamilies(t *testing.T) {
	for _, family := range algotest.Families() {
		g, err := algotest.New(family, 50_000, 1)
		require.NoError(t, err)
		a := g.Adjacency()
		core := cores(t, a)
		for v := range graph.Vertex(a.Len()) {
			inside := uint32(0)
			for _, u := range a.Row(v) {
				if core[u] >= core[v] {
					inside++
				}
			}
			if inside < core[v] {
				require.Fail(t, "too few neighbours in its core", "%s, vertex %d", family, v)
			}
		}
		// Doubling all weights, or adding loops, changes nothing.
		require.Equal(t, core, cores(t, graph.Adjacency{Start: a.Start, Targets: a.Targets, Weights: slices.Repeat([]float32{2}, len(a.Targets))}))
	}
	rng := rand.New(rand.NewPCG(1, 1))
	a := randomGraph(rng, 60)
	require.Equal(t, cores(t, a), cores(t, withLoops(rng, a)))
	require.Empty(t, cores(t, graph.Adjacency{}))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := algo.Cores(ctx, cycle(3))
	require.ErrorIs(t, err, context.Canceled)
}
