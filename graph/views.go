package graph

import (
	"slices"

	gonum "gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/iterator"
)

// Undirected shows a symmetric Adjacency as gonum's WeightedUndirected, without
// copying it, so that gonum's algorithms run on ring-sized graphs and serve as
// oracles in tests. Node IDs are vertices.
//
// It is not the type that shows a directed graph: gonum's type switches take
// the first interface that fits, so one type must never be both.
type Undirected struct{ view }

// Directed shows an Adjacency as gonum's WeightedDirected.
type Directed struct {
	view
	reverse Adjacency
}

var (
	_ gonum.Undirected         = Undirected{}
	_ gonum.WeightedUndirected = Undirected{}
	_ gonum.Directed           = Directed{}
	_ gonum.WeightedDirected   = Directed{}
)

// NewUndirected is the view of a, in which every arc must stand both ways with
// one weight. Time and memory: O(vertices).
func NewUndirected(a Adjacency) Undirected { return Undirected{newView(a)} }

// NewDirected is the view of a and of its reverse. Time and memory: O(vertices
// + arcs).
func NewDirected(a Adjacency) Directed { return Directed{newView(a), a.Reverse()} }

// Reverse is the adjacency with every arc turned round. Time: O(vertices +
// arcs).
func (a Adjacency) Reverse() Adjacency {
	r := Adjacency{Start: make([]uint32, a.Len()+1), Targets: make([]Vertex, len(a.Targets))}
	if a.Weights != nil {
		r.Weights = make([]float32, len(a.Targets))
	}
	for _, t := range a.Targets {
		r.Start[t+1]++
	}
	accumulate(r.Start)
	next := slices.Clone(r.Start)
	for v := range Vertex(a.Len()) {
		for i := a.Start[v]; i < a.Start[v+1]; i++ {
			t := a.Targets[i]
			r.Targets[next[t]] = v
			if a.Weights != nil {
				r.Weights[next[t]] = a.Weights[i]
			}
			next[t]++
		}
	}
	return r
}

// Arc is the weight of the arc from u to v and whether there is one. Time:
// O(log degree).
func (a Adjacency) Arc(u, v Vertex) (weight float64, ok bool) {
	i, ok := slices.BinarySearch(a.Row(u), v)
	switch {
	case !ok:
		return 0, false
	case a.Weights == nil:
		return 1, true
	}
	return float64(a.Weights[int(a.Start[u])+i]), true
}

// view is what both kinds of graph share. Nodes are handed out as pointers into
// one slab: boxing a value would cost an allocation each.
type view struct {
	a     Adjacency
	nodes []viewNode
}

type viewNode int64

func (n *viewNode) ID() int64 { return int64(*n) }

func newView(a Adjacency) view {
	nodes := make([]viewNode, a.Len())
	for i := range nodes {
		nodes[i] = viewNode(i)
	}
	return view{a, nodes}
}

func (g view) has(id int64) bool { return id >= 0 && id < int64(len(g.nodes)) }

// Node is the node of a vertex, nil if there is none.
func (g view) Node(id int64) gonum.Node {
	if !g.has(id) {
		return nil
	}
	return &g.nodes[id]
}

// Nodes are all nodes, ascending.
func (g view) Nodes() gonum.Nodes {
	if len(g.nodes) == 0 {
		return gonum.Empty
	}
	all := make([]gonum.Node, len(g.nodes))
	for i := range g.nodes {
		all[i] = &g.nodes[i]
	}
	return iterator.NewOrderedNodes(all)
}

// From are the nodes that u has an arc to, ascending.
func (g view) From(u int64) gonum.Nodes { return g.row(g.a, u) }

func (g view) row(a Adjacency, u int64) gonum.Nodes {
	if !g.has(u) || len(a.Row(Vertex(u))) == 0 {
		return gonum.Empty
	}
	row := a.Row(Vertex(u))
	out := make([]gonum.Node, len(row))
	for i, v := range row {
		out[i] = &g.nodes[v]
	}
	return iterator.NewOrderedNodes(out)
}

func (g view) arc(u, v int64) (weight float64, ok bool) {
	if !g.has(u) || !g.has(v) {
		return 0, false
	}
	return g.a.Arc(Vertex(u), Vertex(v))
}

// Edge is the edge from u to v, nil if there is none.
func (g view) Edge(u, v int64) gonum.Edge {
	if e := g.WeightedEdge(u, v); e != nil {
		return e
	}
	return nil
}

// WeightedEdge is the edge from u to v, nil if there is none.
func (g view) WeightedEdge(u, v int64) gonum.WeightedEdge {
	w, ok := g.arc(u, v)
	if !ok {
		return nil
	}
	return viewEdge{&g.nodes[u], &g.nodes[v], w}
}

// Weight is the weight of the arc from u to v; 0, true for u itself and 0,
// false where there is no arc.
func (g view) Weight(u, v int64) (weight float64, ok bool) {
	if u == v && g.has(u) {
		return 0, true
	}
	return g.arc(u, v)
}

// WeightedEdges are all edges: of an undirected graph each once, from the lower
// vertex.
func (g Undirected) WeightedEdges() gonum.WeightedEdges {
	return g.edges(func(u, v Vertex) bool { return u < v })
}

// WeightedEdges are all edges.
func (g Directed) WeightedEdges() gonum.WeightedEdges {
	return g.edges(func(Vertex, Vertex) bool { return true })
}

func (g view) edges(take func(u, v Vertex) bool) gonum.WeightedEdges {
	var all []gonum.WeightedEdge
	for u := range Vertex(len(g.nodes)) {
		for _, v := range g.a.Row(u) {
			if take(u, v) {
				all = append(all, g.WeightedEdge(int64(u), int64(v)))
			}
		}
	}
	if len(all) == 0 {
		return gonum.Empty
	}
	return iterator.NewOrderedWeightedEdges(all)
}

// HasEdgeBetween reports whether u and v are joined.
func (g Undirected) HasEdgeBetween(u, v int64) bool {
	_, ok := g.arc(u, v)
	return ok
}

// EdgeBetween is the edge between u and v, nil if there is none.
func (g Undirected) EdgeBetween(u, v int64) gonum.Edge { return g.Edge(u, v) }

// WeightedEdgeBetween is the edge between u and v, nil if there is none.
func (g Undirected) WeightedEdgeBetween(u, v int64) gonum.WeightedEdge {
	return g.WeightedEdge(u, v)
}

// HasEdgeBetween reports whether u and v are joined in either direction.
func (g Directed) HasEdgeBetween(u, v int64) bool {
	return g.HasEdgeFromTo(u, v) || g.HasEdgeFromTo(v, u)
}

// HasEdgeFromTo reports whether there is an arc from u to v.
func (g Directed) HasEdgeFromTo(u, v int64) bool {
	_, ok := g.arc(u, v)
	return ok
}

// To are the nodes that have an arc to v, ascending.
func (g Directed) To(v int64) gonum.Nodes { return g.row(g.reverse, v) }

type viewEdge struct {
	from, to *viewNode
	weight   float64
}

func (e viewEdge) From() gonum.Node         { return e.from }
func (e viewEdge) To() gonum.Node           { return e.to }
func (e viewEdge) Weight() float64          { return e.weight }
func (e viewEdge) ReversedEdge() gonum.Edge { return viewEdge{e.to, e.from, e.weight} }
