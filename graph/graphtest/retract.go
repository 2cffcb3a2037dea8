package graphtest

import (
	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

var retractCases = []conformance{
	{"a-fact-goes-with-its-last-source", lastSource},
	{"a-reverted-load-leaves-no-trace", revertLoad},
	{"reverts-in-any-order", revertAnyOrder},
	{"retract-by-reference", retractByRef},
	{"what-was-retracted-can-come-again", addAgain},
	{"retract-and-add-in-one-batch", retractAndAdd},
	{"derived-facts-do-not-feed-back", derivedApart},
	{"derived-facts-are-replaced-by-reference", derivedReplaced},
	{"derived-links-are-replaced-by-type", derivedByType},
}

func lastSource(k *kit) {
	k.apply(load("A", 1, 4))
	k.apply(load("B", 3, 6))
	k.apply(retract(graph.Retract{Inputs: []string{"A"}}))
	k.holds(load("B", 3, 6))
	_, err := k.Get(k.ctx, account("u000001"))
	require.ErrorIs(k, err, graph.ErrNotFound, "a node goes with its last fact")
	_, err = k.Get(k.ctx, device("d1")) // of rows 2 and 3: row 3 has another source
	require.NoError(k, err)

	rev := k.revision()
	require.Equal(k, rev, k.apply(retract(graph.Retract{Inputs: []string{"A"}})), "what is gone cannot go again")
	k.apply(retract(graph.Retract{Inputs: []string{"C", "B"}}))
	k.holds()
	refs, _, err := k.Search(k.ctx, graph.SearchQuery{})
	require.NoError(k, err)
	require.Empty(k, refs)
}

// loaded is a load with the record of its input.
func loaded(input string, first, last int64) *graph.Batch {
	b := load(input, first, last)
	b.Input = &graph.Input{ID: input, Name: input + ".csv", Rows: last - first + 1, Done: true, Loaded: day1}
	return b
}

func revertLoad(k *kit) {
	k.apply(loaded("A", 1, 20))
	k.apply(members("r1", "u000001", "u000002"))
	before := k.dump()
	k.apply(loaded("B", 10, 30))
	require.NotEqual(k, before, k.dump())
	k.apply(retract(graph.Retract{Inputs: []string{"B"}}))
	require.Equal(k, before, k.dump(), "load A, load B, revert B = load A: facts, sources, counts, and no record of B, or it could not be loaded again")

	k.apply(loaded("B", 10, 30))
	k.holds(load("A", 1, 20), load("B", 10, 30))
}

func revertAnyOrder(k *kit) {
	k.apply(loaded("B", 5, 12))
	only := k.dump()
	k.apply(loaded("A", 1, 8))
	k.apply(loaded("C", 8, 9))
	k.apply(retract(graph.Retract{Inputs: []string{"A", "C"}}))
	require.Equal(k, only, k.dump())
	k.apply(retract(graph.Retract{Inputs: []string{"B"}}))
	k.holds()
	require.Empty(k, k.inputs())
}

func retractByRef(k *kit) {
	k.apply(load("A", 1, 6))
	k.apply(load("B", 3, 3))
	rev := k.revision()
	k.apply(members("r1", "u000003", "u000004"))
	k.apply(retract(graph.Retract{Refs: []graph.Ref{account("u000003"), device("d0")}}))

	// Of row 3 nothing is left, whatever its sources; of row 1 only the sighting of d0 goes.
	var want []string
	for line, one := range factsOf(load("A", 1, 6)).by {
		if !one.names(account("u000003")) && !one.names(device("d0")) {
			want = append(want, line)
		}
	}
	got, now := k.scan(graph.ScanQuery{})
	require.ElementsMatch(k, want, got.content())
	require.Equal(k, rev+1, now)
	derived, _ := k.scan(graph.ScanQuery{Derived: true})
	require.Empty(k, derived.about(account("u000003"), true).by, "every fact about a node means the derived ones, too: this is how a person is erased")
	require.NotEmpty(k, derived.about(account("u000004"), true).by)
	_, err := k.Get(k.ctx, account("u000003"))
	require.ErrorIs(k, err, graph.ErrNotFound)
}

func addAgain(k *kit) {
	k.apply(load("A", 1, 3))
	before := k.dump()
	k.apply(retract(graph.Retract{Inputs: []string{"A"}}))
	require.Equal(k, graph.Revision(3), k.apply(load("A", 1, 3)))
	require.Equal(k, before, k.dump())
	k.apply(retract(graph.Retract{Refs: []graph.Ref{merchant("appstore")}}))
	k.apply(load("B", 1, 3))
	got, _ := k.scan(graph.ScanQuery{Sources: true})
	for line, one := range got.by {
		if one.names(merchant("appstore")) {
			require.Len(k, one.sources, 1, "a fact that comes again has only its new source: %s", line)
		}
	}
}

func retractAndAdd(k *kit) {
	k.apply(load("A", 1, 4))
	since := k.revision()
	b := loaded("A", 3, 6)
	b.Retract.Inputs = []string{"A"}
	k.apply(b)
	k.holds(load("A", 3, 6))
	require.Equal(k, []graph.Input{*b.Input}, k.inputs(), "the record, too, is retracted first and then written")
	changes, _ := k.scan(graph.ScanQuery{Since: since})
	for _, line := range changes.gone {
		require.NotContains(k, changes.by, line, "a fact is there or gone")
	}
	require.Subset(k, changes.gone, factsOf(load("A", 1, 2)).without(factsOf(load("A", 3, 6))))
	for _, line := range factsOf(load("A", 3, 4)).content() {
		require.NotContains(k, changes.gone, line, "taken back and stated again in one batch: it was never away")
	}
}

func derivedApart(k *kit) {
	rev := k.apply(load("A", 1, 4))
	observed, _ := k.scan(graph.ScanQuery{Sources: true})
	require.Equal(k, rev, k.apply(members("r1", "u000001", "u000002", "u000003")))
	k.apply(members("r1", "u000001", "u000002", "u000003"))
	got, now := k.scan(graph.ScanQuery{Sources: true})
	require.Equal(k, observed.lines(), got.lines())
	require.Equal(k, rev, now)
	changes, _ := k.scan(graph.ScanQuery{Since: rev})
	require.Empty(k, changes.by)
	require.Empty(k, changes.gone)

	derived, _ := k.scan(graph.ScanQuery{Derived: true})
	require.Equal(k, factsOf(members("r1", "u000001", "u000002", "u000003")).lines(), derived.lines())
	stats, err := k.Stats(k.ctx)
	require.NoError(k, err)
	require.EqualValues(k, 4, stats.Derived)
	require.Zero(k, stats.Links[graph.MemberOf])

	require.Empty(k, k.neighbors(ring("r1"), graph.NeighborQuery{}).by)
	require.Len(k, k.neighbors(ring("r1"), graph.NeighborQuery{Derived: true}).by, 3)
	b, err := k.Get(k.ctx, ring("r1"))
	require.NoError(k, err)
	require.Len(k, b.Attrs, 1, "a person can look a ring up")
}

func derivedReplaced(k *kit) {
	rev := k.apply(load("A", 1, 4))
	observed, _ := k.scan(graph.ScanQuery{Sources: true})
	k.apply(members("r1", "u000001", "u000002"))
	k.apply(members("r2", "u000003", "u000004"))

	grown := members("r1", "u000002", "u000003")
	grown.Retract.Refs = []graph.Ref{ring("r1"), account("u000004")}
	require.Equal(k, rev, k.apply(grown))
	derived, _ := k.scan(graph.ScanQuery{Derived: true})
	want := factsOf(members("r1", "u000002", "u000003"), members("r2", "u000003"))
	require.Equal(k, want.lines(), derived.lines())
	got, now := k.scan(graph.ScanQuery{Sources: true})
	require.Equal(k, observed.lines(), got.lines(), "a derived batch takes back derived facts only")
	require.Equal(k, rev, now)

	gone := &graph.Batch{Derived: true, Retract: graph.Retract{Refs: []graph.Ref{ring("r1"), ring("r2")}, Inputs: []string{"A"}}}
	require.Equal(k, rev, k.apply(gone))
	_, err := k.Get(k.ctx, ring("r2"))
	require.ErrorIs(k, err, graph.ErrNotFound)
	got, _ = k.scan(graph.ScanQuery{Sources: true})
	require.Equal(k, observed.lines(), got.lines())
}

func derivedByType(k *kit) {
	rev := k.apply(load("A", 1, 4))
	observed, _ := k.scan(graph.ScanQuery{Sources: true})
	run := members("r1", "u000001", "u000002")
	k.apply(run)
	k.apply(same("u000001", "u000002"))
	k.apply(same("u000002", "nobody"))

	fresh := same("u000002", "u000003")
	fresh.Retract.Types = []graph.LinkType{graph.MayBe, "NEVER_SEEN"}
	require.Equal(k, rev, k.apply(fresh))
	derived, _ := k.scan(graph.ScanQuery{Derived: true})
	require.Equal(k, factsOf(run, same("u000002", "u000003")).lines(), derived.lines(), "other types stay")
	_, err := k.Get(k.ctx, account("nobody"))
	require.ErrorIs(k, err, graph.ErrNotFound, "a node goes with its last fact")

	used := &graph.Batch{Derived: true, Retract: graph.Retract{Types: []graph.LinkType{graph.UsedDevice, graph.MayBe}}}
	require.Equal(k, rev, k.apply(used))
	got, now := k.scan(graph.ScanQuery{Sources: true})
	require.Equal(k, observed.lines(), got.lines(), "observed links of the type stay")
	require.Equal(k, rev, now)
	derived, _ = k.scan(graph.ScanQuery{Derived: true})
	require.Equal(k, factsOf(run).lines(), derived.lines())
}
