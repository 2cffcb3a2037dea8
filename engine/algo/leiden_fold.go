package algo

import (
	"context"

	"ringleader/graph"
)

// fold makes the ground of a without its leaves: the strength of a leaf, and
// that of the link to it, are its neighbour's. Of two leaves that have only each
// other the lower stays.
func (g *ground) fold(ctx context.Context, a graph.Adjacency, threads int) error {
	n := a.Len()
	stays, err := withoutLeaves(ctx, a, threads)
	if err != nil {
		return err
	}
	kept := stays.count()
	g.Start = make([]uint32, kept+1)
	if err := parallel(ctx, threads, n, chunk, func(_, lo, hi int) {
		p := stays.rank(uint32(lo))
		for v := lo; v < hi; v++ {
			if stays.has(uint32(v)) {
				arcs := uint32(0)
				for _, u := range a.Row(graph.Vertex(v)) {
					arcs += stays.bit(uint32(u))
				}
				p++
				g.Start[p] = arcs
			}
		}
	}); err != nil {
		return err
	}
	for p := range kept {
		g.Start[p+1] += g.Start[p]
	}
	g.size = make([]float64, kept)
	g.Targets = make([]graph.Vertex, g.Start[kept])
	if a.Weights != nil {
		g.Weights = make([]float32, g.Start[kept])
	}
	g.stays, g.place = stays, make([]uint32, n)
	return parallel(ctx, threads, n, chunk, func(_, lo, hi int) {
		for v := lo; v < hi; v++ {
			if stays.has(uint32(v)) {
				g.place[v] = stays.rank(uint32(v))
				g.keep(a, graph.Vertex(v), stays)
			} else {
				g.place[v] = stays.rank(uint32(a.Targets[a.Start[v]]))
			}
		}
	})
}

// keep fills the row and the size of a vertex that stays. Half of the neighbours
// are leaves and would be guessed wrong, so it does not branch on them.
func (g *ground) keep(a graph.Adjacency, v graph.Vertex, stays rankedSet) {
	p := g.place[v]
	at, end, size := g.Start[p], g.Start[p+1], 0.0
	targets := g.Targets[:end]
	for i := a.Start[v]; i < a.Start[v+1]; i++ {
		rank, stay := stays.find(uint32(a.Targets[i]))
		w := arcWeight(a, i)
		size += w * float64(2-stay)
		if at < end {
			targets[at] = graph.Vertex(rank) // the next writes over what does not stay
			if g.Weights != nil {
				g.Weights[at] = a.Weights[i]
			}
		}
		at += stay
	}
	g.size[p] = size
}

// withoutLeaves is the vertices that fold keeps: those without or with several
// arcs, and the lower of two that have only each other, or itself.
func withoutLeaves(ctx context.Context, a graph.Adjacency, threads int) (rankedSet, error) {
	few, stays := newBitset(a.Len()), newBitset(a.Len()) // few: up to one arc
	if err := parallel(ctx, threads, a.Len(), chunk, func(_, lo, hi int) {
		for v := lo; v < hi; v++ {
			arcs := a.Start[v+1] - a.Start[v]
			if arcs <= 1 {
				few.put(uint32(v))
			}
			if arcs != 1 {
				stays.put(uint32(v))
			}
		}
	}); err != nil {
		return rankedSet{}, err
	}
	if err := parallel(ctx, threads, a.Len(), chunk, func(_, lo, hi int) {
		for v := lo; v < hi; v++ {
			if a.Start[v+1]-a.Start[v] != 1 {
				continue
			}
			if u := uint32(a.Targets[a.Start[v]]); u >= uint32(v) && few.has(u) {
				stays.put(uint32(v))
			}
		}
	}); err != nil {
		return rankedSet{}, err
	}
	return newRankedSet(stays), nil
}
