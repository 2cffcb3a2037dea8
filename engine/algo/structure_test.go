package algo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/graph/path"

	"ringleader/graph"
)

// sparse draws a symmetric graph of n vertices and about n·density links.
func sparse(rng *rand.Rand, n int, density float64) graph.Adjacency {
	var arcs []graph.Arc
	for range int(float64(n) * density) {
		arcs = append(arcs, graph.Arc{From: graph.Vertex(rng.IntN(n)), To: graph.Vertex(rng.IntN(n))})
	}
	a := graph.NewAdjacency(n, arcs, true)
	a.Weights = nil // arcs drawn twice would weigh 2
	return a
}

func TestTrianglesByBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	for range 300 {
		n := 1 + rng.IntN(20)
		a := sparse(rng, n, 3*rng.Float64())
		joined := func(u, v int) bool { _, ok := a.Arc(graph.Vertex(u), graph.Vertex(v)); return ok }
		want := TriangleCounts{At: make([]uint64, n)}
		for u := range n {
			for v := range u {
				for w := range n {
					if w != u && w != v && joined(w, u) && joined(w, v) {
						want.Wedges++
						if w < v && joined(u, v) {
							want.Total++
							want.At[u]++
							want.At[v]++
							want.At[w]++
						}
					}
				}
			}
		}
		got, err := Triangles(t.Context(), a)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestTrianglesOfACompleteGraph(t *testing.T) {
	var arcs []graph.Arc
	for u := range graph.Vertex(6) {
		for v := range u {
			arcs = append(arcs, graph.Arc{From: u, To: v})
		}
	}
	got, err := Triangles(t.Context(), graph.NewAdjacency(6, arcs, true))
	require.NoError(t, err)
	require.Equal(t, uint64(20), got.Total) // 6 choose 3
	require.Equal(t, uint64(60), got.Wedges)
	require.Equal(t, 1.0, got.Transitivity())
	require.Equal(t, 1.0, got.Clustering(2, 5))
	require.Zero(t, TriangleCounts{}.Transitivity())
}

func TestCutsByRemoval(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 2))
	for range 300 {
		n := 1 + rng.IntN(18)
		a := sparse(rng, n, 1.5*rng.Float64())
		base := parts(a, func(u, v graph.Vertex) bool { return true })
		var want Cuts
		for v := range graph.Vertex(n) {
			without := parts(a, func(x, y graph.Vertex) bool { return x != v && y != v }) - 1 // v stands alone
			if without > base && len(a.Row(v)) > 0 {
				want.Articulation = append(want.Articulation, v)
			}
			for _, w := range a.Row(v) {
				if v < w && parts(a, func(x, y graph.Vertex) bool { return min(x, y) != v || max(x, y) != w }) > base {
					want.Bridges = append(want.Bridges, [2]graph.Vertex{v, w})
				}
			}
		}
		got, err := FindCuts(t.Context(), a)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

// parts counts the components over the links that keep allows.
func parts(a graph.Adjacency, keep func(u, v graph.Vertex) bool) int {
	u := NewUnionFind(a.Len())
	n := a.Len()
	for v := range graph.Vertex(a.Len()) {
		for _, w := range a.Row(v) {
			if keep(v, w) && u.Union(uint32(v), uint32(w)) {
				n--
			}
		}
	}
	return n
}

// A path of a million vertices has as many bridges, and no stack to run out of.
func TestCutsOfALongPath(t *testing.T) {
	const n = 1_000_000
	arcs := make([]graph.Arc, n-1)
	for i := range arcs {
		arcs[i] = graph.Arc{From: graph.Vertex(i), To: graph.Vertex(i + 1)}
	}
	got, err := FindCuts(t.Context(), graph.NewAdjacency(n, arcs, true))
	require.NoError(t, err)
	require.Len(t, got.Bridges, n-1)
	require.Len(t, got.Articulation, n-2)
}

// bipartite draws accounts and the items each of them has.
func bipartite(rng *rand.Rand, accounts, items, links int) (rows, holders graph.Adjacency) {
	var there, back []graph.Arc
	for range links {
		a, i := graph.Vertex(rng.IntN(accounts)), graph.Vertex(rng.IntN(items))
		there = append(there, graph.Arc{From: a, To: graph.Vertex(accounts) + i})
		back = append(back, graph.Arc{From: graph.Vertex(accounts) + i, To: a})
	}
	n := accounts + items
	return graph.NewAdjacency(n, there, false), graph.NewAdjacency(n, back, false)
}

func TestCoOccurByBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 200 {
		accounts := 2 + rng.IntN(12)
		rows, holders := bipartite(rng, accounts, 1+rng.IntN(10), rng.IntN(60))
		o := CoOccurOptions{MaxDegree: 1 + rng.IntN(8), MinShared: 1 + rng.IntN(2), Weight: func(d int) float64 { return 1 / float64(d) }}
		var want []Pair
		for a := range graph.Vertex(accounts) {
			for b := a + 1; b < graph.Vertex(accounts); b++ {
				p := Pair{A: a, B: b}
				for _, item := range rows.Row(a) {
					if d := len(holders.Row(item)); d <= o.MaxDegree && slices.Contains(rows.Row(b), item) {
						p.Shared++
						p.Weight += o.Weight(d)
					}
				}
				if p.Shared >= o.MinShared {
					want = append(want, p)
				}
			}
		}
		var got []Pair
		hubs, err := CoOccur(t.Context(), rows, holders, o, func(p Pair) error { got = append(got, p); return nil })
		require.NoError(t, err)
		require.Equal(t, want, got)
		for item := range graph.Vertex(holders.Len()) {
			require.Equal(t, len(holders.Row(item)) > o.MaxDegree, slices.Contains(hubs, item))
		}
	}
}

func TestCoOccurEndsWithTheCaller(t *testing.T) {
	rows, holders := bipartite(rand.New(rand.NewPCG(3, 4)), 10, 3, 40)
	full, calls := errors.New("full"), 0
	_, err := CoOccur(t.Context(), rows, holders, CoOccurOptions{}, func(Pair) error { calls++; return full })
	require.Equal(t, full, err)
	require.Equal(t, 1, calls)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, err = CoOccur(ctx, rows, holders, CoOccurOptions{}, func(Pair) error { return nil })
	require.ErrorIs(t, err, context.Canceled)
}

// One identifier that everybody has costs nothing and is named.
func TestCoOccurLeavesHubsOut(t *testing.T) {
	const accounts = 200_000
	var there, back []graph.Arc
	for a := range graph.Vertex(accounts) {
		there = append(there, graph.Arc{From: a, To: accounts})
		back = append(back, graph.Arc{From: accounts, To: a})
	}
	rows, holders := graph.NewAdjacency(accounts+1, there, false), graph.NewAdjacency(accounts+1, back, false)
	hubs, err := CoOccur(t.Context(), rows, holders, CoOccurOptions{}, func(p Pair) error { return fmt.Errorf("pair %v", p) })
	require.NoError(t, err)
	require.Equal(t, []graph.Vertex{accounts}, hubs)
}

func TestEgoNetIsWhatLiesWithin(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 5))
	for range 200 {
		n := 1 + rng.IntN(40)
		a := sparse(rng, n, 1.5)
		seeds := []graph.Vertex{graph.Vertex(rng.IntN(n)), graph.Vertex(rng.IntN(n))}
		hops := rng.IntN(4)
		got, err := EgoNet(t.Context(), a, seeds, hops, Walk{})
		require.NoError(t, err)
		require.False(t, got.Cut)
		view := graph.NewUndirected(a)
		shortest := path.DijkstraAllPaths(view)
		for v := range graph.Vertex(n) {
			near := min(shortest.Weight(int64(seeds[0]), int64(v)), shortest.Weight(int64(seeds[1]), int64(v)))
			i := slices.Index(got.Vertices, v)
			require.Equal(t, near <= float64(hops), i >= 0)
			if i >= 0 {
				require.Equal(t, near, float64(got.Hops[i])) // all weights are 1
			}
		}
	}
}

func TestEgoNetStopsAtHubsKindsAndLimits(t *testing.T) {
	// 0 – 1 – hub 2 – 3, 4, 5; 1 – 6
	a := graph.NewAdjacency(7, []graph.Arc{{From: 0, To: 1}, {From: 1, To: 2}, {From: 2, To: 3}, {From: 2, To: 4}, {From: 2, To: 5}, {From: 1, To: 6}}, true)
	got, err := EgoNet(t.Context(), a, []graph.Vertex{0}, 3, Walk{MaxDegree: 3})
	require.NoError(t, err)
	require.Equal(t, &Ego{Vertices: []graph.Vertex{0, 1, 2, 6}, Hops: []int{0, 1, 2, 2}, Hubs: []graph.Vertex{2}}, got)

	got, err = EgoNet(t.Context(), a, []graph.Vertex{2}, 1, Walk{MaxDegree: 3, MaxVertices: 3})
	require.NoError(t, err)
	require.Equal(t, &Ego{Vertices: []graph.Vertex{2, 1, 3}, Hops: []int{0, 1, 1}, Cut: true}, got)

	got, err = EgoNet(t.Context(), a, []graph.Vertex{0}, 3, Walk{Allow: func(v graph.Vertex) bool { return v != 2 }})
	require.NoError(t, err)
	require.Equal(t, []graph.Vertex{0, 1, 6}, got.Vertices)
}

func TestShortestPathsByBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 6))
	for range 500 {
		n := 2 + rng.IntN(25)
		a := sparse(rng, n, 2*rng.Float64())
		from, to := graph.Vertex(rng.IntN(n)), graph.Vertex(rng.IntN(n))
		o := PathOptions{MaxHops: 1 + rng.IntN(6), MaxPaths: 1000}
		if rng.IntN(2) == 0 {
			o.MaxDegree = 1 + rng.IntN(5)
		}
		if rng.IntN(2) == 0 {
			o.Allow = func(v graph.Vertex) bool { return v%3 != 0 }
		}
		got, err := ShortestPaths(t.Context(), a, from, to, o)
		require.NoError(t, err)
		require.Equal(t, bruteForcePaths(a, from, to, o), got.Paths)
		require.False(t, got.More)
	}
}

// bruteForcePaths tries every walk, shortest first.
func bruteForcePaths(a graph.Adjacency, from, to graph.Vertex, o PathOptions) (found [][]graph.Vertex) {
	ways := [][]graph.Vertex{{from}}
	for hops := 0; hops <= o.MaxHops; hops++ {
		var longer [][]graph.Vertex
		for _, way := range ways {
			at := way[len(way)-1]
			if at == to {
				found = append(found, way)
				continue
			}
			if at != from && o.MaxDegree > 0 && len(a.Row(at)) > o.MaxDegree {
				continue
			}
			for _, w := range a.Row(at) {
				if !slices.Contains(way, w) && (w == to || o.Allow == nil || o.Allow(w)) {
					longer = append(longer, append(slices.Clone(way), w))
				}
			}
		}
		if len(found) > 0 {
			return found
		}
		ways = longer
	}
	return nil
}

func TestShortestPathsSayWhatTheyLeftOut(t *testing.T) {
	// Two ways of two links from 0 to 3, a hub 4 between, with 20 leaves.
	arcs := []graph.Arc{{From: 0, To: 1}, {From: 1, To: 3}, {From: 0, To: 2}, {From: 2, To: 3}, {From: 0, To: 4}, {From: 4, To: 3}}
	for leaf := graph.Vertex(5); leaf < 25; leaf++ {
		arcs = append(arcs, graph.Arc{From: 4, To: leaf})
	}
	a := graph.NewAdjacency(25, arcs, true)
	got, err := ShortestPaths(t.Context(), a, 0, 3, PathOptions{Walk: Walk{MaxDegree: 10}, MaxPaths: 1})
	require.NoError(t, err)
	require.Equal(t, [][]graph.Vertex{{0, 1, 3}}, got.Paths)
	require.True(t, got.More)

	got, err = ShortestPaths(t.Context(), a, 0, 24, PathOptions{Walk: Walk{MaxDegree: 10}})
	require.NoError(t, err)
	require.Empty(t, got.Paths)
	require.Equal(t, []graph.Vertex{4}, got.Hubs)

	got, err = ShortestPaths(t.Context(), a, 1, 24, PathOptions{Walk: Walk{MaxVertices: 2}})
	require.NoError(t, err)
	require.True(t, got.Cut)
	require.Empty(t, got.Paths)
}
