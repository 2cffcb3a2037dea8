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
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/loaders"
)

const benchRows = 200_000

// benchUses is a folder with uses.csv of benchRows rows, about 55 bytes each.
func benchUses(b *testing.B) string {
	dir := b.TempDir()
	w, err := loaders.NewWriter(dir, loaders.WriterOptions{})
	require.NoError(b, err)
	rng := rand.New(rand.NewPCG(1, 1))
	for range benchRows {
		require.NoError(b, w.Use(loaders.Use{
			Account:    fmt.Sprintf("acct-%07d", rng.IntN(benchRows/4)),
			Identifier: graph.Ref{Kind: graph.Device, Key: fmt.Sprintf("dev-%07x", rng.IntN(benchRows/2))},
			At:         graph.Millis(1_500_000_000_000 + rng.Int64N(1e10)),
		}))
	}
	require.NoError(b, w.Close())
	return dir
}

// timeRows measures the loop that follows until its result is called: rows a
// second, and rows a second of processor time, which a busy machine leaves
// alone.
func timeRows(b *testing.B) func() {
	before := cpu(b)
	return func() {
		rows := float64(benchRows) * float64(b.N)
		b.ReportMetric(rows/b.Elapsed().Seconds(), "rows/s")
		b.ReportMetric(rows/(cpu(b)-before).Seconds(), "rows/cpu-s")
	}
}

func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
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
		s := openStore(b)
		_, err := loaders.Load(context.Background(), s, s, []string{dir}, loaders.Options{})
		require.NoError(b, err)
	}
	done()
}
