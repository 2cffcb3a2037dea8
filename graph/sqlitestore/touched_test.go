package sqlitestore

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"ringleader/graph"
)

// A store of the first layout, which kept changes as rows, opens as one of this
// version: same facts, same changes since any revision.
func TestMigrateChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	s := mixed(t, path)
	before := dump(t, s)
	since := func(s *Store) (all [][]string) {
		stats, err := s.Stats(t.Context())
		require.NoError(t, err)
		for rev := graph.Revision(1); rev < stats.Revision; rev++ {
			all = append(all, dumpSince(t, s, rev))
		}
		return all
	}
	changes := since(s)
	require.NotEmpty(t, changes)
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	require.NoError(t, err)
	require.NoError(t, sqlitex.ExecScript(conn, `create table changes (rev integer not null, node integer not null, type integer not null,
		primary key (rev, node, type)) without rowid`))
	type touch struct {
		rev  int64
		blob []byte
	}
	var blobs []touch
	require.NoError(t, sqlitex.Execute(conn, "select rev, places from touched", &sqlitex.ExecOptions{
		ResultFunc: func(st *sqlite.Stmt) error {
			blobs = append(blobs, touch{st.ColumnInt64(0), columnBytes(st, 1)})
			return nil
		},
	}))
	for _, b := range blobs {
		list, err := unpackChanges(nil, b.blob)
		require.NoError(t, err)
		for _, c := range list {
			require.NoError(t, sqlitex.Execute(conn, "insert into changes values (?, ?, ?)", &sqlitex.ExecOptions{Args: []any{b.rev, c.node, c.typ}}))
		}
	}
	require.NoError(t, sqlitex.ExecScript(conn, "drop table touched; pragma user_version = 1"))
	require.NoError(t, conn.Close())
	require.NoError(t, s.Close())

	_, err = Open(t.Context(), path, Options{ReadOnly: true})
	require.ErrorContains(t, err, "run store migrate")
	from, to, err := Migrate(t.Context(), path)
	require.NoError(t, err)
	require.Equal(t, 1, from)
	require.Equal(t, len(layout()), to)
	again := open(t, path, Options{})
	require.Equal(t, before, dump(t, again))
	require.Equal(t, changes, since(again))
	problems, err := again.Check(t.Context())
	require.NoError(t, err)
	require.Empty(t, problems)
}

// dumpSince is a line for each fact that came or went after a revision.
func dumpSince(t *testing.T, s *Store, since graph.Revision) (lines []string) {
	t.Helper()
	_, err := s.Scan(t.Context(), graph.ScanQuery{Since: since, Sources: true}, func(b *graph.Batch) error {
		for _, a := range b.Attrs {
			lines = append(lines, fmt.Sprint(b.Gone, b.Refs[a.Node], a.Name, a.Value, a.At, a.Sources))
		}
		for _, l := range b.Links {
			lines = append(lines, fmt.Sprint(b.Gone, b.Refs[l.From], l.Type, b.Refs[l.To], l.At, l.Event, l.Sources))
		}
		return nil
	})
	require.NoError(t, err)
	slices.Sort(lines)
	return lines
}

// FuzzChanges: a blob is refused or survives unpacking and packing.
func FuzzChanges(f *testing.F) {
	f.Add([]byte{})
	f.Add(packChanges(nil, []change{{1, 0}, {1, 7}, {300, 2}}))
	f.Add([]byte{0xff})
	f.Fuzz(func(t *testing.T, blob []byte) {
		list, err := unpackChanges(nil, blob)
		if err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
			return
		}
		again, err := unpackChanges(nil, packChanges(nil, list))
		require.NoError(t, err)
		require.Equal(t, list, again)
	})
}
