package algo

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

// One call, two methods, one answer where there is one.
func TestMethodsAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 1))
	for range 1000 { // the count that the oracle is asked for
		a := sparse(rng, 1+rng.IntN(40), 2*rng.Float64())
		ctx := t.Context()
		ours, err := Kernels.Components(ctx, a, ComponentsOptions{})
		require.NoError(t, err)
		theirs, err := Gonum.Components(ctx, a, ComponentsOptions{})
		require.NoError(t, err)
		require.Equal(t, theirs, ours)

		ours, err = Kernels.Cores(ctx, a)
		require.NoError(t, err)
		theirs, err = Gonum.Cores(ctx, a)
		require.NoError(t, err)
		require.Equal(t, theirs, ours)

		ranks, err := Kernels.PageRank(ctx, a, PageRankOptions{Tolerance: 1e-12, Iterations: 1000})
		require.NoError(t, err)
		gonums, err := Gonum.PageRank(ctx, a, PageRankOptions{Tolerance: 1e-12})
		require.NoError(t, err)
		require.InDeltaSlice(t, gonums, ranks, 1e-9)

		labels, err := Kernels.Communities(ctx, a, LeidenOptions{}, 1)
		require.NoError(t, err)
		louvain, err := Gonum.Communities(ctx, a, LeidenOptions{}, 1)
		require.NoError(t, err)
		require.GreaterOrEqual(t, Modularity.Of(a, labels, 1), Modularity.Of(a, louvain, 1)-.1, "small graphs have many optima; families are held to .001")
	}
}

func TestMethodsRefuse(t *testing.T) {
	ctx := t.Context()
	small := graph.NewAdjacency(2, []graph.Arc{{From: 0, To: 1, Weight: 1}}, true)
	large := graph.Adjacency{Start: make([]uint32, MaxGonum+2)}
	for name, err := range map[string]error{
		"size of components":  second(Gonum.Components(ctx, large, ComponentsOptions{})),
		"size of cores":       second(Gonum.Cores(ctx, large)),
		"size of communities": second(Gonum.Communities(ctx, large, LeidenOptions{}, 1)),
		"CPM":                 second(Gonum.Communities(ctx, small, LeidenOptions{Quality: CPM}, 1)),
		"a start":             second(Gonum.Communities(ctx, small, LeidenOptions{Start: []uint32{0, 1}}, 1)),
		"iterations":          secondRanks(Gonum.PageRank(ctx, small, PageRankOptions{Iterations: 3})),
	} {
		require.ErrorIs(t, err, graph.ErrInvalid, name)
	}
	ended, stop := context.WithCancel(ctx)
	stop()
	_, err := Gonum.Cores(ended, small)
	require.ErrorIs(t, err, context.Canceled)

	_, err = ParseMethod("magic")
	require.ErrorIs(t, err, graph.ErrInvalid)
	m, err := ParseMethod("gonum")
	require.NoError(t, err)
	require.Equal(t, Gonum, m)
}

func second(_ []uint32, err error) error       { return err }
func secondRanks(_ []float64, err error) error { return err }
