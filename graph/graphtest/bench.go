package graphtest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

// benchRows is the rows of one batch of a benchmark: 10,000 facts, about what a
// loader commits at once.
const benchRows = 2000

// Benchmark measures what jobs and the API do all day. It reports facts/s, or
// records/s of the log; an iteration is one batch, one scan or one page.
func Benchmark(b *testing.B, open Open) {
	for _, c := range []struct {
		name string
		run  func(*testing.B, Subject)
	}{
		{"apply", benchApply}, {"apply-again", benchApplyAgain},
		{"scan", benchScan}, {"scan-sources", benchScanSources}, {"changes", benchChanges},
		{"neighbors", benchNeighbors}, {"get", benchGet}, {"search", benchSearch},
		{"log-append", benchAppend}, {"log-read", benchRead},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := open(b, storeName(b.Name()))
			b.Cleanup(func() { _ = s.Close() })
			b.ReportAllocs()
			c.run(b, s)
		})
	}
}

// fill loads batches of benchRows rows.
func fill(b *testing.B, s Subject, batches int64) {
	b.Helper()
	for i := range batches {
		_, err := s.Apply(b.Context(), load("A", i*benchRows+1, (i+1)*benchRows))
		require.NoError(b, err)
	}
}

// rate reports how many things were done in all iterations.
func rate(b *testing.B, unit string, n int) {
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), unit+"/s")
}

func benchApply(b *testing.B, s Subject) {
	first := int64(1)
	for b.Loop() {
		b.StopTimer()
		batch := load("A", first, first+benchRows-1)
		first += benchRows
		b.StartTimer()
		_, err := s.Apply(b.Context(), batch)
		require.NoError(b, err)
	}
	rate(b, "facts", b.N*benchRows*perRow)
}

func benchApplyAgain(b *testing.B, s Subject) {
	fill(b, s, 5)
	for b.Loop() {
		b.StopTimer()
		batch := load("A", 1, benchRows)
		b.StartTimer()
		_, err := s.Apply(b.Context(), batch)
		require.NoError(b, err)
	}
	rate(b, "facts", b.N*benchRows*perRow)
}

func benchScan(b *testing.B, s Subject) { scanBench(b, s, graph.ScanQuery{}, 20) }

func benchScanSources(b *testing.B, s Subject) { scanBench(b, s, graph.ScanQuery{Sources: true}, 20) }

// benchChanges asks for the last of twenty batches.
func benchChanges(b *testing.B, s Subject) { scanBench(b, s, graph.ScanQuery{Since: 19}, 1) }

func scanBench(b *testing.B, s Subject, q graph.ScanQuery, batches int) {
	fill(b, s, 20)
	want := batches * benchRows * perRow
	for b.Loop() {
		seen := 0
		_, err := s.Scan(b.Context(), q, func(batch *graph.Batch) error {
			seen += batch.Len()
			return nil
		})
		require.NoError(b, err)
		require.Equal(b, want, seen)
	}
	rate(b, "facts", b.N*want)
}

// benchNeighbors reads pages of 100 links of a merchant that has 20,000.
func benchNeighbors(b *testing.B, s Subject) {
	fill(b, s, 10)
	cursor, links := "", 0
	for b.Loop() {
		page, next, err := s.Neighbors(b.Context(), merchant("appstore"), graph.NeighborQuery{Cursor: cursor})
		require.NoError(b, err)
		links += len(page.Links)
		cursor = next
	}
	rate(b, "facts", links)
}

func benchGet(b *testing.B, s Subject) {
	fill(b, s, 5)
	row, seen := 0, 0
	for b.Loop() {
		row = row%(5*benchRows) + 1
		got, err := s.Get(b.Context(), account(fmt.Sprintf("u%06d", row)))
		require.NoError(b, err)
		seen += len(got.Attrs)
	}
	rate(b, "facts", seen)
}

func benchSearch(b *testing.B, s Subject) {
	fill(b, s, 5)
	seen := 0
	for b.Loop() {
		refs, _, err := s.Search(b.Context(), graph.SearchQuery{Kind: graph.Account, Prefix: "u0012"})
		require.NoError(b, err)
		seen += len(refs)
	}
	rate(b, "refs", seen)
}

func benchAppend(b *testing.B, s Subject) {
	n := 0
	for b.Loop() {
		require.NoError(b, s.Append(b.Context(), "case/1", uint64(n), note(n)))
		n++
	}
	rate(b, "records", n)
}

func benchRead(b *testing.B, s Subject) {
	const records = 1000
	for n := range records {
		require.NoError(b, s.Append(b.Context(), "case/1", uint64(n), note(n)))
	}
	for b.Loop() {
		seen := 0
		require.NoError(b, s.Read(b.Context(), "case/1", 0, func(graph.Record) error { seen++; return nil }))
		require.Equal(b, records, seen)
	}
	rate(b, "records", b.N*records)
}
