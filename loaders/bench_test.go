package loaders_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/graph/sqlitestore/sqlitetest"
	"ringleader/loaders"
	"ringleader/loaders/loadertest"
)

const benchRows = 200_000

// benchUses is a folder with uses.csv of benchRows rows, about 55 bytes each.
func benchUses(b *testing.B) string { return benchUsesOf(b, benchRows) }

func benchUsesOf(b *testing.B, rows int) string {
	dir := b.TempDir()
	w, err := loaders.NewWriter(dir, loaders.WriterOptions{})
	require.NoError(b, err)
	rng := rand.New(rand.NewPCG(1, 1))
	for range rows {
		require.NoError(b, w.Use(loaders.Use{
			Account:    fmt.Sprintf("acct-%07d", rng.IntN(rows/4)),
			Identifier: graph.Ref{Kind: graph.Device, Key: fmt.Sprintf("dev-%07x", rng.IntN(rows/2))},
			At:         graph.Millis(1_500_000_000_000 + rng.Int64N(1e10)),
		}))
	}
	require.NoError(b, w.Close())
	return dir
}

// timeRows measures the loop that follows until its result is called: rows a
// second, and rows a second of processor time, which a busy machine leaves
// alone.
func timeRows(b *testing.B) func() { return timeRowsOf(b, benchRows) }

func timeRowsOf(b *testing.B, each int) func() {
	before := loadertest.CPU(b)
	return func() {
		rows := float64(each) * float64(b.N)
		b.ReportMetric(rows/b.Elapsed().Seconds(), "rows/s")
		b.ReportMetric(rows/(loadertest.CPU(b)-before).Seconds(), "rows/cpu-s")
	}
}

// BenchmarkRead is rows to validated facts in batches.
func BenchmarkRead(b *testing.B) {
	dir := benchUses(b)
	done := timeRows(b)
	for b.Loop() {
		report, err := loaders.Read(context.Background(), []string{dir}, loaders.Options{}, func(*graph.Batch) error { return nil })
		require.NoError(b, err)
		require.Equal(b, int64(benchRows), report.Links)
	}
	done()
}

// BenchmarkPeer is encoding/csv and maps: what a script would do, without
// types, times, checks or sources.
func BenchmarkPeer(b *testing.B) {
	data, err := os.ReadFile(filepath.Join(benchUses(b), "uses.csv"))
	require.NoError(b, err)
	done := timeRows(b)
	for b.Loop() {
		index, links := make(map[string]uint32), 0
		intern := func(s string) {
			if _, ok := index[s]; !ok {
				index[strings.Clone(s)] = uint32(len(index))
			}
		}
		r := csv.NewReader(strings.NewReader(string(data)))
		r.ReuseRecord = true
		for {
			row, err := r.Read()
			if err == io.EOF {
				break
			}
			if err != nil { // require for each row would be a tenth of the time
				b.Fatal(err)
			}
			intern("account:" + row[0])
			intern(row[1] + ":" + row[2])
			links++
		}
		require.Equal(b, benchRows+1, links)
	}
	done()
}

// BenchmarkLoad is rows into a new embedded store, sources included.
func BenchmarkLoad(b *testing.B) {
	dir := benchUses(b)
	done := timeRows(b)
	for b.Loop() {
		s := sqlitetest.New(b)
		_, err := loaders.Load(context.Background(), s, s, []string{dir}, loaders.Options{})
		require.NoError(b, err)
	}
	done()
}

// snapshotRows are the sizes of the benchmarks of snapshots.
func snapshotRows() []int {
	if testing.Short() {
		return []int{1_000_000}
	}
	return []int{1_000_000, 10_000_000}
}

// BenchmarkSnapshot is rows with text for keys to a snapshot that can be asked.
func BenchmarkSnapshot(b *testing.B) {
	for _, rows := range snapshotRows() {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			dir := benchUsesOf(b, rows)
			done := timeRowsOf(b, rows)
			for b.Loop() {
				builder := graph.NewBuilder(graph.BuildOptions{})
				_, err := loaders.ReadInto(context.Background(), []string{dir}, loaders.Options{}, builder)
				require.NoError(b, err)
				g, err := builder.Build(0)
				require.NoError(b, err)
				require.InDelta(b, rows, g.Links(), float64(rows)/100) // a few rows are drawn twice
			}
			done()
		})
	}
}

// BenchmarkSnapshotPeer is encoding/csv, a map and append: the links of each
// vertex as a list, without order, times or checks.
func BenchmarkSnapshotPeer(b *testing.B) {
	for _, rows := range snapshotRows() {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			dir := benchUsesOf(b, rows)
			done := timeRowsOf(b, rows)
			for b.Loop() {
				index := make(map[string]uint32)
				var adjacent [][]uint32
				intern := func(s string) uint32 {
					id, ok := index[s]
					if !ok {
						id = uint32(len(index))
						index[strings.Clone(s)] = id
						adjacent = append(adjacent, nil)
					}
					return id
				}
				f, err := os.Open(filepath.Join(dir, "uses.csv"))
				require.NoError(b, err)
				r := csv.NewReader(f)
				r.ReuseRecord = true
				for {
					row, err := r.Read()
					if err == io.EOF {
						break
					}
					if err != nil {
						b.Fatal(err)
					}
					from, to := intern("account:"+row[0]), intern(row[1]+":"+row[2])
					adjacent[from] = append(adjacent[from], to)
					adjacent[to] = append(adjacent[to], from)
				}
				require.NoError(b, f.Close())
			}
			done()
		})
	}
}
