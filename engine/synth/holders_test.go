package synth

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

func TestUnpermuteIsTheInverse(t *testing.T) {
	for _, n := range []uint64{1, 2, 7, 500, 4096, 100_003} {
		for i := range min(n, 1000) {
			require.Equal(t, i, streams(99).unpermute(streams(99).permute(i, n), n))
		}
	}
}

// TestHoldersSeeTheirPart makes a split world and checks what each company
// knows, and that the whole is as it is without the split.
func TestHoldersSeeTheirPart(t *testing.T) {
	for _, name := range []string{defaultWorld, "mixed"} {
		o := Options{World: name, Seed: 5, SplitByHolder: true}
		dir, summary := small(t, o)
		plain, same := small(t, Options{World: name, Seed: 5})
		require.Equal(t, same, summary)
		whole := filepath.Join(dir, "whole")
		require.Equal(t, digest(t, plain), digest(t, whole))

		provider := make(map[string]string)
		for _, r := range rows(t, whole, "accounts.csv") {
			provider[r["account"]] = r["provider"]
		}
		attacked := make(map[string]bool) // devices that the whole sees with a stolen credential
		for _, r := range rows(t, whole, "events.csv") {
			if r["type"] == "login" && r["credential"] != "" {
				attacked[r["device"]] = true
			}
		}
		accounts, payments, members := 0, 0, 0
		for _, wallet := range providers {
			own := filepath.Join(dir, wallet)
			for _, r := range rows(t, own, "accounts.csv") {
				require.Equal(t, wallet, provider[r["account"]])
				accounts++
			}
			for _, r := range rows(t, own, "payments.csv") {
				require.Equal(t, wallet, provider[r["account"]])
				if r["credential"] != "" {
					require.Empty(t, r["beneficiary"]+r["device"]+r["ip"])
				}
				payments++
			}
			for _, r := range rows(t, own, "events.csv") {
				require.True(t, r["credential"] == "" || r["type"] == "credential_linked")
			}
			for _, r := range rows(t, own, "uses.csv") {
				require.Equal(t, wallet, provider[r["account"]])
			}
			for _, r := range rows(t, own, "truth/truth.csv") {
				require.Equal(t, wallet, provider[r["account"]])
				members++
			}
		}
		require.Equal(t, len(provider), accounts)
		require.Len(t, rows(t, whole, "payments.csv"), payments)
		require.Len(t, rows(t, whole, "truth/truth.csv"), members)

		store, known := filepath.Join(dir, storeHolder), make(map[string]bool)
		for _, r := range rows(t, store, "accounts.csv") {
			require.Empty(t, provider[r["account"]], "the store knows no wallet account")
			known[r["account"]] = true
		}
		games, devices := 0, 0
		for _, r := range rows(t, store, "payments.csv") {
			require.True(t, known[r["account"]])
			require.Equal(t, r["account"], r["credential"])
			if r["beneficiary"] != "" {
				games++
			}
		}
		for _, r := range rows(t, store, "events.csv") {
			require.True(t, known[r["account"]])
			if attacked[r["device"]] {
				devices++
			}
		}
		require.Positive(t, games)
		require.Positive(t, devices)
		for _, r := range rows(t, store, "truth/truth.csv") {
			require.True(t, known[r["account"]], "%s %v", name, r)
		}
	}
	_, err := Generate(t.Context(), Options{World: "nights", Accounts: 1000, Dir: t.TempDir(), SplitByHolder: true})
	require.ErrorIs(t, err, graph.ErrInvalid)
}
