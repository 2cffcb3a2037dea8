package algo

import (
	"cmp"
	"context"
	"slices"

	"ringleader/graph"
)

// Walk bounds a search over links. The zero value goes everywhere.
type Walk struct {
	// MaxDegree: a vertex with more links than this is a hub. It is reached
	// and not passed through, unless the search starts there. 0: no limit.
	MaxDegree int
	// Allow says which vertices may be passed or reached: kinds, say, which
	// are ranges of vertices. Nil: all.
	Allow func(graph.Vertex) bool
	// MaxVertices is how many vertices are looked at before the search gives
	// up. 0: 100,000.
	MaxVertices int
}

func (w Walk) maxVertices() int { return cmp.Or(w.MaxVertices, 100_000) }

// through reports whether the search may go on from v.
func (w Walk) through(a graph.Adjacency, v graph.Vertex) bool {
	return w.MaxDegree == 0 || len(a.Row(v)) <= w.MaxDegree
}

func (w Walk) allows(v graph.Vertex) bool { return w.Allow == nil || w.Allow(v) }

// Ego is the neighbourhood of some vertices.
type Ego struct {
	Vertices []graph.Vertex // by distance, then ascending
	Hops     []int          // distance of each
	Hubs     []graph.Vertex // reached and not passed through, ascending
	Cut      bool           // MaxVertices was hit: the farthest hop is not whole
}

// EgoNet is everything within some hops of the seeds, following arcs. Where
// the limit on vertices cuts a hop short, its lowest vertices stay, whatever
// the order of seeds. Time and memory: in the links of what is returned, not of
// the graph. It fails only when ctx ends.
func EgoNet(ctx context.Context, a graph.Adjacency, seeds []graph.Vertex, hops int, w Walk) (*Ego, error) {
	e := &Ego{}
	seen := make(map[graph.Vertex]bool)
	hop := slices.Clone(seeds)
	for distance := 0; len(hop) > 0; distance++ {
		slices.Sort(hop)
		hop = slices.Compact(hop)
		if room := w.maxVertices() - len(e.Vertices); len(hop) > room {
			hop, e.Cut = hop[:room], true
		}
		for _, v := range hop {
			seen[v] = true
			e.Vertices, e.Hops = append(e.Vertices, v), append(e.Hops, distance)
		}
		if distance == hops || e.Cut {
			break
		}
		var next []graph.Vertex
		for _, v := range hop {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if distance > 0 && !w.through(a, v) {
				e.Hubs = append(e.Hubs, v)
				continue
			}
			for _, u := range a.Row(v) {
				if !seen[u] && w.allows(u) {
					next = append(next, u)
				}
			}
		}
		hop = next
	}
	slices.Sort(e.Hubs)
	return e, nil
}
