package api_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/api"
	"ringleader/graph"
	"ringleader/graph/sqlitestore/sqlitetest"
)

func ref(t *testing.T, s string) graph.Ref {
	t.Helper()
	r, err := graph.ParseRef(s)
	require.NoError(t, err)
	return r
}

// pathStore: a and b share two devices; b and c one address; a and c pay at the
// same hub, which 30 others pay at too.
func pathStore(t *testing.T) graph.Store {
	t.Helper()
	s := sqlitetest.New(t)
	var b graph.BatchBuilder
	use := func(account, to string) {
		r := ref(t, to)
		b.Link(graph.Ref{Kind: graph.Account, Key: account}, r, graph.Link{Type: graph.SightingType(r.Kind)}, graph.Source{Input: "i"})
	}
	for _, link := range [][2]string{{"a", "device:d1"}, {"b", "device:d1"}, {"a", "device:d2"}, {"b", "device:d2"},
		{"b", "address:x"}, {"c", "address:x"}, {"a", "merchant:hub"}, {"c", "merchant:hub"}, {"alone", "device:own"}} {
		use(link[0], link[1])
	}
	for i := range 30 {
		use(fmt.Sprintf("z%02d", i), "merchant:hub")
	}
	_, err := s.Apply(t.Context(), b.Take())
	require.NoError(t, err)
	return s
}

func hops(p api.Path) string {
	text := ""
	for i, h := range p.Hops {
		if i == 0 {
			text = h.From.Key
		}
		text += " " + h.To.Key
	}
	return text
}

func TestFindPaths(t *testing.T) {
	s := pathStore(t)
	a, c := ref(t, "account:a"), ref(t, "account:c")

	found, err := api.FindPaths(t.Context(), s, a, c, api.PathQuery{})
	require.NoError(t, err)
	require.Len(t, found.Paths, 1)
	require.Equal(t, "a hub c", hops(found.Paths[0]))
	require.Equal(t, "out", found.Paths[0].Hops[0].Links[0].Direction)
	require.Equal(t, "in", found.Paths[0].Hops[1].Links[0].Direction)

	found, err = api.FindPaths(t.Context(), s, a, c, api.PathQuery{AvoidHubs: 20})
	require.NoError(t, err)
	require.Len(t, found.Paths, 2, "both devices lead on")
	require.Equal(t, "a d1 b x c", hops(found.Paths[0]))
	require.Equal(t, "a d2 b x c", hops(found.Paths[1]))
	require.Equal(t, []graph.Ref{ref(t, "merchant:hub")}, found.Hubs)

	found, err = api.FindPaths(t.Context(), s, a, c, api.PathQuery{AvoidHubs: 20, MaxPaths: 1})
	require.NoError(t, err)
	require.Len(t, found.Paths, 1)
	require.Len(t, found.Limits, 1)

	found, err = api.FindPaths(t.Context(), s, a, c, api.PathQuery{AvoidHubs: 20, MaxHops: 3})
	require.NoError(t, err)
	require.Empty(t, found.Paths)
	require.Equal(t, []string{"looked no further than 3 hops"}, found.Limits)

	found, err = api.FindPaths(t.Context(), s, a, c, api.PathQuery{Kinds: []graph.Kind{graph.Account, graph.Device}})
	require.NoError(t, err)
	require.Empty(t, found.Paths)

	found, err = api.FindPaths(t.Context(), s, a, ref(t, "account:alone"), api.PathQuery{})
	require.NoError(t, err)
	require.Empty(t, found.Paths)

	found, err = api.FindPaths(t.Context(), s, a, a, api.PathQuery{})
	require.NoError(t, err)
	require.Empty(t, found.Paths)

	_, err = api.FindPaths(t.Context(), s, a, ref(t, "account:nobody"), api.PathQuery{})
	require.ErrorIs(t, err, graph.ErrNotFound)

	found, err = api.FindPaths(t.Context(), s, a, ref(t, "account:alone"), api.PathQuery{MaxNodes: 2})
	require.NoError(t, err)
	require.Equal(t, []string{"gave up after looking at 2 nodes"}, found.Limits)
}
