package algo_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/engine/algo"
	"ringleader/graph"
)

func TestReorderKeepsTheGraph(t *testing.T) {
	ctx := context.Background()
	for seed := range uint64(200) {
		a := randomGraph(rand.New(rand.NewPCG(seed, 9)), 50)
		if seed%4 == 0 {
			a = unweighted(a)
		}
		found, err := algo.BreadthFirst(ctx, a)
		require.NoError(t, err)
		labels := algo.Components(a)
		for name, order := range map[string][]graph.Vertex{"breadth first": found, "degree": algo.ByDegree(a), "label": algo.ByLabel(labels)} {
			b, err := algo.Reorder(ctx, a, order, threadCounts[seed%3])
			require.NoError(t, err)
			require.Len(t, b.Targets, len(a.Targets))
			for p := range graph.Vertex(b.Len()) {
				require.True(t, slices.IsSorted(b.Row(p)), "%s: rows ascend", name)
				for _, q := range b.Row(p) {
					got, _ := b.Arc(p, q)
					want, there := a.Arc(order[p], order[q])
					require.True(t, there && got == want, "%s: arc %d to %d", name, p, q)
				}
			}
			if name == "degree" {
				require.True(t, slices.IsSortedFunc(order, func(u, v graph.Vertex) int { return len(a.Row(v)) - len(a.Row(u)) }))
			}
			if name == "label" {
				require.True(t, slices.IsSortedFunc(order, func(u, v graph.Vertex) int { return int(labels[u]) - int(labels[v]) }))
			}
		}
	}
}

// A search goes through 0, then its neighbours, then theirs.
func TestBreadthFirst(t *testing.T) {
	a := graph.NewAdjacency(6, []graph.Arc{{From: 0, To: 4}, {From: 0, To: 2}, {From: 4, To: 1}, {From: 3, To: 5}}, true)
	order, err := algo.BreadthFirst(context.Background(), a)
	require.NoError(t, err)
	require.Equal(t, []graph.Vertex{0, 2, 4, 1, 3, 5}, order)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = algo.BreadthFirst(ctx, a)
	require.ErrorIs(t, err, context.Canceled)
}

func TestReorderRefuses(t *testing.T) {
	for _, order := range [][]graph.Vertex{nil, {0, 1}, {0, 1, 1}, {0, 1, 3}, {0, 1, 2, 2}} {
		_, err := algo.Reorder(context.Background(), cycle(3), order, 1)
		require.ErrorIs(t, err, graph.ErrInvalid, "%v", order)
	}
}
