package sqlitestore

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

// The world of the benchmarks: bare sightings in no order, as a log of logins
// has them. Two accounts in five share their device with another.
const (
	benchAccounts  = 100_000
	benchDevices   = 60_000
	benchSightings = 500_000
	benchBatch     = 20_000
)

// sightings yields the world in batches.
func sightings(yield func(*graph.Batch)) {
	r := rand.New(rand.NewPCG(1, 2))
	var w graph.BatchBuilder
	for row := int64(1); row <= benchSightings; row++ {
		a := r.IntN(benchAccounts)
		w.Link(
			graph.Ref{Kind: graph.Account, Key: fmt.Sprintf("account-%07d", a)},
			graph.Ref{Kind: graph.Device, Key: fmt.Sprintf("device-%07d", a%benchDevices)},
			graph.Link{Type: graph.UsedDevice, At: graph.Millis(1_539_000_000_000 + row*1000)},
			graph.Source{Input: "log", Row: row, Offset: row * 60, Hash: r.Uint64()})
		if w.Len() == benchBatch {
			yield(w.Take())
		}
	}
}

func benchStore(b *testing.B) *Store {
	b.Helper()
	s, err := Open(b.Context(), filepath.Join(b.TempDir(), "bench.db"), Options{})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.Close()) })
	return s
}

// BenchmarkLoad applies the whole world to an empty store.
func BenchmarkLoad(b *testing.B) {
	var batches []*graph.Batch
	for b.Loop() {
		b.StopTimer()
		s := benchStore(b)
		batches = batches[:0]
		sightings(func(one *graph.Batch) { batches = append(batches, one) })
		b.StartTimer()
		for _, one := range batches {
			_, err := s.Apply(b.Context(), one)
			require.NoError(b, err)
		}
		stats, err := s.Stats(b.Context())
		require.NoError(b, err)
		b.ReportMetric(float64(stats.Bytes)/benchSightings, "bytes/link")
	}
	b.ReportMetric(float64(b.N)*benchSightings/b.Elapsed().Seconds(), "links/s")
}

// BenchmarkScan reads the world back, as batches and as a snapshot.
func BenchmarkScan(b *testing.B) {
	s := benchStore(b)
	sightings(func(one *graph.Batch) {
		_, err := s.Apply(b.Context(), one)
		require.NoError(b, err)
	})
	b.Run("batches", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			links := 0
			_, err := s.Scan(b.Context(), graph.ScanQuery{}, func(one *graph.Batch) error {
				links += len(one.Links)
				return nil
			})
			require.NoError(b, err)
			require.Equal(b, benchSightings, links)
		}
		b.ReportMetric(float64(b.N)*benchSightings/b.Elapsed().Seconds(), "links/s")
	})
	b.Run("snapshot", func(b *testing.B) {
		for b.Loop() {
			snapshot, err := graph.ReadSnapshot(b.Context(), s, graph.BuildOptions{})
			require.NoError(b, err)
			require.Equal(b, benchSightings, snapshot.Links())
		}
		b.ReportMetric(float64(b.N)*benchSightings/b.Elapsed().Seconds(), "links/s")
	})
}

// BenchmarkRevert takes back a load of ten facts from a store of half a
// million: the cost of looking at every fact's sources.
func BenchmarkRevert(b *testing.B) {
	s := benchStore(b)
	sightings(func(one *graph.Batch) {
		_, err := s.Apply(b.Context(), one)
		require.NoError(b, err)
	})
	for b.Loop() {
		b.StopTimer()
		for row := range int64(5) {
			_, err := s.Apply(b.Context(), rowBatch("small", "u1", "d1", row+1))
			require.NoError(b, err)
		}
		b.StartTimer()
		_, err := s.Apply(b.Context(), &graph.Batch{Retract: graph.Retract{Inputs: []string{"small"}}})
		require.NoError(b, err)
	}
	b.ReportMetric(float64(b.N)*benchSightings/b.Elapsed().Seconds(), "facts/s")
}
