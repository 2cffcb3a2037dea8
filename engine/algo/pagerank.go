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
// The vertices with one link, of a symmetric graph without weights and Restart,
// are left out: those of one neighbour have one rank, which follows from the
// neighbour's a step before, so that an iteration is the same and costs what the
// rest costs. On identifier graphs that is a fifth to a half of the arcs. Memory:
// then 4 bytes a vertex more, and the graph of the rest.
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
	leaves   []T // how many leaves each vertex has that are left out; nil: none is
	leaf     []T // the rank of each of them
	moved    []moved
}

// moved is what a chunk of vertices adds to the sums of an iteration.
type moved struct{ change, dangling float64 }

func pageRank[T float32 | float64](ctx context.Context, a graph.Adjacency, o PageRankOptions) ([]float64, error) {
	w := &walk[T]{in: a, damping: o.Damping, restart: o.Restart, even: 1 / float64(a.Len())}
	if o.Incoming != nil {
		w.in = *o.Incoming
	}
	var g ground
	if o.Incoming == nil && o.Restart == nil && a.Weights == nil && countLeaves(a) > a.Len()/8 {
		if err := g.fold(ctx, a, o.Threads); err != nil {
			return nil, err
		}
		w.in = g.Adjacency
	}
	n := w.in.Len()
	w.share, w.rank, w.out, w.new = make([]T, n), make([]T, n), make([]T, n), make([]T, n)
	w.moved = make([]moved, (n+chunk-1)/chunk)
	err := error(nil)
	if g.place != nil {
		w.startFolded(g.size)
	} else {
		err = w.start(a)
	}
	if err != nil {
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
	rank := make([]float64, a.Len())
	for v := range rank {
		switch {
		case g.place == nil:
			rank[v] = float64(w.rank[v])
		case !g.stays.has(uint32(v)):
			rank[v] = float64(w.leaf[g.place[v]])
		default:
			rank[v] = float64(w.rank[g.place[v]])
		}
	}
	return rank, ctx.Err()
}

func countLeaves(a graph.Adjacency) (leaves int) {
	for v := range a.Len() {
		if a.Start[v+1]-a.Start[v] == 1 {
			leaves++
		}
	}
	return leaves
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
		r := w.even
		if w.restart != nil {
			r *= float64(w.restart[v])
		}
		w.startVertex(v, r, k)
	}
	return nil
}

// startFolded sets the ranks of a graph whose leaves are left out. size is what
// [ground.fold] makes of it: each leaf counts twice, for both ends of its link.
func (w *walk[T]) startFolded(size []float64) {
	n := len(w.rank)
	w.leaves, w.leaf = make([]T, n), make([]T, n)
	for v := range w.rank {
		arcs := float64(len(w.in.Row(graph.Vertex(v))))
		leaves := (size[v] - arcs) / 2
		w.leaves[v], w.leaf[v] = T(leaves), T(w.even)
		w.startVertex(v, w.even, arcs+leaves)
	}
}

// startVertex gives v the rank r; its arcs weigh k.
func (w *walk[T]) startVertex(v int, r, k float64) {
	w.rank[v] = T(r)
	if k > 0 {
		w.share[v] = T(1 / k)
	} else {
		w.moved[v/chunk].dangling += float64(w.rank[v])
	}
	w.out[v] = w.rank[v] * w.share[v]
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
		if w.leaves != nil {
			sum += w.pullLeaves(lo+i, anew, &m)
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

// pullLeaves makes the new rank of the leaves of v, and returns what they had:
// all of it goes to v.
func (w *walk[T]) pullLeaves(v int, anew float64, m *moved) float64 {
	had, leaves := float64(w.leaf[v]), float64(w.leaves[v])
	r := anew + w.damping*float64(w.out[v])
	m.change += leaves * math.Abs(r-had)
	w.leaf[v] = T(r)
	return leaves * had
}
