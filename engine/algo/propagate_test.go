package algo_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/engine/algo"
	"ringleader/engine/algo/algotest"
	"ringleader/graph"
)

// cdlp is the definition of LDBC Graphalytics, word by word.
func cdlp(a graph.Adjacency, iterations int, weighted bool) []uint32 {
	labels := make([]uint32, a.Len())
	for v := range labels {
		labels[v] = uint32(v)
	}
	for range iterations {
		next := slices.Clone(labels)
		for v := range graph.Vertex(a.Len()) {
			count := make(map[uint32]float64)
			for _, u := range a.Row(v) {
				w := 1.0
				if weighted {
					w, _ = a.Arc(v, u)
				}
				count[labels[u]] += w
			}
			best := 0.0
			for l, c := range count {
				if c > best || c == best && l < next[v] {
					next[v], best = l, c
				}
			}
		}
		labels = next
	}
	return labels
}

func TestPropagateLabelsIsCDLP(t *testing.T) {
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 10))
		a := randomGraph(rng, 50)
		o := algo.PropagateOptions{Iterations: 1 + rng.IntN(12), Weighted: seed%2 == 0, Threads: threadCounts[seed%3]}
		got, err := algo.PropagateLabels(context.Background(), a, o)
		require.NoError(t, err)
		require.Equal(t, cdlp(a, o.Iterations, o.Weighted), got, "seed %d", seed)
	}
}

func TestPropagateLabelsIsTheSameForAnyNumberOfThreads(t *testing.T) {
	g, err := algotest.New("lfr", 200_000, 1)
	require.NoError(t, err)
	a := g.Adjacency()
	want := cdlp(a, 10, false)
	for _, threads := range threadCounts {
		got, err := algo.PropagateLabels(context.Background(), a, algo.PropagateOptions{Threads: threads})
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = algo.PropagateLabels(ctx, a, algo.PropagateOptions{})
	require.ErrorIs(t, err, context.Canceled)
}
