package neo4jstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/graph/graphtest"
	"ringleader/graph/neo4jstore"
	"ringleader/graph/neo4jstore/neo4jtest"
	"ringleader/graph/sqlitestore"
)

// importWorld fills a store with all that files for the import tool must carry:
// texts that CSV could spoil, statements, sightings, money, weights, spans, two
// inputs, facts that went, rings, decisions.
func importWorld(t *testing.T, s neo4jstore.Stored) {
	t.Helper()
	ctx := t.Context()
	account := func(i int) graph.Ref { return graph.Ref{Kind: graph.Account, Key: fmt.Sprintf("u%03d", i)} }
	odd := graph.Ref{Kind: graph.Account, Key: "a \"quoted\", key;\nof two lines é"}
	merchant := graph.Ref{Kind: graph.Merchant, Key: "appstore"}
	when := graph.Millis(1_539_100_000_123)
	source := func(input string, row int64) graph.Source {
		return graph.Source{Input: input, Row: row, Offset: row * 40, Hash: 0x8000000000000001 * uint64(row)}
	}
	var w graph.BatchBuilder
	w.Attr(odd, "", "", 0, source("one", 1))
	for i, v := range []string{"", " spaced ", "1,5 \"q\"", "two\nlines", "tab\tand; é", "a\\b", "null"} {
		w.Attr(odd, fmt.Sprintf("p%d", i), v, when, source("one", 2))
	}
	w.Attr(odd, "x:y", "colon", when, source("one", 2))
	w.Attr(odd, "Amount (EUR)", "brackets", when, source("one", 2))
	w.Attr(odd, "key", "like one of ours", when, source("one", 2))
	w.Attr(odd, graph.EventPrefix+"login", "detail", when, source("one", 3))
	for i := range 300 {
		w.Link(account(i), graph.Ref{Kind: graph.Device, Key: fmt.Sprintf("d%02d", i%40)}, graph.Link{Type: graph.UsedDevice, At: when + graph.Time(i)}, source("one", int64(i)))
		w.Link(account(i%50), merchant, graph.Link{Type: graph.Paid, At: when + graph.Time(i), Event: fmt.Sprintf("payment:P%d", i),
			Money: graph.Money{Known: true, Minor: int64(100 + i), Exponent: 2, Currency: "CNY"},
			Props: []graph.Prop{{Name: "at", Value: "ours"}, {Name: "note", Value: strings.Repeat(";", i%3)}}}, source("two", int64(i)), source("one", int64(i)))
	}
	w.Link(odd, account(1), graph.Link{Type: graph.Associated, Weight: 0.1, At: when, Until: when + 5}, source("two", 1))
	w.Link(odd, account(1), graph.Link{Type: graph.Associated}, source("two", 2))
	b := w.Take()
	b.Input = &graph.Input{ID: "one", Name: "näme, \"x\".csv", Content: "abc", Rows: 300, Offset: 12_345, Done: true, Loaded: when}
	_, err := s.Apply(ctx, b)
	require.NoError(t, err)
	w.Link(account(1), account(2), graph.Link{Type: graph.Associated}, source("gone", 1))
	_, err = s.Apply(ctx, w.Take())
	require.NoError(t, err)
	_, err = s.Apply(ctx, &graph.Batch{Retract: graph.Retract{Inputs: []string{"gone"}}})
	require.NoError(t, err)

	ring := graph.Ref{Kind: graph.Ring, Key: "r-1"}
	w.Attr(ring, "probability", "0.97", 0)
	w.Attr(account(3), "role", "victim", 0)
	w.Link(account(3), ring, graph.Link{Type: graph.MemberOf, Props: []graph.Prop{{Name: "role", Value: "victim"}}})
	rings := w.Take()
	rings.Derived = true
	_, err = s.Apply(ctx, rings)
	require.NoError(t, err)
	require.NoError(t, s.Append(ctx, "case/1", 0, graph.Record{Type: "opened", At: when, Data: []byte("{}")}, graph.Record{Type: "note", At: when}))
	require.NoError(t, s.Append(ctx, graph.StreamLease, 0, graph.Record{Type: "x", Data: []byte("{}")}))
}

// shown is what people see of everything, as text.
func shown(t *testing.T, c neo4jstore.Config) (lines []string) {
	for _, query := range []string{
		"MATCH (n:_Ringleader) UNWIND labels(n) AS l WITH n, l ORDER BY l RETURN n.ref AS a, collect(l) AS l, properties(n) AS p ORDER BY a",
		"MATCH (n:_Ringleader)-[r]->(m) RETURN n.ref AS a, type(r) AS l, properties(r) AS p, m.ref AS b ORDER BY a, l, b",
		"MATCH (r:_RingleaderRecord) WHERE r.stream <> 'lease' RETURN r.stream AS a, properties(r) AS p, r.seq AS s ORDER BY a, s",
	} {
		for _, r := range neo4jtest.Run(t, c, query, nil) {
			m := r.AsMap()
			// The first holds revisions, the tool cannot name the second and keeps no
			// empty list as the third may be.
			for _, name := range []string{"_facts", "Amount (EUR)", "data"} {
				delete(m["p"].(map[string]any), name)
			}
			lines = append(lines, fmt.Sprintf("%#v", m))
		}
	}
	return lines
}

// A store that Neo4j's own tool made of files is the one that Bolt makes of the
// same facts.
func TestImportFiles(t *testing.T) {
	c := neo4jtest.Server(t)
	ctx := t.Context()
	file, err := sqlitestore.Open(ctx, filepath.Join(t.TempDir(), "s.db"), sqlitestore.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	importWorld(t, file)
	files, err := neo4jstore.WriteImportFiles(ctx, file, filepath.Join(t.TempDir(), "a folder"), nil)
	require.NoError(t, err)
	require.Equal(t, []string{"Amount (EUR)"}, files.Unnamed)
	info, err := os.Stat(filepath.Join(files.Dir, "links-PAID.csv"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "the data stands there in the clear")

	imported := neo4jtest.Imported(t, files.Command("neo4j"))
	s, err := neo4jstore.Open(ctx, imported)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	bolt, err := neo4jstore.Open(ctx, c)
	require.NoError(t, err)
	defer func() { require.NoError(t, bolt.Close()) }()
	importWorld(t, bolt)
	want, err := graphtest.Dump(ctx, bolt)
	require.NoError(t, err)
	got, err := graphtest.Dump(ctx, s)
	require.NoError(t, err)
	require.Equal(t, want, got)
	problems, err := s.Check(ctx)
	require.NoError(t, err)
	require.Empty(t, problems)
	require.Equal(t, shown(t, c), shown(t, imported))
	var notes []graph.Record
	require.NoError(t, s.Read(ctx, "case/1", 0, func(r graph.Record) error { notes = append(notes, r); return nil }))
	require.Equal(t, []graph.Record{{Seq: 1, At: notes[0].At, Type: "opened", Data: []byte("{}")}, {Seq: 2, At: notes[0].At, Type: "note", Data: []byte{}}}, notes)
	names := func(c neo4jstore.Config) (names []any) {
		for _, r := range neo4jtest.Run(t, c, "SHOW CONSTRAINTS YIELD name WHERE name <> 'ringleader_test' RETURN name ORDER BY name", nil) {
			names = append(names, r.Values[0])
		}
		return names
	}
	require.Equal(t, names(c), names(imported))

	// It goes on as any store does.
	_, err = s.Scan(ctx, graph.ScanQuery{Since: 1}, func(*graph.Batch) error { return nil })
	require.ErrorIs(t, err, graph.ErrConflict, "what went before the import is not known")
	for _, one := range []*neo4jstore.Store{s, bolt} {
		_, err = one.Apply(ctx, &graph.Batch{Retract: graph.Retract{Inputs: []string{"one"}}})
		require.NoError(t, err)
		lease, err := graph.AcquireLease(ctx, one, "test", 1e9)
		require.NoError(t, err)
		require.NotZero(t, lease.Fence)
	}
	want, err = graphtest.Dump(ctx, bolt)
	require.NoError(t, err)
	got, err = graphtest.Dump(ctx, s)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// scattered is a store that yields facts in an order of its own.
type scattered struct{ neo4jstore.Stored }

func (s scattered) Scan(ctx context.Context, q graph.ScanQuery, yield func(*graph.Batch) error) (graph.Revision, error) {
	var late []*graph.Batch
	rev, err := s.Stored.Scan(ctx, q, func(b *graph.Batch) error {
		var first, second graph.Batch
		first, second = *b, *b
		first.Attrs, second.Attrs = nil, append([]graph.Attr{}, b.Attrs...)
		first.Links, second.Links = nil, nil
		for i, l := range b.Links {
			if i%2 == 0 {
				first.Links = append(first.Links, l)
			} else {
				second.Links = append(second.Links, l)
			}
		}
		second.Refs = append([]graph.Ref{}, b.Refs...)
		late = append(late, &second)
		return yield(&first)
	})
	for _, b := range late {
		err = errors.Join(err, yield(b))
	}
	return rev, err
}

func TestImportFilesRefuse(t *testing.T) {
	ctx := t.Context()
	file, err := sqlitestore.Open(ctx, filepath.Join(t.TempDir(), "s.db"), sqlitestore.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	importWorld(t, file)
	dir := t.TempDir()
	_, err = neo4jstore.WriteImportFiles(ctx, scattered{file}, filepath.Join(dir, "a"), nil)
	require.ErrorIs(t, err, graph.ErrInvalid)
	require.ErrorContains(t, err, "side by side")
	_, err = neo4jstore.WriteImportFiles(ctx, file, filepath.Join(dir, "a,b"), nil)
	require.ErrorIs(t, err, graph.ErrInvalid)
	_, err = neo4jstore.WriteImportFiles(ctx, file, filepath.Join(dir, "twice"), nil)
	require.NoError(t, err)
	_, err = neo4jstore.WriteImportFiles(ctx, file, filepath.Join(dir, "twice"), nil)
	require.ErrorIs(t, err, os.ErrExist, "nothing is overwritten")

	var w graph.BatchBuilder
	w.Link(graph.Ref{Kind: graph.Account, Key: "u"}, graph.Ref{Kind: graph.Device, Key: "d"},
		graph.Link{Type: graph.UsedDevice, Props: []graph.Prop{{Name: "note", Value: "a\x1fb"}}}, graph.Source{Input: "x"})
	_, err = file.Apply(ctx, w.Take())
	require.NoError(t, err)
	_, err = neo4jstore.WriteImportFiles(ctx, file, filepath.Join(dir, "mark"), nil)
	require.ErrorIs(t, err, graph.ErrInvalid)
	require.ErrorContains(t, err, "U+001F")
}
