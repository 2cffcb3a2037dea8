package algo

import (
	"context"
	"slices"

	"ringleader/graph"
)

// PropagateOptions steer PropagateLabels.
type PropagateOptions struct {
	Iterations int // at most; 0 means 10
	// Weighted counts a neighbour by the weight of its link instead of once.
	Weighted bool
	// Threads is how many goroutines may work; 0 means one a processor. It
	// changes the time and nothing else.
	Threads int
}

// PropagateLabels is community detection by label propagation (Raghavan, Albert
// and Kumara 2007, doi:10.1103/PhysRevE.76.036106) as LDBC Graphalytics fixes it
// (CDLP, arXiv:2011.15028): every vertex begins with its own number; in each
// iteration all vertices at once take the label that most of their neighbours
// have, of several the smallest. It ends early when nothing changes. The graph is
// symmetric; a vertex without neighbours keeps its own.
//
// Deterministic. Time: O(vertices + arcs) an iteration. Memory: 8 bytes a vertex.
// It misleads: on bipartite graphs labels swap sides for ever, a giant label
// easily floods the graph, and a community need not be connected. [Leiden] costs
// a few times as much and does neither. It fails when ctx ends.
func PropagateLabels(ctx context.Context, a graph.Adjacency, o PropagateOptions) ([]uint32, error) {
	if o.Iterations == 0 {
		o.Iterations = 10
	}
	n := a.Len()
	labels, next := make([]uint32, n), make([]uint32, n)
	for v := range labels {
		labels[v] = uint32(v)
	}
	workers := make([]worker, threads(o.Threads))
	changed := make([]bool, (n+chunk-1)/chunk)
	for range o.Iterations {
		if err := parallel(ctx, len(workers), n, chunk, func(worker, lo, hi int) {
			changed[lo/chunk] = propagate(&workers[worker], a, o.Weighted, labels, next, lo, hi)
		}); err != nil {
			return nil, err
		}
		labels, next = next, labels
		if !slices.Contains(changed, true) {
			break
		}
	}
	return labels, ctx.Err()
}

// propagate sets the next labels of the vertices lo to hi, and reports whether
// any is new.
func propagate(w *worker, a graph.Adjacency, weighted bool, labels, next []uint32, lo, hi int) (changed bool) {
	for v := lo; v < hi; v++ {
		row := a.Row(graph.Vertex(v))
		w.keys = gather(w.keys[:0], row, labels)
		w.begin(len(row))
		if weighted {
			w.add(w.keys, level{Adjacency: a}.rowWeights(graph.Vertex(v)))
		} else {
			w.add(w.keys, nil)
		}
		best, most := labels[v], 0.0
		for _, i := range w.used {
			s := w.slots[i]
			if s.weight > most || s.weight == most && s.key() < best {
				best, most = s.key(), s.weight
			}
		}
		w.clear()
		next[v] = best
		changed = changed || best != labels[v]
	}
	return changed
}
