package graph_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"ringleader/graph"
)

// plainAdjacency is an adjacency by sorting all arcs.
func plainAdjacency(n int, arcs []graph.Arc, symmetric bool) (rows [][]graph.Vertex, weights [][]float32) {
	arcs = slices.Clone(arcs)
	if symmetric {
		for _, a := range slices.Clone(arcs) {
			arcs = append(arcs, graph.Arc{From: a.To, To: a.From, Weight: a.Weight})
		}
	}
	slices.SortFunc(arcs, func(a, b graph.Arc) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Weight, b.Weight))
	})
	rows, weights = make([][]graph.Vertex, n), make([][]float32, n)
	for _, a := range arcs {
		row, last := &rows[a.From], len(rows[a.From])-1
		switch {
		case a.From == a.To:
		case last >= 0 && (*row)[last] == a.To:
			weights[a.From][last] += a.Weight
		default:
			*row, weights[a.From] = append(*row, a.To), append(weights[a.From], a.Weight)
		}
	}
	return rows, weights
}

// TestAdjacencyAgainstSorting packs arcs three ways, in two orders, beside a
// plain sort: equal to the last bit of a sum.
func TestAdjacencyAgainstSorting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SampledFrom([]int{1, 2, 50, 3000, 70_000}).Draw(t, "vertices")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		unit, symmetric := rapid.Bool().Draw(t, "unit"), rapid.Bool().Draw(t, "symmetric")
		arcs := make([]graph.Arc, rapid.SampledFrom([]int{0, 1, 20, 1000, 20_000}).Draw(t, "arcs"))
		for i := range arcs {
			arcs[i] = graph.Arc{From: graph.Vertex(rng.IntN(n)), To: graph.Vertex(rng.IntN(n)), Weight: 1}
			if i > 0 && rng.IntN(4) == 0 {
				arcs[i] = arcs[rng.IntN(i)]
			}
			if rng.IntN(50) == 0 { // a hub
				arcs[i].To = 0
			}
			if !unit {
				arcs[i].Weight = rng.Float32()*4 - 1
			}
		}
		rows, weights := plainAdjacency(n, arcs, symmetric)
		check := func(a graph.Adjacency) {
			require.Equal(t, n, a.Len())
			for v := range graph.Vertex(n) {
				require.True(t, slices.Equal(rows[v], a.Row(v)))
				for i, w := range weights[v] {
					if a.Weights == nil {
						require.EqualValues(t, 1, w)
					} else {
						require.Equal(t, w, a.Weights[int(a.Start[v])+i])
					}
				}
			}
		}
		var b graph.AdjacencyBuilder
		from, to, weight := make([]graph.Vertex, len(arcs)), make([]graph.Vertex, len(arcs)), make([]float32, len(arcs))
		for i, p := range rng.Perm(len(arcs)) {
			b.Add(arcs[p].From, arcs[p].To, arcs[p].Weight)
			from[i], to[i], weight[i] = arcs[p].From, arcs[p].To, arcs[p].Weight
		}
		check(graph.NewAdjacency(n, arcs, symmetric))
		check(b.Pack(n, symmetric))
		check(b.Pack(n, symmetric))
		check(graph.PackAdjacency(n, from, to, weight, symmetric))
		if unit {
			check(graph.PackAdjacency(n, from, to, nil, symmetric))
		}
	})
}

func TestAdjacencyWeightsWhereThereAreSome(t *testing.T) {
	from, to := []graph.Vertex{0, 1}, []graph.Vertex{1, 2}
	require.Nil(t, graph.PackAdjacency(3, from, to, nil, true).Weights)
	require.Equal(t, []float32{2}, graph.PackAdjacency(2, []graph.Vertex{0, 0}, []graph.Vertex{1, 1}, nil, false).Weights)
	require.NotNil(t, graph.NewAdjacency(3, []graph.Arc{{From: 0, To: 1, Weight: 1}}, true).Weights)
	require.Zero(t, (&graph.AdjacencyBuilder{}).Pack(0, true).Len())
}

// BenchmarkAdjacency packs random links both ways, without weights and with.
func BenchmarkAdjacency(b *testing.B) {
	for _, links := range []int{100_000, 1_000_000, 10_000_000} {
		rng := rand.New(rand.NewPCG(1, 2))
		n := links * 2 / 3
		from, to, weights := make([]graph.Vertex, links), make([]graph.Vertex, links), make([]float32, links)
		for i := range from {
			from[i], to[i], weights[i] = graph.Vertex(rng.IntN(n)), graph.Vertex(rng.IntN(n)), rng.Float32()
		}
		for name, w := range map[string][]float32{"plain": nil, "weighted": weights} {
			b.Run(fmt.Sprint(name, "/", links), func(b *testing.B) {
				start := cpu(b)
				for b.Loop() {
					graph.PackAdjacency(n, from, to, w, true)
				}
				b.ReportMetric(float64(links)*float64(b.N)/(cpu(b)-start).Seconds(), "links/cpu-s")
			})
		}
	}
}
