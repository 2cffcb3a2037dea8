package synth

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

func TestShiftedIsRareSmallAndPublic(t *testing.T) {
	usual, _ := small(t, Options{World: "mixed", Accounts: 10_000, Seed: 3})
	dir, summary := small(t, Options{World: "shifted", Accounts: 10_000, Seed: 3})
	require.InDelta(t, .006, float64(summary.Members)/10_000, .002)
	size := float64(summary.Members) / float64(summary.Rings)
	require.Less(t, size, .75*float64(len(rows(t, usual, "truth/truth.csv")))/42)
	public := make(map[string]bool)
	m := &maker{people: newPopulation(3, 10_000, knobs{})}
	for n := range m.count(150) {
		public[m.people.ip(publicNet, n)] = true
	}
	seen := func(dir string) (n int) {
		for _, r := range rows(t, dir, "uses.csv") {
			if public[r["identifier"]] {
				n++
			}
		}
		return n
	}
	require.InDelta(t, 2, float64(seen(dir))/float64(seen(usual)), .2)
}

func TestHonestHasNothingToFind(t *testing.T) {
	dir, summary := small(t, Options{World: "honest"})
	require.Zero(t, summary.Rings+summary.Members+summary.Debits)
	require.Empty(t, rows(t, dir, "truth/truth.csv"), "a header alone")
	require.Empty(t, rows(t, dir, "truth/events.csv"))
	require.NotEmpty(t, rows(t, dir, "truth/traps.csv"))
}

// TestSignupHasThePublicConstants checks the figures that the world is made
// for: devices with two accounts 1.5 %, with more 1.1 %; fraud by accounts on a
// device 4, 35, 89 and 92 %; a fifth of payments at one merchant.
func TestSignupHasThePublicConstants(t *testing.T) {
	dir, _ := small(t, Options{World: "signup", Accounts: 100_000, Seed: 2})
	fraud := make(map[string]bool)
	for _, file := range []string{"truth/truth.csv", "truth/lone.csv"} {
		for _, r := range rows(t, dir, file) {
			fraud[r["account"]] = true
		}
	}
	on := make(map[string][]string)
	for _, r := range rows(t, dir, "uses.csv") {
		if r["kind"] == "device" {
			on[r["identifier"]] = append(on[r["identifier"]], r["account"])
		}
	}
	var devices, accounts, bad [4]float64
	for _, list := range on {
		band := []int{0, 0, 1, 2, 2, 3}[min(len(list), 5)]
		devices[band]++
		for _, a := range list {
			accounts[band]++
			if fraud[a] {
				bad[band]++
			}
		}
	}
	require.InDelta(t, .015, devices[1]/float64(len(on)), .002)
	require.InDelta(t, .011, (devices[2]+devices[3])/float64(len(on)), .002)
	for band, want := range []float64{.04, .35, .89, .92} {
		require.InDelta(t, want, bad[band]/accounts[band], .05, "band %d", band)
	}
	shops, most := make(map[string]int), 0
	for _, r := range rows(t, dir, "payments.csv") {
		shops[r["merchant"]]++
		most = max(most, shops[r["merchant"]])
	}
	require.GreaterOrEqual(t, most, 100_000/5)
	size := make(map[string]int)
	for _, r := range rows(t, dir, "truth/truth.csv") {
		size[r["ring"]]++
	}
	for ring, n := range size {
		require.GreaterOrEqual(t, n, 3, ring)
	}
}

// TestNightsUnfold checks that no folder holds what had not happened by its
// day, and that rings turn as truth says.
func TestNightsUnfold(t *testing.T) {
	dir, summary := small(t, Options{World: "nights", Accounts: 3000, Seed: 1})
	folders, err := filepath.Glob(filepath.Join(dir, "20*"))
	require.NoError(t, err)
	require.Len(t, folders, 31)
	size := make(map[string]int)
	for _, r := range rows(t, dir, "truth/truth.csv") {
		size[r["ring"]]++
	}
	require.Len(t, size, summary.Rings, "a ring that split is two at the end")
	paid := 0
	for n, folder := range folders {
		name := filepath.Base(folder)
		if _, err := os.Stat(filepath.Join(folder, "payments.csv")); err != nil {
			continue
		}
		for _, r := range rows(t, dir, name+"/payments.csv") {
			paid++
			if n == 0 {
				require.LessOrEqual(t, r["at"][:10], name)
			} else {
				require.Equal(t, name, r["at"][:10])
			}
		}
	}
	require.Equal(t, int(summary.Rows["payments"]), paid)
	events := make(map[string]bool)
	for _, r := range rows(t, dir, "truth/nights.csv") {
		events[r["event"]] = true
		require.Positive(t, size[r["ring"]])
		if r["event"] == "split" {
			require.Positive(t, size[r["other"]])
		}
	}
	require.Equal(t, map[string]bool{"split": true, "merge": true, "dormant": true, "return": true, "swap": true}, events)
}

// TestNightsKnob unfolds another world: the same rows, some of them in the
// folders of the last days.
func TestNightsKnob(t *testing.T) {
	_, whole := small(t, Options{World: "mixed", Accounts: 1000, Seed: 2})
	dir, summary := small(t, Options{World: "mixed", Accounts: 1000, Seed: 2, Knobs: map[string]float64{"nights": 3}})
	require.Equal(t, whole.Rows["payments"], summary.Rows["payments"])
	folders, err := filepath.Glob(filepath.Join(dir, "20*"))
	require.NoError(t, err)
	require.Len(t, folders, 4, "what was before, and three nights")
	paid := 0
	for _, folder := range folders {
		paid += len(rows(t, dir, filepath.Base(folder)+"/payments.csv"))
	}
	require.Equal(t, int(whole.Rows["payments"]), paid)
	_, err = Generate(t.Context(), Options{World: "mixed", Accounts: 1000, Dir: t.TempDir(), SplitByHolder: true,
		Knobs: map[string]float64{"nights": 3}})
	require.ErrorIs(t, err, graph.ErrInvalid, "split by holder it cannot be")
}
