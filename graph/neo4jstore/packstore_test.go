package neo4jstore_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/graph/graphtest"
	"ringleader/graph/neo4jstore"
	"ringleader/graph/neo4jstore/neo4jtest"
)

// facts are what a whole scan yields, as sorted lines.
func facts(t *testing.T, s *neo4jstore.Store, q graph.ScanQuery) (lines []string) {
	t.Helper()
	_, err := s.Scan(t.Context(), q, func(b *graph.Batch) error {
		lines = append(lines, factLines(b)...)
		return nil
	})
	require.NoError(t, err)
	slices.Sort(lines)
	return lines
}

func factLines(b *graph.Batch) (lines []string) {
	for i := range b.Attrs {
		a := &b.Attrs[i]
		lines = append(lines, fmt.Sprintf("%s %s=%.20s at %d", b.Refs[a.Node], a.Name, a.Value, a.At))
	}
	for i := range b.Links {
		l := &b.Links[i]
		lines = append(lines, fmt.Sprintf("%s %s %s at %d until %d event %s body %x", b.Refs[l.From], l.Type, b.Refs[l.To], l.At, l.Until, l.Event, l.AppendBody(nil)))
	}
	return lines
}

// packs are the packs of the database, whole as they lie there.
func packs(t *testing.T, c neo4jstore.Config) (all []byte, n int) {
	t.Helper()
	for _, r := range neo4jtest.Run(t, c, "MATCH (p:_RingleaderPack) RETURN p.first, p.last, p.data ORDER BY p.seq", nil) {
		all = append(all, r.Values[0].(string)+r.Values[1].(string)...)
		all = append(all, r.Values[2].([]byte)...)
		n++
	}
	return all, n
}

// spoil makes the packs lie, so that a test sees who reads them.
func spoil(t *testing.T, c neo4jstore.Config) {
	t.Helper()
	neo4jtest.Run(t, c, "MATCH (p:_RingleaderPack) SET p.data = $data", map[string]any{"data": []byte("spoiled")})
}

func scanError(t *testing.T, s *neo4jstore.Store) error {
	t.Helper()
	_, err := s.Scan(t.Context(), graph.ScanQuery{}, func(*graph.Batch) error { return nil })
	return err
}

// Packs and the graph hold the same facts; what goes is gone from both, name
// and all.
func TestPacksHoldWhatTheGraphHolds(t *testing.T) {
	c := neo4jtest.Server(t)
	s := open(t, c)
	ctx := t.Context()
	importWorld(t, s)
	_, err := s.Apply(ctx, wave())
	require.NoError(t, err)
	same := func() {
		t.Helper()
		require.Equal(t, facts(t, s, graph.ScanQuery{Sources: true}), facts(t, s, graph.ScanQuery{}))
		findings, err := s.Check(ctx)
		require.NoError(t, err)
		require.Empty(t, findings)
	}
	same()
	before, _ := packs(t, c)
	require.True(t, bytes.Contains(before, []byte("appstore")))
	require.True(t, bytes.Contains(before, []byte("like one of ours")))
	for _, r := range []graph.Retract{
		{Refs: []graph.Ref{{Kind: graph.Merchant, Key: "appstore"}}},
		{Refs: []graph.Ref{{Kind: graph.Account, Key: "a \"quoted\", key;\nof two lines é"}, {Kind: graph.Account, Key: "u000"}}},
		{Inputs: []string{"uses"}},
	} {
		_, err = s.Apply(ctx, &graph.Batch{Retract: r})
		require.NoError(t, err)
		same()
	}
	after, n := packs(t, c)
	require.False(t, bytes.Contains(after, []byte("appstore")), "an erased name stays in no pack")
	require.False(t, bytes.Contains(after, []byte("quoted")))
	require.False(t, bytes.Contains(after, []byte("payment:P")))
	require.Equal(t, 1, n, "a pack without facts is gone: of three that brought facts the third and fourth have none")
	spoil(t, c)
	require.ErrorIs(t, scanError(t, s), graph.ErrInvalid, "the packs are what is read")
	require.ErrorContains(t, scanError(t, s), "store migrate")
	require.NoError(t, s.Pack(ctx))
	same()

	// Retracting from a pack that cannot be read drops it, and the graph is read.
	spoil(t, c)
	_, err = s.Apply(ctx, &graph.Batch{Retract: graph.Retract{Refs: []graph.Ref{{Kind: graph.Device, Key: "d01"}}}})
	require.NoError(t, err)
	same()
}

// What somebody deletes in the browser is not read from packs.
func TestTheGraphCountsBeforeThePacks(t *testing.T) {
	c := neo4jtest.Server(t)
	s := open(t, c)
	_, err := s.Apply(t.Context(), wave())
	require.NoError(t, err)
	whole := facts(t, s, graph.ScanQuery{})
	require.Len(t, whole, 13)

	neo4jtest.Run(t, c, "MATCH (a:Account {key: 'u1'}), (b:Account {key: 'u2'}) CREATE (a)-[:KNOWS]->(b)", nil)
	spoil(t, c)
	require.ErrorIs(t, scanError(t, s), graph.ErrInvalid, "a relationship of theirs is no reason to read the graph")
	require.NoError(t, s.Pack(t.Context()))
	require.Equal(t, whole, facts(t, s, graph.ScanQuery{}))

	for _, damage := range []string{
		"MATCH (:Account {key: 'u1'})-[u:USED_DEVICE]->() DELETE u",
		"MATCH (a:Account {key: 'u2'}) DETACH DELETE a",
		"MATCH (p:_RingleaderPack) DELETE p",
	} {
		neo4jtest.Run(t, c, damage, nil)
		now := facts(t, s, graph.ScanQuery{})
		require.Equal(t, facts(t, s, graph.ScanQuery{Sources: true}), now, damage)
		require.Less(t, len(now), len(whole))
		require.NoError(t, s.Pack(t.Context()))
		require.Equal(t, now, facts(t, s, graph.ScanQuery{}))
	}
}

// A store of layout 2 has no packs; Pack makes them.
func TestPackAStoreOfLayout2(t *testing.T) {
	c := neo4jtest.Server(t)
	s := open(t, c)
	_, err := s.Apply(t.Context(), wave())
	require.NoError(t, err)
	want := facts(t, s, graph.ScanQuery{})
	require.NoError(t, s.Close())
	neo4jtest.Run(t, c, "MATCH (p:_RingleaderPack) DELETE p", nil)
	neo4jtest.Run(t, c, `MATCH (s:_RingleaderState) SET s.layout = 2
REMOVE s.whole, s.packed, s.packings, s.packs, s.facts, s.attrs, s.nodes, s.types, s.links`, nil)

	s = open(t, c)
	require.Equal(t, want, facts(t, s, graph.ScanQuery{}))
	var w graph.BatchBuilder
	w.Attr(graph.Ref{Kind: graph.Account, Key: "u9"}, "two_factor", "no", 1, graph.Source{Input: "more", Row: 1})
	_, err = s.Apply(t.Context(), w.Take())
	require.NoError(t, err)
	_, n := packs(t, c)
	require.Zero(t, n, "what a scan would not read is not written")
	want = facts(t, s, graph.ScanQuery{})
	require.Len(t, want, 14)

	require.NoError(t, s.Pack(t.Context()))
	_, n = packs(t, c)
	require.Equal(t, 1, n)
	spoil(t, c)
	require.ErrorIs(t, scanError(t, s), graph.ErrInvalid, "packs are read from now on")
	require.NoError(t, s.Pack(t.Context()))
	require.Equal(t, want, facts(t, s, graph.ScanQuery{}))
	_, err = s.Apply(t.Context(), &graph.Batch{Retract: graph.Retract{Inputs: []string{"uses"}}})
	require.NoError(t, err)
	left := facts(t, s, graph.ScanQuery{})
	require.Equal(t, facts(t, s, graph.ScanQuery{Sources: true}), left)
	require.Len(t, left, 2, "the payment and the later statement")
}

// A scan of packs sees one revision, whatever goes and comes while it is at it.
func TestPacksOfOneRevision(t *testing.T) {
	c := neo4jtest.Server(t)
	s := open(t, c)
	account := func(i int) graph.Ref { return graph.Ref{Kind: graph.Account, Key: fmt.Sprintf("u%d", i)} }
	const most = 8 // packs of over a megabyte: two pages or more
	for i := range most {
		var w graph.BatchBuilder
		w.Attr(account(i), "note", strings.Repeat("x", 3<<19), 0, graph.Source{Input: "a", Row: 1})
		w.Attr(account(i), "small", "1", 0, graph.Source{Input: "a", Row: 1})
		_, err := s.Apply(t.Context(), w.Take())
		require.NoError(t, err)
	}
	want := facts(t, s, graph.ScanQuery{})
	require.Len(t, want, 2*most)
	var got []string
	pages := 0
	rev, err := s.Scan(t.Context(), graph.ScanQuery{}, func(b *graph.Batch) error {
		got = append(got, factLines(b)...)
		if pages++; pages > 1 {
			return nil
		}
		// Of what was read, of a pack to come a part, of another all; and new facts.
		for _, i := range []int{0, most - 1} {
			_, err := s.Apply(t.Context(), &graph.Batch{Retract: graph.Retract{Refs: []graph.Ref{account(i)}}})
			require.NoError(t, err)
		}
		var w graph.BatchBuilder
		w.Attr(account(1), "late", "1", 0, graph.Source{Input: "b", Row: 1})
		w.Attr(account(most-1), "small", "1", 0, graph.Source{Input: "b", Row: 1})
		_, err := s.Apply(t.Context(), w.Take())
		require.NoError(t, err)
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, graph.Revision(most), rev)
	slices.Sort(got)
	require.Equal(t, want, got)
	require.Equal(t, facts(t, s, graph.ScanQuery{Sources: true}), facts(t, s, graph.ScanQuery{}))

	_, err = s.Scan(t.Context(), graph.ScanQuery{}, func(*graph.Batch) error { return s.Pack(context.WithoutCancel(t.Context())) })
	require.ErrorIs(t, err, graph.ErrConflict, "packs that were read are gone")
	before, err := graphtest.Dump(t.Context(), s)
	require.NoError(t, err)
	require.NotEmpty(t, before)
}

// A check finds what counts cannot tell.
func TestCheckComparesPacks(t *testing.T) {
	c := neo4jtest.Server(t)
	s := open(t, c)
	_, err := s.Apply(t.Context(), wave())
	require.NoError(t, err)
	look := func() string {
		findings, err := s.Check(t.Context())
		require.NoError(t, err)
		return strings.Join(findings, "\n")
	}
	require.Empty(t, look())
	neo4jtest.Run(t, c, `MATCH (a:Account {key: 'u1'})-[u:USED_DEVICE]->() MATCH (b:Account {key: 'u2'})-[v:USED_DEVICE]->()
SET u._facts = v._facts`, nil)
	require.Contains(t, look(), "the facts in the packs differ from those in the graph")
	require.NoError(t, s.Pack(t.Context()))
	require.Empty(t, look())
	neo4jtest.Run(t, c, "MATCH (:Account {key: 'u1'})-[u:USED_DEVICE]->() DELETE u", nil)
	require.Contains(t, look(), "it is read as it is, without packs")
	require.NoError(t, s.Pack(t.Context()))
	require.Empty(t, look())
	spoil(t, c)
	require.Contains(t, look(), "store migrate")
}

// The counters say what Stats finds by looking, whatever came and went.
func TestExtent(t *testing.T) {
	c := neo4jtest.Server(t)
	s := open(t, c)
	ctx := t.Context()
	last := ""
	same := func(derivedNodes int64) {
		t.Helper()
		e, err := s.Extent(ctx)
		require.NoError(t, err)
		stats, err := s.Stats(ctx)
		require.NoError(t, err)
		nodes, links := derivedNodes, int64(0)
		for _, n := range stats.Nodes {
			nodes += n
		}
		for _, n := range stats.Links {
			links += n
		}
		require.Equal(t, neo4jstore.Extent{Revision: stats.Revision, Nodes: nodes, Links: links, Attrs: stats.Attrs, Mark: e.Mark}, *e)
		require.NotEqual(t, last, e.Mark)
		last = e.Mark
	}
	same(0)
	importWorld(t, s)
	same(1)
	_, err := s.Apply(ctx, wave())
	require.NoError(t, err)
	same(1)
	for _, r := range []graph.Retract{{Inputs: []string{"uses"}}, {Refs: []graph.Ref{{Kind: graph.Device, Key: "d01"}}}} {
		_, err = s.Apply(ctx, &graph.Batch{Retract: r})
		require.NoError(t, err)
		same(1)
	}
	ring := graph.Ref{Kind: graph.Ring, Key: "r-2"}
	var w graph.BatchBuilder
	w.Link(graph.Ref{Kind: graph.Account, Key: "u004"}, ring, graph.Link{Type: graph.MemberOf})
	rings := w.Take()
	rings.Derived = true
	_, err = s.Apply(ctx, rings)
	require.NoError(t, err)
	e, err := s.Extent(ctx)
	require.NoError(t, err)
	require.Equal(t, last, e.Mark, "a run changes no fact")
	neo4jtest.Run(t, c, "MATCH (a:Account {key: 'u005'}) DETACH DELETE a", nil)
	e, err = s.Extent(ctx)
	require.NoError(t, err)
	require.NotEqual(t, last, e.Mark, "what somebody deletes does")
	require.NoError(t, s.Pack(ctx))
	same(2)

	neo4jtest.Run(t, c, "MATCH (s:_RingleaderState) SET s.whole = false", nil)
	_, err = s.Extent(ctx)
	require.ErrorIs(t, err, graph.ErrNotFound)
}
