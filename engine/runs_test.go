package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/engine"
	"ringleader/graph"
	"ringleader/graph/sqlitestore"
	"ringleader/graph/sqlitestore/sqlitetest"
)

func ring(id string, victims ...string) engine.Ring {
	p := .9
	r := engine.Ring{ID: id, Probability: .97, Score: 17, Typology: engine.Takeover, Size: len(victims), People: len(victims),
		Loss:     []engine.Loss{{Currency: "CNY", Amount: "648.00", Gross: "648.00", Refunded: "0.00", Declined: "0.00", Events: 1}},
		Evidence: []engine.Evidence{{Text: "t", Bits: 17, Kind: "device", Refs: []graph.Ref{{Kind: graph.Device, Key: "d"}}, Links: []string{"payment:P1"}}},
		Members:  []engine.Member{}, Detectors: []string{"takeover_wave"}, Lineage: []engine.Lineage{{Event: "birth", Run: "x"}},
		Meta: engine.RingMeta{Status: "new"}}
	for _, v := range victims {
		r.Members = append(r.Members, engine.Member{Ref: graph.Ref{Kind: graph.Account, Key: v}, Role: engine.RoleVictim,
			Probability: &p, SuspectProbability: &p, Score: 3, Since: graph.Millis(1_539_108_840_000), Reasons: []string{"r"}})
	}
	return r
}

func run(id string, rings ...engine.Ring) *engine.Run {
	r := &engine.Run{Info: engine.RunInfo{ID: id, Rings: len(rings), Cuts: []engine.Cut{}, CutBy: []engine.RuleCut{}, Limits: []string{}, Notes: []string{}},
		Rings: rings, Scores: []engine.AccountScore{{Account: "a", Probability: .9, Ring: "r-1", Role: engine.RoleVictim, Status: engine.StatusScored}}}
	if rings == nil {
		r.Rings = []engine.Ring{}
	}
	return r
}

// shown is the members that the store shows for each ring.
func shown(t *testing.T, s graph.Store) map[string][]string {
	out := make(map[string][]string)
	_, err := s.Scan(t.Context(), graph.ScanQuery{Derived: true}, func(b *graph.Batch) error {
		for _, l := range b.Links {
			require.Equal(t, graph.MemberOf, l.Type)
			require.Equal(t, string(engine.RoleVictim), l.Prop("role"))
			require.Equal(t, "3", l.Prop("bits"))
			key := b.Refs[l.To].Key
			out[key] = append(out[key], b.Refs[l.From].Key)
		}
		return nil
	})
	require.NoError(t, err)
	return out
}

func TestWriteAndReadRuns(t *testing.T) {
	ctx, s := t.Context(), sqlitetest.New(t)
	_, err := engine.ReadRun(ctx, s, "")
	require.ErrorIs(t, err, graph.ErrNotFound)

	one := run("one", ring("r-1", "a", "b", "c"), ring("r-2", "d", "e", "f"))
	one.Suppressed = []engine.Ring{ring("r-3", "k", "l", "m")}
	require.NoError(t, engine.WriteRun(ctx, s, s, 0, one))
	got, err := engine.ReadRun(ctx, s, "")
	require.NoError(t, err)
	require.Equal(t, one, got)
	require.Equal(t, map[string][]string{"r-1": {"a", "b", "c"}, "r-2": {"d", "e", "f"}}, shown(t, s))

	require.NotContains(t, shown(t, s), "r-3", "what a rule suppresses is kept, and not shown")

	require.NoError(t, engine.WriteRun(ctx, s, s, 0, one), "again")
	runs, err := engine.Runs(ctx, s)
	require.NoError(t, err)
	require.Len(t, runs, 1, "an identical run is not written again")

	two := run("two", ring("r-1", "a", "b", "c", "g"))
	two.Info.Predecessor = "one"
	require.NoError(t, engine.WriteRun(ctx, s, s, 0, two))
	require.Equal(t, map[string][]string{"r-1": {"a", "b", "c", "g"}}, shown(t, s), "r-2 is gone, r-1 has grown")
	got, err = engine.ReadRun(ctx, s, "one")
	require.NoError(t, err)
	require.Equal(t, one, got, "older runs stay readable")

	replay := run("replay", ring("r-9", "x", "y", "z"))
	replay.Info.AsOf = graph.Millis(1)
	require.NoError(t, engine.WriteRun(ctx, s, s, 0, replay))
	latest, err := engine.LatestInfo(ctx, s)
	require.NoError(t, err)
	require.Equal(t, "two", latest.ID, "a replay is never the latest")
	require.NotContains(t, shown(t, s), "r-9")
	got, err = engine.ReadRun(ctx, s, "replay")
	require.NoError(t, err)
	require.Equal(t, replay, got)

	rev, err := s.Stats(ctx)
	require.NoError(t, err)
	require.Zero(t, rev.Revision, "runs are derived: they change no observed fact")
	_, err = engine.ReadRun(ctx, s, "none")
	require.ErrorIs(t, err, graph.ErrNotFound)
}

// failing is a store that breaks off at one step of a write.
type failing struct {
	*sqlitestore.Store
	appends int // how many appends succeed
	apply   bool
}

var errBroken = errors.New("broken")

func (f *failing) Append(ctx context.Context, stream string, after uint64, r ...graph.Record) error {
	if f.appends == 0 {
		return errBroken
	}
	f.appends--
	return f.Store.Append(ctx, stream, after, r...)
}

func (f *failing) Apply(ctx context.Context, b *graph.Batch) (graph.Revision, error) {
	if !f.apply {
		return 0, errBroken
	}
	return f.Store.Apply(ctx, b)
}

func TestWriteRunWholeOrNotAtAll(t *testing.T) {
	ctx, s := t.Context(), sqlitetest.New(t)
	one := run("one", ring("r-1", "a", "b", "c"))
	require.NoError(t, engine.WriteRun(ctx, s, s, 0, one))
	two := run("two", ring("r-2", "d", "e", "f"))
	for _, f := range []*failing{{s, 0, true}, {s, 1, true}, {s, 2, true}, {s, 3, false}, {s, 3, true}} {
		require.ErrorIs(t, engine.WriteRun(ctx, f, f, 0, two), errBroken)
		got, err := engine.ReadRun(ctx, s, "")
		require.NoError(t, err)
		require.Equal(t, one, got)
		_, err = engine.ReadRun(ctx, s, "two")
		require.ErrorIs(t, err, graph.ErrNotFound)
	}
	require.NoError(t, engine.WriteRun(ctx, s, s, 0, two), "and can be repeated")
	got, err := engine.ReadRun(ctx, s, "")
	require.NoError(t, err)
	require.Equal(t, two, got)
	require.Equal(t, map[string][]string{"r-2": {"d", "e", "f"}}, shown(t, s))
}

func TestBigRunsAreReadInPages(t *testing.T) {
	ctx, s := t.Context(), sqlitetest.New(t)
	big := run("big")
	big.Scores = nil
	for i := range 30_000 {
		key, err := json.Marshal(i)
		require.NoError(t, err)
		big.Scores = append(big.Scores, engine.AccountScore{Account: "account-" + string(key), Status: engine.StatusNoLinks})
	}
	require.NoError(t, engine.WriteRun(ctx, s, s, 0, big))
	info, err := engine.LatestInfo(ctx, s)
	require.NoError(t, err)
	require.Greater(t, info.Pages, 2)
	got, err := engine.ReadRun(ctx, s, "big")
	require.NoError(t, err)
	require.Equal(t, big, got)
}

func TestStaleFenceIsRefused(t *testing.T) {
	ctx, s := t.Context(), sqlitetest.New(t)
	require.NoError(t, engine.WriteRun(ctx, s, s, 7, run("one", ring("r-1", "a", "b", "c"))))
	require.ErrorIs(t, engine.WriteRun(ctx, s, s, 6, run("two")), graph.ErrConflict)
	latest, err := engine.LatestInfo(ctx, s)
	require.NoError(t, err)
	require.Equal(t, "one", latest.ID)
}
