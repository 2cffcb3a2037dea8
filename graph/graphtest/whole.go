package graphtest

import (
	"slices"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

// Of a store of up to allNodes nodes checkWhole asks each one, of a larger one
// fewNodes from all over it.
const (
	allNodes = 40
	fewNodes = 6
)

// checkWhole requires every method to tell the same story: it is run after each
// case, so that a case need only do its deed.
func (k *kit) checkWhole() {
	k.Helper()
	observed, rev := k.scan(graph.ScanQuery{Sources: true})
	derived, _ := k.scan(graph.ScanQuery{Sources: true, Derived: true})
	k.checkCounts(observed, derived, rev)

	var found []graph.Ref
	refs, err := searchAll(k.ctx, k.Subject, graph.SearchQuery{Limit: 1000})
	require.NoError(k, err)
	require.True(k, slices.IsSortedFunc(refs, graph.Ref.Compare), "Search is in the order of references")
	for _, r := range refs {
		if observed.nodes[r] {
			found = append(found, r)
			continue
		}
		require.True(k, derived.nodes[r], "Search finds %s, of which no fact is left", r)
	}
	require.Len(k, found, len(observed.nodes), "Search finds each node once")

	stride := 1
	if len(found) > allNodes {
		stride = len(found) / fewNodes
	}
	for i := 0; i < len(found); i += stride {
		k.checkNode(found[i], observed, derived)
	}
}

func (k *kit) checkCounts(observed, derived *facts, rev graph.Revision) {
	k.Helper()
	stats, err := k.Stats(k.ctx)
	require.NoError(k, err)
	require.Equal(k, rev, stats.Revision, "scan and stats stand at one revision")
	want := graph.Stats{Nodes: map[graph.Kind]int64{}, Links: map[graph.LinkType]int64{}, Derived: int64(len(derived.by))}
	for r := range observed.nodes {
		want.Nodes[r.Kind]++
	}
	for _, one := range observed.by {
		if len(one.ends) == 2 {
			want.Links[one.typ]++
		} else {
			want.Attrs++
		}
	}
	for kind := range stats.Nodes {
		if kind.Derived() {
			delete(stats.Nodes, kind) // a store may count rings among its nodes or not
		}
	}
	got, expected := counts(stats), counts(want)
	slices.Sort(got)
	slices.Sort(expected)
	require.Equal(k, expected, got, "Stats counts what a scan yields")
}

// checkNode compares Get and Neighbors of one node with the scan.
func (k *kit) checkNode(r graph.Ref, observed, derived *facts) {
	k.Helper()
	b, err := k.Get(k.ctx, r)
	require.NoError(k, err, "Get %s", r)
	got := newFacts()
	require.NoError(k, got.take(&graph.Batch{Refs: b.Refs, Attrs: b.Attrs}))
	require.Equal(k, observed.about(r, false).lines(), got.lines(), "Get %s tells every statement with its sources", r)

	want := observed.about(r, true).lines()
	require.Equal(k, want, k.neighbors(r, graph.NeighborQuery{Limit: 1000}).lines(), "Neighbors of %s", r)
	want = derived.about(r, true).lines()
	require.Equal(k, want, k.neighbors(r, graph.NeighborQuery{Limit: 1000, Derived: true}).lines(), "derived Neighbors of %s", r)
}
