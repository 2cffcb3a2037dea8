package algo_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/engine/algo"
	"ringleader/engine/algo/algotest"
	"ringleader/graph"
)

// BenchmarkKernels measures the kernels on the families of graphs, of ten
// thousand to ten million links, and on a star of 200,000 leaves. -short leaves
// out the ten million.
//
//	go test -run '^$' -bench 'BenchmarkKernels/leiden/fraud' ./engine/algo
func BenchmarkKernels(b *testing.B) {
	kernels := []struct {
		name string
		run  func(context.Context, graph.Adjacency) error
	}{
		{"components", func(ctx context.Context, a graph.Adjacency) error {
			_, err := algo.ConnectedComponents(ctx, a, algo.ComponentsOptions{Threads: 1})
			return err
		}},
		{"leiden", func(ctx context.Context, a graph.Adjacency) error {
			_, err := algo.Leiden(ctx, a, algo.LeidenOptions{Threads: 1})
			return err
		}},
		{"leiden2threads", func(ctx context.Context, a graph.Adjacency) error {
			_, err := algo.Leiden(ctx, a, algo.LeidenOptions{Threads: 2})
			return err
		}},
		{"labels10", func(ctx context.Context, a graph.Adjacency) error {
			_, err := algo.PropagateLabels(ctx, a, algo.PropagateOptions{Threads: 1})
			return err
		}},
		{"pagerank20", func(ctx context.Context, a graph.Adjacency) error {
			_, err := algo.PageRank(ctx, a, algo.PageRankOptions{Tolerance: -1, Iterations: 20, Threads: 1})
			return err
		}},
		{"cores", func(ctx context.Context, a graph.Adjacency) error {
			_, err := algo.Cores(ctx, a)
			return err
		}},
		{"peel", func(ctx context.Context, a graph.Adjacency) error {
			_, err := algo.Peel(ctx, a, algo.PeelOptions{})
			return err
		}},
	}
	graphs := make(map[string]graph.Adjacency) // each is made once, and only if it is asked for
	for _, k := range kernels {
		b.Run(k.name, func(b *testing.B) {
			for _, family := range algotest.Families() {
				for _, links := range sizes(family) {
					b.Run(fmt.Sprintf("%s/%d", family, links), func(b *testing.B) {
						name := fmt.Sprint(family, links)
						a, ok := graphs[name]
						if !ok {
							g, err := algotest.New(family, links, 1)
							require.NoError(b, err)
							a = g.Adjacency()
							graphs[name] = a
						}
						measure(b, len(a.Targets)/2, func() { require.NoError(b, k.run(b.Context(), a)) })
					})
				}
			}
		})
	}
}

// sizes of a family, in links.
func sizes(family string) []int {
	switch {
	case family == "star":
		return []int{200_000}
	case testing.Short():
		return []int{10_000, 100_000, 1_000_000}
	}
	return []int{10_000, 100_000, 1_000_000, 10_000_000}
}
