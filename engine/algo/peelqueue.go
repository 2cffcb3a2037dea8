package algo

import (
	"math/bits"
	"slices"

	"ringleader/graph"
)

// peelQueue yields vertices by weight, equals by vertex, while weights fall. It
// keeps no position of a vertex: entries that a later weight has overtaken are
// passed over.
//
// Buckets above the open one hold vertices in no order. The open one is sorted
// when its turn comes; a vertex that falls into it, or below it, afterwards goes
// into a heap beside it.
type peelQueue struct {
	buckets [64 * bucketsPerOctave][]graph.Vertex
	open    int         // index of the bucket that is sorted
	run     []peelEntry // its vertices, ascending
	at      int         // how many of these are done with
	heap    []peelEntry // those that have fallen
}

type peelEntry struct {
	weight uint64
	vertex graph.Vertex
}

func (e peelEntry) before(f peelEntry) bool {
	return e.weight < f.weight || e.weight == f.weight && e.vertex < f.vertex
}

// bucketsPerOctave is how finely weights are told apart before they are sorted.
const bucketsPerOctave = 8

func bucketOf(w uint64) int {
	if w < bucketsPerOctave {
		return int(w)
	}
	octave := bits.Len64(w) - bits.Len64(bucketsPerOctave)
	return octave*bucketsPerOctave + int(w>>octave)
}

// push puts in a vertex that is not there. Nothing may have been taken out yet.
func (q *peelQueue) push(v graph.Vertex, w uint64) {
	b := bucketOf(w)
	q.buckets[b] = append(q.buckets[b], v)
}

// lower says that a vertex has fallen to a weight from the one before.
func (q *peelQueue) lower(v graph.Vertex, before, w uint64) {
	b := bucketOf(w)
	switch {
	case b <= q.open:
		if w != before || bucketOf(before) > q.open {
			q.heap = append(q.heap, peelEntry{w, v})
			siftUp(q.heap)
		}
	case b != bucketOf(before):
		q.buckets[b] = append(q.buckets[b], v)
	}
}

// pop takes out the first vertex, given the weights of all. There must be one.
func (q *peelQueue) pop(weight []uint64) graph.Vertex {
	for {
		for q.at < len(q.run) && weight[q.run[q.at].vertex] != q.run[q.at].weight {
			q.at++
		}
		for len(q.heap) > 0 && weight[q.heap[0].vertex] != q.heap[0].weight {
			q.heap = popHeap(q.heap)
		}
		switch {
		case len(q.heap) > 0 && (q.at == len(q.run) || q.heap[0].before(q.run[q.at])):
			v := q.heap[0].vertex
			q.heap = popHeap(q.heap)
			return v
		case q.at < len(q.run):
			q.at++
			return q.run[q.at-1].vertex
		}
		q.openNext(weight)
	}
}

// openNext sorts the next bucket. It is opened before any vertex can fall into
// it from above.
func (q *peelQueue) openNext(weight []uint64) {
	b := q.open
	for len(q.buckets[b]) == 0 {
		b++
	}
	q.open = b
	q.run, q.at = q.run[:0], 0
	for _, v := range q.buckets[b] {
		if w := weight[v]; w != removed && bucketOf(w) == b {
			q.run = append(q.run, peelEntry{w, v})
		}
	}
	q.buckets[b] = nil
	slices.SortFunc(q.run, func(x, y peelEntry) int {
		switch {
		case x.before(y):
			return -1
		case y.before(x):
			return 1
		}
		return 0
	})
}

// The heap has four children a node: fewer waits for memory than two.

func siftUp(h []peelEntry) {
	i := len(h) - 1
	e := h[i]
	for i > 0 && e.before(h[(i-1)/4]) {
		h[i] = h[(i-1)/4]
		i = (i - 1) / 4
	}
	h[i] = e
}

func popHeap(h []peelEntry) []peelEntry {
	last := len(h) - 1
	e := h[last]
	h = h[:last]
	i := 0
	for {
		least := i
		child := 4*i + 1
		at := e
		for c := child; c < min(child+4, last); c++ {
			if h[c].before(at) {
				least, at = c, h[c]
			}
		}
		if least == i {
			break
		}
		h[i] = at
		i = least
	}
	if last > 0 {
		h[i] = e
	}
	return h
}
