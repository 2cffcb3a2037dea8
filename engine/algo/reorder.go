package algo

import (
	"context"
	"fmt"
	"slices"

	"ringleader/graph"
)

// An order of vertices lists, for each new place, the vertex that stands there.
// Neighbours that stand near each other are fetched from memory together: on ten
// million links in random order a pass over the arcs takes two to three times as
// long as after [Reorder]. An algorithm's result x for a reordered graph belongs
// to vertex order[i] at place i.

// BreadthFirst is the order in which a search finds vertices, which starts at the
// lowest vertex of each component (after Cuthill and McKee 1969,
// doi:10.1145/800195.805928). It fails when ctx ends. Time: O(vertices + arcs). Memory: 5 bytes a vertex.
func BreadthFirst(ctx context.Context, a graph.Adjacency) ([]graph.Vertex, error) {
	seen := newBitset(a.Len())
	order := make([]graph.Vertex, 0, a.Len())
	for start := range graph.Vertex(a.Len()) {
		if seen.has(uint32(start)) {
			continue
		}
		seen.put(uint32(start))
		order = append(order, start)
		for at := len(order) - 1; at < len(order); at++ {
			if at&0xffff == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			for _, u := range a.Row(order[at]) {
				if !seen.has(uint32(u)) {
					seen.put(uint32(u))
					order = append(order, u)
				}
			}
		}
	}
	return order, nil
}

// ByDegree is the order of falling degree, equals by vertex: what is looked at
// most stands together. Time: O(vertices + highest degree).
func ByDegree(a graph.Adjacency) []graph.Vertex {
	degree := make([]uint32, a.Len())
	most := uint32(0)
	for v := range degree {
		degree[v] = a.Start[v+1] - a.Start[v]
		most = max(most, degree[v])
	}
	for v := range degree {
		degree[v] = most - degree[v]
	}
	return countingSort(degree, int(most)+1)
}

// ByLabel is the order of labels in the order of their first vertices, equals by
// vertex: communities or components stand together. Time: O(vertices).
func ByLabel(labels []uint32) []graph.Vertex {
	number, n := dense(labels)
	return countingSort(number, n)
}

// countingSort orders the indices of keys, all below n, by key.
func countingSort(keys []uint32, n int) []graph.Vertex {
	next := make([]uint32, n+1)
	for _, k := range keys {
		next[k+1]++
	}
	for k := range n {
		next[k+1] += next[k]
	}
	order := make([]graph.Vertex, len(keys))
	for v, k := range keys {
		order[next[k]] = graph.Vertex(v)
		next[k]++
	}
	return order
}

// Reorder is the graph with its vertices in the given order, rows ascending. The
// result does not depend on the number of threads, of which 0 means one a
// processor. It fails with [graph.ErrInvalid] where order does not hold each
// vertex once, and when ctx ends. Time: O(vertices + arcs · log of a row).
// Memory: the new graph and 4 bytes a vertex.
func Reorder(ctx context.Context, a graph.Adjacency, order []graph.Vertex, threadCount int) (graph.Adjacency, error) {
	out, place, err := rename(a, order)
	if err != nil {
		return graph.Adjacency{}, err
	}
	return out, parallel(ctx, threads(threadCount), a.Len(), chunk, func(_, lo, hi int) {
		fillRows(a, out, order, place, lo, hi)
		var entries []rowEntry
		for p := lo; p < hi; p++ {
			entries = sortRow(out, graph.Vertex(p), entries)
		}
	})
}

// rename makes the starts of the rows of a in the given order, and room for the
// rest; place is where each vertex then is.
func rename(a graph.Adjacency, order []graph.Vertex) (out graph.Adjacency, place []uint32, err error) {
	n := a.Len()
	place = make([]uint32, n)
	for v := range place {
		place[v] = none
	}
	out = graph.Adjacency{Start: make([]uint32, n+1), Targets: make([]graph.Vertex, len(a.Targets))}
	if a.Weights != nil {
		out.Weights = make([]float32, len(a.Targets))
	}
	for p, v := range order {
		if int(v) >= n || place[v] != none || len(order) != n {
			return out, nil, fmt.Errorf("%w order of vertices: %d places for %d vertices, vertex %d beyond them or twice", graph.ErrInvalid, len(order), n, v)
		}
		place[v] = uint32(p)
		out.Start[p+1] = out.Start[p] + a.Start[v+1] - a.Start[v]
	}
	if len(order) != n {
		return out, nil, fmt.Errorf("%w order of vertices: %d places for %d vertices", graph.ErrInvalid, len(order), n)
	}
	return out, place, nil
}

// fillRows fills the rows lo to hi of out, each in the order that it has in a.
func fillRows(a, out graph.Adjacency, order []graph.Vertex, place []uint32, lo, hi int) {
	for p := lo; p < hi; p++ {
		if p%rowsAhead == 0 {
			touch(a, order[p:min(p+rowsAhead, hi)])
		}
		row, from := out.Row(graph.Vertex(p)), a.Start[order[p]]
		for i, u := range a.Row(order[p]) {
			row[i] = graph.Vertex(place[u])
		}
		if a.Weights != nil {
			copy(out.Weights[out.Start[p]:], a.Weights[from:int(from)+len(row)])
		}
	}
}

// sortRow puts a row in ascending order; entries is room to work in.
func sortRow(a graph.Adjacency, v graph.Vertex, entries []rowEntry) []rowEntry {
	row := a.Row(v)
	if a.Weights == nil {
		slices.Sort(row)
		return entries
	}
	weights := a.Weights[a.Start[v]:a.Start[v+1]]
	entries = entries[:0]
	for i, u := range row {
		entries = append(entries, rowEntry{u, weights[i]})
	}
	slices.SortStableFunc(entries, func(x, y rowEntry) int { return int(x.to) - int(y.to) })
	for i, e := range entries {
		row[i], weights[i] = e.to, e.weight
	}
	return entries
}

type rowEntry struct {
	to     graph.Vertex
	weight float32
}
