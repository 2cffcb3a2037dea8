package neo4jstore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/graph/neo4jstore"
	"ringleader/graph/neo4jstore/neo4jtest"
)

// A store of layout 1 stamped each node with the revision that changed it last;
// layout 2 lists the nodes of a revision. Both answer for their own revisions.
func TestStoreOfLayout1(t *testing.T) {
	c := neo4jtest.Server(t)
	s, err := neo4jstore.Open(t.Context(), c)
	require.NoError(t, err)
	statement := func(key string) *graph.Batch {
		var w graph.BatchBuilder
		w.Attr(graph.Ref{Kind: graph.Account, Key: key}, "two_factor", "no", graph.Time(1), graph.Source{Input: "more", Row: 1})
		return w.Take()
	}
	first, err := s.Apply(t.Context(), statement("u0"))
	require.NoError(t, err)
	old, err := s.Apply(t.Context(), wave())
	require.NoError(t, err)
	require.NoError(t, s.Close())
	neo4jtest.Run(t, c, "MATCH (t:_RingleaderTouched) DELETE t", nil)
	neo4jtest.Run(t, c, "MATCH (n:_Ringleader) SET n._rev = CASE n.key WHEN 'u0' THEN $first ELSE $old END",
		map[string]any{"first": int64(first), "old": int64(old)})
	neo4jtest.Run(t, c, "MATCH (s:_RingleaderState) SET s.layout = 1", nil)

	s = open(t, c)
	layout := neo4jtest.Run(t, c, "MATCH (s:_RingleaderState) RETURN s.layout", nil)
	require.Equal(t, int64(3), layout[0].Values[0])
	_, err = s.Apply(t.Context(), statement("u4"))
	require.NoError(t, err)
	changed := func(since graph.Revision) (attrs, links int) {
		_, err := s.Scan(t.Context(), graph.ScanQuery{Since: since}, func(p *graph.Batch) error {
			attrs, links = attrs+len(p.Attrs), links+len(p.Links)
			return nil
		})
		require.NoError(t, err)
		return attrs, links
	}
	attrs, links := changed(old)
	require.Equal(t, []int{1, 0}, []int{attrs, links}, "after the migration: what the list names")
	attrs, links = changed(first)
	require.Equal(t, []int{7, 7}, []int{attrs, links}, "before it: what carries a revision, each once")
}
