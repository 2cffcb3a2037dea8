package algo

import (
	"math/bits"
	"slices"

	"ringleader/graph"
)

// moveBatch is the vertices that decide at once.
type moveBatch struct {
	size      int      // at most so many
	waiting   bitset   // vertices to look at
	wants     bitset   // those of the batch that want to move
	vertices  []uint32 // ascending
	proposals []proposal
}

// proposal is the move that one vertex wants.
type proposal struct {
	to         uint32  // a community; alone; or stays
	here, gain float64 // link weight to its own community, and to the other
	clash      bool    // a neighbour before it in the batch wants to move too
}

// Communities that are none.
const (
	stays = none
	alone = none - 1
)

// batchShare is the share of the vertices that may decide on one state, and
// maxBatch how many at most: large enough to pay for the goroutines, small
// enough that few neighbours meet in one batch.
const (
	batchShare = 64
	maxBatch   = 1 << 13
)

func (b *moveBatch) init(n int) {
	b.waiting, b.wants = newBitset(n), newBitset(n)
	size := batchSize(n)
	b.vertices = make([]uint32, 0, size)
	b.proposals = make([]proposal, size)
}

func batchSize(n int) int { return max(1, min(n/batchShare, maxBatch)) }

// fill takes the next waiting vertices from at on, and returns where to go on.
func (b *moveBatch) fill(at, n int) int {
	b.vertices = b.vertices[:0]
	for at < n && len(b.vertices) < b.size {
		word := b.waiting[at/64] >> (at % 64)
		if word == 0 {
			at = (at/64 + 1) * 64
			continue
		}
		at += bits.TrailingZeros64(word)
		b.waiting.drop(uint32(at))
		b.vertices = append(b.vertices, uint32(at))
		at++
	}
	return at
}

// move is the fast local moving phase: sweeps over the vertices that wait, in
// batches. A vertex that moves wakes the neighbours that it leaves outside. It
// returns what all moves gained.
func (l *leiden) move(g level, enough float64) (all float64, err error) {
	n := g.Len()
	b := &l.batch
	b.size = batchSize(n)
	b.waiting.fill(n)
	total, population := l.total[:n], l.order[:n]
	clear(total)
	clear(population)
	for v, c := range l.community[:n] {
		total[c] += g.sizeOf(graph.Vertex(v))
		population[c]++
	}
	turn := batchSteps{
		decide: func(worker, lo, hi int) { l.decide(g, &l.workers[worker], lo, hi) },
		clash:  func(_, lo, hi int) { l.findClashes(g, lo, hi) },
		wake:   func(_, lo, hi int) { l.wake(g, lo, hi) },
	}
	for {
		gained := 0.0
		for at := b.fill(0, n); len(b.vertices) > 0; at = b.fill(at, n) {
			gain, err := l.takeTurn(g, turn)
			if err != nil {
				return 0, err
			}
			gained += gain
		}
		all += gained
		if gained <= enough {
			return all, nil
		}
	}
}

// batchSteps are the parallel steps of a batch.
type batchSteps struct{ decide, clash, wake func(worker, lo, hi int) }

// takeTurn moves the vertices of the batch and returns what that gained.
func (l *leiden) takeTurn(g level, s batchSteps) (gained float64, err error) {
	const grain = 512
	if err := parallel(l.ctx, l.threads, len(l.batch.vertices), grain, s.decide); err != nil {
		return 0, err
	}
	movers := l.batch.keepMovers()
	if movers > 1 {
		if err := parallel(l.ctx, l.threads, movers, grain, s.clash); err != nil {
			return 0, err
		}
	}
	gained = l.apply(g)
	return gained, parallel(l.ctx, l.threads, movers, grain, s.wake)
}

// decide finds the move that gains most for each of some vertices of the batch.
// What lies far apart in memory is fetched for several vertices together, with
// nothing to decide in between, so that one wait serves for all: first the
// communities of their neighbours, then the sizes of their own, then those of the
// communities that may be better.
func (l *leiden) decide(g level, w *worker, lo, hi int) {
	const together = 512
	for lo < hi {
		first, keys := lo, w.keys[:0]
		for ; lo < hi; lo++ {
			row := g.Row(graph.Vertex(l.batch.vertices[lo]))
			if len(keys) > 0 && len(keys)+len(row) > together {
				break
			}
			keys = gather(keys, row, l.community)
		}
		w.keys = keys
		vertices, proposals := l.batch.vertices[first:lo], l.batch.proposals[first:lo]
		for i, v := range vertices {
			from := l.community[v]
			proposals[i] = proposal{to: from, gain: l.total[from]}
		}
		w.offers = w.offers[:0]
		for i, v := range vertices {
			degree := g.Start[v+1] - g.Start[v]
			w.begin(int(degree))
			w.add(keys[:degree], g.rowWeights(graph.Vertex(v)))
			keys = keys[degree:]
			p := &proposals[i]
			own, at := g.sizeOf(graph.Vertex(v)), findSlot(w.slots, p.to+1, w.shift)
			p.here = w.slots[at].weight
			w.slots[at].weight = 0 // an offer that gains nothing
			p.gain = p.here - l.gamma*own*(p.gain-own) + l.minGain
			w.makeOffers(p.gain)
			p.to = uint32(len(w.offers)) // where its offers end
		}
		for i := range w.offers {
			o := &w.offers[i]
			o.size = l.total[o.from]
		}
		at := uint32(0)
		for i, v := range vertices {
			p := &proposals[i]
			offers := w.offers[at:p.to]
			at = p.to
			p.choose(offers, l.gamma*g.sizeOf(graph.Vertex(v)))
		}
	}
}

// offer is what a community has for a vertex.
type offer struct {
	from         uint32  // the community
	weight, size float64 // link weight to it, and its size
}

// makeOffers empties the tally into offers, but for those of a weight that cannot
// gain more than least. Their sizes are not yet known.
func (w *worker) makeOffers(least float64) {
	n := len(w.offers)
	w.offers = slices.Grow(w.offers, len(w.used))
	offers, kept := w.offers[n:n+len(w.used)], 0
	for _, i := range w.used {
		s := &w.slots[i]
		offers[kept] = offer{from: s.key(), weight: s.weight}
		if s.weight > least {
			kept++
		}
		*s = tallySlot{}
	}
	w.used, w.offers = w.used[:0], w.offers[:n+kept]
}

// gather appends the label of each vertex of a row.
func gather(keys []uint32, row []graph.Vertex, label []uint32) []uint32 {
	n := len(keys)
	keys = slices.Grow(keys, len(row))[:n+len(row)]
	out := keys[n:]
	out = out[:len(row)]
	for i, u := range row {
		out[i] = label[u]
	}
	return keys
}

// choose takes the best of the offers to a vertex of a size, in units of weight, that
// must gain more than p.gain. Ties keep the vertex, or go to the first in the row.
func (p *proposal) choose(offers []offer, size float64) {
	least, best := p.gain, 0.0
	p.to, p.gain = alone, 0
	for i := range offers {
		o := &offers[i]
		if gain := o.weight - size*o.size; gain > best {
			p.to, p.gain, best = o.from, o.weight, gain
		}
	}
	if !(best > least) {
		p.to = stays
	}
}

func (g level) rowWeights(v graph.Vertex) []float32 {
	if g.Weights == nil {
		return nil
	}
	return g.Weights[g.Start[v]:g.Start[v+1]]
}

// keepMovers drops from the batch what stays and returns how many are left.
func (b *moveBatch) keepMovers() int {
	n := 0
	for i, v := range b.vertices {
		if b.proposals[i].to != stays {
			b.vertices[n], b.proposals[n] = v, b.proposals[i]
			b.wants.put(v)
			n++
		}
	}
	b.vertices = b.vertices[:n]
	return n
}

// findClashes marks the proposals that an earlier move in the batch may turn
// wrong in more than the sizes of communities.
func (l *leiden) findClashes(g level, lo, hi int) {
	b := &l.batch
	for i := lo; i < hi; i++ {
		v := b.vertices[i]
		for _, u := range g.Row(graph.Vertex(v)) {
			if uint32(u) < v && b.wants.has(uint32(u)) {
				b.proposals[i].clash = true
				break
			}
		}
	}
}

// apply makes the moves of a batch that still gain, in order, and returns the
// sum of the gains. The others wait for the next sweep.
func (l *leiden) apply(g level) (gained float64) {
	b := &l.batch
	population := l.order
	for i, v := range b.vertices {
		b.wants.drop(v)
		p := &b.proposals[i]
		from := l.community[v]
		if p.clash {
			l.weighAgain(g, graph.Vertex(v), p)
		}
		there := 0.0
		if p.to != alone {
			there = l.total[p.to]
		}
		own := g.sizeOf(graph.Vertex(v))
		size := l.gamma * own
		gain := p.gain - size*there - (p.here - size*(l.total[from]-own))
		if !(gain > l.minGain) {
			p.to = stays
			b.waiting.put(v)
			continue
		}
		if p.to == alone {
			p.to = l.empty(g.Len())
		}
		gained += gain
		population[from]--
		population[p.to]++
		l.total[from] -= own
		l.total[p.to] += own
		l.community[v] = p.to
	}
	return gained
}

// weighAgain sets the link weights of a proposal to what they are now.
func (l *leiden) weighAgain(g level, v graph.Vertex, p *proposal) {
	from := l.community[v]
	p.here, p.gain = 0, 0
	for i := g.Start[v]; i < g.Start[v+1]; i++ {
		switch l.community[g.Targets[i]] {
		case from:
			p.here += arcWeight(g.Adjacency, i)
		case p.to:
			p.gain += arcWeight(g.Adjacency, i)
		}
	}
}

// empty is a community without vertices. There is one when a vertex leaves
// others behind.
func (l *leiden) empty(n int) uint32 {
	for l.order[l.free%n] != 0 {
		l.free++
	}
	return uint32(l.free % n)
}

// wake makes the neighbours wait that a move has left outside. Most of those that
// wait already are known from a bit, which is nearer than their community.
func (l *leiden) wake(g level, lo, hi int) {
	b := &l.batch
	for i := lo; i < hi; i++ {
		to := b.proposals[i].to
		if to == stays {
			continue
		}
		for _, u := range g.Row(graph.Vertex(b.vertices[i])) {
			if !b.waiting.hasShared(uint32(u)) && l.community[u] != to {
				b.waiting.share(uint32(u))
			}
		}
	}
}
