package evidence

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/engine"
	"ringleader/graph"
)

func TestSubgraphHoldsTheRingAndNothingElse(t *testing.T) {
	store, run, ring := wave(t)
	g, err := Subgraph(context.Background(), store, run, ring)
	require.NoError(t, err)

	var nodes []string
	for _, n := range g.Nodes {
		nodes = append(nodes, n.Ref.String()+" "+string(n.Role))
	}
	// The merchant is in because evidence rests on the payments P1 and P2; the
	// carrier's address and the stranger behind it are not.
	require.Equal(t, []string{"account:u1 victim", "account:u2 victim", "account:u3 victim",
		"beneficiary:game-1 beneficiary", "device:d9 operator", "merchant:appstore "}, nodes)

	count := make(map[graph.LinkType]int)
	rests := 0
	for _, e := range g.Edges {
		count[e.Type]++
		if e.Evidence {
			rests++
		}
		require.NotEmpty(t, e.Sources)
		require.NotEmpty(t, e.Sources[0].File)
		require.Positive(t, e.Sources[0].Row)
	}
	// P3's payment to the merchant stays out: no line of evidence names it, and
	// the merchant is no member.
	require.Equal(t, map[graph.LinkType]int{"USED_DEVICE": 6, "PAID_TO": 3, "PAID": 2}, count)
	require.Equal(t, 2*3+1, rests, "two payments of three links each, and one sighting")
	require.Empty(t, g.Limits)
	var files []string
	for _, in := range g.Inputs {
		files = append(files, in.File)
	}
	require.Equal(t, []string{"disputes.csv", "events.csv", "payments.csv", "uses.csv"}, files, "what links and events lead back to")
	device := g.Nodes[4]
	require.Equal(t, []graph.Prop{{Name: "model", Value: "phone-7"}}, device.Props, "the latest statement holds")
	paid := g.Edges[slices.IndexFunc(g.Edges, func(e Edge) bool { return e.Type == "PAID" })]
	require.Equal(t, []graph.Prop{{Name: "dispute", Value: "won"}, {Name: "refunded", Value: "324.00"}, {Name: "status", Value: "settled"}}, paid.Props)
	require.Equal(t, "disputes.csv", paid.Sources[0].File)
	require.Equal(t, "phished", g.Nodes[0].Events[0].Type)
	require.Equal(t, "events.csv", g.Nodes[0].Events[0].Sources[0].File)
}

func TestSubgraphIsOfTheRunsMoment(t *testing.T) {
	store, run, ring := wave(t)
	run.Info.AsOf = moment("2018-10-09T18:16:00Z") // after P1, before P2
	g, err := Subgraph(context.Background(), store, run, ring)
	require.NoError(t, err)
	var events []string
	for _, e := range g.Edges {
		require.LessOrEqual(t, e.At, run.Info.AsOf)
		if e.Event != "" {
			events = append(events, e.Event)
		}
	}
	require.Equal(t, []string{"payment:P1", "payment:P1", "payment:P1"}, events)

	run.Info.AsOf, run.Info.KnownAt = 0, moment("2018-10-31T00:00:00Z") // before anything was loaded
	g, err = Subgraph(context.Background(), store, run, ring)
	require.NoError(t, err)
	require.Empty(t, g.Edges)
	require.Len(t, g.Nodes, 5, "members stay: the run named them")
}

func TestSubgraphShowsOneVersionOfAnEvent(t *testing.T) {
	store, run, ring := wave(t)
	for _, l := range store.batch.Links {
		if l.Type == "PAID" && l.Event == "payment:P1" {
			l.Money.Minor = 100 // an earlier, smaller version
			l.Sources = []graph.Source{{Input: "in-payments", Row: 999}}
			store.batch.Links = append(store.batch.Links, l)
			break
		}
	}
	g, err := Subgraph(context.Background(), store, run, ring)
	require.NoError(t, err)
	var paid []string
	for _, e := range g.Edges {
		if e.Type == "PAID" && e.Event == "payment:P1" {
			paid = append(paid, e.Amount)
		}
	}
	require.Equal(t, []string{"648.00"}, paid)
	require.Len(t, g.Limits, 1)
}

func TestSubgraphSaysWhatLimitsCut(t *testing.T) {
	store, run, ring := wave(t)
	for name, c := range map[string]struct {
		max  limits
		says string
	}{
		"nodes": {limits{nodes: 3, edges: 99, links: 99, page: 9}, "cut at 3"},
		"edges": {limits{nodes: 99, edges: 4, links: 99, page: 9}, "4 links"},
		"links": {limits{nodes: 99, edges: 99, links: 2, page: 2}, "only 2 links"},
	} {
		g, err := subgraph(context.Background(), store, run, ring, c.max)
		require.NoError(t, err, name)
		require.LessOrEqual(t, len(g.Nodes), c.max.nodes, name)
		require.LessOrEqual(t, len(g.Edges), c.max.edges, name)
		require.Contains(t, fmt.Sprint(g.Limits), c.says, name)
		for _, e := range g.Edges {
			require.True(t, slices.ContainsFunc(g.Nodes, func(n Node) bool { return n.Ref == e.From }), name)
			require.True(t, slices.ContainsFunc(g.Nodes, func(n Node) bool { return n.Ref == e.To }), name)
		}
	}
}

func TestSubgraphDoesNotDependOnOrder(t *testing.T) {
	store, run, ring := wave(t)
	want, err := Subgraph(context.Background(), store, run, ring)
	require.NoError(t, err)
	slices.Reverse(store.batch.Links)
	slices.Reverse(store.batch.Attrs)
	got, err := subgraph(context.Background(), store, run, ring, limits{nodes: 99, edges: 99, links: 99, page: 2})
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// TestKeysAreThoseOfTheEngine holds the two ways of naming a link together: the
// engine's over a snapshot, ours over what a store returns.
func TestKeysAreThoseOfTheEngine(t *testing.T) {
	store, run, ring := wave(t)
	b := graph.NewBuilder(graph.BuildOptions{})
	require.NoError(t, b.Add(store.batch))
	s, err := b.Build(1)
	require.NoError(t, err)
	var engines []string
	for l := range graph.LinkID(s.Links()) {
		engines = append(engines, engine.LinkKey(s, l))
	}
	g, err := Subgraph(context.Background(), store, run, ring)
	require.NoError(t, err)
	for _, e := range g.Edges {
		require.Contains(t, engines, e.Key)
	}
}

// broken fails as a store does that cannot be reached.
type broken struct{ graph.Store }

func (broken) Inputs(context.Context) ([]graph.Input, error) {
	return nil, fmt.Errorf("inputs: %w", graph.ErrUnavailable)
}

func TestSubgraphPassesOnFailures(t *testing.T) {
	_, run, ring := wave(t)
	_, err := Subgraph(context.Background(), broken{}, run, ring)
	require.ErrorIs(t, err, graph.ErrUnavailable)
	require.ErrorContains(t, err, "r-1")
}
