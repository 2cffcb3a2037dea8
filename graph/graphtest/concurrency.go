package graphtest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"ringleader/graph"
)

var concurrencyCases = []conformance{
	{"writers-at-once", concurrentApplies},
	{"a-reader-sees-whole-batches", readerDuringWriter},
	{"decisions-during-a-load", decisionsDuringLoad},
	{"readers-at-once-ask-within-a-scan", readersAtOnce},
	{"two-handles-on-one-store", twoHandles},
}

// concurrentApplies lets goroutines write overlapping facts at once: the end is
// what one after the other gives, and each change has a revision of its own.
func concurrentApplies(k *kit) {
	const writers, each = 4, 6
	var mu sync.Mutex
	revisions := map[graph.Revision]int{}
	var all []*graph.Batch
	batch := func(w, n int) *graph.Batch {
		return load(fmt.Sprintf("w%d", w), int64(10*w+5*n), int64(10*w+5*n+9))
	}
	g, ctx := errgroup.WithContext(k.ctx)
	for w := range writers {
		for n := range each {
			all = append(all, batch(w, n))
		}
		g.Go(func() error {
			for n := range each {
				own := batch(w, n)
				own.Attrs = append(own.Attrs, graph.Attr{Name: "note", Value: fmt.Sprintf("%d/%d", w, n), Sources: []graph.Source{src("note", int64(10*w+n))}})
				rev, err := k.Apply(ctx, own)
				if err != nil {
					return err
				}
				mu.Lock()
				revisions[rev]++
				mu.Unlock()
			}
			return nil
		})
	}
	require.NoError(k, g.Wait())
	require.Len(k, revisions, writers*each, "each batch stated something new, so each has its revision: %v", revisions)
	require.EqualValues(k, writers*each, k.revision())
	got, _ := k.scan(graph.ScanQuery{Sources: true})
	want := factsOf(all...)
	require.Empty(k, want.without(got))
	require.Len(k, got.by, len(want.by)+writers*each)
	for line, one := range want.by {
		require.ElementsMatch(k, uniqueSources(one.sources), got.by[line].sources, line)
	}
}

func uniqueSources(s []graph.Source) []graph.Source {
	s = slices.Clone(s)
	slices.SortFunc(s, graph.Source.Compare)
	return slices.Compact(s)
}

// readerDuringWriter scans while batches come in: every scan shows whole
// batches, as many as its revision says.
func readerDuringWriter(k *kit) {
	const batches, rows = 12, 100
	reader := k.reopen()
	var written atomic.Bool
	g, ctx := errgroup.WithContext(k.ctx)
	g.Go(func() error {
		defer written.Store(true)
		for i := range int64(batches) {
			if _, err := k.Apply(ctx, load("A", i*rows+1, (i+1)*rows)); err != nil {
				return err
			}
		}
		return nil
	})
	scans := 0
	g.Go(func() error {
		last := graph.Revision(0)
		for done := false; !done; scans++ {
			done = written.Load()
			seen := 0
			rev, err := reader.Scan(ctx, graph.ScanQuery{Limit: 97}, func(b *graph.Batch) error {
				seen += b.Len()
				return nil
			})
			if err != nil {
				return fmt.Errorf("scan during a load: %w", err)
			}
			if rev < last {
				return fmt.Errorf("a scan went back from revision %d to %d", last, rev)
			}
			if want := int(rev) * rows * perRow; seen != want {
				return fmt.Errorf("at revision %d a scan shows %d facts, not %d", rev, seen, want)
			}
			last = rev
		}
		if last != batches {
			return fmt.Errorf("the last scan stands at revision %d, not %d", last, batches)
		}
		return nil
	})
	require.NoError(k, g.Wait())
	k.Logf("%d scans during the load", scans)
}

// decisionsDuringLoad appends to a stream while a load runs. Ten seconds is no
// measure of speed: it tells waiting for a batch from waiting for the load.
func decisionsDuringLoad(k *kit) {
	const limit = 10 * time.Second
	other := k.reopen()
	g, ctx := errgroup.WithContext(k.ctx)
	loading, stop := context.WithCancel(ctx)
	var loads int64
	g.Go(func() error {
		for loading.Err() == nil && loads < 40 {
			if _, err := k.Apply(ctx, load("A", loads*1000+1, loads*1000+1000)); err != nil {
				return fmt.Errorf("load: %w", err)
			}
			loads++
		}
		return nil
	})
	var took []time.Duration
	g.Go(func() error {
		defer stop()
		for n := range 30 {
			began := time.Now()
			if err := other.Append(ctx, "case/1", uint64(n), note(n)); err != nil {
				return fmt.Errorf("decision %d during a load: %w", n, err)
			}
			took = append(took, time.Since(began))
		}
		return nil
	})
	require.NoError(k, g.Wait())
	stop()
	slices.Sort(took)
	k.Logf("%d decisions during %d batches of 5,000 facts: median %v, slowest %v", len(took), loads, took[len(took)/2], took[len(took)-1])
	require.Less(k, took[len(took)-1], limit, "a decision does not wait for a load")
	require.Len(k, k.read("case/1", 0), 30)
}

// readersAtOnce scans in several goroutines, each of which asks for more while
// its scan is open: what a store has few of (connections, say) must not run out
// for good.
func readersAtOnce(k *kit) {
	k.apply(load("A", 1, 40))
	g, ctx := errgroup.WithContext(k.ctx)
	for reader := range 6 {
		g.Go(func() error {
			_, err := k.Scan(ctx, graph.ScanQuery{Limit: 50}, func(b *graph.Batch) error {
				r := b.Refs[0]
				if _, err := k.Get(ctx, r); err != nil {
					return err
				}
				if _, _, err := k.Neighbors(ctx, r, graph.NeighborQuery{}); err != nil {
					return err
				}
				_, _, err := k.Search(ctx, graph.SearchQuery{Kind: r.Kind})
				return err
			})
			if err != nil {
				return fmt.Errorf("reader %d: %w", reader, err)
			}
			return nil
		})
	}
	require.NoError(k, g.Wait())
}

func twoHandles(k *kit) {
	other := k.reopen()
	k.apply(load("A", 1, 3))
	first := k.dump()
	second, err := Dump(k.ctx, other)
	require.NoError(k, err)
	require.Equal(k, first, second)
	rev, err := other.Apply(k.ctx, load("B", 2, 5))
	require.NoError(k, err)
	require.Equal(k, rev, k.revision())
	k.holds(load("A", 1, 3), load("B", 2, 5))
	require.NoError(k, other.Close())
	k.apply(load("C", 1, 1))
	k.holds(load("A", 1, 3), load("B", 2, 5), load("C", 1, 1))
}
