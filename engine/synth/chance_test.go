package synth

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// sharers counts the pairs of an account and an identifier that another account
// has too, of one kind.
func sharers(t *testing.T, dir, kind string) int {
	on := make(map[string]map[string]bool)
	for _, r := range rows(t, dir, "uses.csv") {
		if r["kind"] != kind {
			continue
		}
		if on[r["identifier"]] == nil {
			on[r["identifier"]] = make(map[string]bool)
		}
		on[r["identifier"]][r["account"]] = true
	}
	n := 0
	for _, accounts := range on {
		if len(accounts) > 1 {
			n += len(accounts)
		}
	}
	return n
}

func TestChanceHasNothingToFind(t *testing.T) {
	kinds := make(map[string]bool)
	opened := make(map[bool]bool)
	for seed := uint64(1); seed <= 5; seed++ {
		dir, summary := small(t, Options{World: "chance", Accounts: 2000, Seed: seed})
		require.Zero(t, summary.Rings+summary.Members+summary.Traps)
		require.Greater(t, sharers(t, dir, "device"), 100, "seed %d", seed)
		for _, r := range rows(t, dir, "uses.csv") {
			kinds[r["kind"]] = true
		}
		opened[rows(t, dir, "accounts.csv")[0]["opened_at"] != ""] = true
	}
	require.Greater(t, len(kinds), 3, "worlds differ in what is shared")
	require.Len(t, opened, 2, "and in whether accounts say when they were opened")
}

// TestAccidentsShareAtRandom turns the knob: a half of what it adds is devices,
// each of which has its owner besides, and truth stays.
func TestAccidentsShareAtRandom(t *testing.T) {
	usual, before := small(t, Options{World: "mixed", Accounts: 3000, Seed: 2})
	dir, after := small(t, Options{World: "mixed", Accounts: 3000, Seed: 2, Knobs: map[string]float64{"accidents": 1}})
	require.Equal(t, before.Members, after.Members)
	require.InDelta(t, 3000, after.Rows["uses"]-before.Rows["uses"], 300)
	require.Greater(t, sharers(t, dir, "device")-sharers(t, usual, "device"), 1500)
}
