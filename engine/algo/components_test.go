package algo_test

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/graph/topo"

	"ringleader/engine/algo"
	"ringleader/engine/algo/algotest"
	"ringleader/graph"
)

// threadCounts are one, this project's machine, and more than there are
// processors, so that chunks come in any order.
var threadCounts = []int{1, 2, 7}

// randomGraph draws a graph of up to n vertices that is, by turns, sparse,
// dense, full of stars, and without links.
func randomGraph(rng *rand.Rand, n int) graph.Adjacency {
	n = 1 + rng.IntN(n)
	var arcs []graph.Arc
	shape := rng.IntN(4)
	for range rng.IntN(1+n*[]int{1, 4, 2, 0}[shape]) + shape%3 {
		from := rng.IntN(n)
		if shape == 2 {
			from = rng.IntN(1 + n/10)
		}
		arcs = append(arcs, graph.Arc{From: graph.Vertex(from), To: graph.Vertex(rng.IntN(n)), Weight: float32(1 + rng.IntN(4))})
	}
	return graph.NewAdjacency(n, arcs, true)
}

func links(a graph.Adjacency) (all [][2]graph.Vertex) {
	for v := range graph.Vertex(a.Len()) {
		for _, u := range a.Row(v) {
			if u >= v {
				all = append(all, [2]graph.Vertex{v, u})
			}
		}
	}
	return all
}

func stream(all [][2]graph.Vertex, batch int) iter.Seq2[[][2]graph.Vertex, error] {
	return func(yield func([][2]graph.Vertex, error) bool) {
		for b := range slices.Chunk(all, batch) {
			if !yield(b, nil) {
				return
			}
		}
	}
}

func TestComponentsAgreeWithGonum(t *testing.T) {
	ctx := context.Background()
	for seed := range uint64(1000) {
		rng := rand.New(rand.NewPCG(seed, 1))
		a := randomGraph(rng, 60)
		want := make([]uint32, a.Len())
		for _, c := range topo.ConnectedComponents(graph.NewUndirected(a)) {
			least := c[0].ID()
			for _, n := range c {
				least = min(least, n.ID())
			}
			for _, n := range c {
				want[n.ID()] = uint32(least)
			}
		}
		o := algo.ComponentsOptions{Threads: threadCounts[seed%3]}
		got, err := algo.ConnectedComponents(ctx, a, o)
		require.NoError(t, err)
		require.Equal(t, want, got, "seed %d", seed)

		all := links(a)
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		got, err = algo.StreamComponents(ctx, a.Len(), stream(all, 1+rng.IntN(20)), o)
		require.NoError(t, err)
		require.Equal(t, want, got, "stream, seed %d", seed)
	}
}

// The families have a giant component (lfr, rmat, fraud, star) or none (ident):
// both ways through the last step.
func TestComponentsOfFamilies(t *testing.T) {
	ctx := context.Background()
	for _, family := range algotest.Families() {
		g, err := algotest.New(family, 100_000, 3)
		require.NoError(t, err)
		a := g.Adjacency()
		want := algo.Components(a)
		var shuffled [][2]graph.Vertex
		for _, l := range g.Shuffled(1) {
			shuffled = append(shuffled, l)
		}
		for _, threads := range threadCounts {
			o := algo.ComponentsOptions{Threads: threads}
			got, err := algo.ConnectedComponents(ctx, a, o)
			require.NoError(t, err)
			require.Equal(t, want, got, "%s, %d threads", family, threads)
			got, err = algo.StreamComponents(ctx, a.Len(), stream(shuffled, 1<<15), o)
			require.NoError(t, err)
			require.Equal(t, want, got, "%s, stream, %d threads", family, threads)
		}
	}
}

func TestComponentsRefuse(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	_, err := algo.StreamComponents(ctx, 3, stream([][2]graph.Vertex{{0, 3}}, 1), algo.ComponentsOptions{})
	require.ErrorIs(t, err, graph.ErrInvalid)
	torn := errors.New("torn")
	_, err = algo.StreamComponents(ctx, 3, func(yield func([][2]graph.Vertex, error) bool) { yield(nil, torn) }, algo.ComponentsOptions{})
	require.ErrorIs(t, err, torn)
	cancel()
	_, err = algo.ConnectedComponents(ctx, cycle(5), algo.ComponentsOptions{})
	require.ErrorIs(t, err, context.Canceled)
	_, err = algo.StreamComponents(ctx, 3, stream([][2]graph.Vertex{{0, 1}}, 1), algo.ComponentsOptions{})
	require.ErrorIs(t, err, context.Canceled)

	none, err := algo.ConnectedComponents(context.Background(), graph.Adjacency{}, algo.ComponentsOptions{})
	require.NoError(t, err)
	require.Empty(t, none)
}

func cycle(n int) graph.Adjacency {
	arcs := make([]graph.Arc, n)
	for i := range arcs {
		arcs[i] = graph.Arc{From: graph.Vertex(i), To: graph.Vertex((i + 1) % n), Weight: 1}
	}
	return graph.NewAdjacency(n, arcs, true)
}
