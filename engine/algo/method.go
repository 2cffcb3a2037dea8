package algo

import (
	"context"
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/graph/community"
	"gonum.org/v1/gonum/graph/network"
	"gonum.org/v1/gonum/graph/topo"

	"ringleader/graph"
)

// Method names who computes. The kernels of this package are made for whole
// graphs; gonum's algorithms, behind the views of package graph, for graphs of
// the size of a ring, and to check ours. Both give the same answer where there
// is one: components and core numbers exactly, PageRank within the tolerance.
// Where there are many good ones (communities), each gives its own.
type Method string

// Methods. The zero value is ours.
const (
	Kernels Method = "kernels"
	Gonum   Method = "gonum"
)

// ParseMethod reads a name; it fails with [graph.ErrInvalid] on an unknown one.
func ParseMethod(s string) (Method, error) {
	switch m := Method(s); m {
	case Kernels, Gonum:
		return m, nil
	}
	return "", fmt.Errorf("%w method %q: want %s or %s", graph.ErrInvalid, s, Kernels, Gonum)
}

// MaxGonum is the largest graph, in vertices and arcs, that is handed to gonum.
// Its Louvain takes seconds there and hours at ten times as many.
const MaxGonum = 1_000_000

// gonum reports whether gonum is asked, and fails where the graph is too large
// for it.
func (m Method) gonum(ctx context.Context, a graph.Adjacency) (bool, error) {
	if m != Gonum {
		return false, ctx.Err()
	}
	if n := a.Len() + len(a.Targets); n > MaxGonum {
		return false, fmt.Errorf("%w graph for gonum: %d vertices and arcs, at most %d; method %s has no limit", graph.ErrInvalid, n, MaxGonum, Kernels)
	}
	return true, ctx.Err()
}

// Communities is [Leiden], or gonum's Louvain method (Blondel et al. 2008,
// doi:10.1088/1742-5468/2008/10/P10008), which knows modularity only, takes one
// thread and no start, and whose communities are split into their connected
// parts here. seed orders gonum's visits; Leiden has no use for one.
func (m Method) Communities(ctx context.Context, a graph.Adjacency, o LeidenOptions, seed uint64) ([]uint32, error) {
	if ask, err := m.gonum(ctx, a); err != nil {
		return nil, err
	} else if !ask {
		return Leiden(ctx, a, o)
	}
	if o.Quality != Modularity || o.Start != nil {
		return nil, fmt.Errorf("%w options for gonum's Louvain: it has modularity alone, and no start", graph.ErrInvalid)
	}
	for _, w := range a.Weights {
		if !(w >= 0) {
			return nil, fmt.Errorf("%w graph for communities: weight %v, want none below zero", graph.ErrInvalid, w)
		}
	}
	if len(a.Targets) == 0 {
		return Components(a), nil
	}
	if o.Resolution == 0 {
		o.Resolution = 1
	}
	reduced := community.Modularize(graph.NewUndirected(a), o.Resolution, rand.NewPCG(seed, uint64(a.Len())))
	of := make([]uint32, a.Len())
	for i, c := range reduced.Communities() {
		for _, n := range c {
			of[n.ID()] = uint32(i)
		}
	}
	return connectedParts(a, of), nil
}

// Components is [ConnectedComponents], or gonum's.
func (m Method) Components(ctx context.Context, a graph.Adjacency, o ComponentsOptions) ([]uint32, error) {
	if ask, err := m.gonum(ctx, a); err != nil {
		return nil, err
	} else if !ask {
		return ConnectedComponents(ctx, a, o)
	}
	labels := make([]uint32, a.Len())
	for _, part := range topo.ConnectedComponents(graph.NewUndirected(a)) {
		least := part[0].ID()
		for _, n := range part {
			least = min(least, n.ID())
		}
		for _, n := range part {
			labels[n.ID()] = uint32(least)
		}
	}
	return labels, nil
}

// Cores is [Cores], or gonum's degeneracy ordering.
func (m Method) Cores(ctx context.Context, a graph.Adjacency) ([]uint32, error) {
	if ask, err := m.gonum(ctx, a); err != nil {
		return nil, err
	} else if !ask {
		return Cores(ctx, a)
	}
	core := make([]uint32, a.Len())
	_, byCore := topo.DegeneracyOrdering(graph.NewUndirected(a))
	for k, nodes := range byCore {
		for _, n := range nodes {
			core[n.ID()] = uint32(k)
		}
	}
	return core, nil
}

// PageRank is [PageRank], or gonum's sparse one, which starts from a random
// vector of its own: two runs differ within the tolerance, here of the Euclidean
// norm. It knows no restart and no limit on iterations.
func (m Method) PageRank(ctx context.Context, a graph.Adjacency, o PageRankOptions) ([]float64, error) {
	if ask, err := m.gonum(ctx, a); err != nil {
		return nil, err
	} else if !ask {
		return PageRank(ctx, a, o)
	}
	if o.Restart != nil || o.Iterations != 0 || o.Tolerance < 0 {
		return nil, fmt.Errorf("%w options for gonum's PageRank: it has a damping and a tolerance alone", graph.ErrInvalid)
	}
	if o.Damping == 0 {
		o.Damping = .85
	}
	if o.Tolerance == 0 {
		o.Tolerance = 1e-6
	}
	ranks := make([]float64, a.Len())
	if len(ranks) == 0 {
		return ranks, nil
	}
	for id, r := range network.PageRankSparse(graph.NewDirected(a), o.Damping, o.Tolerance) {
		ranks[id] = r
	}
	return ranks, nil
}

// connectedParts splits each class of vertices into what is connected inside.
func connectedParts(a graph.Adjacency, class []uint32) []uint32 {
	u := NewUnionFind(a.Len())
	for v := range graph.Vertex(a.Len()) {
		for _, w := range a.Row(v) {
			if class[v] == class[w] {
				u.Union(uint32(v), uint32(w))
			}
		}
	}
	return u.Labels()
}
