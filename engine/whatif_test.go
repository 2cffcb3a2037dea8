package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// tableOf is eighteen accounts opened within two days that all fill in one
// address, over a year and above its cap of 8, and beside them a farm.
func tableOf(t *testing.T) *graph.Snapshot {
	x := &fixture{facts: star(21, time.Minute)}
	x.honest(200)
	begin := graph.TimeOf(time.Date(2018, 3, 1, 0, 0, 0, 0, time.UTC))
	for i := range 18 {
		name := "q" + string(rune('a'+i))
		x.attr(account(name), propOpened, begin.Add(time.Duration(i)*2*time.Hour).String(), 0)
		x.sight(name, graph.Ref{Kind: graph.Address, Key: "box"}, begin.Add(time.Duration(i)*20*aDay), 0, "")
	}
	for _, name := range []string{"za", "zb", "zc"} {
		x.attr(account(name), "", "", 0)
		x.sight(name, graph.Ref{Kind: graph.Email, Key: "unknown"}, begin, 0, "")
	}
	return snapshot(t, x.facts, 1<<20)
}

func TestWithoutARule(t *testing.T) {
	g, o := tableOf(t), Options{Model: NoModel()}
	run, err := Detect(t.Context(), g, Scope{}, nil, o)
	require.NoError(t, err)
	require.Nil(t, ringOf(run, "qa"), "the cap of addresses hides them")
	require.NotNil(t, ringOf(run, "s000001"))

	w, err := Without(t.Context(), g, Lift{Rule: "cap:address"}, run, o)
	require.NoError(t, err)
	require.Equal(t, 1, w.Identifiers)
	require.Equal(t, 18, w.Accounts, "only what the address touches is run again")
	require.Equal(t, 18, w.Scored)
	require.Len(t, w.Changes, 1)
	require.Equal(t, "appears", w.Changes[0].Change)
	require.Equal(t, 18, w.Changes[0].Ring.Size)
	require.Equal(t, 18, w.Changes[0].Fresh)
	require.Empty(t, w.Changes[0].With)

	for rule, changes := range map[string]int{"cap": 1, "cap:email": 0, "placeholder": 0, "class": 0, "demo_phone": 0} {
		w, err := Without(t.Context(), g, Lift{Rule: rule}, run, o)
		require.NoError(t, err, rule)
		appear := 0
		for _, c := range w.Changes {
			if c.Change == "appears" {
				appear++
			}
			require.NotEqual(t, "vanishes", c.Change, rule)
		}
		require.Equal(t, changes, appear, rule)
	}
	w, err = Without(t.Context(), g, Lift{Rule: "cap", Only: graph.Ref{Kind: graph.Device, Key: "hub"}}, run, o)
	require.NoError(t, err)
	require.Equal(t, 1, w.Identifiers)
	require.NotEqual(t, "appears", append(w.Changes, RingChange{})[0].Change, "its burst is a ring already")

	w, err = Without(t.Context(), g, Lift{Rule: "cap", MaxAccounts: 18}, run, o)
	require.NoError(t, err)
	require.Equal(t, 1, w.Identifiers, "the smaller one first")
	require.Equal(t, 1, w.NotTried)
	require.Equal(t, "device:hub", w.Skipped[0].Ref.String())

	_, err = Without(t.Context(), g, Lift{Rule: "caps"}, run, o)
	require.ErrorIs(t, err, graph.ErrInvalid)
	require.ErrorContains(t, err, "placeholder, allow_list, class or cap")
}

// TestWithoutEachRule: one answer for each line of the run's report, in its order,
// and the same as when asked for alone.
func TestWithoutEachRule(t *testing.T) {
	g, o := tableOf(t), Options{Model: NoModel()}
	run, err := Detect(t.Context(), g, Scope{}, nil, o)
	require.NoError(t, err)
	tries, err := WithoutEach(t.Context(), g, Lift{}, run, o)
	require.NoError(t, err)
	require.Len(t, tries, len(run.Info.CutBy))
	require.Equal(t, []string{"cap:address", "placeholder:email", "cap:device"}, []string{tries[0].Without, tries[1].Without, tries[2].Without},
		"18, 3 and no accounts are not scored for them")
	for i, w := range tries {
		require.Equal(t, run.Info.CutBy[i].Name, w.Without)
		alone, err := Without(t.Context(), g, Lift{Rule: w.Without}, run, o)
		require.NoError(t, err)
		require.Equal(t, alone, w)
	}
}

// TestWhatSplitsDoesNotAppear: pieces of a ring are no new rings.
func TestWhatSplitsDoesNotAppear(t *testing.T) {
	ring := func(id string, keys ...string) Ring {
		r := Ring{ID: id, Size: len(keys), Score: 20}
		for _, k := range keys {
			r.Members = append(r.Members, Member{Ref: account(k), Role: RoleMule})
		}
		return r
	}
	w := &WhatIf{}
	w.compare(&Run{Rings: []Ring{ring("r-1", "a", "b", "c", "d", "e", "f"), ring("r-2", "p", "q", "s"), ring("r-3", "u", "v", "w")}},
		&Run{Rings: []Ring{ring("r-1", "a", "b", "c"), ring("r-4", "d", "e", "f", "x"), ring("r-5", "p", "g", "h", "i"), ring("r-3", "u", "v", "w")}})
	type row struct {
		change, ring string
		fresh        int
		with         []string
	}
	var got []row
	for _, c := range w.Changes {
		got = append(got, row{c.Change, c.Ring.ID, c.Fresh, c.With})
	}
	require.Equal(t, []row{
		{"appears", "r-5", 3, []string{"r-2"}},
		{"shrinks", "r-1", 0, nil},
		{"splits", "r-4", 1, []string{"r-1"}},
		{"vanishes", "r-2", 2, []string{"r-5"}}, // p went to r-5, q and s to none
	}, got)
}

// TestWithoutIsTheRunWithoutIt: lifting the cap of a kind finds the rings that a
// policy with a higher cap finds, among those that it reaches.
func TestWithoutIsTheRunWithoutIt(t *testing.T) {
	g, o := tableOf(t), Options{Model: NoModel()}
	w, err := Without(t.Context(), g, Lift{Rule: "cap:address"}, nil, o)
	require.NoError(t, err)
	p, err := policy.Default()
	require.NoError(t, err)
	p.Kinds[graph.Address].Cap = 1000
	run, err := Detect(t.Context(), g, Scope{}, nil, Options{Policy: p, Model: NoModel()})
	require.NoError(t, err)
	ring := ringOf(run, "qa")
	require.NotNil(t, ring)
	require.Equal(t, ring.accountKeys(), w.Changes[0].Ring.accountKeys())
	require.Equal(t, ring.ID, w.Changes[0].Ring.ID)
}

// TestWithoutKnowsNoThreads: the same answer for any number of them.
func TestWithoutKnowsNoThreads(t *testing.T) {
	g := snapshot(t, everything(t), 1<<20)
	one, err := Without(t.Context(), g, Lift{Rule: "cap"}, nil, Options{Threads: 1})
	require.NoError(t, err)
	seven, err := Without(t.Context(), g, Lift{Rule: "cap"}, nil, Options{Threads: 7})
	require.NoError(t, err)
	require.Equal(t, one, seven)
	require.Positive(t, one.Identifiers)
}

func TestExplainIdentifiers(t *testing.T) {
	g := tableOf(t)
	explain := func(ref string, p *policy.Policy, asOf graph.Time) *IdentifierExplanation {
		r, err := graph.ParseRef(ref)
		require.NoError(t, err)
		e, err := Explain(t.Context(), g, r, p, asOf, 3)
		require.NoError(t, err)
		require.Nil(t, e.Account)
		return e.Identifier
	}
	hub := explain("device:hub", nil, 0)
	require.Equal(t, 21, hub.Stats.Accounts)
	require.Equal(t, 12, hub.Rule.Cap)
	require.Equal(t, "cap:device", hub.Cut)
	require.Nil(t, hub.Class, "the accounts of a farm are opened on it")
	require.Equal(t, []string{"burst", "core"}, []string{hub.Ties[0].How, hub.Ties[1].How})
	require.Equal(t, 21, hub.Ties[0].Accounts)
	require.Len(t, hub.Ties[0].Members, 3, "as many as asked for")
	require.Positive(t, hub.Rarity)
	require.Equal(t, 21, hub.AsWide)

	box := explain("address:box", nil, 0)
	require.Equal(t, "cap:address", box.Cut)
	require.Empty(t, box.Ties)
	require.Equal(t, 18, box.Stats.AtOnce, "an address is held for a year, and they came in 340 days")

	require.Equal(t, "a null word", explain("email:unknown", nil, 0).Placeholder)
	require.Equal(t, "placeholder:email", explain("email:unknown", nil, 0).Cut)
	require.Zero(t, explain("merchant:appstore", nil, 0).Rule.Cap)
	own := explain("device:honest-3-phone", nil, 0)
	require.Equal(t, 1, own.Stats.Accounts)
	require.Empty(t, own.Cut)
	require.Zero(t, own.Rarity)

	p := ruled(t)
	p.Allow = []policy.Allowed{{Ref: "device:hub", Reason: "ours", Owner: "risk", Expires: "2019-01-01"}}
	before, after := graph.TimeOf(time.Date(2018, 12, 31, 0, 0, 0, 0, time.UTC)), graph.TimeOf(time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC))
	require.False(t, explain("device:hub", p, before).Allow.Expired)
	require.Equal(t, "allow_list:device", explain("device:hub", p, before).Cut)
	require.True(t, explain("device:hub", p, after).Allow.Expired)
	require.Equal(t, "cap:device", explain("device:hub", p, after).Cut)
	require.Empty(t, p.Expired(before))
	require.Len(t, p.Expired(after), 1)

	_, err := Explain(t.Context(), g, graph.Ref{Kind: graph.Device, Key: "nobody's"}, nil, 0, 3)
	require.ErrorIs(t, err, graph.ErrNotFound)
	require.NotContains(t, err.Error(), "nobody")
}

func TestExplainAccounts(t *testing.T) {
	g := tableOf(t)
	explain := func(name string) *AccountExplanation {
		e, err := Explain(t.Context(), g, account(name), nil, 0, 3)
		require.NoError(t, err)
		require.Nil(t, e.Identifier)
		return e.Account
	}
	run, err := Detect(t.Context(), g, Scope{}, nil, Options{})
	require.NoError(t, err)
	for _, s := range run.Scores {
		if s.Ring == "" && s.Account[0] != 'h' {
			x := explain(s.Account)
			require.Equal(t, s.Status, x.Status)
			require.Equal(t, s.CutBy, x.CutBy[:len(x.CutBy):len(x.CutBy)], s.Account)
		}
	}
	require.Equal(t, []string{"cap:address"}, explain("qc").CutBy)
	require.Equal(t, []string{"placeholder:email"}, explain("za").CutBy)
	require.Equal(t, StatusNotScoredHub, explain("za").Status)
	farmed := explain("s000003")
	require.Empty(t, farmed.CutBy)
	require.Equal(t, []IdentifierUsed{{Ref: graph.Ref{Kind: graph.Device, Key: "hub"}, Accounts: 21, Cut: "cap:device", TiedTo: 20, Bits: farmed.Identifiers[0].Bits}}, farmed.Identifiers)
	require.Positive(t, farmed.Identifiers[0].Bits)
	alone := explain("honest-4")
	require.Equal(t, StatusScored, alone.Status)
	require.Len(t, alone.Identifiers, 1)
	require.Zero(t, alone.Identifiers[0].TiedTo)
}
