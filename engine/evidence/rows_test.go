package evidence_test

import (
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/engine"
	"ringleader/engine/evidence"
	"ringleader/engine/synth"
	"ringleader/graph"
	"ringleader/graph/sqlitestore"
	"ringleader/loaders"
)

// TestEveryLinkLeadsBackToItsRow goes the whole way, files to ring to files:
// at the offset that each link names lies the row that states it.
func TestEveryLinkLeadsBackToItsRow(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	world := filepath.Join(dir, "world")
	_, err := synth.Generate(ctx, synth.Options{Accounts: 1000, Seed: 4, Dir: world})
	require.NoError(t, err)
	store, err := sqlitestore.Open(ctx, filepath.Join(dir, "store.db"), sqlitestore.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	_, err = loaders.Load(ctx, store, store, []string{world}, loaders.Options{})
	require.NoError(t, err)
	snapshot, err := graph.ReadSnapshot(ctx, store, graph.BuildOptions{})
	require.NoError(t, err)
	run, err := engine.Detect(ctx, snapshot, engine.Scope{}, nil, engine.Options{Seed: 1})
	require.NoError(t, err)
	require.NotEmpty(t, run.Rings)

	ring := &run.Rings[0]
	g, err := evidence.Subgraph(ctx, store, run, ring)
	require.NoError(t, err)
	require.Empty(t, g.Limits)
	named := make(map[string]bool)
	for _, e := range g.Edges {
		named[e.Key] = true
		require.NotEmpty(t, e.Sources)
		for _, s := range e.Sources {
			row := rowAt(t, s.File, s.Offset)
			if e.Event == "" || e.Type == "PAID" && filepath.Base(s.File) == "payments.csv" {
				require.Contains(t, row, e.From.Key, e.Key)
				require.Contains(t, row, e.To.Key, e.Key)
			}
			if filepath.Base(s.File) == "disputes.csv" {
				require.Contains(t, row, e.Event)
			}
		}
	}
	for _, line := range ring.Evidence {
		for _, key := range line.Links {
			require.True(t, named[key], "a line of evidence rests on %s, which is not in the graph", key)
		}
	}
}

// rowAt reads the row that begins at a byte of a file: its cells, and those of
// references in its cells without their kind.
func rowAt(t *testing.T, file string, offset int64) []string {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	_, err = f.Seek(offset, 0)
	require.NoError(t, err)
	row, err := csv.NewReader(f).Read()
	require.NoError(t, err)
	for _, cell := range row {
		if r, err := graph.ParseRef(cell); err == nil {
			row = append(row, r.Key)
		}
	}
	return row
}
