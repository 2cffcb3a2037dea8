package algo

import (
	"context"
	"fmt"
	"math"

	"ringleader/graph"
)

// ground is the lowest level of a Leiden run: the graph without loops, weights
// of zero and, where that is exact, leaves.
type ground struct {
	level
	vertices int
	total    float64   // Σ strengths of the graph, loops included: 2m
	stays    rankedSet // the vertices that are not folded, where some are
	place    []uint32  // where each vertex of the graph stands, or what it is folded into; nil: where it always stood
}

// none marks the absence of a vertex or label.
const none = math.MaxUint32

// chunk is how many vertices are looked at in one piece.
const chunk = 1 << 13

func newGround(ctx context.Context, a graph.Adjacency, o LeidenOptions) (*ground, error) {
	s, err := survey(ctx, a, o.Threads)
	if err != nil {
		return nil, err
	}
	g := &ground{vertices: a.Len(), total: s.total}
	var loops []float64
	if s.improper {
		a, loops = proper(a)
	}
	if o.Quality == Modularity && o.Resolution <= 1 && loops == nil && s.leaves > a.Len()/8 {
		return g, g.fold(ctx, a, o.Threads)
	}
	g.Adjacency, g.quality = a, o.Quality
	if a.Len() >= manyVertices && len(a.Targets) >= manyArcs*a.Len() {
		if err := g.order(ctx, o.Threads); err != nil {
			return nil, err
		}
		a = g.Adjacency
		if loops != nil {
			loops = permuted(loops, g.place)
		}
	}
	if loops == nil && (a.Weights == nil || o.Quality == CPM) {
		return g, nil
	}
	g.size = make([]float64, a.Len())
	return g, parallel(ctx, o.Threads, a.Len(), chunk, func(_, lo, hi int) {
		for v := lo; v < hi; v++ {
			g.size[v] = 1
			if o.Quality == Modularity {
				g.size[v] = strength(a, graph.Vertex(v))
				if loops != nil {
					g.size[v] += loops[v]
				}
			}
		}
	})
}

// From so many vertices on, with so many arcs each, the ground is put in order:
// below, everything lies in the nearer caches or there is little to gain.
const (
	manyVertices = 1 << 16
	manyArcs     = 8
)

// order puts the vertices of the highest degrees first. What is known of the
// vertices that most arcs lead to then lies close together, and rows of one
// length follow each other.
func (g *ground) order(ctx context.Context, threads int) error {
	a, order := g.Adjacency, ByDegree(g.Adjacency)
	out, place, err := rename(a, order)
	if err != nil {
		return err
	}
	g.Adjacency, g.place = out, place
	return parallel(ctx, threads, a.Len(), chunk, func(_, lo, hi int) { fillRows(a, out, order, place, lo, hi) })
}

// permuted is x with what belongs to v at place[v].
func permuted(x []float64, place []uint32) []float64 {
	out := make([]float64, len(x))
	for v, p := range place {
		out[p] = x[v]
	}
	return out
}

// findings of a first look at a graph.
type findings struct {
	total    float64 // Σ weights of all arcs
	leaves   int     // vertices with one arc
	improper bool    // there are loops, or weights of zero
	invalid  bool
}

// survey checks the weights and counts. It sums by chunk, in order.
func survey(ctx context.Context, a graph.Adjacency, threads int) (findings, error) {
	found := make([]findings, (a.Len()+chunk-1)/chunk)
	err := parallel(ctx, threads, a.Len(), chunk, func(_, lo, hi int) {
		f := &found[lo/chunk]
		for v := lo; v < hi; v++ {
			row := a.Row(graph.Vertex(v))
			if len(row) == 1 {
				f.leaves++
			}
			for _, u := range row {
				f.improper = f.improper || int(u) == v
			}
		}
		if a.Weights == nil {
			f.total = float64(a.Start[hi] - a.Start[lo])
			return
		}
		for _, w := range a.Weights[a.Start[lo]:a.Start[hi]] {
			f.total += float64(w)
			f.improper = f.improper || w == 0
			f.invalid = f.invalid || !(w >= 0 && w <= math.MaxFloat32)
		}
	})
	var all findings
	for _, f := range found {
		all.total += f.total
		all.leaves += f.leaves
		all.improper = all.improper || f.improper
		if f.invalid {
			return all, fmt.Errorf("%w graph for Leiden: a weight is below zero, infinite or not a number", graph.ErrInvalid)
		}
	}
	return all, err
}

func strength(a graph.Adjacency, v graph.Vertex) float64 {
	if a.Weights == nil {
		return float64(len(a.Row(v)))
	}
	sum := 0.0
	for _, w := range a.Weights[a.Start[v]:a.Start[v+1]] {
		sum += float64(w)
	}
	return sum
}

// proper copies a graph without its loops and its weights of zero; loops is what
// each vertex had on itself.
func proper(a graph.Adjacency) (clean graph.Adjacency, loops []float64) {
	clean.Start = make([]uint32, a.Len()+1)
	loops = make([]float64, a.Len())
	for v := range graph.Vertex(a.Len()) {
		for i := a.Start[v]; i < a.Start[v+1]; i++ {
			w := arcWeight(a, i)
			switch {
			case a.Targets[i] == v:
				loops[v] += w
			case w > 0:
				clean.Targets = append(clean.Targets, a.Targets[i])
				if a.Weights != nil {
					clean.Weights = append(clean.Weights, a.Weights[i])
				}
			}
		}
		clean.Start[v+1] = uint32(len(clean.Targets))
	}
	return clean, loops
}

// startLabels is every vertex of the ground by itself, or the given partition in
// labels below their number.
func (g *ground) startLabels(start []uint32) []uint32 {
	labels := make([]uint32, g.Len())
	if start == nil {
		for v := range labels {
			labels[v] = uint32(v)
		}
		return labels
	}
	if g.place == nil {
		labels, _ = dense(start)
		return labels
	}
	for v := len(start) - 1; v >= 0; v-- {
		labels[g.place[v]] = start[v]
	}
	labels, _ = dense(labels)
	return labels
}

// unfold gives each vertex of the graph the smallest vertex of its community. It
// writes over the labels or the places, and over least, which is as long as labels.
func (g *ground) unfold(labels, least []uint32) []uint32 {
	for l := range least {
		least[l] = none
	}
	out := labels
	if g.place != nil {
		out = g.place
	}
	for v, p := range out {
		l := p
		if g.place != nil {
			l = labels[p]
		}
		if least[l] == none {
			least[l] = uint32(v)
		}
		out[v] = least[l]
	}
	return out
}
