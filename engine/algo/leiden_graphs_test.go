package algo_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/graph/community"

	"ringleader/engine/algo"
	"ringleader/engine/algo/algotest"
	"ringleader/graph"
)

func leiden(t require.TestingT, a graph.Adjacency, o algo.LeidenOptions) []uint32 {
	labels, err := algo.Leiden(context.Background(), a, o)
	require.NoError(t, err)
	for v, l := range labels {
		if l > uint32(v) || labels[l] != l {
			require.Fail(t, "a label is the smallest member", "label %d of vertex %d", l, v)
		}
	}
	return labels
}

// The sizes are those from which batches are spread over goroutines.
func TestLeidenIsTheSameForAnyNumberOfThreads(t *testing.T) {
	for _, family := range []string{"lfr", "fraud", "ident", "star"} {
		g, err := algotest.New(family, 300_000, 2)
		require.NoError(t, err)
		a := g.Adjacency()
		for _, o := range []algo.LeidenOptions{{}, {Resolution: 1.5, Iterations: 1}, {Quality: algo.CPM, Resolution: .01, Iterations: 1}} {
			var want []uint32
			for _, threads := range threadCounts {
				o.Threads = threads
				got := leiden(t, a, o)
				if want == nil {
					want = got
					requireConnected(t, a, got)
				}
				require.Equal(t, want, got, "%s, %d threads, %v", family, threads, o)
			}
		}
	}
}

// Of 70,000 vertices with 16 arcs each the ground is put in order: loops, weights
// and an earlier partition go with their vertices.
func TestLeidenOfAGraphThatIsPutInOrder(t *testing.T) {
	g, err := algotest.New("lfr", 560_000, 2)
	require.NoError(t, err)
	plain := g.Adjacency()
	plain.Weights = slices.Repeat([]float32{1}, len(plain.Targets))
	for _, a := range []graph.Adjacency{plain, withLoops(rand.New(rand.NewPCG(1, 1)), plain)} {
		first := leiden(t, a, algo.LeidenOptions{Iterations: 1, Threads: 1})
		require.Equal(t, first, leiden(t, a, algo.LeidenOptions{Iterations: 1, Threads: 7}))
		requireConnected(t, a, first)
		second := leiden(t, a, algo.LeidenOptions{Iterations: 1, Start: first})
		require.GreaterOrEqual(t, algo.Modularity.Of(a, second, 1), algo.Modularity.Of(a, first, 1)-1e-9)
	}
	// 1 weighs as no weights do.
	require.Equal(t, leiden(t, unweighted(plain), algo.LeidenOptions{Iterations: 1}), leiden(t, plain, algo.LeidenOptions{Iterations: 1}))
}

func TestLeidenOfFamiliesIsNotWorseThanGonumLouvain(t *testing.T) {
	// The tolerance of .001 in Q is the project's goal against gonum.
	for _, family := range algotest.Families() {
		for seed := range uint64(3) {
			g, err := algotest.New(family, 3_000, seed)
			require.NoError(t, err)
			a := g.Adjacency()
			view := graph.NewUndirected(a)
			louvain := community.Modularize(view, 1, rand.NewPCG(seed, 2))
			want := community.Q(view, louvain.Communities(), 1)
			got := algo.Modularity.Of(a, leiden(t, a, algo.LeidenOptions{}), 1)
			require.GreaterOrEqual(t, got, want-.001, "%s, seed %d", family, seed)
		}
	}
}

func TestModularityIsGonums(t *testing.T) {
	for seed := range uint64(1000) {
		rng := rand.New(rand.NewPCG(seed, 4))
		a := randomGraph(rng, 30)
		labels := make([]uint32, a.Len())
		for v := range labels {
			labels[v] = uint32(rng.IntN(5)) * 1000 // labels need not be vertices
		}
		if len(a.Targets) == 0 {
			require.Zero(t, algo.Modularity.Of(a, labels, 1))
			continue
		}
		require.InDelta(t, modularity(a, labels), algo.Modularity.Of(a, labels, 1), 1e-12, "seed %d", seed)
	}
}

// A triangle 0-1-2 of weights 2 with a tail 2-3 of weight 1: by hand, CPM at
// γ = .5 of {0,1,2},{3} is 6 − .5·3 = 4.5, and of all in one 7 − .5·6 = 4.
func TestCPMByHand(t *testing.T) {
	a := graph.NewAdjacency(4, []graph.Arc{{From: 0, To: 1, Weight: 2}, {From: 1, To: 2, Weight: 2}, {From: 0, To: 2, Weight: 2}, {From: 2, To: 3, Weight: 1}}, true)
	require.InDelta(t, 4.5, algo.CPM.Of(a, []uint32{0, 0, 0, 3}, .5), 1e-12)
	require.InDelta(t, 4.0, algo.CPM.Of(a, []uint32{0, 0, 0, 0}, .5), 1e-12)
	require.Equal(t, []uint32{0, 0, 0, 0}, leiden(t, a, algo.LeidenOptions{Quality: algo.CPM, Resolution: .2}))
	require.Equal(t, []uint32{0, 0, 0, 3}, leiden(t, a, algo.LeidenOptions{Quality: algo.CPM, Resolution: 1.1}))
}

// partitions calls f with every partition of n things, as restricted growth
// strings.
func partitions(n int, f func([]uint32)) {
	labels := make([]uint32, n)
	var grow func(i int, used uint32)
	grow = func(i int, used uint32) {
		if i == n {
			f(labels)
			return
		}
		for l := range used + 1 {
			labels[i] = l
			grow(i+1, max(used, l+1))
		}
	}
	grow(0, 0)
}

// On tiny graphs every partition is tried. Leiden is a heuristic: here it finds
// the best partition nineteen times in twenty, and never falls far behind.
func TestLeidenAgainstBruteForce(t *testing.T) {
	for _, quality := range []algo.Quality{algo.Modularity, algo.CPM} {
		best, graphs := 0, 300
		for seed := range uint64(graphs) {
			a := randomGraph(rand.New(rand.NewPCG(seed, 5)), 8)
			gamma := []float64{.5, 1, 2}[seed%3]
			most := math.Inf(-1)
			partitions(a.Len(), func(labels []uint32) { most = max(most, quality.Of(a, labels, gamma)) })
			labels := leiden(t, a, algo.LeidenOptions{Quality: quality, Resolution: gamma, Iterations: 10})
			got := quality.Of(a, labels, gamma)
			require.GreaterOrEqual(t, got, most-.3*math.Abs(most)-1e-9, "%v, seed %d", quality, seed)
			if got >= most-1e-9 {
				best++
			}
		}
		require.GreaterOrEqual(t, best, graphs*95/100, "quality %v", quality)
	}
}

// withLoops adds loops and links of weight zero to a.
func withLoops(rng *rand.Rand, a graph.Adjacency) graph.Adjacency {
	out := graph.Adjacency{Start: make([]uint32, 1), Weights: []float32{}}
	for v := range graph.Vertex(a.Len()) {
		if rng.IntN(3) == 0 {
			out.Targets, out.Weights = append(out.Targets, v), append(out.Weights, 2)
		}
		for i := a.Start[v]; i < a.Start[v+1]; i++ {
			out.Targets, out.Weights = append(out.Targets, a.Targets[i]), append(out.Weights, a.Weights[i])
			if (v+a.Targets[i])%5 == 0 {
				out.Weights[len(out.Weights)-1] = 0
			}
		}
		out.Start = append(out.Start, uint32(len(out.Targets)))
	}
	return out
}

func TestLeidenWithLoopsAndZeroWeights(t *testing.T) {
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 6))
		a := withLoops(rng, randomGraph(rng, 7))
		most := math.Inf(-1)
		partitions(a.Len(), func(labels []uint32) { most = max(most, algo.Modularity.Of(a, labels, 1)) })
		got := algo.Modularity.Of(a, leiden(t, a, algo.LeidenOptions{Iterations: 10}), 1)
		require.GreaterOrEqual(t, got, most-.1, "seed %d", seed)
	}
}

// Folding leaves is exact: with every leaf in its neighbour's community, no
// partition of the rest is judged differently.
func TestLeidenOfAStarIsOneCommunity(t *testing.T) {
	g, err := algotest.New("star", 200_000, 1)
	require.NoError(t, err)
	labels := leiden(t, g.Adjacency(), algo.LeidenOptions{})
	require.Equal(t, make([]uint32, 200_001), labels)
	// At γ > 1 the hub's community grows until γ·K_c = 2m, and no leaf is folded.
	labels = leiden(t, g.Adjacency(), algo.LeidenOptions{Resolution: 2})
	require.Greater(t, len(algo.Groups(labels)), 1)
}

func TestLeidenOfNothing(t *testing.T) {
	require.Empty(t, leiden(t, graph.Adjacency{}, algo.LeidenOptions{}))
	alone := graph.NewAdjacency(3, nil, true)
	require.Equal(t, []uint32{0, 1, 2}, leiden(t, alone, algo.LeidenOptions{}))
	require.Equal(t, []uint32{0, 1, 2}, leiden(t, alone, algo.LeidenOptions{Quality: algo.CPM}))
	require.Equal(t, []uint32{0, 0, 2}, leiden(t, graph.NewAdjacency(3, []graph.Arc{{From: 0, To: 1, Weight: 1}}, true), algo.LeidenOptions{}))
}

func TestLeidenRefusesWeights(t *testing.T) {
	for _, w := range []float32{-1, float32(math.NaN()), float32(math.Inf(1))} {
		a := cycle(4)
		a.Weights[2] = w
		_, err := algo.Leiden(context.Background(), a, algo.LeidenOptions{})
		require.ErrorIs(t, err, graph.ErrInvalid, "weight %v", w)
	}
}

// A vertex that does better alone leaves: all in one community is the worst start
// for CPM at a resolution above every weight.
func TestLeidenLeavesABadStart(t *testing.T) {
	labels := leiden(t, cycle(12), algo.LeidenOptions{Quality: algo.CPM, Resolution: 2, Start: make([]uint32, 12)})
	require.Len(t, algo.Groups(labels), 12)
}

// Amounts in cents are amounts in yuan.
func TestLeidenDoesNotDependOnTheUnitOfWeight(t *testing.T) {
	a := planted(4, 8, 15, .5, .03)
	want := leiden(t, a, algo.LeidenOptions{})
	for i := range a.Weights {
		a.Weights[i] *= 1 << 20 // exact in floating point
	}
	require.Equal(t, want, leiden(t, a, algo.LeidenOptions{}))
}

func TestLeidenOfRenamedVertices(t *testing.T) {
	a := planted(9, 6, 12, .8, .01)
	order := rand.New(rand.NewPCG(1, 1)).Perm(a.Len())
	var arcs []graph.Arc
	for v := range graph.Vertex(a.Len()) {
		for _, u := range a.Row(v) {
			arcs = append(arcs, graph.Arc{From: graph.Vertex(order[v]), To: graph.Vertex(order[u]), Weight: .5})
		}
	}
	labels := leiden(t, a, algo.LeidenOptions{})
	renamed := leiden(t, graph.NewAdjacency(a.Len(), arcs, true), algo.LeidenOptions{})
	for v := range labels {
		for u := range labels {
			require.Equal(t, labels[v] == labels[u], renamed[order[v]] == renamed[order[u]], "vertices %d and %d", v, u)
		}
	}
}
