package eval

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/engine"
	"ringleader/graph"
)

// uses builds a snapshot of sightings written as "device:d a b c": a thing, and
// the accounts that use it.
func uses(t *testing.T, lines ...string) *graph.Snapshot {
	t.Helper()
	var w graph.BatchBuilder
	for _, line := range lines {
		words := strings.Fields(line)
		thing, err := graph.ParseRef(words[0])
		require.NoError(t, err)
		for _, a := range words[1:] {
			w.Link(graph.Ref{Kind: graph.Account, Key: a}, thing, graph.Link{Type: graph.SightingType(thing.Kind)})
		}
	}
	return snapshot(t, &w)
}

func snapshot(t *testing.T, w *graph.BatchBuilder) *graph.Snapshot {
	t.Helper()
	b := graph.NewBuilder(graph.BuildOptions{})
	require.NoError(t, b.Add(w.Take()))
	g, err := b.Build(1)
	require.NoError(t, err)
	return g
}

func TestSlicesByHand(t *testing.T) {
	truth, run := example()
	r, err := Evaluate(truth, run, Options{})
	require.NoError(t, err)
	require.Equal(t, []Slice{
		{Name: "device_farm", Flagged: 1},
		{Name: "takeover", True: 3, Matched: 1, Recall: 1.0 / 3, Accounts: 10, AccountRecall: .5, Named: 1, Flagged: 2, Precision: .5, caught: 5, right: 1},
	}, r.ByTypology)
	require.Equal(t, []Slice{
		{Name: "03-07", True: 3, Matched: 1, Recall: 1.0 / 3, Accounts: 10, AccountRecall: .5, Named: 1, Flagged: 3, Precision: 1.0 / 3, caught: 5, right: 1},
	}, r.BySize)
	require.InDelta(t, 1.0/3, r.MacroRecall, 1e-12)
	require.Equal(t, []string{"03-07", "03-07", "08-15", "08-15", "16+", "16+"},
		[]string{sizeBand(3), sizeBand(7), sizeBand(8), sizeBand(15), sizeBand(16), sizeBand(5000)})
	require.InDelta(t, .75, macroRecall([]Slice{{True: 1, Recall: 1}, {True: 30, Recall: .5}, {Flagged: 3}}), 1e-12)
}

// TestCurveByHand reviews X, Y, Z and W of the example, whose scores fall in
// that order: the first matches A, and W, below the threshold, is C.
func TestCurveByHand(t *testing.T) {
	truth, run := example()
	for i := range run.Rings {
		run.Rings[i].Score = float64(10 - i)
	}
	require.Equal(t, []CurvePoint{
		{1, 1, 1.0 / 3, 1}, {2, 1, 1.0 / 3, .5}, {4, 2, 2.0 / 3, .5},
	}, reviewCurve(truth.trueRings(), run))
	require.Empty(t, reviewCurve(nil, &engine.Run{}))
	stops := []int{1}
	for len(stops) < 7 {
		stops = append(stops, nextStop(stops[len(stops)-1]))
	}
	require.Equal(t, []int{1, 2, 5, 10, 20, 50, 100}, stops)
}

// TestAMIByHand takes two pairs of four accounts crossed: {1,2} {3,4} against
// {1,3} {2,4}. All cells are one, so I = 0 and H = ln 2 on both sides. Of the
// three partitions into pairs one gives I = ln 2: E = ⅓ ln 2, and AMI = −½.
func TestAMIByHand(t *testing.T) {
	truth := []group{{"A", []string{"1", "2"}}, {"B", []string{"3", "4"}}}
	crossed := []group{{"X", []string{"1", "3"}}, {"Y", []string{"2", "4"}}}
	m, _ := measureRings(&Truth{}, truth, crossed)
	require.InDelta(t, -.5, m.AMI, 1e-12)
	m, _ = measureRings(&Truth{}, truth, truth)
	require.InDelta(t, 1, m.AMI, 1e-12)
	m, _ = measureRings(&Truth{}, truth, []group{{"X", []string{"1", "2", "3", "4"}}})
	require.InDelta(t, 0, m.AMI, 1e-12, "one heap says nothing")
	m, _ = measureRings(&Truth{}, truth, nil)
	require.InDelta(t, 0, m.AMI, 1e-12, "neither does saying nothing")
	m, _ = measureRings(&Truth{}, truth[:1], truth[:1])
	require.InDelta(t, 1, m.AMI, 1e-12)
	m, _ = measureRings(&Truth{}, nil, nil)
	require.InDelta(t, 1, m.AMI, 1e-12)
}

func TestExplanations(t *testing.T) {
	truth, run := example()
	// d1 is A's own; cafe is shared by two of A and two others; d2 is B's, but B
	// was not matched; d3 has but one account.
	g := uses(t, "device:d1 1 2 3 20", "ip:cafe 1 2 30 31", "device:d2 5 6 7", "device:d3 4")
	require.Equal(t, map[string][]graph.Ref{"A": {{Kind: graph.Device, Key: "d1"}}, "B": {{Kind: graph.Device, Key: "d2"}}}, planted(truth, g))

	says := func(bits float64, key string) *Report {
		run.Rings[0].Evidence = []engine.Evidence{{Bits: bits, Refs: []graph.Ref{{Kind: graph.Device, Key: key}}}}
		r, err := Evaluate(truth, run, Options{Graph: g})
		require.NoError(t, err)
		return r
	}
	r := says(3, "d1")
	require.Equal(t, &Explanations{Rings: 1, Hits: 1, Share: 1}, r.Explanations)
	require.True(t, *r.PerRing[0].Explained)
	require.Nil(t, r.PerRing[1].Explained)
	require.Equal(t, &Explanations{Rings: 1}, says(-3, "d1").Explanations, "a line that speaks against explains nothing")
	require.Equal(t, &Explanations{Rings: 1}, says(3, "d9").Explanations)
}

func TestSummarise(t *testing.T) {
	got := Summarise([][]Metric{
		{{Name: "recall", Value: .5}, {Name: "error", Value: .1, Lower: true}},
		{{Name: "recall", Value: 1}, {Name: "rare", Value: 3}, {Name: "error", Value: .3, Lower: true}},
	})
	require.Equal(t, []string{"recall", "error", "rare"}, []string{got[0].Name, got[1].Name, got[2].Name})
	require.InDelta(t, .75, got[0].Mean, 1e-12)
	require.InDelta(t, .5, got[0].Worst, 1e-12)
	require.InDelta(t, .2, got[1].Mean, 1e-12)
	require.InDelta(t, .3, got[1].Worst, 1e-12, "of an error the greatest is worst")
	require.Equal(t, []float64{3}, got[2].Values)

	truth, run := example()
	r, err := Evaluate(truth, run, Options{})
	require.NoError(t, err)
	seen := make(map[string]bool)
	for _, m := range r.Metrics() {
		require.False(t, seen[m.Name], m.Name)
		require.False(t, math.IsNaN(m.Value), m.Name)
		seen[m.Name] = true
	}
	for _, name := range []string{"ring_recall_takeover", "ring_precision_device_farm", "loss_error_CNY"} {
		require.True(t, seen[name], name)
	}
}

func ringsOf(run *engine.Run) [][]string {
	var out [][]string
	for _, r := range run.Rings {
		var accounts []string
		for _, m := range r.Members {
			accounts = append(accounts, m.Ref.Key)
		}
		out = append(out, accounts)
	}
	return out
}

// TestBaselinesByHand: a farm on one device, a family on one phone joined to it
// by an airport's address, and a couple.
func TestBaselinesByHand(t *testing.T) {
	g := uses(t, "device:farm a b c", "phone:home d e f g", "ip:airport a d x0 x1 x2 x3 x4 x5 x6 x7 x8", "device:couple p q")
	farm, home := []string{"a", "b", "c"}, []string{"d", "e", "f", "g"}
	require.Equal(t, [][]string{strings.Fields("a b c d e f g x0 x1 x2 x3 x4 x5 x6 x7 x8")}, ringsOf(findBaseline(t, "components", g)))
	require.Equal(t, [][]string{farm}, ringsOf(findBaseline(t, "components_device", g)))
	ten := findBaseline(t, "components_10", g)
	require.Equal(t, [][]string{home, farm}, ringsOf(ten), "the larger first")
	for _, s := range ten.Scores {
		require.Equal(t, strings.Contains("abcdefg", s.Account), s.Probability >= .5, s.Account)
	}
	// Without the airport's pairs the projection is two cliques.
	apart := uses(t, "device:farm a b c", "phone:home d e f g", "device:couple p q")
	for _, name := range []string{"louvain", "leiden"} {
		require.ElementsMatch(t, [][]string{farm, home}, ringsOf(findBaseline(t, name, apart)), name)
	}
}

// TestWeightsOfTheProjection: an identifier of n accounts joins each two of
// them by 1/log2(1+n), and one of more than 50 joins nobody.
func TestWeightsOfTheProjection(t *testing.T) {
	crowd := "ip:crowd"
	for i := range maxProjected + 1 {
		crowd += " z" + strings.Repeat("z", i)
	}
	s, err := newSharing(context.Background(), uses(t, "device:d a b c", "phone:p a b", crowd))
	require.NoError(t, err)
	a, err := s.project(context.Background())
	require.NoError(t, err)
	w, ok := a.Arc(0, 1)
	require.True(t, ok)
	require.InDelta(t, 1/math.Log2(4)+1/math.Log2(3), w, 1e-6)
	w, _ = a.Arc(1, 2)
	require.InDelta(t, .5, w, 1e-6)
	require.Len(t, a.Targets, 6)
}
