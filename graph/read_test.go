package graph_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

// fakeStore answers what ReadSnapshot asks; anything else would be a nil call.
type fakeStore struct {
	graph.Store
	batches func() []*graph.Batch
	inputs  []graph.Input
	err     error
	asked   graph.ScanQuery
}

func (s *fakeStore) Inputs(context.Context) ([]graph.Input, error) { return s.inputs, nil }

func (s *fakeStore) Scan(_ context.Context, q graph.ScanQuery, yield func(*graph.Batch) error) (graph.Revision, error) {
	s.asked = q
	for _, b := range s.batches() {
		if err := yield(b); err != nil {
			return 0, err
		}
	}
	return 42, s.err
}

func TestReadSnapshot(t *testing.T) {
	u := graph.Ref{Kind: graph.Account, Key: "u1"}
	d := func(key string) graph.Ref { return graph.Ref{Kind: graph.Device, Key: key} }
	batches := func() []*graph.Batch {
		var w graph.BatchBuilder
		a, b := graph.Source{Input: "A"}, graph.Source{Input: "B"}
		w.Link(u, d("both"), graph.Link{Type: graph.UsedDevice, At: 1}, a, b)
		w.Link(u, d("late"), graph.Link{Type: graph.UsedDevice, At: 1}, b)
		w.Link(u, d("unheard-of"), graph.Link{Type: graph.UsedDevice, At: 1}, graph.Source{Input: "C"})
		w.Attr(u, "two_factor", "no", 5, a)
		first := w.Take()
		w.Attr(u, "two_factor", "yes", 6, b)
		return []*graph.Batch{first, w.Take()}
	}
	store := &fakeStore{batches: batches, inputs: []graph.Input{{ID: "A", Loaded: 100}, {ID: "B", Loaded: 200}}}

	s, err := graph.ReadSnapshot(t.Context(), store, graph.BuildOptions{})
	require.NoError(t, err)
	require.EqualValues(t, 42, s.Revision)
	require.Equal(t, 3, s.Links())
	require.False(t, store.asked.Sources, "sources cost, and nobody asked when things were known")

	known, err := graph.ReadSnapshot(t.Context(), store, graph.BuildOptions{KnownAt: 100})
	require.NoError(t, err)
	require.Equal(t, 1, known.Links(), "a fact counts from its first source on")
	require.Equal(t, "device:both", known.Ref(known.To(0)).String())
	require.Equal(t, "no", known.Value(0, "two_factor"))

	none, err := graph.ReadSnapshot(t.Context(), store, graph.BuildOptions{KnownAt: 99})
	require.NoError(t, err)
	require.Zero(t, none.Len())

	then, err := graph.ReadSnapshot(t.Context(), store, graph.BuildOptions{KnownAt: 200, AsOf: 5})
	require.NoError(t, err)
	require.Equal(t, 2, then.Links())
	require.Equal(t, "no", then.Value(0, "two_factor"))

	store.err = graph.ErrUnavailable
	_, err = graph.ReadSnapshot(t.Context(), store, graph.BuildOptions{})
	require.ErrorIs(t, err, graph.ErrUnavailable)
	store.batches = func() []*graph.Batch { return []*graph.Batch{{Derived: true}} }
	_, err = graph.ReadSnapshot(t.Context(), store, graph.BuildOptions{})
	require.ErrorIs(t, err, graph.ErrInvalid)
}
