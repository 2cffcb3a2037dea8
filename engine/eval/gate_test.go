package eval

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/engine"
	"ringleader/engine/synth"
	"ringleader/graph"
	"ringleader/loaders"
)

// world makes a world and reads it back.
func world(t *testing.T, o synth.Options) (*graph.Snapshot, *Truth) {
	t.Helper()
	o.Dir = t.TempDir()
	_, err := synth.Generate(context.Background(), o)
	require.NoError(t, err)
	truth, err := ReadTruth(filepath.Join(o.Dir, "truth"))
	require.NoError(t, err)
	b := graph.NewBuilder(graph.BuildOptions{})
	_, err = loaders.Read(context.Background(), []string{o.Dir}, loaders.Options{Strict: true}, b.Add)
	require.NoError(t, err)
	g, err := b.Build(1)
	require.NoError(t, err)
	return g, truth
}

// TestMixedIsNotTrivial is the gate on the world that quality is measured on:
// small in `make test`, at full size in `make soak`.
func TestMixedIsNotTrivial(t *testing.T) {
	accounts := 3_000
	if os.Getenv("RINGLEADER_SOAK") != "" {
		accounts = 40_000
	}
	for seed := range uint64(5) {
		g, truth := world(t, synth.Options{World: "mixed", Accounts: accounts, Seed: seed + 1})
		checks, err := CheckGate(context.Background(), g, truth)
		require.NoError(t, err)
		require.Len(t, checks, 6)
		for _, c := range checks {
			require.True(t, c.Holds, "seed %d: %s is %.4f, the limit %.4f (%s)", seed+1, c.Name, c.Value, c.Limit, c.Detail)
		}
	}
}

// TestTheGateIsShut shows each check a world that a trivial method solves: one
// farm of four on a device of its own, a hundred people who share nothing.
func TestTheGateIsShut(t *testing.T) {
	lines := []string{"device:farm m0 m1 m2 m3"}
	truth := &Truth{Members: map[string]Member{}}
	for i := range 4 {
		truth.Members[fmt.Sprint("m", i)] = Member{Ring: "A", Typology: engine.DeviceFarm, Role: engine.RoleMule}
	}
	for i := range 100 {
		lines = append(lines, fmt.Sprintf("device:d%d h%d", i, i))
	}
	checks, err := CheckGate(context.Background(), uses(t, lines...), truth)
	require.NoError(t, err)
	want := map[string]float64{
		"components_auprc": 1, "components_10_auprc": 1, "components_device_precision": 1,
		"single_feature_auroc": 1, "typologies_missed_by_device": 0, "percolation_100": 4.0 / 104,
	}
	require.Len(t, checks, len(want))
	for _, c := range checks {
		require.False(t, c.Holds, c.Name)
		require.InDelta(t, want[c.Name], c.Value, 1e-12, c.Name)
	}
	require.Equal(t, "device_most_shared", checks[3].Detail)
}

// TestFeaturesByHand: a has two devices, one of which three accounts share, and
// two payments of 648 and 45 to one merchant, one of them declined.
func TestFeaturesByHand(t *testing.T) {
	var w graph.BatchBuilder
	ref := func(s string) graph.Ref {
		r, err := graph.ParseRef(s)
		require.NoError(t, err)
		return r
	}
	for _, use := range []string{"a d1", "a d2", "b d2", "c d2"} {
		account, device, _ := strings.Cut(use, " ")
		w.Link(ref("account:"+account), ref("device:"+device), graph.Link{Type: graph.UsedDevice})
	}
	w.Attr(ref("account:b"), "two_factor", "yes", 0)
	for i, minor := range []int64{64800, 4500} {
		l := graph.Link{Type: graph.Paid, Event: fmt.Sprint("payment:", i), At: day(1), Money: graph.Money{Minor: minor, Exponent: 2, Known: true, Currency: "CNY"}}
		if i == 1 {
			l.Props = []graph.Prop{{Name: "status", Value: "declined"}}
		}
		w.Link(ref("account:a"), ref("merchant:m"), l)
	}
	s, err := newSharing(context.Background(), snapshot(t, &w))
	require.NoError(t, err)
	f := s.features()
	require.Equal(t, []float64{2, 1, 1}, f["device_count"])
	require.Equal(t, []float64{3, 3, 3}, f["device_most_shared"])
	require.Equal(t, []float64{0, 1, 0}, f["two_factor"])
	require.Equal(t, []float64{693, 0, 0}, f["paid_out_sum"])
	require.Equal(t, []float64{648, 0, 0}, f["paid_out_largest"])
	require.Equal(t, []float64{2, 0, 0}, f["paid_out_count"])
	require.Equal(t, []float64{1, 0, 0}, f["paid_out_declined"])
	require.Equal(t, []float64{2, 0, 0}, f["paid_out_hour_12"])
	require.Equal(t, []float64{1, 0, 0}, f["paid_distinct"])
}
