package eval

import (
	"slices"

	"ringleader/engine"
	"ringleader/graph"
)

// Explanations says whether evidence names what a ring really shares: the
// attacker's device, the beneficiary, the forged document.
type Explanations struct {
	// Rings counts the matched rings that share something of their own at all.
	Rings int     `json:"rings"`
	Hits  int     `json:"hits"` // of them, those whose evidence names one of it
	Share float64 `json:"share"`
}

// planted lists, for each true ring, the things that at least two of its
// accounts have in common and that hardly anybody else has: more than half of
// the accounts linked to such a thing are of the ring. Time: O(links).
func planted(t *Truth, g *graph.Snapshot) map[string][]graph.Ref {
	out := make(map[string][]graph.Ref)
	lo, hi := g.OfKind(graph.Account)
	for v := range graph.Vertex(g.Len()) {
		if v >= lo && v < hi || g.Kind(v) == graph.Customer {
			continue
		}
		accounts := make(map[graph.Vertex]bool)
		rings := make(map[string]int)
		for _, l := range g.In(v) {
			from := g.From(l)
			if from < lo || from >= hi || accounts[from] {
				continue
			}
			accounts[from] = true
			if m, ok := t.Members[g.Ref(from).Key]; ok {
				rings[m.Ring]++
			}
		}
		for ring, n := range rings { // one ring at most has more than half
			if n >= 2 && 2*n > len(accounts) {
				out[ring] = append(out[ring], g.Ref(v))
			}
		}
	}
	return out
}

// explains reports whether a line that speaks for the ring names one of refs.
func explains(r *engine.Ring, refs []graph.Ref) bool {
	return slices.ContainsFunc(r.Evidence, func(e engine.Evidence) bool {
		return e.Bits > 0 && slices.ContainsFunc(e.Refs, func(ref graph.Ref) bool { return slices.Contains(refs, ref) })
	})
}

// measureExplanations looks at the matched rings.
func (r *Report) measureExplanations(t *Truth, g *graph.Snapshot, matches map[string]*engine.Ring) {
	if g == nil {
		return
	}
	things := planted(t, g)
	x := &Explanations{}
	for i := range r.PerRing {
		out := &r.PerRing[i]
		refs := things[out.Ring]
		if out.Match == "" || len(refs) == 0 {
			continue
		}
		hit := explains(matches[out.Ring], refs)
		out.Explained = &hit
		x.Rings++
		if hit {
			x.Hits++
		}
	}
	x.Share = ratio(x.Hits, x.Rings)
	r.Explanations = x
}
