package algotest_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/engine/algo/algotest"
	"ringleader/graph"
)

func TestFamilies(t *testing.T) {
	for _, family := range algotest.Families() {
		g, err := algotest.New(family, 20_000, 1)
		require.NoError(t, err)
		again, err := algotest.New(family, 20_000, 1)
		require.NoError(t, err)
		require.Equal(t, g, again, "equal seeds make equal graphs")
		require.InDelta(t, 20_000, len(g.Links), 4_000, "%s: links", family)

		a := g.Adjacency()
		require.Equal(t, g.Vertices, a.Len())
		require.Len(t, a.Targets, 2*len(g.Links))
		require.Empty(t, wrong(g, a), family)
		shuffled := g.Shuffled(2)
		require.NotEqual(t, g.Links, shuffled)
		slices.SortFunc(shuffled, func(a, b algotest.Link) int { return slices.Compare(a[:], b[:]) })
		require.Equal(t, g.Links, shuffled)
	}
	_, err := algotest.New("lattice", 10, 1)
	require.ErrorIs(t, err, graph.ErrInvalid)
}

// wrong says what is wrong with the rows of a, the empty string if nothing.
func wrong(g *algotest.Graph, a graph.Adjacency) string {
	for v := range graph.Vertex(a.Len()) {
		row := a.Row(v)
		for i, u := range row {
			_, back := a.Arc(u, v)
			switch {
			case u == v:
				return "a loop"
			case i > 0 && row[i-1] >= u:
				return "a row that does not ascend, or repeats"
			case !back:
				return "not symmetric"
			case g.Accounts > 0 && (int(v) < g.Accounts) == (int(u) < g.Accounts):
				return "not bipartite"
			}
		}
	}
	return ""
}
