package algo

import "ringleader/graph"

// groupByCommunity numbers the communities 0, 1, 2 … and lists the vertices of
// each in l.order, which gives every vertex its rank. Until then l.order counts
// them.
func (l *leiden) groupByCommunity(g level) {
	n := g.Len()
	communities := 0
	for _, k := range l.order[:n] {
		if k > 0 {
			communities++
		}
	}
	l.first, l.partEnd = sized(l.first, communities+1), sized(l.partEnd, communities)
	number, next := l.part, l.partEnd
	at, i := uint32(0), uint32(0)
	for c, k := range l.order[:n] {
		if k > 0 {
			number[c], l.first[i], next[i] = i, at, at
			i, at = i+1, at+k
		}
	}
	l.first[communities] = at
	for v, c := range l.community[:n] {
		c = number[c]
		l.community[v] = c
		l.order[next[c]] = uint32(v)
		next[c]++
	}
}

// refine splits each community into parts that hang together well: vertices
// begin alone; each that is still alone and well connected to its community
// joins the part of it that gains most, if that part is well connected too. It
// returns the number of parts.
//
// A part goes by the rank of the vertex that it began with. The ranks of a
// community are one run, so a rank tells whether it is of the community, and what
// is kept by rank lies close together. Each community is refined by one goroutine
// and sees nothing of the others.
func (l *leiden) refine(g level) (parts int, err error) {
	rank := l.part
	if err := parallel(l.ctx, l.threads, g.Len(), chunk, func(_, lo, hi int) {
		for r := lo; r < hi; r++ {
			v := l.order[r]
			rank[v] = uint32(r)
			l.total[r] = g.sizeOf(graph.Vertex(v))
			l.joins[r] = uint32(r)
		}
	}); err != nil {
		return 0, err
	}
	communities := len(l.first) - 1
	if err := parallel(l.ctx, l.threads, communities, 64, func(worker, lo, hi int) {
		for c := lo; c < hi; c++ {
			if lo, hi := l.first[c], l.first[c+1]; hi-lo > 1 {
				e := &l.workers[worker].enclave
				e.cutOut(g, rank, l.order[lo:hi], lo, l.total[lo:hi])
				e.refine(l.joins[lo:hi])
			}
		}
	}); err != nil {
		return 0, err
	}
	return l.groupByPart(communities)
}

// groupByPart numbers the parts 0, 1, 2 … by community, lists the vertices of
// each in l.order, and leaves the number of each vertex in l.part, the community
// of each part in l.community and its size in l.sizes.
func (l *leiden) groupByPart(communities int) (parts int, err error) {
	for c := range communities {
		for r := l.first[c]; r < l.first[c+1]; r++ {
			if l.joins[r] == r {
				l.number[r] = uint32(parts)
				l.community[parts] = uint32(c)
				l.total[parts] = l.total[r]
				parts++
			}
		}
	}
	l.partEnd, l.sizes = sized(l.partEnd, parts), sized(l.sizes, parts)
	copy(l.sizes, l.total)
	return parts, parallel(l.ctx, l.threads, communities, 64, func(worker, lo, hi int) {
		for c := lo; c < hi; c++ {
			l.listParts(&l.workers[worker], l.first[c], l.first[c+1])
		}
	})
}

// listParts lists the vertices of the parts of one community, which has the
// ranks lo to hi. Its parts have one run of numbers, and their vertices the same
// run of places in l.order.
func (l *leiden) listParts(w *worker, lo, hi uint32) {
	for r := lo; r < hi; r++ {
		if l.joins[r] == r {
			l.partEnd[l.number[r]] = 0
		}
	}
	for r := lo; r < hi; r++ {
		l.partEnd[l.number[l.joins[r]]]++
	}
	at := lo
	for r := lo; r < hi; r++ {
		if l.joins[r] == r {
			p := l.number[r]
			l.partEnd[p], at = at, at+l.partEnd[p]
		}
	}
	w.keys = append(w.keys[:0], l.order[lo:hi]...)
	for i, v := range w.keys {
		p := l.number[l.joins[lo+uint32(i)]]
		l.part[v] = p
		l.order[l.partEnd[p]] = v
		l.partEnd[p]++
	}
}
