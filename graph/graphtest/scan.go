package graphtest

import (
	"context"
	"errors"
	"slices"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

var scanCases = []conformance{
	{"batches-of-a-scan-are-bounded", scanBounded},
	{"a-scan-stays-where-it-began", scanStraddlesCommit},
	{"a-scan-of-changes-stays-where-it-began", changesStraddleCommit},
	{"changes-are-exact", changesExact},
	{"tombstones-of-what-went", tombstones},
	{"changes-bring-a-copy-up-to-date", changesReplay},
	{"a-callback-ends-the-scan", callbackEnds},
	{"a-cancelled-scan-ends", scanCancelled},
	{"a-batch-of-a-scan-may-be-spoiled", batchSpoiled},
}

func scanBounded(k *kit) {
	k.apply(load("A", 1, 40))
	k.apply(members("r1", "u000001", "u000002", "u000003", "u000004"))
	for _, limit := range []int{1, 7, 200, 100_000} {
		for _, q := range []graph.ScanQuery{{Limit: limit}, {Limit: limit, Sources: true}, {Limit: limit, Derived: true}} {
			got, _ := k.scan(q)
			want := 40 * perRow
			if q.Derived {
				want = 5
			}
			require.Len(k, got.by, want)
			require.LessOrEqual(k, slices.Max(got.batches), limit)
			require.Positive(k, slices.Min(got.batches), "an empty batch says nothing")
		}
	}
	since := k.revision()
	k.apply(load("B", 41, 60))
	k.apply(retract(graph.Retract{Inputs: []string{"A"}}))
	got, _ := k.scan(graph.ScanQuery{Since: since, Limit: 7})
	require.LessOrEqual(k, slices.Max(got.batches), 7, "tombstones are facts, too")
}

// scanStraddlesCommit writes between the batches of a scan: new facts, new
// sources, and retractions of what the scan has and has not yielded yet.
func scanStraddlesCommit(k *kit) {
	k.apply(load("A", 1, 30))
	k.apply(load("B", 20, 40))
	want, rev := k.scan(graph.ScanQuery{})
	got, writes := newFacts(), 0
	now, err := k.Scan(k.ctx, graph.ScanQuery{Limit: 10}, func(b *graph.Batch) error {
		if err := got.take(b); err != nil {
			return err
		}
		writes++
		var batch *graph.Batch
		switch writes {
		case 1:
			batch = load("C", 35, 60)
		case 2:
			batch = retract(graph.Retract{Inputs: []string{"A"}})
		case 3:
			batch = retract(graph.Retract{Refs: []graph.Ref{merchant("appstore"), account("u000036")}})
		case 4:
			batch = load("A", 1, 3)
		default:
			return nil
		}
		_, err := k.Apply(k.ctx, batch)
		return err
	})
	require.NoError(k, err)
	require.Equal(k, rev, now, "the revision of a scan is the one it began at")
	require.GreaterOrEqual(k, writes, 5, "the scan came in pages")
	require.Equal(k, want.content(), got.content(), "a scan shows what was there when it began")
	require.Equal(k, rev+4, k.revision())
}

func changesStraddleCommit(k *kit) {
	k.apply(load("A", 1, 20))
	since := k.revision()
	k.apply(load("B", 21, 40))
	k.apply(retract(graph.Retract{Inputs: []string{"A"}}))
	want, rev := k.scan(graph.ScanQuery{Since: since})
	got, wrote := newFacts(), false
	now, err := k.Scan(k.ctx, graph.ScanQuery{Since: since, Limit: 10}, func(b *graph.Batch) error {
		if err := got.take(b); err != nil || wrote {
			return err
		}
		wrote = true
		later := load("C", 1, 50)
		later.Retract.Inputs = []string{"B"}
		_, err := k.Apply(k.ctx, later)
		return err
	})
	require.NoError(k, err)
	require.Equal(k, rev, now)
	require.Equal(k, want.content(), got.content())
	require.ElementsMatch(k, want.gone, got.gone)

	next, _ := k.scan(graph.ScanQuery{Since: rev})
	require.Equal(k, factsOf(load("C", 1, 50)).without(factsOf(load("B", 21, 40))), factsOf(load("C", 1, 20), load("C", 41, 50)).content())
	require.Subset(k, next.content(), factsOf(load("C", 1, 20), load("C", 41, 50)).without(factsOf(load("B", 21, 40))),
		"what a scan did not show, the next one since its revision does")
}

func changesExact(k *kit) {
	var loads []*graph.Batch
	for i := int64(1); i <= 5; i++ {
		b := load("A", 10*i, 10*i+4)
		loads = append(loads, b)
		k.apply(b)
		k.apply(members("r1", "u000010")) // a run in between advances nothing
	}
	for since := 1; since <= len(loads); since++ {
		got, rev := k.scan(graph.ScanQuery{Since: graph.Revision(since), Sources: true})
		require.Equal(k, factsOf(loads[since:]...).lines(), got.lines(), "since %d", since)
		require.Empty(k, got.gone)
		require.Equal(k, graph.Revision(len(loads)), rev)
	}
}

func tombstones(k *kit) {
	k.apply(load("A", 1, 4))                                         // 1
	k.apply(load("B", 4, 6))                                         // may be 1 or 2: row 4 is known, 5 and 6 are new
	since := k.revision()                                            //
	k.apply(retract(graph.Retract{Inputs: []string{"A"}}))           // rows 1 to 3 go
	afterA := k.revision()                                           //
	k.apply(retract(graph.Retract{Refs: []graph.Ref{device("d3")}})) // the sighting of row 6 goes
	afterD := k.revision()
	k.apply(load("C", 2, 2)) // row 2 is back

	rows13 := factsOf(load("A", 1, 3)).without(factsOf(load("B", 4, 6)))
	var d3 []string
	for line, one := range factsOf(load("B", 6, 6)).by {
		if one.names(device("d3")) {
			d3 = append(d3, line)
		}
	}
	require.Len(k, d3, 1)
	row2 := factsOf(load("C", 2, 2)).content()
	notRow2 := func(lines []string) []string {
		return slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return slices.Contains(row2, l) })
	}
	for _, c := range []struct {
		since      graph.Revision
		live, gone []string
	}{
		{since, row2, slices.Concat(notRow2(rows13), d3)},
		{afterA, row2, d3},
		{afterD, row2, nil},
		{k.revision(), nil, nil},
	} {
		got, _ := k.scan(graph.ScanQuery{Since: c.since})
		require.ElementsMatch(k, c.live, got.content(), "added since %d", c.since)
		require.ElementsMatch(k, c.gone, got.gone, "gone since %d, each once", c.since)
	}
	all, _ := k.scan(graph.ScanQuery{})
	require.Empty(k, all.gone, "a scan of everything shows no tombstones")
}

// changesReplay keeps a copy up to date by changes alone, at several distances,
// through loads, reverts and erasures.
func changesReplay(k *kit) {
	type state struct {
		rev  graph.Revision
		have map[string]*fact
	}
	var states []state
	steps := []*graph.Batch{
		load("A", 1, 8), load("B", 5, 12), retract(graph.Retract{Inputs: []string{"A"}}), load("C", 1, 3),
		retract(graph.Retract{Refs: []graph.Ref{account("u000006"), merchant("appstore")}}), load("A", 6, 6),
		retract(graph.Retract{Inputs: []string{"B", "C"}}), load("B", 1, 12), load("B", 1, 12),
	}
	steps[7].Retract.Inputs = []string{"A"}
	for i, b := range steps {
		k.apply(b)
		now, rev := k.scan(graph.ScanQuery{})
		for _, old := range states {
			changes, at := k.scan(graph.ScanQuery{Since: old.rev})
			require.Equal(k, rev, at)
			copied := newFacts()
			for line, one := range old.have {
				copied.by[line] = one
			}
			for _, line := range changes.gone {
				delete(copied.by, line)
			}
			for line, one := range changes.by {
				copied.by[line] = one
			}
			require.Equal(k, now.content(), copied.content(), "step %d from revision %d", i, old.rev)
		}
		states = append(states, state{rev, now.by})
	}
}

func callbackEnds(k *kit) {
	k.apply(load("A", 1, 20))
	enough := errors.New("enough")
	calls := 0
	_, err := k.Scan(k.ctx, graph.ScanQuery{Limit: 10}, func(*graph.Batch) error {
		calls++
		return enough
	})
	require.Same(k, enough, err, "the error of a callback comes back as it is")
	require.Equal(k, 1, calls)
}

func scanCancelled(k *kit) {
	k.apply(load("A", 1, 2000))
	ctx, cancel := context.WithCancel(k.ctx)
	seen := 0
	_, err := k.Scan(ctx, graph.ScanQuery{Limit: 10}, func(b *graph.Batch) error {
		seen += b.Len()
		cancel()
		return nil
	})
	require.ErrorIs(k, err, context.Canceled)
	require.Less(k, seen, 2000*perRow, "a cancelled scan does not go to the end")
	_, err = k.Scan(ctx, graph.ScanQuery{}, func(*graph.Batch) error { return nil })
	require.ErrorIs(k, err, context.Canceled)
}

// batchSpoiled overwrites each batch once it has been read, as a Builder that
// filters in place does, and keeps what may be kept.
func batchSpoiled(k *kit) {
	b := load("A", 1, 60)
	k.apply(b)
	k.apply(load("B", 30, 60))
	before := k.dump()
	type keptLink struct {
		line    string
		props   []graph.Prop
		sources []graph.Source
	}
	var links []keptLink
	want := map[string]graph.Link{}
	_, err := k.Scan(k.ctx, graph.ScanQuery{Sources: true, Limit: 25}, func(b *graph.Batch) error {
		for i := range b.Links {
			l := b.Links[i]
			line := linkLine(b, &l)
			links = append(links, keptLink{line, l.Props, l.Sources})
			l.Props, l.Sources = slices.Clone(l.Props), slices.Clone(l.Sources)
			want[line] = l
		}
		clear(b.Attrs)
		clear(b.Links)
		clear(b.Refs)
		return nil
	})
	require.NoError(k, err)
	require.Len(k, links, 60*3)
	for _, l := range links {
		require.ElementsMatch(k, want[l.line].Props, l.props, "Props may be kept")
		require.ElementsMatch(k, want[l.line].Sources, l.sources, "Sources may be kept")
	}
	require.Equal(k, before, k.dump())
}
