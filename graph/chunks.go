package graph

// oneKind is the kind of all keys of a table that has none.
var oneKind = []uint16{0}

func (w *buffers) start() { w.keys, w.kinds, w.places = w.keys[:0], w.kinds[:0], w.places[:0] }

// intern numbers the keys at hand.
func (w *buffers) intern(x *Interner, kinds []uint16) error {
	if cap(w.ids) < len(w.keys) {
		w.ids = make([]uint32, 2*len(w.keys))
	}
	w.ids = w.ids[:len(w.keys)]
	return InternAll(x, kinds, w.keys, w.ids)
}

// chunks is a list that grows without being copied, but for its first rows.
type chunks[T any] struct {
	full []([]T)
	last []T
}

const chunkRows = 1 << 18

func (c *chunks[T]) len() int { return len(c.full)*chunkRows + len(c.last) }

func (c *chunks[T]) add(v T) {
	if len(c.last) == chunkRows {
		c.full = append(c.full, c.last)
		c.last = makeHuge[T](chunkRows)[:0]
	}
	c.last = append(c.last, v)
}

func (c *chunks[T]) at(i uint32) *T {
	if n := int(i / chunkRows); n < len(c.full) {
		return &c.full[n][i%chunkRows]
	}
	return &c.last[i%chunkRows]
}

// all are the chunks in order.
func (c *chunks[T]) all() [][]T { return append(c.full[:len(c.full):len(c.full)], c.last) }
