package eval

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/engine"
	"ringleader/engine/synth"
)

// TestOrdinaryPaymentsDoNotPercolate lets every account pay three random others,
// so that all hang together: rings stay apart, and as good.
func TestOrdinaryPaymentsDoNotPercolate(t *testing.T) {
	measure := func(strangers float64) (*engine.Run, *Report) {
		g, truth := world(t, synth.Options{World: "mixed", Accounts: 4000, Seed: 4, Knobs: map[string]float64{"strangers": strangers}})
		run, err := engine.Detect(context.Background(), g, engine.Scope{}, nil, engine.Options{})
		require.NoError(t, err)
		r, err := Evaluate(truth, run, Options{})
		require.NoError(t, err)
		return run, r
	}
	quiet, alone := measure(0)
	busy, among := measure(3)
	require.InDelta(t, alone.Nodes.AUPRC, among.Nodes.AUPRC, .01)
	require.InDelta(t, alone.Rings.Recall, among.Rings.Recall, 1./15, "one ring of fifteen")
	require.Less(t, busy.Info.Largest, 2*quiet.Info.Largest)
	require.Less(t, float64(busy.Info.Ties), 1.1*float64(quiet.Info.Ties))
}
