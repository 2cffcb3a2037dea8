package synth

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/loaders"
)

// TestWorldLoadsWhole reads a world as any program would: no row is lost, no
// event has two versions, truth stays unread.
func TestWorldLoadsWhole(t *testing.T) {
	for name, o := range map[string]Options{"plain": {Seed: 21}, "gzip": {Seed: 21, Gzip: true},
		"mixed": {Seed: 21, World: "mixed", Accounts: 3000}, "smallest": {Seed: 22, World: "mixed", Accounts: minAccounts}, "farms": {Seed: 21, World: "farms"}} {
		dir, summary := small(t, o)
		b := graph.NewBuilder(graph.BuildOptions{})
		report, err := loaders.Read(context.Background(), []string{dir}, loaders.Options{Strict: true}, b.Add)
		require.NoError(t, err, name)
		require.Zero(t, report.Rejected, name)
		var want int64
		for file, n := range summary.Rows {
			if file != "truth/truth" && file != "truth/traps" && file != "truth/events" {
				want += n
			}
		}
		require.Equal(t, want, report.Rows, name)
		s, err := b.Build(1)
		require.NoError(t, err)
		require.Empty(t, s.Conflicts, name)
		lo, hi := s.OfKind(graph.Account)
		require.Equal(t, summary.Accounts, int(hi-lo), name)

		bare := graph.NewBuilder(graph.BuildOptions{})
		again, err := loaders.ReadInto(context.Background(), []string{dir}, loaders.Options{Strict: true}, bare)
		require.NoError(t, err, name)
		require.Equal(t, report, again, name)
		same, err := bare.Build(1)
		require.NoError(t, err)
		var whole, got bytes.Buffer
		_, err = s.WriteTo(&whole)
		require.NoError(t, err)
		_, err = same.WriteTo(&got)
		require.NoError(t, err)
		require.True(t, bytes.Equal(whole.Bytes(), got.Bytes()), "%s: without sources another snapshot", name)
	}
}
