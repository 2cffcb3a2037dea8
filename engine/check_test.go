package engine

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// checked is the report over facts that a test states by itself.
func checked(t *testing.T, state func(w *graph.BatchBuilder, from graph.Source)) *CheckReport {
	t.Helper()
	var w graph.BatchBuilder
	state(&w, graph.Source{Input: "test", Row: 1})
	b := graph.NewBuilder(graph.BuildOptions{})
	require.NoError(t, b.Add(w.Take()))
	g, err := b.Build(1)
	require.NoError(t, err)
	r, err := Check(context.Background(), g, nil)
	require.NoError(t, err)
	return r
}

func numbered(i int) graph.Ref { return graph.Ref{Kind: graph.Account, Key: fmt.Sprintf("u%03d", i)} }

func TestCheckOfNothing(t *testing.T) {
	r := checked(t, func(*graph.BatchBuilder, graph.Source) {})
	require.Zero(t, r.Accounts)
	require.Empty(t, r.Shared)
	require.Len(t, r.Detectors, 9)
	for _, d := range r.Detectors {
		require.False(t, d.Runs, d.Name)
		require.NotEmpty(t, d.Lacks[0].Column)
	}
}

// Identifiers above the cap are listed with the rule, one that dwarfs the rest
// or repeats a character is suspect, and accounts on them alone are cut off.
func TestCheckOfSharing(t *testing.T) {
	r := checked(t, func(w *graph.BatchBuilder, from graph.Source) {
		use := func(i int, k graph.Kind, key string) {
			w.Link(numbered(i), graph.Ref{Kind: k, Key: key}, graph.Link{Type: graph.SightingType(k)}, from)
		}
		for i := range 400 {
			use(i, graph.Email, "desk@shop.example")
			if i < 30 {
				use(i, graph.Wallet, "zzzz-zzzz")
				use(i, graph.Wallet, "unknown")
			}
			use(i, graph.Cookie, fmt.Sprintf("c%02d", i/2%40))
			if i < 60 {
				use(i, graph.Email, fmt.Sprintf("m%d@mail.example", i/2))
			}
		}
	})
	require.Equal(t, 400, r.Accounts)
	require.Equal(t, r.Links, r.Undated)
	by := make(map[string]SharedIdentifier)
	kinds := make(map[graph.Kind]int)
	for _, s := range r.Shared {
		by[s.Ref.String()] = s
		kinds[s.Ref.Kind]++
	}
	require.Equal(t, map[graph.Kind]int{graph.Cookie: 20, graph.Email: 20, graph.Wallet: 2}, kinds)
	require.Equal(t, SharedIdentifier{Ref: graph.Ref{Kind: graph.Email, Key: "desk@shop.example"}, Accounts: 400, Cap: 10, Rule: "cap",
		Suspect: "200 times the accounts of others of its kind"}, by["email:desk@shop.example"])
	require.Equal(t, "one character over and over", by["wallet:zzzz-zzzz"].Suspect)
	require.Equal(t, "placeholder", by["wallet:unknown"].Rule)
	require.Empty(t, by["email:m0@mail.example"].Rule)
	require.Equal(t, []CutCount{{"cap", graph.Email, 1, 400}, {"cap", graph.Wallet, 1, 30}, {"placeholder", graph.Wallet, 1, 30}}, r.Cuts)
	require.Zero(t, r.CutOff, "cookies still tie everybody")
	require.Equal(t, []DetectorCheck{
		{policy.DetectorStuffing, false, []Lack{{"no failed logins", "events.type", true}}},
		{policy.DetectorTakeover, false, []Lack{{"sightings have no times", "uses.at", true}, {"no account says when it was opened", "accounts.opened_at", false}}},
		{policy.DetectorDrains, false, []Lack{{"no payments", "payments.id", true}}},
		{policy.DetectorClaims, false, []Lack{{"no claims", "claims.device", true}}},
		{policy.DetectorFlows, false, []Lack{{"no transfers between accounts", "transfers.id", true}}},
		{policy.DetectorLockstep, false, []Lack{{"no payments", "payments.id", true}}},
		{policy.DetectorSpam, false, []Lack{{"no messages", "messages.content_hash", true}}},
		{policy.DetectorBustOut, false, []Lack{{"no payments", "payments.id", true}}},
		{policy.DetectorShared, true, []Lack{{"sightings have no times", "uses.at", false}, {"no account says when it was opened", "accounts.opened_at", false}}},
	}, r.Detectors)
}

func TestCheckOfCutOffAccounts(t *testing.T) {
	r := checked(t, func(w *graph.BatchBuilder, from graph.Source) {
		for i := range 12 {
			w.Link(numbered(i), graph.Ref{Kind: graph.Email, Key: "all@x.example"}, graph.Link{Type: "HAS_EMAIL"}, from)
			if i < 2 {
				w.Link(numbered(i), graph.Ref{Kind: graph.Wallet, Key: "w"}, graph.Link{Type: "HAS_WALLET"}, from)
			}
		}
	})
	require.Equal(t, 10, r.CutOff)
}

// A day without payments among busy days is a gap; days without one of a few
// sightings are not.
func TestCheckOfGaps(t *testing.T) {
	start := time.Date(2018, 10, 1, 0, 0, 0, 0, time.UTC)
	r := checked(t, func(w *graph.BatchBuilder, from graph.Source) {
		for i := range 600 {
			at := graph.TimeOf(start.Add(time.Duration(i) * time.Hour))
			day := i / 24
			if day == 4 || day == 10 || day == 11 {
				continue
			}
			w.Link(numbered(i%7), graph.Ref{Kind: graph.Merchant, Key: "m"}, graph.Link{Type: graph.Paid, At: at, Event: fmt.Sprintf("payment:P%d", i)}, from)
			if i%200 == 0 {
				w.Link(numbered(i%7), graph.Ref{Kind: graph.Device, Key: "d"}, graph.Link{Type: graph.SightingType(graph.Device), At: at}, from)
			}
		}
	})
	require.Equal(t, []Gap{
		{graph.Paid, graph.TimeOf(start.AddDate(0, 0, 4)), 1},
		{graph.Paid, graph.TimeOf(start.AddDate(0, 0, 10)), 2},
	}, r.Gaps)
	require.Equal(t, graph.TimeOf(start), r.First)
	require.Equal(t, graph.TimeOf(start.Add(599*time.Hour)), r.Last)
}

func TestCheckRefusesABadPolicy(t *testing.T) {
	g, err := graph.NewBuilder(graph.BuildOptions{}).Build(0)
	require.NoError(t, err)
	_, err = Check(context.Background(), g, &policy.Policy{})
	require.ErrorIs(t, err, graph.ErrInvalid)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	b := graph.NewBuilder(graph.BuildOptions{})
	var w graph.BatchBuilder
	for i := range 2000 {
		w.Link(numbered(i), graph.Ref{Kind: graph.Email, Key: fmt.Sprint(i)}, graph.Link{Type: "HAS_EMAIL"}, graph.Source{Input: "t"})
	}
	require.NoError(t, b.Add(w.Take()))
	g, err = b.Build(0)
	require.NoError(t, err)
	_, err = Check(ctx, g, nil)
	require.ErrorIs(t, err, context.Canceled)
}
