package main

import (
	"context"

	"gonum.org/v1/gonum/graph/topo"

	"ringleader/engine/algo"
	"ringleader/graph"
)

// kernel prepares what is not measured and returns what is. Labels come back
// where there are some.
type kernel func(ctx context.Context, a graph.Adjacency, threads int) (func() ([]uint32, error), error)

// kernels by tool and algorithm.
var kernels = map[string]kernel{
	"ringleader leiden":               leiden(algo.LeidenOptions{}),
	"ringleader leiden-cpm":           leiden(algo.LeidenOptions{Quality: algo.CPM, Resolution: .01}), // folds no leaves
	"ringleader components":           components,
	"ringleader kcore":                cores,
	"ringleader pagerank":             pagerank(algo.PageRankOptions{Tolerance: 1e-6, Iterations: 500}),
	"ringleader pagerank20":           pagerank(twenty),
	"ringleader pagerank20-reordered": reordered,
	"ringleader peel":                 peel,
	"gonum louvain":                   louvain,
	"gonum components":                gonumComponents,
}

// twenty iterations, whatever they change.
var twenty = algo.PageRankOptions{Tolerance: -1, Iterations: 20}

func leiden(o algo.LeidenOptions) kernel {
	return func(ctx context.Context, a graph.Adjacency, threads int) (func() ([]uint32, error), error) {
		o.Threads = threads
		return func() ([]uint32, error) { return algo.Leiden(ctx, a, o) }, nil
	}
}

func components(ctx context.Context, a graph.Adjacency, threads int) (func() ([]uint32, error), error) {
	return func() ([]uint32, error) {
		return algo.ConnectedComponents(ctx, a, algo.ComponentsOptions{Threads: threads})
	}, nil
}

func cores(ctx context.Context, a graph.Adjacency, _ int) (func() ([]uint32, error), error) {
	return func() ([]uint32, error) { return algo.Cores(ctx, a) }, nil
}

func pagerank(o algo.PageRankOptions) kernel {
	return func(ctx context.Context, a graph.Adjacency, threads int) (func() ([]uint32, error), error) {
		o.Threads = threads
		return func() ([]uint32, error) {
			_, err := algo.PageRank(ctx, a, o)
			return nil, err
		}, nil
	}
}

// reordered is PageRank on a graph whose neighbours stand near each other; the
// reordering is done once for many runs, so it is not measured.
func reordered(ctx context.Context, a graph.Adjacency, threads int) (func() ([]uint32, error), error) {
	order, err := algo.BreadthFirst(ctx, a)
	if err != nil {
		return nil, err
	}
	near, err := algo.Reorder(ctx, a, order, threads)
	if err != nil {
		return nil, err
	}
	return pagerank(twenty)(ctx, near, threads)
}

func louvain(ctx context.Context, a graph.Adjacency, _ int) (func() ([]uint32, error), error) {
	return func() ([]uint32, error) { return algo.Gonum.Communities(ctx, a, algo.LeidenOptions{}, seed) }, nil
}

// gonumComponents measures gonum's algorithm without the view, which is made
// once. It has no labels: the check that they agree is a test.
func gonumComponents(_ context.Context, a graph.Adjacency, _ int) (func() ([]uint32, error), error) {
	view := graph.NewUndirected(a)
	return func() ([]uint32, error) {
		topo.ConnectedComponents(view)
		return nil, nil
	}, nil
}

// peel takes the accounts of a bipartite graph for rows and what they share for
// columns, which is what FRAUDAR weighs down; the accounts come first.
func peel(ctx context.Context, a graph.Adjacency, _ int) (func() ([]uint32, error), error) {
	accounts := graph.Vertex(a.Len())
	for v := range accounts { // the first vertex that an earlier one links to is an identifier
		if row := a.Row(v); len(row) > 0 && row[0] < v {
			accounts = v
			break
		}
	}
	factor := algo.ColumnFactors(a, func(v graph.Vertex) bool { return v >= accounts })
	return func() ([]uint32, error) {
		_, err := algo.Peel(ctx, a, algo.PeelOptions{Factor: factor})
		return nil, err
	}, nil
}
