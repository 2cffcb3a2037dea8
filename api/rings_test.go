package api

import (
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/engine"
	"ringleader/graph"
)

// What a rule suppresses is out of the list, in a list of its own, and found by
// its ID.
func TestSuppressedRings(t *testing.T) {
	run := &engine.Run{Rings: []engine.Ring{{ID: "r-1", Probability: .9}}, Suppressed: []engine.Ring{{ID: "r-2", Probability: .8, SuppressedBy: "staff"}}}
	require.Equal(t, run.Rings, RingFilter{}.Select(run))
	require.Equal(t, run.Suppressed, RingFilter{Suppressed: true}.Select(run))
	require.Empty(t, RingFilter{Suppressed: true, MinProbability: .85}.Select(run))
	found, err := FindRing(run, "r-2")
	require.NoError(t, err)
	require.Equal(t, "staff", found.SuppressedBy)
	_, err = FindRing(run, "r-3")
	require.ErrorIs(t, err, graph.ErrNotFound)
}
