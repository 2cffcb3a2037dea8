package algo

import (
	"sync/atomic"

	"ringleader/graph"
)

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
// community are one run, so a part tells its community, and what is kept by part
// lies close together. Each community is refined by one goroutine and sees
// nothing of the others.
func (l *leiden) refine(g level) (parts int, err error) {
	n, communities := g.Len(), len(l.first)-1
	if err := parallel(l.ctx, l.threads, n, chunk, func(_, lo, hi int) {
		for r := lo; r < hi; r++ {
			v := l.order[r]
			l.part[v] = uint32(r)
			l.total[r] = g.sizeOf(graph.Vertex(v))
			l.cut[r] = unknown
			l.joined[r] = false
		}
	}); err != nil {
		return 0, err
	}
	l.whole = sized(l.whole, communities)
	for c := range communities {
		l.whole[c] = 0
		for _, size := range l.total[l.first[c]:l.first[c+1]] {
			l.whole[c] += size
		}
	}
	if err := l.refineAll(g, communities); err != nil {
		return 0, err
	}
	return l.groupByPart(communities)
}

// refineAll refines the vertices of each community in ascending order. What
// happens between those of different communities does not matter: several
// goroutines take whole communities, one goes through the rows as they lie in
// memory.
func (l *leiden) refineAll(g level, communities int) error {
	if l.threads == 1 {
		return parallel(l.ctx, 1, g.Len(), chunk, func(_, lo, hi int) {
			for v := lo; v < hi; v++ {
				l.refineVertex(g, &l.workers[0], graph.Vertex(v), int(l.community[v]))
			}
		})
	}
	return parallel(l.ctx, l.threads, communities, 64, func(worker, lo, hi int) {
		for c := lo; c < hi; c++ {
			for _, v := range l.order[l.first[c]:l.first[c+1]] {
				l.refineVertex(g, &l.workers[worker], graph.Vertex(v), c)
			}
		}
	})
}

// refineVertex lets a vertex that is alone join a part of its community c.
func (l *leiden) refineVertex(g level, w *worker, v graph.Vertex, c int) {
	r := l.part[v]
	if l.joined[r] { // it has become a part of several
		return
	}
	lo, hi := l.first[c], l.first[c+1]
	if hi-lo < 2 {
		return
	}
	l.gatherInside(g, w, v, lo, hi)
	if l.wellConnected(g, r, c) {
		if to, weight, ok := l.bestPart(g, w, r, c); ok {
			l.cut[to] += l.cut[r] - 2*weight
			l.total[to] += l.total[r]
			l.joined[to] = true
			l.cut[r] = gone
			atomic.StoreUint32(&l.part[v], to)
		}
	}
	w.clear()
}

// wellConnected reports whether the part r hangs together with the rest of its
// community c as the paper asks.
func (l *leiden) wellConnected(g level, r uint32, c int) bool {
	if l.cut[r] == unknown {
		l.cut[r] = l.inside(g, graph.Vertex(l.order[r]), l.first[c], l.first[c+1])
	}
	return l.cut[r] >= l.gamma*l.total[r]*(l.whole[c]-l.total[r])-l.minGain
}

// What stands in l.cut for no cut: nobody has asked for it yet, or the part has
// joined another.
const (
	unknown = -1
	gone    = -2
)

// inside is the link weight from v to the ranks lo to hi.
func (l *leiden) inside(g level, v graph.Vertex, lo, hi uint32) float64 {
	sum := 0.0
	for i := g.Start[v]; i < g.Start[v+1]; i++ {
		if atomic.LoadUint32(&l.part[g.Targets[i]])-lo < hi-lo {
			sum += arcWeight(g.Adjacency, i)
		}
	}
	return sum
}

// gatherInside tallies the link weight from v to each part between the ranks lo
// and hi. While v is alone their sum is its cut.
func (l *leiden) gatherInside(g level, w *worker, v graph.Vertex, lo, hi uint32) {
	row, weights := g.Row(v), g.rowWeights(v)
	if cap(w.keys) < len(row) {
		w.keys = make([]uint32, 0, 2*len(row))
	}
	keys, kept := w.keys[:len(row)], 0
	for _, u := range row { // without a branch: half of them would be guessed wrong
		p := atomic.LoadUint32(&l.part[u])
		keys[kept] = p
		if p-lo < hi-lo {
			kept++
		}
	}
	keys = keys[:kept]
	if weights != nil {
		weights = w.weightsInside(l.part, row, weights, lo, hi)
	}
	w.begin(kept)
	w.add(keys, weights)
	r := l.part[v]
	if l.cut[r] == unknown {
		l.cut[r] = 0
		for _, i := range w.used {
			l.cut[r] += w.slots[i].weight
		}
	}
}

// weightsInside are the weights of the row entries between the ranks lo and hi.
func (w *worker) weightsInside(part []uint32, row []graph.Vertex, weights []float32, lo, hi uint32) []float32 {
	w.weights = w.weights[:0]
	for i, u := range row {
		if atomic.LoadUint32(&part[u])-lo < hi-lo {
			w.weights = append(w.weights, weights[i])
		}
	}
	return w.weights
}

// bestPart is the part that the lone vertex of rank r gains most by joining, of
// those that are well connected.
func (l *leiden) bestPart(g level, w *worker, r uint32, c int) (to uint32, weight float64, ok bool) {
	size := l.gamma * l.total[r]
	for {
		best, gain := -1, l.minGain
		for _, i := range w.used {
			s := w.slots[i]
			if d := s.weight - size*l.total[s.key()]; d > gain {
				best, gain = int(i), d
			}
		}
		if best < 0 {
			return 0, 0, false
		}
		s := &w.slots[best]
		if l.wellConnected(g, s.key(), c) {
			return s.key(), s.weight, true
		}
		s.weight = tiny // not this one; the slot stays taken
	}
}

// tiny is a weight that never gains.
const tiny = -1

// groupByPart numbers the parts 0, 1, 2 … by community, lists the vertices of
// each in l.order, and leaves the number of each vertex in l.part, the community
// of each part in l.community and its size in l.sizes.
func (l *leiden) groupByPart(communities int) (parts int, err error) {
	number := l.cut // of what has not joined another part: its cut is done with
	for c := range communities {
		for r := l.first[c]; r < l.first[c+1]; r++ {
			if l.cut[r] != gone {
				number[r] = float64(parts)
				l.community[parts] = uint32(c)
				l.total[parts] = l.total[r]
				parts++
			}
		}
	}
	l.partEnd, l.sizes = sized(l.partEnd, parts), sized(l.sizes, parts)
	copy(l.sizes, l.total)
	return parts, parallel(l.ctx, l.threads, communities, 64, func(_, lo, hi int) {
		for c := lo; c < hi; c++ {
			l.listParts(number, l.first[c], l.first[c+1])
		}
	})
}

// listParts lists the vertices of the parts of one community, which has the
// ranks lo to hi. Its parts have one run of numbers, and their vertices the same
// run of places in l.order.
func (l *leiden) listParts(number []float64, lo, hi uint32) {
	for r := lo; r < hi; r++ {
		if number[r] != gone {
			l.partEnd[int(number[r])] = 0
		}
	}
	for _, v := range l.order[lo:hi] {
		l.part[v] = uint32(number[l.part[v]])
		l.partEnd[l.part[v]]++
	}
	at := lo
	for r := lo; r < hi; r++ {
		if number[r] != gone {
			p := int(number[r])
			l.partEnd[p], at = at, at+l.partEnd[p]
		}
	}
	sorted := l.total // the sizes of parts have left it
	for _, v := range l.order[lo:hi] {
		p := l.part[v]
		sorted[l.partEnd[p]] = float64(v)
		l.partEnd[p]++
	}
	for r := lo; r < hi; r++ {
		l.order[r] = uint32(sorted[r])
	}
}
