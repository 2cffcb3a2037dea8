package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph/neo4jstore/neo4jtest"
)

// The same files give the same result on both stores, byte for byte, whether
// loaded there or copied.
func TestBothStoresGiveOneResult(t *testing.T) {
	server := neo4jtest.Server(t)
	uri := server.URI + "/" + server.Database
	dir := t.TempDir()
	key := filepath.Join(dir, "key")
	program := func(args ...string) []byte {
		var out, errs bytes.Buffer
		a := newApp(nil, &out, &errs, func(name string) (string, bool) {
			return server.Password, name == "RINGLEADER_NEO4J_PASSWORD"
		})
		require.Equal(t, exitDone, run(t.Context(), a, append(args, "--shared", "--quiet", "--key-file", key)), errs.String())
		return out.Bytes()
	}
	world, file := filepath.Join(dir, "world"), filepath.Join(dir, "s.db")
	program("synth", "--accounts", "600", "--seed", "3", "--out", world)
	answers := func(store string) string {
		rings := withoutMeta(t, program("rings", "--store", store, "--output", "json"))
		return rings + string(program("scores", "--store", store, "--output", "csv"))
	}

	program("load", world, "--store", file)
	program("detect", "--store", file)
	want := answers(file)
	require.Contains(t, want, "takeover")

	program("load", world, "--store", uri)
	program("detect", "--store", uri)
	require.Equal(t, want, answers(uri), "loaded into Neo4j")
	program("store", "check", "--store", uri)
	groups := func(store string) string {
		return string(program("communities", "--store", store, "--no-snapshot", "--output", "csv"))
	}
	require.Equal(t, groups(file), groups(uri), "read from packs")
	program("store", "migrate", "--store", uri)
	program("store", "check", "--store", uri)
	require.Equal(t, groups(file), groups(uri), "read from packs made anew")

	neo4jtest.Wipe(t, server)
	program("store", "copy", file, uri)
	require.Equal(t, want, answers(uri), "copied into Neo4j")

	back := filepath.Join(dir, "back.db")
	program("store", "copy", uri, back)
	require.Equal(t, want, answers(back), "and back")
	program("detect", "--store", back)
	require.Equal(t, want, answers(back), "detected there")
}

// withoutMeta is a document without what may differ between equal runs.
func withoutMeta(t *testing.T, doc []byte) string {
	t.Helper()
	var value any
	require.NoError(t, json.Unmarshal(doc, &value))
	var strip func(any)
	strip = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			delete(v, "meta")
			for _, x := range v {
				strip(x)
			}
		case []any:
			for _, x := range v {
				strip(x)
			}
		}
	}
	strip(value)
	out, err := json.Marshal(value)
	require.NoError(t, err)
	return string(out)
}
