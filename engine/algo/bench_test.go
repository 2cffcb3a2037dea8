package algo_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/graph/community"
	"gonum.org/v1/gonum/graph/network"
	"gonum.org/v1/gonum/graph/topo"

	"ringleader/engine/algo"
	"ringleader/engine/algo/algotest"
	"ringleader/graph"
)

// gonums are what [BenchmarkKernels] measures, by gonum, on our view, up to the
// number of links that takes it seconds.
var gonums = []struct {
	name string
	most int
	run  func(a graph.Adjacency)
}{
	{"louvain", 10_000, func(a graph.Adjacency) {
		community.Modularize(graph.NewUndirected(a), 1, rand.NewPCG(1, 1))
	}},
	{"components", 100_000, func(a graph.Adjacency) { topo.ConnectedComponents(graph.NewUndirected(a)) }},
	{"cores", 100_000, func(a graph.Adjacency) { topo.DegeneracyOrdering(graph.NewUndirected(a)) }},
	{"pagerank", 100_000, func(a graph.Adjacency) { network.PageRankSparse(graph.NewDirected(a), .85, 1e-6) }},
}

// BenchmarkGonum is to be read beside BenchmarkKernels.
func BenchmarkGonum(b *testing.B) {
	for _, k := range gonums {
		for _, family := range []string{"lfr", "rmat", "fraud", "ident"} {
			for _, size := range []int{10_000, 100_000} {
				if size > k.most {
					continue
				}
				g, err := algotest.New(family, size, 1)
				require.NoError(b, err)
				a := g.Adjacency()
				b.Run(fmt.Sprintf("%s/%s/%d", k.name, family, size), func(b *testing.B) {
					measure(b, len(g.Links), func() { k.run(a) })
				})
			}
		}
	}
}

// measure reports links a second and bytes asked for a link.
func measure(b *testing.B, links int, f func()) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for b.Loop() {
		f()
	}
	runtime.ReadMemStats(&after)
	all := float64(links) * float64(b.N)
	b.ReportMetric(all/b.Elapsed().Seconds(), "links/s")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/all, "B/link")
}

// BenchmarkStreamComponents joins links in random order as they come.
func BenchmarkStreamComponents(b *testing.B) {
	for _, family := range []string{"lfr", "fraud"} {
		g, err := algotest.New(family, 1_000_000, 1)
		require.NoError(b, err)
		var shuffled [][2]graph.Vertex
		for _, l := range g.Shuffled(1) {
			shuffled = append(shuffled, l)
		}
		b.Run(family, func(b *testing.B) {
			measure(b, len(shuffled), func() {
				_, err := algo.StreamComponents(b.Context(), g.Vertices, stream(shuffled, 1<<16), algo.ComponentsOptions{Threads: 1})
				require.NoError(b, err)
			})
		})
	}
}

// BenchmarkLeidenOfAComponent is what the engine does thousands of times.
func BenchmarkLeidenOfAComponent(b *testing.B) {
	for _, groups := range []int{1, 4, 16} {
		a := planted(1, groups, 12, .6, .05)
		b.Run(fmt.Sprintf("%d-accounts", a.Len()), func(b *testing.B) {
			measure(b, len(a.Targets)/2, func() { leiden(b, a, algo.LeidenOptions{}) })
		})
	}
}

// BenchmarkSpade adds single links to a million; Block is not in it.
func BenchmarkSpade(b *testing.B) {
	g, err := algotest.New("fraud", 1_000_000, 1)
	require.NoError(b, err)
	s, err := algo.NewSpade(b.Context(), g.Adjacency(), algo.PeelOptions{})
	require.NoError(b, err)
	rng := rand.New(rand.NewPCG(1, 1))
	for b.Loop() {
		from, to := rng.IntN(g.Accounts), g.Accounts+rng.IntN(g.Vertices-g.Accounts)
		require.NoError(b, s.Add(graph.Vertex(from), graph.Vertex(to), 1))
	}
}
