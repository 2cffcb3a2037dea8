package synth

import (
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

func TestLabelsComeLateAndSomeAreWrong(t *testing.T) {
	dir, _ := small(t, Options{World: "mixed", Accounts: 6000, Seed: 4, Knobs: map[string]float64{"labels": .8, "label_delay": 10, "label_noise": .1}})
	truth := make(map[string]map[string]string)
	for _, r := range rows(t, dir, "truth/truth.csv") {
		truth[r["account"]] = r
	}
	labels, wrong := rows(t, dir, "labels.csv"), 0
	require.InDelta(t, .7, float64(len(labels))/float64(len(truth)), .15)
	for _, r := range labels {
		m := truth[r["account"]]
		require.GreaterOrEqual(t, r["at"], m["first_bad_at"])
		switch {
		case r["label"] == "honest":
			wrong++
		case m["role"] == victim:
			require.Equal(t, "victim", r["label"])
		default:
			require.Equal(t, "fraud", r["label"])
		}
	}
	require.InDelta(t, .1, float64(wrong)/float64(len(labels)), .06)
}

func TestPartialObservationLosesSightingsOnly(t *testing.T) {
	whole, _ := small(t, Options{World: "mixed", Seed: 4})
	half, _ := small(t, Options{World: "mixed", Seed: 4, Knobs: map[string]float64{"observed": .5}})
	require.InDelta(t, .5, float64(len(rows(t, half, "uses.csv")))/float64(len(rows(t, whole, "uses.csv"))), .03)
	require.Equal(t, rows(t, whole, "accounts.csv"), rows(t, half, "accounts.csv"))
	require.Equal(t, rows(t, whole, "truth/events.csv"), rows(t, half, "truth/events.csv"))
	require.Len(t, rows(t, half, "payments.csv"), len(rows(t, whole, "payments.csv")))
}

func TestKnobsAreChecked(t *testing.T) {
	for name, set := range map[string]map[string]float64{"unknown": {"luck": 1}, "too high": {"prevalence": .9}, "negative": {"size": -1}} {
		_, err := Generate(t.Context(), Options{Accounts: 500, Dir: t.TempDir(), Knobs: set})
		require.ErrorIs(t, err, graph.ErrInvalid, name)
	}
}
