package graphtest

import (
	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

var lifecycleCases = []conformance{
	{"reopened-it-is-the-same", reopenSame},
	{"a-closed-store-fails", closedFails},
	{"built-from-a-store-or-from-batches", snapshotSame},
	{"known-at-an-earlier-time", knownAt},
}

func reopenSame(k *kit) {
	k.apply(loaded("A", 1, 10))
	k.apply(loaded("B", 5, 15))
	k.apply(retract(graph.Retract{Inputs: []string{"A"}}))
	k.apply(members("r1", "u000007"))
	k.append("case/1", 0, note(1), note(2))
	before, rev, records := k.dump(), k.revision(), k.read("case/1", 0)
	changes, _ := k.scan(graph.ScanQuery{Since: 1})
	require.NoError(k, k.Close())

	k.Subject = k.reopen()
	require.Equal(k, before, k.dump())
	require.Equal(k, rev, k.revision())
	require.Equal(k, records, k.read("case/1", 0))
	again, _ := k.scan(graph.ScanQuery{Since: 1})
	require.Equal(k, changes.content(), again.content())
	require.ElementsMatch(k, changes.gone, again.gone, "tombstones last")
	require.Equal(k, rev+1, k.apply(load("C", 1, 1)), "revisions go on")
	k.append("case/1", 2, note(3))
}

func closedFails(k *kit) {
	k.apply(load("A", 1, 2))
	k.append("case/1", 0, note(1))
	shut := k.Subject
	require.NoError(k, shut.Close())
	ctx := k.ctx
	for call, do := range map[string]func() error{
		"Apply": func() error { _, err := shut.Apply(ctx, load("B", 1, 1)); return err },
		"Scan": func() error {
			_, err := shut.Scan(ctx, graph.ScanQuery{}, func(*graph.Batch) error { return nil })
			return err
		},
		"Get":       func() error { _, err := shut.Get(ctx, account("u000001")); return err },
		"Neighbors": func() error { _, _, err := shut.Neighbors(ctx, account("u000001"), graph.NeighborQuery{}); return err },
		"Search":    func() error { _, _, err := shut.Search(ctx, graph.SearchQuery{}); return err },
		"Inputs":    func() error { _, err := shut.Inputs(ctx); return err },
		"Stats":     func() error { _, err := shut.Stats(ctx); return err },
		"Append":    func() error { return shut.Append(ctx, "case/1", 1, note(2)) },
		"Read":      func() error { return shut.Read(ctx, "case/1", 0, func(graph.Record) error { return nil }) },
		"Tail":      func() error { _, err := shut.Tail(ctx, "case/1"); return err },
		"Streams":   func() error { _, err := shut.Streams(ctx, ""); return err },
	} {
		require.Error(k, do(), "%s on a closed store", call)
	}
	k.Subject = k.reopen()
	k.holds(load("A", 1, 2))
	require.Len(k, k.read("case/1", 0), 1)
}

// snapshotSame builds from the store what the batches give by themselves.
func snapshotSame(k *kit) {
	b := graph.NewBuilder(graph.BuildOptions{})
	for _, batch := range []*graph.Batch{load("A", 1, 20), load("B", 10, 30), tangle()} {
		require.NoError(k, b.Add(batch))
		k.apply(batch)
	}
	k.apply(members("r1", "u000001"))
	want, err := b.Build(k.revision())
	require.NoError(k, err)
	got, err := graph.ReadSnapshot(k.ctx, k.Subject, graph.BuildOptions{})
	require.NoError(k, err)
	require.Equal(k, want, got)
}

func knownAt(k *kit) {
	for i, input := range []string{"A", "B", "C"} {
		b := loaded(input, int64(i*2+1), int64(i*2+3))
		b.Input.Loaded = day0 + graph.Time(i)*(day1-day0)
		k.apply(b)
	}
	got, err := graph.ReadSnapshot(k.ctx, k.Subject, graph.BuildOptions{KnownAt: day1})
	require.NoError(k, err)
	b := graph.NewBuilder(graph.BuildOptions{})
	require.NoError(k, b.Add(load("A", 1, 3)))
	require.NoError(k, b.Add(load("B", 3, 5)))
	want, err := b.Build(k.revision())
	require.NoError(k, err)
	require.Equal(k, want, got, "only what had been loaded by then, though C states some of it again")
}
