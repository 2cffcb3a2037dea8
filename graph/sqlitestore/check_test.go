package sqlitestore

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"zombiezen.com/go/sqlite/sqlitex"

	"ringleader/graph"
)

// mixed is a store with observed and derived facts, tombstones and decisions.
func mixed(t *testing.T, path string) *Store {
	t.Helper()
	s := open(t, path, Options{})
	for row := int64(1); row <= 30; row++ {
		apply(t, s, rowBatch("A", "u1", "d1", row))
		apply(t, s, rowBatch("B", "u2", "d1", row))
	}
	apply(t, s, &graph.Batch{Retract: graph.Retract{Inputs: []string{"B"}}})
	var w graph.BatchBuilder
	w.Link(graph.Ref{Kind: graph.Account, Key: "u1"}, graph.Ref{Kind: graph.Ring, Key: "r1"}, graph.Link{Type: graph.MemberOf})
	w.Attr(graph.Ref{Kind: graph.Ring, Key: "r1"}, "status", "new", 0)
	b := w.Take()
	b.Derived = true
	apply(t, s, b)
	require.NoError(t, s.Append(t.Context(), "labels", 0, graph.Record{Type: "a"}, graph.Record{Type: "b"}))
	return s
}

// TestCheckFinds spoils a sound store in one way at a time.
func TestCheckFinds(t *testing.T) {
	dir := t.TempDir()
	s := mixed(t, filepath.Join(dir, "sound.db"))
	problems, err := s.Check(t.Context())
	require.NoError(t, err)
	require.Empty(t, problems)

	for says, spoil := range map[string]string{
		"links name a node":                  "delete from nodes where id = (select max(dst) from links where derived = 1)",
		"statements are about a node":        "delete from nodes where id = (select min(node) from attrs)",
		"more than one node":                 "insert into nodes (kind, key, live) select kind, key, 0 from nodes limit 1",
		"kind that is not in the dictionary": "delete from words where word = 'account'",
		"type that is not in the dictionary": "delete from words where word = 'USED_DEVICE'",
		"name that is not in the dictionary": "delete from words where word = 'two_factor'",
		"missing from the reverse index":     "delete from inbound where derived = 0",
		"reverse index have no link":         "insert into inbound values (0, 1, 1, 999)",
		"newer than the revision":            "update meta set value = 3 where name = 'revision'",
		"missing from the changes":           "delete from touched where rev = 5",
		"changes of a revision cannot be":    "update touched set places = x'ff' where rev = 5",
		"observed facts have no source":      "update links set sources = x'' where rev > 0",
		"tombstones or derived facts":        "update attrs set sources = x'00' where derived = 1",
		"nodes count as live":                "update nodes set live = 0 where id = 1",
		"counts of links":                    "update counts set n = n + 1 where what = 1",
		"counts of nodes":                    "update counts set n = n + 1 where what = 0",
		"counts of statements":               "update counts set n = n + 1 where what = 2",
		"counts of derived facts":            "update counts set n = n + 1 where what = 3",
		"streams of the log have a gap":      "delete from log where seq = 1",
		"sources that cannot be read":        "update links set sources = x'ff' where rev > 0",
		"have a body or":                     "update links set body = x'01' where rev > 40",
	} {
		path := filepath.Join(t.TempDir(), "spoiled.db")
		require.NoError(t, s.Backup(t.Context(), path))
		spoiled := open(t, path, Options{})
		raw(t, path, spoil)
		problems, err := spoiled.Check(t.Context())
		require.NoError(t, err)
		require.NotEmpty(t, problems, says)
		require.Contains(t, strings.Join(problems, "\n"), says, "after %s", spoil)
		require.NotContains(t, strings.Join(problems, "\n"), "u1", "no data of rows")
	}
}

// TestDamagedFile overwrites the middle of a store's file with noise.
func TestDamagedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s, err := Open(t.Context(), path, Options{})
	require.NoError(t, err)
	var w graph.BatchBuilder
	for row := int64(1); row <= 5000; row++ {
		one := rowBatch("A", "u1", "d1", row)
		w.Link(one.Refs[0], one.Refs[1], one.Links[0], one.Links[0].Sources...)
	}
	apply(t, s, w.Take())
	require.NoError(t, s.Close())

	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Greater(t, len(data), 20*pageSize)
	copy(data[3*pageSize:], bytes.Repeat([]byte{0xa5}, len(data)-6*pageSize))
	require.NoError(t, os.WriteFile(path, data, 0o600))

	s, err = Open(t.Context(), path, Options{})
	if err != nil {
		require.ErrorIs(t, err, graph.ErrInvalid)
		require.ErrorContains(t, err, "damaged")
		return
	}
	defer func() { require.NoError(t, s.Close()) }()
	_, err = s.Scan(t.Context(), graph.ScanQuery{}, func(*graph.Batch) error { return nil })
	require.ErrorIs(t, err, graph.ErrInvalid)
	require.ErrorContains(t, err, "damaged")
	problems, err := s.Check(t.Context())
	require.True(t, err != nil || len(problems) > 0, "Check sees it")
}

// TestFullDisk lets SQLite believe that no page is left.
func TestFullDisk(t *testing.T) {
	s := mixed(t, filepath.Join(t.TempDir(), "store.db"))
	before := dump(t, s)
	conn := <-s.writer
	_, err := queryInt(conn, "pragma max_page_count = 1") // SQLite makes it the present count
	require.NoError(t, err)
	s.writer <- conn

	var w graph.BatchBuilder
	for row := int64(1); row <= 20_000; row++ {
		w.Attr(graph.Ref{Kind: graph.Account, Key: "u1"}, "name", "", graph.Time(row), graph.Source{Input: "C", Row: row})
	}
	b := w.Take()
	_, err = s.Apply(t.Context(), b)
	require.ErrorIs(t, err, graph.ErrUnavailable)
	require.ErrorContains(t, err, "disk is full")
	require.Equal(t, before, dump(t, s), "the store is as it was")

	conn = <-s.writer
	require.NoError(t, sqlitex.ExecuteTransient(conn, "pragma max_page_count = 1000000", nil))
	s.writer <- conn
	apply(t, s, b)
	after, err := s.Check(t.Context())
	require.NoError(t, err)
	require.Empty(t, after)
}
