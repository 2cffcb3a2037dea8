package pgsource_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/loaders"
	"ringleader/loaders/loadertest"
	"ringleader/loaders/pgsource"
	"ringleader/loaders/pgsource/pgtest"
)

// BenchmarkRows reads 200,000 payments: the rows alone, and all the way to
// facts, through the spool. The server is another process; cpu-µs/row is ours.
func BenchmarkRows(b *testing.B) {
	const rows = 200_000
	db := pgtest.New(b)
	db.Exec(b, `CREATE TABLE payments (id bigint PRIMARY KEY, account text, merchant text, amount numeric(12,2), at timestamptz);
INSERT INTO payments SELECT i, 'u' || i % 7000, 'm' || i % 50, i + 0.10, timestamptz '2018-10-09 18:14:00+02' + i * interval '1 second' FROM generate_series(1, 200000) AS i`)
	measure := func(name string, read func() int64) {
		b.Run(name, func(b *testing.B) {
			done := loadertest.TimeRows(b, rows)
			for b.Loop() {
				require.Equal(b, int64(rows), read())
			}
			done()
		})
	}
	src, err := pgsource.Open(context.Background(), db.Config)
	require.NoError(b, err)
	defer src.Close()
	rule := &loaders.ReadRule{Table: "payments", Mark: "id"}
	measure("rows", func() (n int64) {
		_, err := src.Rows(context.Background(), loaders.Request{ReadRule: rule}, func([]byte) error { n++; return nil })
		require.NoError(b, err)
		return n
	})
	o := options(b, db, payments)
	measure("facts", func() int64 {
		report, err := loaders.Read(context.Background(), []string{db.URI}, o, func(*graph.Batch) error { return nil })
		require.NoError(b, err)
		return report.Rows
	})
}
