package algo

import (
	"context"
	"fmt"
	"math"

	"ringleader/graph"
)

// PageRankOptions steer PageRank. The zero value is damping .85 until the ranks
// change by less than 1e-6 in sum, on all processors.
type PageRankOptions struct {
	Damping float64 // chance to follow an arc instead of starting anew; 0 means .85
	// Tolerance is the sum of the changes of all ranks at which an iteration is
	// the last. 0 means 1e-6; below zero: all iterations are made.
	Tolerance  float64
	Iterations int // at most; 0 means 100
	// Restart is how likely each vertex is to be started from, in any unit:
	// personalised PageRank, the nearness to these vertices. Nil: all alike.
	Restart []float32
	// Incoming has, in the row of each vertex, the arcs into it: the reverse of
	// a directed graph. Nil where the graph is symmetric.
	Incoming *graph.Adjacency
	// Threads is how many goroutines may work; 0 means one a processor. It
	// changes the time and nothing else.
	Threads int
}

// PageRank is the chance of finding a random walker at each vertex (Brin and Page
// 1998, doi:10.1016/S0169-7552(98)00110-X): the solution of
//
//	r_v = (1 − d)·s_v + d·Σ_u r_u·w_uv/k_u + d·s_v·Σ_dangling r_u,
//
// s the restart distribution, k_u the weight of the arcs out of u; from a vertex
// without arcs the walker restarts. The ranks sum to one.
//
// Each vertex pulls from its neighbours, so no two goroutines write to one place,
// and sums are taken in the order of rows and of fixed chunks: equal input gives
// equal bytes for any number of threads. What is pulled has 32 bits unless the
// tolerance is below 1e-7: the relative error of a rank is then about 1e-7.
// Time: O(vertices + arcs) an iteration, most of it waiting for memory; on a
// graph put in order by [Reorder] it waits less. Memory: 24 bytes a vertex, with 64 bits 40.
//
// It misleads on symmetric graphs without Restart, where it follows the degree
// closely: the app store ranks first.
//
// It fails with [graph.ErrInvalid] where Restart or Incoming do not fit the graph
// and where a weight is below zero, and when ctx ends.
func PageRank(ctx context.Context, a graph.Adjacency, o PageRankOptions) ([]float64, error) {
	switch {
	case o.Restart != nil && len(o.Restart) != a.Len():
		return nil, fmt.Errorf("%w PageRank restart: %d numbers for %d vertices", graph.ErrInvalid, len(o.Restart), a.Len())
	case o.Incoming != nil && (o.Incoming.Len() != a.Len() || len(o.Incoming.Targets) != len(a.Targets) || (o.Incoming.Weights == nil) != (a.Weights == nil)):
		return nil, fmt.Errorf("%w PageRank: the incoming arcs are not the reverse of the outgoing", graph.ErrInvalid)
	case o.Damping < 0 || o.Damping >= 1:
		return nil, fmt.Errorf("%w PageRank damping %v: want 0 to below 1", graph.ErrInvalid, o.Damping)
	}
	if o.Damping == 0 {
		o.Damping = .85
	}
	if o.Tolerance == 0 {
		o.Tolerance = 1e-6
	}
	if o.Iterations == 0 {
		o.Iterations = 100
	}
	o.Threads = threads(o.Threads)
	if o.Tolerance > 0 && o.Tolerance < 1e-7 {
		return pageRank[float64](ctx, a, o)
	}
	return pageRank[float32](ctx, a, o)
}

// walk is the state of one PageRank.
type walk[T float32 | float64] struct {
	in       graph.Adjacency
	damping  float64
	restart  []float32 // nil: all alike
	even     float64   // 1 / Σ restart
	share    []T       // 1 / weight of the arcs out of each vertex, 0 where there are none
	rank     []T
	out, new []T // rank · share: what each arc of weight 1 carries
	moved    []moved
}

// moved is what a chunk of vertices adds to the sums of an iteration.
type moved struct{ change, dangling float64 }

func pageRank[T float32 | float64](ctx context.Context, a graph.Adjacency, o PageRankOptions) ([]float64, error) {
	n := a.Len()
	w := &walk[T]{
		in: a, damping: o.Damping, restart: o.Restart, even: 1 / float64(n),
		share: make([]T, n), rank: make([]T, n), out: make([]T, n), new: make([]T, n),
		moved: make([]moved, (n+chunk-1)/chunk),
	}
	if o.Incoming != nil {
		w.in = *o.Incoming
	}
	if err := w.start(a); err != nil {
		return nil, err
	}
	dangling := w.sum().dangling
	for range o.Iterations {
		if err := parallel(ctx, o.Threads, n, chunk, func(_, lo, hi int) { w.pull(lo, hi, dangling) }); err != nil {
			return nil, err
		}
		w.out, w.new = w.new, w.out
		m := w.sum()
		if dangling = m.dangling; m.change < o.Tolerance {
			break
		}
	}
	rank := make([]float64, n)
	for v, r := range w.rank {
		rank[v] = float64(r)
	}
	return rank, ctx.Err()
}

// start sets the ranks to the restart distribution.
func (w *walk[T]) start(a graph.Adjacency) error {
	if w.restart != nil {
		sum := 0.0
		for _, s := range w.restart {
			if !(s >= 0) {
				return fmt.Errorf("%w PageRank restart: %v, want none below zero", graph.ErrInvalid, s)
			}
			sum += float64(s)
		}
		if !(sum > 0 && sum <= math.MaxFloat64) {
			return fmt.Errorf("%w PageRank restart: the sum is %v", graph.ErrInvalid, sum)
		}
		w.even = 1 / sum
	}
	for v := range w.rank {
		k := strength(a, graph.Vertex(v))
		if !(k >= 0 && k <= math.MaxFloat64) {
			return fmt.Errorf("%w graph for PageRank: a weight is below zero, infinite or not a number", graph.ErrInvalid)
		}
		w.rank[v] = T(w.even)
		if w.restart != nil {
			w.rank[v] = T(w.even * float64(w.restart[v]))
		}
		if k > 0 {
			w.share[v] = T(1 / k)
		} else {
			w.moved[v/chunk].dangling += float64(w.rank[v])
		}
		w.out[v] = w.rank[v] * w.share[v]
	}
	return nil
}

func (w *walk[T]) sum() (all moved) {
	for _, m := range w.moved {
		all.change += m.change
		all.dangling += m.dangling
	}
	return all
}

// pull makes the new ranks of the vertices lo to hi. This loop is all the time of
// PageRank: it streams through its slices, and waits for out alone.
func (w *walk[T]) pull(lo, hi int, dangling float64) {
	start, targets, out := w.in.Start[lo:hi+1], w.in.Targets, w.out
	rank, next, share := w.rank[lo:hi], w.new[lo:hi], w.share[lo:hi]
	anew := (1 - w.damping + w.damping*dangling) * w.even
	var m moved
	for i := range rank {
		sum := 0.0
		if w.in.Weights == nil {
			for _, u := range targets[start[i]:start[i+1]] {
				sum += float64(out[u])
			}
		} else {
			for j := start[i]; j < start[i+1]; j++ {
				sum += float64(w.in.Weights[j]) * float64(out[targets[j]])
			}
		}
		r := anew
		if w.restart != nil {
			r *= float64(w.restart[lo+i])
		}
		r += w.damping * sum
		m.change += math.Abs(r - float64(rank[i]))
		rank[i] = T(r)
		next[i] = T(r) * share[i]
		if share[i] == 0 {
			m.dangling += r
		}
	}
	w.moved[lo/chunk] = m
}
