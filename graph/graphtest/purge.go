package graphtest

import (
	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

var purgeCases = []conformance{
	{"a-purge-leaves-what-is-alive", purgeKeeps},
	{"changes-from-before-a-purge-are-refused", purgeEndsHistory},
	{"what-was-purged-can-come-again", purgeThenAdd},
	{"a-record-is-rewritten-in-place", rewriteRecord},
}

func purgeKeeps(k *kit) {
	k.apply(loaded("A", 1, 20))
	k.apply(loaded("B", 15, 30))
	k.apply(members("r1", "u000001", "u000016"))
	k.append("case/1", 0, note(1), note(2))
	k.apply(retract(graph.Retract{Inputs: []string{"A"}, Refs: []graph.Ref{account("u000020")}}))
	before, rev := k.dump(), k.revision()
	require.NoError(k, k.Purge(k.ctx))
	require.Equal(k, before, k.dump(), "facts, derived facts, inputs and counts stay as they are")
	require.Equal(k, rev, k.revision())
	require.Len(k, k.read("case/1", 0), 2)
	require.NoError(k, k.Purge(k.ctx), "again changes nothing")
	require.Equal(k, before, k.dump())

	again := k.reopen()
	text, err := Dump(k.ctx, again)
	require.NoError(k, err)
	require.Equal(k, before, text)
	k.apply(loaded("C", 25, 40))
	require.Equal(k, rev+1, k.revision(), "writing goes on")
}

func purgeEndsHistory(k *kit) {
	k.apply(load("A", 1, 10))
	early := k.revision()
	k.apply(load("B", 5, 12))
	k.apply(retract(graph.Retract{Inputs: []string{"A"}}))
	require.NoError(k, k.Purge(k.ctx))
	purged := k.revision()
	_, err := k.Scan(k.ctx, graph.ScanQuery{Since: early}, newFacts().take)
	require.ErrorIs(k, err, graph.ErrConflict, "what went since then is not known any more")
	changes, now := k.scan(graph.ScanQuery{Since: purged})
	require.Equal(k, purged, now)
	require.Empty(k, changes.by)
	require.Empty(k, changes.gone)

	k.apply(retract(graph.Retract{Refs: []graph.Ref{account("u000007")}}))
	changes, _ = k.scan(graph.ScanQuery{Since: purged})
	require.NotEmpty(k, changes.gone, "later tombstones are kept as ever")
	derived, _ := k.scan(graph.ScanQuery{Since: early, Derived: true})
	require.Empty(k, derived.by, "derived facts have no history to miss")
}

func purgeThenAdd(k *kit) {
	k.apply(load("A", 1, 6))
	before := k.dump()
	k.apply(retract(graph.Retract{Inputs: []string{"A"}}))
	require.NoError(k, k.Purge(k.ctx))
	k.holds()
	since := k.revision()
	k.apply(load("A", 1, 6))
	require.Equal(k, before, k.dump())
	changes, _ := k.scan(graph.ScanQuery{Since: since})
	require.Len(k, changes.by, 6*perRow)
}

func rewriteRecord(k *kit) {
	k.append("case/1", 0, note(1), note(2), note(3))
	k.append("case/2", 0, note(2))
	old := k.read("case/1", 0)
	require.NoError(k, k.Rewrite(k.ctx, "case/1", 2, []byte(`{"erased":true}`)))
	now := k.read("case/1", 0)
	require.Equal(k, old[0], now[0])
	require.Equal(k, old[2], now[2])
	want := old[1]
	want.Data = []byte(`{"erased":true}`)
	require.Equal(k, want, now[1], "number, time and type stay")
	require.Equal(k, string(note(2).Data), string(k.read("case/2", 0)[0].Data))
	k.append("case/1", 3, note(4))

	require.ErrorIs(k, k.Rewrite(k.ctx, "case/1", 9, nil), graph.ErrNotFound)
	require.ErrorIs(k, k.Rewrite(k.ctx, "case/1", 0, nil), graph.ErrNotFound)
	require.ErrorIs(k, k.Rewrite(k.ctx, "case/3", 1, nil), graph.ErrNotFound)
	require.ErrorIs(k, k.Rewrite(k.ctx, "case/1", 1, make([]byte, graph.MaxRecord+1)), graph.ErrInvalid)
}
