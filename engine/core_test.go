package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// regulars is n accounts that come to one device day after day, and go.
func regulars(n int) []fact {
	x := &fixture{}
	x.honest(300)
	begin := graph.TimeOf(time.Date(2018, 3, 1, 9, 0, 0, 0, time.UTC))
	for i := range n {
		name := fmt.Sprintf("s%04d", i)
		at := begin.Add(time.Duration(i) * 26 * time.Hour)
		x.attr(account(name), propOpened, at.Add(-30*time.Minute).String(), 0)
		for k := range 3 {
			x.sight(name, graph.Ref{Kind: graph.Device, Key: "farm"}, at.Add(time.Duration(k)*50*time.Hour), 0, "")
		}
	}
	return x.facts
}

// TestCoreTiesAFarmOfWeeks: thirty accounts opened one a day on one device are
// above the cap and in no burst.
func TestCoreTiesAFarmOfWeeks(t *testing.T) {
	facts := regulars(30)
	for name, m := range map[string]*Model{"evidence": NoModel()} {
		run := detect(t, facts, 1<<20, Options{Model: m})
		require.NotEmpty(t, run.Rings, name)
		require.Equal(t, 30, run.Rings[0].Size, name)
		require.Equal(t, DeviceFarm, run.Rings[0].Typology, name)
		require.GreaterOrEqual(t, run.Rings[0].Probability, .5, name)
	}
	p, err := policy.Default()
	require.NoError(t, err)
	p.Kinds[graph.Device].Core = policy.CoreRule{}
	require.Empty(t, detect(t, facts, 1<<20, Options{Policy: p}).Rings, "without the rule they are strangers")
}

func TestModels(t *testing.T) {
	m, err := DefaultModel()
	require.NoError(t, err)
	require.Less(t, len(shippedModel), 350_000, "bytes")
	require.Contains(t, m.Version(), "-trees-")
	require.Equal(t, "none", NoModel().Version())
	_, err = LoadModel("testdata/sharing.txt")
	require.ErrorIs(t, err, graph.ErrInvalid)

	run := detect(t, everything(t), 1<<20, Options{})
	require.Equal(t, m.Version(), run.Info.Model)
	for _, r := range run.Rings {
		require.False(t, r.Calibrated)
		learned := 0
		for _, e := range r.Evidence {
			learned += one(e.Kind == kindLearned)
		}
		require.LessOrEqual(t, learned, 1)
	}
}
