package algo

import (
	"context"
	"fmt"
	"math"

	"ringleader/graph"
)

// Spade keeps the peeling order of [Peel] up to date while links come in (Jiang
// et al., "Spade: A Real-Time Fraud Detection Framework on Dynamic Graphs",
// PVLDB 16(3), 2022, doi:10.14778/3570690.3570696): a new link can only hold back
// its ends and what hangs on them, so only the stretch of the order is done anew
// over which something is held back. After any number of links its block is, to
// the last bit, that of Peel over the same weights in the same units.
//
// Vertices that may come are isolated from the start: they are peeled first and
// change nothing. The factors of the options are those of the start, as if each
// link were weighed when it arrives. Links are added, not taken away. It is not
// safe for use by several goroutines at once.
//
// Memory: the graph and 29 bytes a vertex, 24 a link that was added.
type Spade struct {
	peel    *peel
	more    map[graph.Vertex][]spadeLink // links added, from both ends
	order   []graph.Vertex
	place   []uint32 // of each vertex in order
	weight  []uint64 // of each vertex to those after it; of one held back, to all that are left
	extra   []uint64 // of each vertex to those held back, which were before it
	held    []bool
	waiting []peelEntry // heap of those held back; an entry with another weight than the vertex is void
}

type spadeLink struct {
	to     graph.Vertex
	weight uint64
}

// NewSpade peels a graph as [Peel] does, with its errors, and is ready for links.
func NewSpade(ctx context.Context, a graph.Adjacency, o PeelOptions) (*Spade, error) {
	p, err := newPeel(a, o)
	if err != nil {
		return nil, err
	}
	n := a.Len()
	s := &Spade{
		peel: p, more: make(map[graph.Vertex][]spadeLink), place: make([]uint32, n),
		extra: make([]uint64, n), held: make([]bool, n), weight: make([]uint64, n),
	}
	for v, w := range p.weight {
		p.queue.push(graph.Vertex(v), w)
	}
	for i := range n {
		if i&0xffff == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		v := p.queue.pop(p.weight)
		s.place[v] = uint32(i)
		s.weight[v] = p.remove(v)
	}
	s.order, p.queue, p.weight = p.order, peelQueue{}, nil
	return s, ctx.Err()
}

// Add adds a link, or weight to one that is there; a loop counts for nothing. It
// fails with [graph.ErrInvalid] on a vertex that is not in the graph, on a weight
// below zero, infinite or not a number, and when the sum of the weights has grown
// a thousandfold since the start: then make a new Spade.
//
// Time: O(vertices between the old places of what is held back and the new +
// arcs of what is held back · log of their number). A link inside a block costs
// microseconds; one that lifts a vertex above all leaves passes them all, a few
// nanoseconds each.
func (s *Spade) Add(u, v graph.Vertex, weight float32) error {
	n := len(s.order)
	if int(u) >= n || int(v) >= n {
		return fmt.Errorf("%w link to add: vertices %d and %d of %d", graph.ErrInvalid, u, v, n)
	}
	p := s.peel
	w := float64(weight) * (float64(p.factor[u]) * float64(p.factor[v]))
	if !(w >= 0) || w*p.scale > math.MaxInt64/2-float64(p.total) {
		return fmt.Errorf("%w link to add: weight %v, or too much for the sum of weights at the start", graph.ErrInvalid, weight)
	}
	if u == v {
		return nil
	}
	add := p.units(w)
	p.total += add
	s.more[u] = append(s.more[u], spadeLink{v, add})
	s.more[v] = append(s.more[v], spadeLink{u, add})
	if s.place[u] > s.place[v] {
		u = v
	}
	s.reorder(u, add)
	return nil
}

// reorder holds back u, which has become heavier, and places what is held back
// where it now belongs.
func (s *Spade) reorder(u graph.Vertex, add uint64) {
	at := s.place[u] // the next place to fill
	next := at + 1   // the next vertex of the old order
	s.weight[u] += add
	s.hold(u, next)
	for {
		for len(s.waiting) > 0 && !s.valid(s.waiting[0]) {
			s.waiting = popHeap(s.waiting)
		}
		if len(s.waiting) == 0 {
			return // the rest stands as it stood
		}
		first := s.waiting[0]
		if int(next) < len(s.order) {
			// No vertex from here on weighs less than this one did.
			v := s.order[next]
			if old := (peelEntry{s.weight[v], v}); old.before(first) {
				next++
				if s.extra[v] > 0 {
					s.weight[v] += s.extra[v]
					s.extra[v] = 0
					s.hold(v, next)
				} else {
					s.put(v, at)
					at++
				}
				continue
			}
		}
		s.waiting = popHeap(s.waiting)
		s.release(first.vertex, next)
		s.put(first.vertex, at)
		at++
	}
}

func (s *Spade) valid(e peelEntry) bool { return s.held[e.vertex] && s.weight[e.vertex] == e.weight }

func (s *Spade) put(v graph.Vertex, at uint32) { s.order[at], s.place[v] = v, at }

// hold keeps v back. Those from next on in the old order weigh more for it.
func (s *Spade) hold(v graph.Vertex, next uint32) {
	s.held[v] = true
	s.waiting = append(s.waiting, peelEntry{s.weight[v], v})
	siftUp(s.waiting)
	s.eachLink(v, func(u graph.Vertex, w uint64) {
		if s.place[u] >= next {
			s.extra[u] += w
		}
	})
}

// release takes v out of what is left.
func (s *Spade) release(v graph.Vertex, next uint32) {
	s.held[v] = false
	s.eachLink(v, func(u graph.Vertex, w uint64) {
		switch {
		case s.held[u]:
			if w > 0 {
				s.weight[u] -= w
				s.waiting = append(s.waiting, peelEntry{s.weight[u], u})
				siftUp(s.waiting)
			}
		case s.place[u] >= next:
			s.extra[u] -= w
		}
	})
}

func (s *Spade) eachLink(v graph.Vertex, f func(u graph.Vertex, w uint64)) {
	p := s.peel
	for i := p.Start[v]; i < p.Start[v+1]; i++ {
		if u := p.Targets[i]; u != v {
			f(u, p.units(p.link(int(v), i)))
		}
	}
	for _, l := range s.more[v] {
		f(l.to, l.weight)
	}
}

// Block is the densest tail of the order, of several the smallest. Its Order is
// a copy. Time: O(vertices).
func (s *Spade) Block() Block {
	n := len(s.order)
	sum, best, size := uint64(0), -1.0, 0
	for i := n - 1; i >= 0; i-- {
		sum += s.weight[s.order[i]]
		if d := float64(sum) / float64(n-i); d > best {
			best, size = d, n-i
		}
	}
	return newBlock(s.order, size, max(best, 0)/s.peel.scale)
}
