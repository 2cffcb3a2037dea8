package graph

import (
	"cmp"
	"slices"
)

// Arc is one weighted pair for [NewAdjacency].
type Arc struct {
	From, To Vertex
	Weight   float32
}

// NewAdjacency packs arcs between n vertices into rows, summing the weights of
// arcs that stand twice and dropping loops. With symmetric set, each arc counts
// both ways. The arcs are overwritten. Time: O(a log a).
func NewAdjacency(n int, arcs []Arc, symmetric bool) Adjacency {
	arcs = slices.DeleteFunc(arcs, func(a Arc) bool { return a.From == a.To })
	if symmetric {
		for i := range arcs {
			if arcs[i].From > arcs[i].To {
				arcs[i].From, arcs[i].To = arcs[i].To, arcs[i].From
			}
		}
	}
	arcs = sumEqual(arcs)
	if symmetric {
		for _, a := range arcs {
			arcs = append(arcs, Arc{a.To, a.From, a.Weight})
		}
		slices.SortFunc(arcs, compareArcs)
	}
	adj := Adjacency{Start: make([]uint32, n+1), Targets: make([]Vertex, len(arcs)), Weights: make([]float32, len(arcs))}
	for i, a := range arcs {
		adj.Start[a.From+1]++
		adj.Targets[i], adj.Weights[i] = a.To, a.Weight
	}
	accumulate(adj.Start)
	return adj
}

func compareArcs(a, b Arc) int {
	return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Weight, b.Weight))
}

// sumEqual joins arcs of one pair. They are summed in ascending order of
// weight, so that no order of rows can change the last bit.
func sumEqual(arcs []Arc) []Arc {
	slices.SortFunc(arcs, compareArcs)
	kept := arcs[:0]
	for _, a := range arcs {
		if n := len(kept); n > 0 && kept[n-1].From == a.From && kept[n-1].To == a.To {
			kept[n-1].Weight += a.Weight
			continue
		}
		kept = append(kept, a)
	}
	return kept
}
