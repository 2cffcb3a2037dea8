package graphtest

import (
	"context"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

var applyCases = []conformance{
	{"an-empty-store", emptyStore},
	{"apply-counts-revisions", applyCountsRevisions},
	{"apply-twice-is-once", applyTwice},
	{"one-fact-from-two-sources", twoSources},
	{"equal-facts-within-a-batch", equalFactsWithinBatch},
	{"every-version-of-a-property-stays", versionsStay},
	{"every-version-of-an-event-stays", eventVersionsStay},
	{"an-empty-batch-changes-nothing", emptyBatch},
	{"an-invalid-batch-leaves-nothing", invalidBatch},
	{"a-cancelled-apply-is-whole-or-nothing", cancelledApply},
	{"fifty-thousand-facts-in-a-batch", bigBatch},
	{"inputs-are-recorded-with-the-facts", inputsAtomic},
	{"an-old-fence-is-refused", fences},
}

func emptyStore(k *kit) {
	require.Zero(k, k.revision())
	all, rev := k.scan(graph.ScanQuery{})
	require.Empty(k, all.content())
	require.Zero(k, rev)
	inputs, err := k.Inputs(k.ctx)
	require.NoError(k, err)
	require.Empty(k, inputs)
	refs, next, err := k.Search(k.ctx, graph.SearchQuery{})
	require.NoError(k, err)
	require.Empty(k, refs)
	require.Empty(k, next)
}

func applyCountsRevisions(k *kit) {
	for want := graph.Revision(1); want <= 3; want++ {
		require.Equal(k, want, k.apply(load("A", int64(want), int64(want))))
		require.Equal(k, want, k.revision())
	}
	k.holds(load("A", 1, 3))
}

func applyTwice(k *kit) {
	first := k.apply(load("A", 1, 20))
	before := k.dump()
	require.Equal(k, first, k.apply(load("A", 1, 20)), "nothing new, so the revision stays")
	require.Equal(k, first, k.apply(load("A", 5, 9)))
	require.Equal(k, before, k.dump())
	changes, _ := k.scan(graph.ScanQuery{Since: first})
	require.Empty(k, changes.by)
	require.Empty(k, changes.gone)
}

func twoSources(k *kit) {
	k.apply(load("A", 1, 4))
	k.apply(load("B", 3, 6))
	k.holds(load("A", 1, 4), load("B", 3, 6))
	k.apply(load("B", 3, 6))
	k.holds(load("A", 1, 4), load("B", 3, 6))

	bare, _ := k.scan(graph.ScanQuery{})
	for line, one := range bare.by {
		require.Empty(k, one.sources, "sources come only when asked for: %s", line)
	}
}

func equalFactsWithinBatch(k *kit) {
	var w graph.BatchBuilder
	for _, row := range []int64{2, 1, 2} {
		w.Link(account("u1"), device("d1"), graph.Link{Type: "USED_DEVICE", At: day0}, src("A", row))
		w.Attr(account("u1"), "country", "CN", day0, src("B", row), src("A", row))
	}
	b := w.Take()
	// The same node under two indices is one node.
	b.Refs = append(b.Refs, account("u1"))
	b.Attrs = append(b.Attrs, graph.Attr{Node: uint32(len(b.Refs) - 1), Name: "country", Value: "CN", At: day0, Sources: []graph.Source{src("C", 9)}})
	k.apply(b)
	k.holds(build(func(w *graph.BatchBuilder) {
		w.Link(account("u1"), device("d1"), graph.Link{Type: "USED_DEVICE", At: day0}, src("A", 1), src("A", 2))
		w.Attr(account("u1"), "country", "CN", day0, src("A", 1), src("A", 2), src("B", 1), src("B", 2), src("C", 9))
	}))
}

func versionsStay(k *kit) {
	u := account("u1")
	all := build(func(w *graph.BatchBuilder) {
		w.Attr(u, "country", "CN", day1, src("A", 1))
		w.Attr(u, "country", "TW", day1, src("A", 2))
		w.Attr(u, "country", "CN", day0, src("A", 3))
		w.Attr(u, "country", "CN", 0, src("A", 4))
		w.Attr(u, "Country", "CN", 0, src("A", 5))
		w.Attr(u, "country", "", 0, src("A", 6))
		w.Attr(u, "", "", 0, src("A", 7))
	})
	for i := range all.Attrs {
		one := *all
		one.Attrs = slices.Clone(all.Attrs[i : i+1])
		k.apply(&one)
	}
	k.holds(all)
	b, err := k.Get(k.ctx, u)
	require.NoError(k, err)
	require.Len(k, b.Attrs, len(all.Attrs), "Get returns every version")
}

func eventVersionsStay(k *kit) {
	link := func(minor int64, at graph.Time, until graph.Time, props ...graph.Prop) graph.Link {
		return graph.Link{
			Type: graph.Paid, At: at, Until: until, Event: "payment:P1",
			Money: graph.Money{Minor: minor, Exponent: 2, Known: true, Currency: "CNY"}, Props: props,
		}
	}
	all := build(func(w *graph.BatchBuilder) {
		for row, l := range []graph.Link{
			link(100, day0, 0), link(200, day0, 0), link(100, day1, 0), link(100, day0, day2),
			link(100, day0, 0, graph.Prop{Name: "status", Value: "settled"}),
			link(100, day0, 0, graph.Prop{Name: "status", Value: "reversed"}),
		} {
			w.Link(account("u1"), merchant("appstore"), l, src("A", int64(row+1)))
		}
		w.Link(account("u1"), merchant("other"), link(100, day0, 0), src("A", 7))
	})
	k.apply(all)
	k.holds(all)
}

func emptyBatch(k *kit) {
	require.Zero(k, k.apply(&graph.Batch{}))
	rev := k.apply(load("A", 1, 2))
	before := k.dump()
	require.Equal(k, rev, k.apply(&graph.Batch{}))
	require.Equal(k, rev, k.apply(&graph.Batch{Derived: true}))
	require.Equal(k, rev, k.apply(&graph.Batch{Refs: []graph.Ref{account("nobody")}}), "a reference is no fact")
	require.Equal(k, rev, k.apply(retract(graph.Retract{Inputs: []string{"never loaded"}, Refs: []graph.Ref{account("nobody")}})))
	require.Equal(k, before, k.dump())
}

func invalidBatch(k *kit) {
	k.apply(load("A", 1, 3))
	for why, spoil := range map[string]func(*graph.Batch){
		"a node that is not in the dictionary": func(b *graph.Batch) { b.Attrs[0].Node = uint32(len(b.Refs)) },
		"a link to nowhere":                    func(b *graph.Batch) { b.Links[0].To = 1 << 31 },
		"a fact without a source":              func(b *graph.Batch) { b.Links[len(b.Links)-1].Sources = nil },
		"a kind that is none":                  func(b *graph.Batch) { b.Refs[len(b.Refs)-1].Kind = "Account" },
		"a link type that is none":             func(b *graph.Batch) { b.Links[len(b.Links)-1].Type = "used device" },
		"an observed ring":                     func(b *graph.Batch) { b.Refs[len(b.Refs)-1] = ring("r1") },
		"tombstones":                           func(b *graph.Batch) { b.Gone = true },
		"a derived fact with a source":         func(b *graph.Batch) { b.Derived = true },
	} {
		b := load("B", 1, 9)
		b.Input = &graph.Input{ID: "B", Rows: 9}
		b.Retract.Inputs = []string{"A"}
		spoil(b)
		k.refuse(b, graph.ErrInvalid, why)
	}
	require.Equal(k, graph.Revision(1), k.revision())
}

func cancelledApply(k *kit) {
	k.apply(load("A", 1, 10))
	before := k.dump()
	done, cancel := context.WithCancel(k.ctx)
	cancel()
	_, err := k.Apply(done, load("B", 1, 10))
	require.ErrorIs(k, err, context.Canceled)
	require.Equal(k, before, k.dump())

	// Cancelled at some moment in the middle: whole or nothing.
	b := load("C", 1, 2000)
	b.Retract.Inputs = []string{"A"}
	b.Input = &graph.Input{ID: "C", Rows: 2000}
	soon, cancel := context.WithTimeout(k.ctx, 20*time.Millisecond)
	defer cancel()
	if _, err := k.Apply(soon, b); err != nil {
		require.Equal(k, before, k.dump(), "an Apply that fails leaves nothing: %v", err)
		return
	}
	k.holds(load("C", 1, 2000))
}

func bigBatch(k *kit) {
	const rows = 10_000
	rev := k.apply(load("A", 1, rows))
	require.Equal(k, graph.Revision(1), rev)
	stats, err := k.Stats(k.ctx)
	require.NoError(k, err)
	require.Equal(k, int64(2*rows), stats.Attrs)
	require.Equal(k, int64(rows), stats.Links[graph.Paid])
	require.Equal(k, int64(rows), stats.Nodes[graph.Account])
	require.Equal(k, rev, k.apply(load("A", 1, rows)), "again changes nothing")
	k.holds(load("A", 1, rows))
}

func inputsAtomic(k *kit) {
	started := graph.Input{ID: "b", Name: "月.csv", Content: "e3b0c442", Rows: 2, Offset: 1 << 40, Loaded: day1}
	b := load("b", 1, 2)
	b.Input = &started
	k.apply(b)
	require.Equal(k, []graph.Input{started}, k.inputs())

	bad := load("b", 3, 4)
	bad.Links[0].Type = ""
	bad.Input = &graph.Input{ID: "b", Rows: 4, Done: true}
	k.refuse(bad, graph.ErrInvalid, "no facts, no progress")

	done := started
	done.Rows, done.Offset, done.Done = 3, 1<<41, true
	more := load("b", 3, 3)
	more.Input = &done
	rev := k.apply(more)
	other := graph.Input{ID: "a", Name: "empty.csv", Done: true, Loaded: day2}
	require.Equal(k, rev, k.apply(&graph.Batch{Input: &other}), "an input alone is no change of facts")
	require.Equal(k, []graph.Input{other, done}, k.inputs(), "ascending by ID")

	nameless := load("c", 1, 1)
	nameless.Input = &graph.Input{Rows: 1}
	k.refuse(nameless, graph.ErrInvalid, "an input without an ID")
}

func (k *kit) inputs() []graph.Input {
	k.Helper()
	inputs, err := k.Inputs(k.ctx)
	require.NoError(k, err)
	return inputs
}

func fences(k *kit) {
	fenced := func(row int64, fence uint64) *graph.Batch {
		b := load("A", row, row)
		b.Fence = fence
		return b
	}
	k.apply(fenced(1, 7))
	k.apply(fenced(2, 7))
	k.refuse(fenced(3, 6), graph.ErrConflict, "a lower fence")
	k.refuse(fenced(1, 6), graph.ErrConflict, "a lower fence, though nothing is new")
	k.apply(fenced(4, 0))
	k.apply(fenced(5, 9))
	k.refuse(fenced(6, 8), graph.ErrConflict, "a lower fence than the last")

	k.Subject = k.reopen()
	k.refuse(fenced(7, 8), graph.ErrConflict, "a fence is remembered")
	k.apply(fenced(8, 9))
}
