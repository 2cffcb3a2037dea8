package algo

import (
	"sync/atomic"

	"ringleader/graph"
)

// finish labels each vertex of the ground with its community in g, of which each
// connected piece is one: moves may have taken the vertex away that held a
// community together, and apart its pieces do better. As in [ConnectedComponents]
// two links a vertex come first; only what they leave apart from the lowest vertex
// of its community is looked at in full.
func (l *leiden) finish(g level, community []uint32, depth int) error {
	f := forest{l.joins[:g.Len()], l.threads}
	for v := range f.parent {
		f.parent[v] = uint32(v)
	}
	if err := f.over(l.ctx, g.Len(), func(lo, hi int) {
		for v := lo; v < hi; v++ {
			f.joinInside(g, community, v, 2)
		}
	}); err != nil {
		return err
	}
	if err := f.flatten(l.ctx); err != nil {
		return err
	}
	lowest := l.number[:g.Len()] // of each community; it is the root of its tree
	for c := range lowest {
		lowest[c] = none
	}
	for v, c := range community {
		lowest[c] = min(lowest[c], uint32(v))
	}
	if err := f.over(l.ctx, g.Len(), func(lo, hi int) {
		for v := lo; v < hi; v++ {
			if atomic.LoadUint32(&f.parent[v]) != lowest[community[v]] {
				f.joinInside(g, community, v, g.Len())
			}
		}
	}); err != nil {
		return err
	}
	if err := f.flatten(l.ctx); err != nil {
		return err
	}
	if depth == 0 {
		copy(l.order, f.parent)
		return nil
	}
	return parallel(l.ctx, l.threads, len(l.order), chunk, func(_, lo, hi int) {
		for v := lo; v < hi; v++ {
			l.order[v] = f.parent[l.place[v]]
		}
	})
}

// joinInside joins a vertex with up to so many of its neighbours in its community.
func (f forest) joinInside(g level, community []uint32, v, most int) {
	c := community[v]
	for _, u := range g.Row(graph.Vertex(v)) {
		if community[u] == c {
			f.join(uint32(v), uint32(u))
			if most--; most == 0 {
				return
			}
		}
	}
}
