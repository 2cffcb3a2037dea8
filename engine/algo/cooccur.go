package algo

import (
	"cmp"
	"context"
	"slices"

	"ringleader/graph"
)

// CoOccurOptions of [CoOccur]. The zero value counts every shared item once.
type CoOccurOptions struct {
	// MaxDegree is how many may share an item before it is a hub and left out:
	// an item among d makes d²/2 pairs. 0: 50.
	MaxDegree int
	// MinShared leaves out pairs that share fewer items. 0: 1.
	MinShared int
	// Weight is what one item adds to a pair, by how many share it: −log2 of
	// its frequency, say. Nil: 1.
	Weight func(degree int) float64
}

// Pair is two vertices that share items.
type Pair struct {
	A, B   graph.Vertex // A < B
	Shared int          // items
	Weight float64      // sum of their weights
}

// CoOccur says who shares what with whom, without building the projection: it
// calls f with every pair that shares enough items, in ascending order, and
// returns the hubs that it left out. rows lists the items of each vertex (an
// account's identifiers) and holders, its reverse, the vertices of each item;
// [graph.Adjacency.Reverse] makes one of the other where both number alike.
//
// A hub hides the pairs that meet on it alone, so what is done about hubs must
// be said to whoever reads the pairs. Deterministic: weights are added in the
// order of items. Time: O(Σ d² over items that are no hubs). Memory: 24 bytes a
// vertex. It fails with the error of f, and when ctx ends.
func CoOccur(ctx context.Context, rows, holders graph.Adjacency, o CoOccurOptions, f func(Pair) error) (hubs []graph.Vertex, err error) {
	limit, least := cmp.Or(o.MaxDegree, 50), cmp.Or(o.MinShared, 1)
	for item := range graph.Vertex(holders.Len()) {
		if len(holders.Row(item)) > limit {
			hubs = append(hubs, item)
		}
	}
	pairs := make([]Pair, rows.Len()) // by B, for the A at hand
	var touched []graph.Vertex
	for a := range graph.Vertex(rows.Len()) {
		if a&0xff == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for _, item := range rows.Row(a) {
			all := holders.Row(item)
			if len(all) > limit {
				continue
			}
			weight := 1.0
			if o.Weight != nil {
				weight = o.Weight(len(all))
			}
			for i := len(all) - 1; i >= 0 && all[i] > a; i-- {
				p := &pairs[all[i]]
				if p.Shared == 0 {
					touched = append(touched, all[i])
				}
				p.Shared++
				p.Weight += weight
			}
		}
		slices.Sort(touched)
		for _, b := range touched {
			p := Pair{a, b, pairs[b].Shared, pairs[b].Weight}
			pairs[b] = Pair{}
			if p.Shared >= least && err == nil {
				err = f(p)
			}
		}
		if err != nil {
			return nil, err
		}
		touched = touched[:0]
	}
	return hubs, nil
}
