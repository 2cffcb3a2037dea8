package sqlitestore

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"ringleader/graph"
	"ringleader/graph/graphtest"
)

// row is one sighting of one input.
func rowBatch(input, account, device string, row int64) *graph.Batch {
	var w graph.BatchBuilder
	a := graph.Ref{Kind: graph.Account, Key: account}
	s := graph.Source{Input: input, Row: row, Offset: row * 40, Hash: uint64(row)}
	w.Attr(a, "two_factor", "no", 0, s)
	w.Link(a, graph.Ref{Kind: graph.Device, Key: device}, graph.Link{Type: graph.UsedDevice, At: graph.Millis(row)}, s)
	return w.Take()
}

func open(t *testing.T, path string, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func apply(t *testing.T, s *Store, b *graph.Batch) graph.Revision {
	t.Helper()
	rev, err := s.Apply(t.Context(), b)
	require.NoError(t, err)
	return rev
}

func dump(t *testing.T, s *Store) string {
	t.Helper()
	text, err := graphtest.Dump(t.Context(), s)
	require.NoError(t, err)
	return text
}

// raw runs SQL on a file as another program would.
func raw(t *testing.T, path, script string) {
	t.Helper()
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite|sqlite.OpenCreate)
	require.NoError(t, err)
	require.NoError(t, sqlitex.ExecScript(conn, script))
	require.NoError(t, conn.Close())
}

func TestOpenMakesPrivateFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "with ? and % in its name.db")
	s := open(t, path, Options{})
	apply(t, s, rowBatch("A", "u1", "d1", 1))
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "mode of the store's %q file", suffix)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, os.WriteFile(at("text"), bytes.Repeat([]byte("account,provider\n"), 500), 0o600))
	raw(t, at("foreign"), "create table customers (id integer primary key)")
	raw(t, at("stamped"), "pragma application_id = 1234; create table t (x)")
	open(t, at("newer"), Options{})
	raw(t, at("newer"), "pragma user_version = 99")

	for name, c := range map[string]struct {
		path string
		o    Options
		want error
		says string
	}{
		"no path":           {"", Options{}, graph.ErrInvalid, "no path"},
		"a folder":          {dir, Options{}, graph.ErrInvalid, "not a file"},
		"a folder missing":  {at("no/such/store.db"), Options{}, graph.ErrUnavailable, "folder is there"},
		"no file to read":   {at("none.db"), Options{ReadOnly: true}, graph.ErrUnavailable, "no such file"},
		"no file, no make":  {at("none.db"), Options{NoCreate: true}, graph.ErrUnavailable, "no such file"},
		"no SQLite at all":  {at("text"), Options{}, graph.ErrInvalid, "not an SQLite file"},
		"another program's": {at("foreign"), Options{}, graph.ErrInvalid, "another program"},
		"another's, marked": {at("stamped"), Options{}, graph.ErrInvalid, "another program"},
		"a newer layout":    {at("newer"), Options{}, graph.ErrInvalid, "newer ringleader"},
		"newer, read only":  {at("newer"), Options{ReadOnly: true}, graph.ErrInvalid, "newer ringleader"},
	} {
		before, _ := os.ReadFile(c.path)
		_, err := Open(t.Context(), c.path, c.o)
		require.ErrorIs(t, err, c.want, name)
		require.ErrorContains(t, err, c.says, name)
		require.ErrorContains(t, err, c.path, name)
		after, _ := os.ReadFile(c.path)
		require.Equal(t, before, after, "%s: the file is left alone", name)
	}
	require.NoFileExists(t, at("none.db"))
}

func TestMigrate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite|sqlite.OpenCreate)
	require.NoError(t, err)
	steps := []string{"create table a (x);", "alter table a add column y; insert into a values (1, 2);"}

	from, err := migrate(conn, path, steps[:1])
	require.NoError(t, err)
	require.Zero(t, from)
	from, err = migrate(conn, path, append(steps[:2:2], "create table b (x); create table a (x);"))
	require.ErrorContains(t, err, "layout step 3")
	require.Equal(t, 1, from)
	n, err := queryInt(conn, "select count(*) from pragma_table_info('a')")
	require.NoError(t, err)
	require.EqualValues(t, 1, n, "a step that fails takes those before it back")

	from, err = migrate(conn, path, steps)
	require.NoError(t, err)
	require.Equal(t, 1, from)
	n, err = queryInt(conn, "select y from a")
	require.NoError(t, err)
	require.EqualValues(t, 2, n)
	from, err = migrate(conn, path, steps)
	require.NoError(t, err)
	require.Equal(t, 2, from, "nothing to do")
	_, err = migrate(conn, path, steps[:1])
	require.ErrorIs(t, err, graph.ErrInvalid)
	require.NoError(t, conn.Close())
}

func TestMigrateStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	_, _, err := Migrate(t.Context(), path)
	require.ErrorIs(t, err, graph.ErrUnavailable, "there is nothing to migrate")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	from, to, err := Migrate(t.Context(), path)
	require.NoError(t, err)
	require.Zero(t, from)
	require.Equal(t, len(layout()), to)
	from, _, err = Migrate(t.Context(), path)
	require.NoError(t, err)
	require.Equal(t, to, from)
	apply(t, open(t, path, Options{NoCreate: true}), rowBatch("A", "u1", "d1", 1))
}

func TestReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	w := open(t, path, Options{})
	apply(t, w, rowBatch("A", "u1", "d1", 1))
	r := open(t, path, Options{ReadOnly: true})
	require.Equal(t, dump(t, w), dump(t, r))
	_, err := r.Apply(t.Context(), rowBatch("A", "u2", "d1", 2))
	require.ErrorIs(t, err, graph.ErrInvalid)
	require.ErrorContains(t, err, "read-only")
	require.ErrorIs(t, r.Append(t.Context(), "labels", 0, graph.Record{Type: "x"}), graph.ErrInvalid)
	apply(t, w, rowBatch("A", "u2", "d1", 2))
	require.Equal(t, dump(t, w), dump(t, r), "a reader follows")
}

func TestBackup(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "store.db"), Options{})
	for row := int64(1); row <= 50; row++ {
		apply(t, s, rowBatch("A", "u1", "d1", row))
	}
	apply(t, s, &graph.Batch{Retract: graph.Retract{Refs: []graph.Ref{{Kind: graph.Device, Key: "d1"}}}})
	apply(t, s, rowBatch("A", "u2", "d2", 51))
	require.NoError(t, s.Append(t.Context(), "labels", 0, graph.Record{Type: "label", Data: []byte("{}")}))
	before := dump(t, s)

	path := filepath.Join(dir, "copy.db")
	require.NoError(t, s.Backup(t.Context(), path))
	require.ErrorIs(t, s.Backup(t.Context(), path), graph.ErrInvalid, "never over a file")
	require.ErrorIs(t, s.Backup(t.Context(), filepath.Join(dir, "no", "copy.db")), graph.ErrUnavailable)
	done, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Backup(done, filepath.Join(dir, "late.db")), context.Canceled)
	left, err := filepath.Glob(filepath.Join(dir, "*part*"))
	require.NoError(t, err)
	require.Empty(t, left, "nothing half done stays")
	require.NoFileExists(t, filepath.Join(dir, "late.db"))

	apply(t, s, rowBatch("B", "u9", "d9", 1))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	c := open(t, path, Options{})
	require.Equal(t, before, dump(t, c))
	stats, err := c.Stats(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 52, stats.Revision)
	tail, err := c.Tail(t.Context(), "labels")
	require.NoError(t, err)
	require.EqualValues(t, 1, tail.Seq)
	problems, err := c.Check(t.Context())
	require.NoError(t, err)
	require.Empty(t, problems)
}
