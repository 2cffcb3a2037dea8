package synth

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestHonestSharingIsWide counts who shares each kind of thing in a world
// without fraud.
func TestHonestSharingIsWide(t *testing.T) {
	dir, _ := small(t, Options{World: "honest", Accounts: 10_000, Seed: 6})
	on := make(map[string]map[string]bool)
	for _, file := range []string{"uses.csv", "events.csv"} {
		for _, r := range rows(t, dir, file) {
			key := r["kind"] + r["identifier"]
			if r["detail"] == "agent" {
				key = "desk" + r["device"]
			}
			if on[key] == nil {
				on[key] = make(map[string]bool)
			}
			on[key][r["account"]] = true
		}
	}
	m := &maker{people: newPopulation(6, 10_000, knobs{})}
	sharers := func(key string) int { return len(on[key]) }
	for n := range uint64(2) {
		demo := sharers("device" + m.people.name("dev-", "demo phone", n))
		require.GreaterOrEqual(t, demo, 12)
		require.LessOrEqual(t, demo, 100)
		card := sharers("card" + m.people.name("card-", "company card", n))
		require.GreaterOrEqual(t, card, 2)
		require.LessOrEqual(t, card, 12)
	}
	require.Greater(t, sharers("desk"+m.people.name("dev-", "call centre", 0)), 15)
	require.GreaterOrEqual(t, sharers("ip"+m.people.ip(publicNet, 1<<23)), 180, "a campus")
	require.InDelta(t, 400, sharers("device"+noDevice), 80)
	traps := make(map[string]int)
	for _, r := range rows(t, dir, "truth/traps.csv") {
		traps[r["trap"]]++
	}
	for _, name := range []string{"demo_phone", "company_card", "call_centre", "campus", "placeholder", "repair_shop", "family_tablet", "second_hand", "recycled_number"} {
		require.Positive(t, traps[name], name)
	}
}
