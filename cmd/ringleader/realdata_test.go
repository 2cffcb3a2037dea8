package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/engine"
	"ringleader/graph"
	"ringleader/graph/neo4jstore"
	"ringleader/graph/neo4jstore/neo4jtest"
	"ringleader/graph/sqlitestore"
	"ringleader/loaders"
	"ringleader/loaders/loadertest"
)

type realSet struct{ mapping, path string }

// realSets are the labelled sets that the shipped mappings read. The three
// large ones run under make soak: they are like the rest, and take Neo4j two
// minutes.
func realSets() []realSet {
	sets := []realSet{
		{"amlsim_20k", "amlsim_20k/20K_cycle200.tgz"},
		{"bitcoin_otc", "bitcoin_otc"},
		{"ebay_xfraud41", "ebay_xfraud41"},
		{"splink_historical_50k", "splink_historical_50k"},
	}
	if os.Getenv("RINGLEADER_SOAK") == "1" {
		sets = append(sets,
			realSet{"amlsim_20k", "amlsim_20k/20K_fanin200.tgz"}, // each archive is a world of its own
			realSet{"amlsim_20k", "amlsim_20k/20K_fanin200cycle200.tgz"},
			realSet{"tolokers", "tolokers"})
	}
	return sets
}

// Real data goes the whole way on both stores: every row is taken, and the
// results are the same bytes.
func TestRealSetsGiveOneResultOnBothStores(t *testing.T) {
	data := loadertest.RealData(t)
	server := neo4jtest.Server(t)
	for _, set := range realSets() {
		t.Run(filepath.Base(set.path), func(t *testing.T) {
			neo4jtest.Wipe(t, server)
			remote, err := neo4jstore.Open(t.Context(), server)
			require.NoError(t, err)
			defer func() { require.NoError(t, remote.Close()) }()
			embedded, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "rings.db"), sqlitestore.Options{})
			require.NoError(t, err)
			defer func() { require.NoError(t, embedded.Close()) }()

			path := filepath.Join(data, set.path)
			require.Equal(t, string(result(t, embedded, set.mapping, path)), string(result(t, remote, set.mapping, path)))
		})
	}
}

// result loads a set, detects, writes the run and reads it back: all of it but
// meta.
func result(t *testing.T, s store, mapping, path string) []byte {
	t.Helper()
	m, err := loaders.ShippedMapping(mapping)
	require.NoError(t, err)
	report, err := loaders.Load(t.Context(), s, s, []string{path}, loaders.Options{Mapping: m})
	require.NoError(t, err)
	require.Zero(t, report.Rejected, "%v", report.Reasons)
	require.Zero(t, report.LeftOut)

	g, err := graph.ReadSnapshot(t.Context(), s, graph.BuildOptions{})
	require.NoError(t, err)
	found, err := engine.Detect(t.Context(), g, engine.Scope{}, nil, engine.Options{})
	require.NoError(t, err)
	require.NoError(t, engine.WriteRun(t.Context(), s, s, 0, found))
	run, err := engine.ReadRun(t.Context(), s, "")
	require.NoError(t, err)
	lo, hi := g.OfKind(graph.Account)
	require.Len(t, run.Scores, int(hi-lo), "every account has its row")
	t.Logf("%s: %d accounts, %d links, %d ties, %d components (largest %d), %d rings", filepath.Base(path),
		run.Info.Accounts, g.Links(), run.Info.Ties, run.Info.Components, run.Info.Largest, run.Info.Rings)

	run.Info.Meta = engine.RunMeta{}
	for i := range run.Rings {
		run.Rings[i].Meta = engine.RingMeta{}
	}
	out, err := json.Marshal(run)
	require.NoError(t, err)
	return out
}
