package algo_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	gonum "gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/community"
	"pgregory.net/rapid"

	"ringleader/engine/algo"
	"ringleader/graph"
)

// planted is groups of size members, each pair inside joined with probability
// in, each pair across with probability out.
func planted(seed uint64, groups, size int, in, out float64) graph.Adjacency {
	rng := rand.New(rand.NewPCG(seed, 1))
	n := groups * size
	var arcs []graph.Arc
	for u := range n {
		for v := range u {
			p := out
			if u/size == v/size {
				p = in
			}
			if rng.Float64() < p {
				arcs = append(arcs, graph.Arc{From: graph.Vertex(u), To: graph.Vertex(v), Weight: 1})
			}
		}
	}
	return graph.NewAdjacency(n, arcs, true)
}

// modularity is computed by gonum, so that the yardstick is not our own.
func modularity(a graph.Adjacency, labels []uint32) float64 {
	view := graph.NewUndirected(a)
	byLabel := make(map[uint32][]gonum.Node)
	for v, c := range labels {
		byLabel[c] = append(byLabel[c], view.Node(int64(v)))
	}
	var communities [][]gonum.Node
	for _, c := range byLabel {
		communities = append(communities, c)
	}
	return community.Q(view, communities, 1)
}

func requireConnected(t require.TestingT, a graph.Adjacency, labels []uint32) {
	reached := make(map[uint32]bool)
	seen := make([]bool, a.Len())
	for v := range a.Len() {
		if seen[v] {
			continue
		}
		if reached[labels[v]] {
			require.Fail(t, "not connected", "community %d is in two pieces", labels[v])
		}
		reached[labels[v]] = true
		stack := []graph.Vertex{graph.Vertex(v)}
		seen[v] = true
		for len(stack) > 0 {
			u := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			for _, w := range a.Row(u) {
				if !seen[w] && labels[w] == labels[u] {
					seen[w] = true
					stack = append(stack, w)
				}
			}
		}
	}
}

func TestLeidenNeverWorseThanGonumLouvain(t *testing.T) {
	// The tolerance of .001 in Q is the project's goal against gonum.
	for seed := range uint64(12) {
		a := planted(seed, 4+int(seed), 12, .5, .03)
		labels, err := algo.Leiden(context.Background(), a, algo.LeidenOptions{})
		require.NoError(t, err)
		requireConnected(t, a, labels)
		louvain := community.Modularize(graph.NewUndirected(a), 1, rand.NewPCG(seed, 2))
		want := community.Q(graph.NewUndirected(a), louvain.Communities(), 1)
		require.GreaterOrEqual(t, modularity(a, labels), want-.001, "seed %d", seed)
	}
}

func TestLeidenConnectedOnRandomGraphs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(t, "n")
		var arcs []graph.Arc
		for range rapid.IntRange(0, 3*n).Draw(t, "arcs") {
			arcs = append(arcs, graph.Arc{
				From:   graph.Vertex(rapid.IntRange(0, n-1).Draw(t, "from")),
				To:     graph.Vertex(rapid.IntRange(0, n-1).Draw(t, "to")),
				Weight: float32(rapid.IntRange(1, 5).Draw(t, "weight")),
			})
		}
		a := graph.NewAdjacency(n, arcs, true)
		o := algo.LeidenOptions{
			Quality:    rapid.SampledFrom([]algo.Quality{algo.Modularity, algo.CPM}).Draw(t, "quality"),
			Resolution: rapid.SampledFrom([]float64{.1, .5, 1, 3}).Draw(t, "resolution"),
		}
		labels, err := algo.Leiden(context.Background(), a, o)
		require.NoError(t, err)
		require.Len(t, labels, n)
		requireConnected(t, a, labels)
		again, err := algo.Leiden(context.Background(), a, o)
		require.NoError(t, err)
		require.Equal(t, labels, again)
	})
}

func TestLeidenCPMFindsCliquesThatModularityMerges(t *testing.T) {
	// A ring of 64 cliques of 4: modularity at γ = 1 joins neighbours (the
	// resolution limit, Fortunato and Barthélemy 2007); CPM between the density
	// across (1/16) and inside (1) keeps each.
	const cliques, size = 64, 4
	var arcs []graph.Arc
	for c := range cliques {
		for i := range size {
			for j := range i {
				arcs = append(arcs, graph.Arc{From: graph.Vertex(c*size + i), To: graph.Vertex(c*size + j), Weight: 1})
			}
		}
		next := (c + 1) % cliques
		arcs = append(arcs, graph.Arc{From: graph.Vertex(c * size), To: graph.Vertex(next*size + 1), Weight: 1})
	}
	a := graph.NewAdjacency(cliques*size, arcs, true)
	count := func(o algo.LeidenOptions) int {
		labels, err := algo.Leiden(context.Background(), a, o)
		require.NoError(t, err)
		slices.Sort(labels)
		return len(slices.Compact(labels))
	}
	require.Equal(t, cliques, count(algo.LeidenOptions{Quality: algo.CPM, Resolution: .4}))
	require.Less(t, count(algo.LeidenOptions{}), cliques)
}

func TestLeidenStartsFromAnEarlierPartition(t *testing.T) {
	a := planted(3, 6, 10, .7, .02)
	first, err := algo.Leiden(context.Background(), a, algo.LeidenOptions{})
	require.NoError(t, err)
	second, err := algo.Leiden(context.Background(), a, algo.LeidenOptions{Start: first})
	require.NoError(t, err)
	require.GreaterOrEqual(t, modularity(a, second), modularity(a, first)-1e-9)
	_, err = algo.Leiden(context.Background(), a, algo.LeidenOptions{Start: first[1:]})
	require.ErrorIs(t, err, graph.ErrInvalid)
}

func TestLeidenStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := algo.Leiden(ctx, planted(1, 4, 10, .5, .1), algo.LeidenOptions{})
	require.ErrorIs(t, err, context.Canceled)
}

// BenchmarkLeiden runs a star of 200,000 leaves, which takes gonum's Louvain
// hours, and planted groups of 20.
func BenchmarkLeiden(b *testing.B) {
	star := make([]graph.Arc, 200_000)
	for i := range star {
		star[i] = graph.Arc{From: 0, To: graph.Vertex(i + 1), Weight: 1}
	}
	for _, c := range []struct {
		name string
		a    graph.Adjacency
	}{
		{"star-200k", graph.NewAdjacency(200_001, star, true)},
		{"groups-100k", sparseGroups(100_000, 20)},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := algo.Leiden(context.Background(), c.a, algo.LeidenOptions{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(c.a.Targets))/2*float64(b.N)/b.Elapsed().Seconds(), "links/s")
		})
	}
}

// sparseGroups gives each of n vertices ten links in its group of size and
// two to anybody.
func sparseGroups(n, size int) graph.Adjacency {
	rng := rand.New(rand.NewPCG(5, 5))
	var arcs []graph.Arc
	for u := range n {
		for range 5 {
			arcs = append(arcs, graph.Arc{From: graph.Vertex(u), To: graph.Vertex(u/size*size + rng.IntN(size)), Weight: 1})
		}
		arcs = append(arcs, graph.Arc{From: graph.Vertex(u), To: graph.Vertex(rng.IntN(n)), Weight: 1})
	}
	return graph.NewAdjacency(n, arcs, true)
}
