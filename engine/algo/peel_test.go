package algo_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/engine/algo"
	"ringleader/engine/algo/algotest"
	"ringleader/graph"
)

func peel(t require.TestingT, a graph.Adjacency, o algo.PeelOptions) algo.Block {
	b, err := algo.Peel(context.Background(), a, o)
	require.NoError(t, err)
	return b
}

// density of a set as the definition has it.
func density(a graph.Adjacency, o algo.PeelOptions, set []graph.Vertex) float64 {
	in := make(map[graph.Vertex]bool)
	for _, v := range set {
		in[v] = true
	}
	sum := 0.0
	for _, v := range set {
		if o.Suspicion != nil {
			sum += float64(o.Suspicion[v])
		}
		for _, u := range a.Row(v) {
			if w, _ := a.Arc(v, u); in[u] && u > v {
				if o.Factor != nil {
					w *= float64(o.Factor[u]) * float64(o.Factor[v])
				}
				sum += w
			}
		}
	}
	return sum / float64(len(set))
}

// naivePeel removes the vertex of least weight by looking at all.
func naivePeel(a graph.Adjacency) (order []graph.Vertex) {
	gone := make([]bool, a.Len())
	for range a.Len() {
		best, least := -1, math.Inf(1)
		for v := range a.Len() {
			sum := 0.0
			for _, u := range a.Row(graph.Vertex(v)) {
				if w, _ := a.Arc(graph.Vertex(v), u); !gone[u] && int(u) != v {
					sum += w
				}
			}
			if !gone[v] && sum < least {
				best, least = v, sum
			}
		}
		gone[best] = true
		order = append(order, graph.Vertex(best))
	}
	return order
}

// The weights are whole numbers, so that the naive sums are exact.
func TestPeelIsTheNaivePeel(t *testing.T) {
	for seed := range uint64(500) {
		a := randomGraph(rand.New(rand.NewPCG(seed, 11)), 40)
		b := peel(t, a, algo.PeelOptions{})
		require.Equal(t, naivePeel(a), b.Order, "seed %d", seed)
		best := 0.0
		for i := range b.Order {
			best = max(best, density(a, algo.PeelOptions{}, b.Order[i:]))
		}
		require.InDelta(t, best, b.Density, 1e-9, "seed %d", seed)
		require.InDelta(t, best, density(a, algo.PeelOptions{}, b.Vertices), 1e-9, "seed %d", seed)
	}
}

func TestPeelIsHalfTheBestAtLeast(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 12))
		a := randomGraph(rng, 10)
		o := algo.PeelOptions{Suspicion: make([]float32, a.Len()), Factor: make([]float32, a.Len())}
		for v := range a.Len() {
			o.Suspicion[v], o.Factor[v] = rng.Float32(), rng.Float32()
		}
		most := 0.0
		for bits := 1; bits < 1<<a.Len(); bits++ {
			var set []graph.Vertex
			for v := range a.Len() {
				if bits>>v&1 != 0 {
					set = append(set, graph.Vertex(v))
				}
			}
			most = max(most, density(a, o, set))
		}
		b := peel(t, a, o)
		require.InDelta(t, density(a, o, b.Vertices), b.Density, 1e-6)
		require.GreaterOrEqual(t, b.Density, most/2-1e-9, "Charikar's bound, seed %d", seed)
	}
}

// A block of 20 accounts on 10 identifiers among accounts that all use one of
// three merchants: FRAUDAR's weights find it, camouflage and all.
func TestColumnFactorsSeeThroughCamouflage(t *testing.T) {
	const accounts, block = 1000, 20
	rng := rand.New(rand.NewPCG(2, 2))
	var arcs []graph.Arc
	for a := range accounts {
		for m := range 3 {
			arcs = append(arcs, graph.Arc{From: graph.Vertex(a), To: graph.Vertex(accounts + m), Weight: 1})
		}
		for range 4 {
			id := accounts + 3 + rng.IntN(2000)
			if a < block {
				id = accounts + 2003 + rng.IntN(10)
			}
			arcs = append(arcs, graph.Arc{From: graph.Vertex(a), To: graph.Vertex(id), Weight: 1})
		}
	}
	a := graph.NewAdjacency(accounts+2013, arcs, true)
	b := peel(t, a, algo.PeelOptions{Factor: algo.ColumnFactors(a, func(v graph.Vertex) bool { return v >= accounts })})
	found := 0
	for _, v := range b.Vertices {
		if v < block {
			found++
		} else {
			require.GreaterOrEqual(t, v, graph.Vertex(accounts), "an honest account")
		}
	}
	require.Equal(t, block, found)
}

func TestPeelOfFamiliesHoldsBackNothing(t *testing.T) {
	for _, family := range algotest.Families() {
		g, err := algotest.New(family, 20_000, 1)
		require.NoError(t, err)
		a := g.Adjacency()
		b := peel(t, a, algo.PeelOptions{})
		require.Len(t, b.Order, a.Len())
		require.GreaterOrEqual(t, b.Density, float64(len(g.Links))/float64(a.Len()), "%s: the whole graph is one of the sets", family)
		require.InDelta(t, b.Density, density(a, algo.PeelOptions{}, b.Vertices), 1e-9)
	}
}

func TestPeelRefuses(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	a := cycle(4)
	for _, o := range []algo.PeelOptions{
		{Suspicion: []float32{1}}, {Factor: []float32{1}}, {Suspicion: []float32{0, 0, -9, 0}},
		{Factor: []float32{1, 1, float32(math.NaN()), 1}}, {Factor: []float32{1, 1, -1, 1}},
	} {
		_, err := algo.Peel(ctx, a, o)
		require.ErrorIs(t, err, graph.ErrInvalid, "%+v", o)
	}
	cancel()
	_, err := algo.Peel(ctx, a, algo.PeelOptions{})
	require.ErrorIs(t, err, context.Canceled)
	_, err = algo.NewSpade(ctx, a, algo.PeelOptions{})
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, peel(t, graph.Adjacency{}, algo.PeelOptions{}).Vertices)
	require.Equal(t, []graph.Vertex{2}, peel(t, graph.NewAdjacency(3, nil, true), algo.PeelOptions{}).Vertices)
}

// After every link, the order and the block are those of a peel from the start.
// Whole weights, so that units of different size round alike.
func TestSpadeIsPeel(t *testing.T) {
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 13))
		a := randomGraph(rng, 30)
		s, err := algo.NewSpade(context.Background(), a, algo.PeelOptions{})
		require.NoError(t, err)
		require.Equal(t, peel(t, a, algo.PeelOptions{}), s.Block(), "seed %d", seed)
		var arcs []graph.Arc
		for v := range graph.Vertex(a.Len()) {
			for _, u := range a.Row(v) {
				if w, _ := a.Arc(v, u); u > v {
					arcs = append(arcs, graph.Arc{From: v, To: u, Weight: float32(w)})
				}
			}
		}
		for range 25 {
			l := graph.Arc{From: graph.Vertex(rng.IntN(a.Len())), To: graph.Vertex(rng.IntN(a.Len())), Weight: float32(rng.IntN(4))}
			require.NoError(t, s.Add(l.From, l.To, l.Weight))
			arcs = append(arcs, l)
			now := graph.NewAdjacency(a.Len(), append([]graph.Arc(nil), arcs...), true)
			require.Equal(t, peel(t, now, algo.PeelOptions{}), s.Block(), "seed %d", seed)
		}
	}
}

func TestSpadeRefuses(t *testing.T) {
	s, err := algo.NewSpade(context.Background(), cycle(4), algo.PeelOptions{})
	require.NoError(t, err)
	before := s.Block()
	require.ErrorIs(t, s.Add(0, 4, 1), graph.ErrInvalid)
	require.ErrorIs(t, s.Add(0, 1, -1), graph.ErrInvalid)
	require.ErrorIs(t, s.Add(0, 1, float32(math.NaN())), graph.ErrInvalid)
	require.ErrorIs(t, s.Add(0, 1, 1e9), graph.ErrInvalid, "a thousandfold")
	require.NoError(t, s.Add(1, 1, 5))
	require.Equal(t, before, s.Block())
}
