package algo

import (
	"context"
	"slices"

	"ringleader/graph"
)

// PathOptions of [ShortestPaths].
type PathOptions struct {
	Walk         // the ends are always allowed
	MaxHops  int // links on a path. 0: 6
	MaxPaths int // 0: 3
}

// PathSet is the shortest paths between two vertices.
type PathSet struct {
	Paths [][]graph.Vertex // ends included, in lexicographic order
	Hubs  []graph.Vertex   // not passed through, ascending: they may hide a shorter way
	More  bool             // there are more paths of this length than MaxPaths
	Cut   bool             // MaxVertices was hit before the search was over
}

// ShortestPaths finds the shortest paths from one vertex to another in a
// symmetric graph, by breadth-first search from both ends, the smaller side
// first (Pohl 1971). Paths is empty where none exists within the bounds. Time
// and memory: in the links of what is looked at. It fails only when ctx ends.
func ShortestPaths(ctx context.Context, a graph.Adjacency, from, to graph.Vertex, o PathOptions) (*PathSet, error) {
	if o.MaxHops == 0 {
		o.MaxHops = 6
	}
	if o.MaxPaths == 0 {
		o.MaxPaths = 3
	}
	if from == to {
		return &PathSet{Paths: [][]graph.Vertex{{from}}}, nil
	}
	s := &pathSearch{a: a, o: o, ends: [2]graph.Vertex{from, to}, hubs: make(map[graph.Vertex]bool), dead: make(map[graph.Vertex]bool)}
	for i, end := range s.ends {
		s.side[i] = side{hops: map[graph.Vertex]int{end: 0}, frontier: []graph.Vertex{end}}
	}
	length, err := s.meet(ctx)
	if err != nil {
		return nil, err
	}
	out := &PathSet{Cut: s.cut}
	for v := range s.hubs {
		out.Hubs = append(out.Hubs, v)
	}
	slices.Sort(out.Hubs)
	if length > 0 {
		s.length = length
		s.follow(out, []graph.Vertex{from})
	}
	return out, nil
}

// side is the search from one end.
type side struct {
	hops     map[graph.Vertex]int
	frontier []graph.Vertex
	depth    int
}

type pathSearch struct {
	a      graph.Adjacency
	o      PathOptions
	ends   [2]graph.Vertex
	side   [2]side
	hubs   map[graph.Vertex]bool
	dead   map[graph.Vertex]bool
	length int
	cut    bool
}

// meet widens the smaller side until the two touch, and returns the length of
// the shortest path, 0 if there is none.
func (s *pathSearch) meet(ctx context.Context) (int, error) {
	for s.side[0].depth+s.side[1].depth < s.o.MaxHops {
		i := 0
		if len(s.side[1].frontier) < len(s.side[0].frontier) {
			i = 1
		}
		if len(s.side[i].frontier) == 0 {
			return 0, nil
		}
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if touched := s.widen(i); touched {
			return s.side[0].depth + s.side[1].depth, nil
		}
		if s.cut {
			return 0, nil
		}
	}
	return 0, nil
}

// widen takes one side a hop further and reports whether it met the other.
func (s *pathSearch) widen(i int) (touched bool) {
	mine, other := &s.side[i], &s.side[1-i]
	mine.depth++
	var next []graph.Vertex
	for _, v := range mine.frontier {
		if v != s.ends[i] && !s.o.through(s.a, v) {
			s.hubs[v] = true
			continue
		}
		for _, w := range s.a.Row(v) {
			if _, seen := mine.hops[w]; seen || w != s.ends[1-i] && !s.o.allows(w) {
				continue
			}
			mine.hops[w] = mine.depth
			next = append(next, w)
			if _, met := other.hops[w]; met && (w == s.ends[1-i] || s.o.through(s.a, w)) {
				touched = true
			}
		}
	}
	mine.frontier = next
	s.cut = !touched && len(s.side[0].hops)+len(s.side[1].hops) > s.o.maxVertices()
	return touched
}

// follow extends a path by every vertex from which the end is as far as the
// rest of the length, in ascending order, and reports whether it found one. A
// vertex that leads nowhere is not tried twice.
func (s *pathSearch) follow(out *PathSet, path []graph.Vertex) (found bool) {
	at := path[len(path)-1]
	if at == s.ends[1] {
		if len(out.Paths) == s.o.MaxPaths {
			out.More = true
		} else {
			out.Paths = append(out.Paths, slices.Clone(path))
		}
		return true
	}
	if at == s.ends[0] || s.o.through(s.a, at) {
		for _, w := range s.a.Row(at) {
			if s.leads(w, len(path)) && s.follow(out, append(path, w)) {
				found = true
			}
			if out.More {
				return true
			}
		}
	}
	s.dead[at] = !found
	return found
}

// leads reports whether w, so many hops from the start, may lie on a shortest
// path. Within the reach of the end's side that is certain; before it, the
// start's side has w at this depth, and the way on from there is tried.
func (s *pathSearch) leads(w graph.Vertex, depth int) bool {
	if s.dead[w] {
		return false
	}
	if rest, ok := s.side[1].hops[w]; ok {
		return rest == s.length-depth
	}
	have, ok := s.side[0].hops[w]
	return ok && have == depth && depth < s.side[0].depth
}
