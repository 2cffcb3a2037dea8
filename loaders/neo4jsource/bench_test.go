package neo4jsource_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph/neo4jstore/neo4jtest"
	"ringleader/loaders"
	"ringleader/loaders/loadertest"
	"ringleader/loaders/neo4jsource"
)

// BenchmarkRows reads 100,000 nodes with four properties: by their label and by
// a query of each, in pages of lists, and by a query alone, one record a row.
// The server is another process; cpu-µs/row is ours.
func BenchmarkRows(b *testing.B) {
	const rows = 100_000
	c := neo4jtest.Server(b)
	neo4jtest.Run(b, c, "UNWIND range(1, $n) AS i CREATE (:Row {id: 'r' + i, nr: i, x: i / 4.0, name: 'Made Up'})", map[string]any{"n": rows})
	src, err := neo4jsource.Open(context.Background(), c)
	require.NoError(b, err)
	defer src.Close()
	const columns = "n.id AS id, n.nr AS nr, n.x AS x, n.name AS name"
	for _, read := range []struct {
		name string
		rule loaders.ReadRule
	}{
		{"label", loaders.ReadRule{Label: "Row", Mark: "nr"}},
		{"each", loaders.ReadRule{Label: "Row", Mark: "nr", Query: "RETURN " + columns}},
		{"query", loaders.ReadRule{Mark: "nr", Query: "MATCH (n:Row) RETURN " + columns}},
	} {
		b.Run(read.name, func(b *testing.B) {
			done := loadertest.TimeRows(b, rows)
			for b.Loop() {
				n := 0
				_, err := src.Rows(context.Background(), loaders.Request{ReadRule: &read.rule}, func([]byte) error { n++; return nil })
				require.NoError(b, err)
				require.Equal(b, rows, n)
			}
			done()
		})
	}
}
