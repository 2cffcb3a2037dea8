package graph_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"ringleader/graph"
)

// BenchmarkBuild builds snapshots of accounts, devices and payments, and of
// bare sightings; the figure to watch is links a second of a processor, which
// should fall slowly with size.
func BenchmarkBuild(b *testing.B) {
	for _, links := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint("payments/", links), func(b *testing.B) { benchBuild(b, links, benchBatches(links)) })
	}
	for _, links := range []int{100_000, 1_000_000, 10_000_000} {
		b.Run(fmt.Sprint("sightings/", links), func(b *testing.B) { benchBuild(b, links, benchSightings(links)) })
	}
}

func benchBuild(b *testing.B, links int, batches []*graph.Batch) {
	b.ReportAllocs()
	start := cpu(b)
	for b.Loop() {
		w := graph.NewBuilder(graph.BuildOptions{Threads: 1})
		for _, batch := range batches {
			if err := w.Add(batch); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := w.Build(1); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(links)*float64(b.N)/(cpu(b)-start).Seconds(), "links/cpu-s")
}

// benchSightings is sightings of devices by links/3 accounts, in the order of
// time, as a file of logins has them.
func benchSightings(links int) []*graph.Batch {
	rng := rand.New(rand.NewPCG(1, 2))
	src := graph.Source{Input: "bench", Row: 1}
	var batches []*graph.Batch
	var w graph.BatchBuilder
	for i := range links {
		w.Link(graph.Ref{Kind: graph.Account, Key: fmt.Sprintf("u%08d", rng.IntN(links/3))},
			graph.Ref{Kind: graph.Device, Key: fmt.Sprintf("dev-%08x", rng.Uint64N(uint64(links)/3)*0x9e3779b9&0xffffffff)},
			graph.Link{Type: graph.UsedDevice, At: graph.Millis(1_500_000_000_000 + int64(i)*1000)}, src)
		if w.Len() >= 32_768 {
			batches = append(batches, w.Take())
		}
	}
	return append(batches, w.Take())
}

// benchBatches is links in batches of 20,000: half sightings, half the two
// links of a payment, over links/3 accounts.
func benchBatches(links int) []*graph.Batch {
	rng := rand.New(rand.NewPCG(1, 2))
	src := graph.Source{Input: "bench", Row: 1}
	var batches []*graph.Batch
	var w graph.BatchBuilder
	for i := 0; i < links; i += 4 {
		account := graph.Ref{Kind: graph.Account, Key: fmt.Sprint("u", rng.IntN(links/3))}
		at := graph.Millis(1_500_000_000_000 + rng.Int64N(1e10))
		for range 2 {
			w.Link(account, graph.Ref{Kind: graph.Device, Key: fmt.Sprint("d", rng.IntN(links/3))},
				graph.Link{Type: graph.UsedDevice, At: at}, src)
		}
		event := fmt.Sprint("payment:P", i)
		money := graph.Money{Minor: rng.Int64N(1e5), Exponent: 2, Known: true, Currency: "CNY"}
		props := []graph.Prop{{Name: "status", Value: "settled"}}
		w.Link(account, graph.Ref{Kind: graph.Merchant, Key: fmt.Sprint("m", rng.IntN(100))},
			graph.Link{Type: graph.Paid, At: at, Event: event, Money: money, Props: props}, src)
		w.Link(account, graph.Ref{Kind: graph.Beneficiary, Key: fmt.Sprint("g", rng.IntN(1000))},
			graph.Link{Type: graph.PaidTo, At: at, Event: event, Money: money, Props: props}, src)
		if w.Len() >= 20_000 {
			batches = append(batches, w.Take())
		}
	}
	return append(batches, w.Take())
}

// BenchmarkOpen opens a file of 10 million links and asks for one vertex and
// its links: at once, and after all of it has been verified.
func BenchmarkOpen(b *testing.B) {
	w := graph.NewBuilder(graph.BuildOptions{})
	for _, batch := range benchSightings(10_000_000) {
		if err := w.Add(batch); err != nil {
			b.Fatal(err)
		}
	}
	s, err := w.Build(1)
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "snapshot")
	if err := s.WriteFile(path); err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	first := s.Ref(graph.Vertex(s.Len() / 2))
	for name, o := range map[string]graph.OpenOptions{"unverified": {Unverified: true}, "verified": {}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s, err := graph.OpenSnapshot(context.Background(), path, o)
				if err != nil {
					b.Fatal(err)
				}
				v, ok := s.Lookup(first)
				if lo, hi := s.Out(v); !ok || lo == hi && len(s.In(v)) == 0 {
					b.Fatal("no links")
				}
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(info.Size())/float64(s.Links()), "file-B/link")
			b.ReportMetric(float64(s.Len())/float64(s.Links()), "vertices/link")
		})
	}
}
