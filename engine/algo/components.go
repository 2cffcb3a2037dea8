package algo

import (
	"context"
	"fmt"
	"iter"
	"sync/atomic"

	"ringleader/graph"
)

// ComponentsOptions of [ConnectedComponents] and [StreamComponents].
type ComponentsOptions struct {
	// Threads is how many goroutines may work; 0 means one a processor. It
	// changes the time and nothing else.
	Threads int
}

// ConnectedComponents labels the connected components of a symmetric graph:
// every vertex gets the smallest vertex of its component. It follows Afforest
// (Sutton, Ben-Nun and Barak, "Optimizing parallel graph connectivity computation
// via subgraph sampling", IPDPS 2018, doi:10.1109/IPDPS.2018.00012): it joins each
// vertex with its first two neighbours and guesses from a sample whether there is
// a giant component. If so, it looks at the other arcs of those vertices only
// that are outside it; what is inside is reached from the other end, so every arc
// must stand both ways. If not, it looks at each link once. For arcs that stand
// one way use [Components].
//
// The labels are the same for any number of threads. Time: O(vertices + arcs),
// and in a graph with a giant component far fewer arcs are read. Memory: 4 bytes
// a vertex. It misleads about rings: on raw identifiers nearly all accounts hang
// together over some merchant. It fails when ctx ends.
func ConnectedComponents(ctx context.Context, a graph.Adjacency, o ComponentsOptions) ([]uint32, error) {
	n := a.Len()
	f := forest{make([]uint32, n), threads(o.Threads)}
	// Hanging each vertex below its first neighbour, if that is smaller, makes
	// trees without a look at any other vertex.
	if err := f.over(ctx, n, func(lo, hi int) { f.hangFirst(a, lo, hi) }); err != nil {
		return nil, err
	}
	if err := f.flatten(ctx); err != nil {
		return nil, err
	}
	if err := f.over(ctx, n, func(lo, hi int) { f.joinSecond(a, lo, hi) }); err != nil {
		return nil, err
	}
	if err := f.flatten(ctx); err != nil {
		return nil, err
	}
	giant := f.giant()
	if err := f.over(ctx, n, func(lo, hi int) { f.joinRest(a, giant, lo, hi) }); err != nil {
		return nil, err
	}
	return f.parent, f.flatten(ctx)
}

// StreamComponents labels the connected components of n vertices under a stream
// of links, which it never holds: every vertex gets the smallest vertex of its
// component. Links come in batches, in any order; a batch is done with when the
// next is asked for, so its memory may be used again. A link is a pair of
// vertices, or of what else is numbered below n.
//
// It is a union-find forest with path halving, joined by compare-and-swap
// (Jayanti and Tarjan 2016, doi:10.1145/2933057.2933108, by index instead of at
// random). The labels are the same for any order of links and number of threads.
// Time: O(log n) a link at worst, near constant in practice; two waits for
// memory. Memory: 4 bytes a vertex.
//
// It fails with [graph.ErrInvalid] on a vertex that is not below n, with the
// error of the stream, and when ctx ends.
func StreamComponents(ctx context.Context, n int, links iter.Seq2[[][2]graph.Vertex, error], o ComponentsOptions) ([]uint32, error) {
	f := forest{NewUnionFind(n).parent, threads(o.Threads)}
	for batch, err := range links {
		if err != nil {
			return nil, fmt.Errorf("components of a stream: %w", err)
		}
		for _, l := range batch {
			if int(max(l[0], l[1])) >= n {
				return nil, fmt.Errorf("%w link in a stream: vertex %d of %d", graph.ErrInvalid, max(l[0], l[1]), n)
			}
		}
		if err := f.over(ctx, len(batch), func(lo, hi int) { f.joinLinks(batch[lo:hi]) }); err != nil {
			return nil, err
		}
	}
	return f.parent, f.flatten(ctx)
}

// forest is a [UnionFind] for several goroutines at once.
type forest struct {
	parent  []uint32 // never above the vertex itself
	threads int
}

func (f forest) over(ctx context.Context, n int, do func(lo, hi int)) error {
	return parallel(ctx, f.threads, n, 1<<14, func(_, lo, hi int) { do(lo, hi) })
}

func (f forest) hangFirst(a graph.Adjacency, lo, hi int) {
	start := a.Start[lo : hi+1]
	for i := range hi - lo {
		v := uint32(lo + i)
		f.parent[v] = v
		if start[i] < start[i+1] {
			f.parent[v] = min(v, uint32(a.Targets[start[i]]))
		}
	}
}

// joinSecond joins each vertex with its second neighbour, if that is smaller;
// else the neighbour sees to it, now or later.
func (f forest) joinSecond(a graph.Adjacency, lo, hi int) {
	for v := lo; v < hi; v++ {
		if i := a.Start[v] + 1; i < a.Start[v+1] && int(a.Targets[i]) < v {
			f.join(uint32(v), uint32(a.Targets[i]))
		}
	}
}

// joinRest joins each vertex with those of its smaller neighbours that are left;
// with a giant component, each vertex outside it with all of its neighbours.
func (f forest) joinRest(a graph.Adjacency, giant uint32, lo, hi int) {
	for v := lo; v < hi; v++ {
		row := a.Row(graph.Vertex(v))
		if giant != none {
			if atomic.LoadUint32(&f.parent[v]) == giant {
				continue
			}
			for _, u := range row {
				f.join(uint32(v), uint32(u))
			}
			continue
		}
		for i := 2; i < len(row); i++ {
			if int(row[i]) < v {
				f.join(uint32(v), uint32(row[i]))
			}
		}
	}
}

func (f forest) joinLinks(links [][2]graph.Vertex) {
	if f.threads == 1 {
		u := UnionFind{f.parent}
		for _, l := range links {
			u.Union(uint32(l[0]), uint32(l[1]))
		}
		return
	}
	for _, l := range links {
		f.join(uint32(l[0]), uint32(l[1]))
	}
}

// join puts u and v into one tree. A root is only ever hung below a smaller
// vertex, so the root of a finished tree is its smallest.
func (f forest) join(u, v uint32) {
	p := f.parent
	a, b := atomic.LoadUint32(&p[u]), atomic.LoadUint32(&p[v])
	for a != b {
		low, high := min(a, b), max(a, b)
		up := atomic.LoadUint32(&p[high])
		if up == low || up == high && atomic.CompareAndSwapUint32(&p[high], high, low) {
			return
		}
		a, b = atomic.LoadUint32(&p[up]), atomic.LoadUint32(&p[low])
		if up != a && up != high {
			atomic.CompareAndSwapUint32(&p[high], up, a) // halve the path
		}
	}
}

// flatten hangs every vertex below its root.
func (f forest) flatten(ctx context.Context) error {
	if f.threads == 1 {
		for v, up := range f.parent { // what is smaller is flat already
			f.parent[v] = f.parent[up]
		}
		return ctx.Err()
	}
	return f.over(ctx, len(f.parent), func(lo, hi int) {
		for v := lo; v < hi; v++ {
			up := atomic.LoadUint32(&f.parent[v])
			root := up
			for next := atomic.LoadUint32(&f.parent[root]); next != root; next = atomic.LoadUint32(&f.parent[root]) {
				root = next
			}
			if root != up {
				atomic.StoreUint32(&f.parent[v], root)
			}
		}
	})
}

// giant is the root that more than half of a sample of a flat forest has, none
// if there is none.
func (f forest) giant() uint32 {
	const sample = 1024
	count := make(map[uint32]int, sample)
	step := len(f.parent)/sample + 1
	for v := 0; v < len(f.parent); v += step {
		root := f.parent[v]
		if count[root]++; count[root] > len(f.parent)/step/2 {
			return root
		}
	}
	return none
}
