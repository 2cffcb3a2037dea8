package graph

import (
	"math"
	"slices"
)

// Adjacency is an undirected or directed graph in compressed sparse rows: the
// neighbours of v are Targets[Start[v]:Start[v+1]], ascending and distinct,
// without v itself. Weights is nil where all are 1. Algorithms take this and
// know nothing of fraud.
type Adjacency struct {
	Start   []uint32
	Targets []Vertex
	Weights []float32
}

// Len is the number of vertices.
func (a Adjacency) Len() int { return max(len(a.Start)-1, 0) }

// Row is the neighbours of v.
func (a Adjacency) Row(v Vertex) []Vertex { return a.Targets[a.Start[v]:a.Start[v+1]] }

// Arc is one weighted pair for [NewAdjacency].
type Arc struct {
	From, To Vertex
	Weight   float32
}

// NewAdjacency packs arcs between n vertices into rows, summing the weights of
// arcs that stand twice and dropping loops. With symmetric set, each arc counts
// both ways. Weights are given even where all are 1. It takes fewer than 2³¹
// arcs. Time: linear, but for the arcs of one vertex, which are sorted. Memory
// beside the result: 28 bytes an arc, twice that if symmetric.
func NewAdjacency(n int, arcs []Arc, symmetric bool) Adjacency {
	from, to, weights := make([]Vertex, len(arcs)), make([]Vertex, len(arcs)), make([]float32, len(arcs))
	for i, a := range arcs {
		from[i], to[i], weights[i] = a.From, a.To, a.Weight
	}
	return PackAdjacency(n, from, to, weights, symmetric)
}

// PackAdjacency is [NewAdjacency] of arcs in columns: arc i goes from from[i] to
// to[i] and weighs weights[i], or 1 where weights is nil. Weights of the result
// are nil if weights is and no arc stands twice. Memory beside the result:
// without weights 12 bytes an arc, with them 16, twice that if symmetric.
func PackAdjacency(n int, from, to []Vertex, weights []float32, symmetric bool) Adjacency {
	var b AdjacencyBuilder
	b.blocks = []arcBlock{{from, to, weights}}
	return b.Pack(n, symmetric)
}

// AdjacencyBuilder takes arcs one by one, for streams whose length and highest
// vertex nobody knows yet. The zero value is ready. Memory: 8 bytes an arc, 12
// if any weight is not 1.
type AdjacencyBuilder struct {
	blocks []arcBlock
}

// arcBlock is some arcs; weight is nil where all are 1.
type arcBlock struct {
	from, to []Vertex
	weight   []float32
}

// blockArcs is how many arcs a block takes.
const blockArcs = 1 << 16

// Add takes an arc.
func (b *AdjacencyBuilder) Add(from, to Vertex, weight float32) {
	n := len(b.blocks)
	if n == 0 || len(b.blocks[n-1].from) == cap(b.blocks[n-1].from) {
		b.blocks = append(b.blocks, arcBlock{from: make([]Vertex, 0, blockArcs), to: make([]Vertex, 0, blockArcs)})
		n++
	}
	k := &b.blocks[n-1]
	if weight != 1 && k.weight == nil {
		k.weight = make([]float32, len(k.from), cap(k.from))
		for i := range k.weight {
			k.weight[i] = 1
		}
	}
	k.from, k.to = append(k.from, from), append(k.to, to)
	if k.weight != nil {
		k.weight = append(k.weight, weight)
	}
}

// Pack makes rows of the arcs, as [PackAdjacency] does. The builder keeps them.
func (b *AdjacencyBuilder) Pack(n int, symmetric bool) Adjacency {
	p := packing{n: n, blocks: b.blocks, symmetric: symmetric}
	p.countParts()
	if !slices.ContainsFunc(b.blocks, func(k arcBlock) bool { return k.weight != nil }) {
		return p.packPlain()
	}
	return p.packWeighted()
}

// packing sorts arcs into rows: by parts of vertices first, so that the rows of
// a part are made within the caches.
type packing struct {
	n         int
	blocks    []arcBlock
	symmetric bool
	shift     uint
	parts     []int // where each part begins among all arcs
	local     []uint32
}

// fewArcs is how many arcs a part should have at least.
const fewArcs = 1 << 12

func (p *packing) countParts() {
	arcs := 0
	for _, k := range p.blocks {
		arcs += len(k.from)
	}
	for p.n>>p.shift >= min(mostParts, arcs/fewArcs+1) {
		p.shift++
	}
	p.parts = make([]int, p.n>>p.shift+2)
	p.local = make([]uint32, 1<<p.shift+1)
	count := p.parts[1:]
	for _, k := range p.blocks {
		to := k.to[:len(k.from)]
		for i, from := range k.from {
			if from == to[i] {
				continue
			}
			count[from>>p.shift]++
			if p.symmetric {
				count[to[i]>>p.shift]++
			}
		}
	}
	for i := 1; i < len(p.parts); i++ {
		p.parts[i] += p.parts[i-1]
	}
}

// packPlain packs arcs that weigh 1 each.
func (p *packing) packPlain() Adjacency {
	next := slices.Clone(p.parts)
	pairs := makeHuge[uint64](p.parts[len(p.parts)-1])
	for _, k := range p.blocks {
		to := k.to[:len(k.from)]
		for i, u := range k.from {
			v := to[i]
			if u == v {
				continue
			}
			part := u >> p.shift
			pairs[next[part]] = uint64(u)<<32 | uint64(v)
			next[part]++
			if p.symmetric {
				part = v >> p.shift
				pairs[next[part]] = uint64(v)<<32 | uint64(u)
				next[part]++
			}
		}
	}
	adj := Adjacency{Start: makeHuge[uint32](p.n + 1), Targets: makeHuge[Vertex](len(pairs))[:0]}
	var sorted []Vertex
	for part := range len(p.parts) - 1 {
		arcs := pairs[p.parts[part]:p.parts[part+1]]
		p.countRows(arcs)
		sorted = slices.Grow(sorted[:0], len(arcs))[:len(arcs)]
		for _, a := range arcs {
			at := &p.local[int(a>>32)-part<<p.shift]
			sorted[*at] = Vertex(uint32(a))
			*at++
		}
		p.eachRow(part, func(v int, lo, hi uint32) {
			row := sorted[lo:hi]
			sortShort(row)
			adj.addPlain(row)
			adj.Start[v+1] = uint32(len(adj.Targets))
		})
	}
	return adj
}

// addPlain adds a sorted row of arcs that weigh 1; where one stands twice the
// weights are written out.
func (a *Adjacency) addPlain(row []Vertex) {
	begin := len(a.Targets)
	for _, v := range row {
		n := len(a.Targets)
		if n == begin || a.Targets[n-1] != v {
			a.Targets = append(a.Targets, v)
			if a.Weights != nil {
				a.Weights = append(a.Weights, 1)
			}
			continue
		}
		if a.Weights == nil {
			a.Weights = makeHuge[float32](cap(a.Targets))[:n]
			for i := range a.Weights {
				a.Weights[i] = 1
			}
		}
		a.Weights[n-1]++
	}
}

// packWeighted packs arcs with weights. A row is sorted by target and weight, so
// that no order of arcs can change the last bit of a sum.
func (p *packing) packWeighted() Adjacency {
	next := slices.Clone(p.parts)
	pairs := makeHuge[uint64](p.parts[len(p.parts)-1])
	weights := makeHuge[uint32](len(pairs))
	put := func(u, v Vertex, w uint32) {
		at := &next[u>>p.shift]
		pairs[*at], weights[*at] = uint64(u)<<32|uint64(v), w
		*at++
	}
	for _, k := range p.blocks {
		for i, u := range k.from {
			v, w := k.to[i], float32(1)
			if u == v {
				continue
			}
			if k.weight != nil {
				w = k.weight[i]
			}
			put(u, v, ordered(w))
			if p.symmetric {
				put(v, u, ordered(w))
			}
		}
	}
	adj := Adjacency{Start: makeHuge[uint32](p.n + 1), Targets: makeHuge[Vertex](len(pairs))[:0], Weights: makeHuge[float32](len(pairs))[:0]}
	var sorted []uint64
	for part := range len(p.parts) - 1 {
		lo, hi := p.parts[part], p.parts[part+1]
		p.countRows(pairs[lo:hi])
		sorted = slices.Grow(sorted[:0], hi-lo)[:hi-lo]
		for i := lo; i < hi; i++ {
			at := &p.local[int(pairs[i]>>32)-part<<p.shift]
			sorted[*at] = pairs[i]<<32 | uint64(weights[i])
			*at++
		}
		p.eachRow(part, func(v int, lo, hi uint32) {
			row := sorted[lo:hi]
			sortShort(row)
			adj.addWeighted(row)
			adj.Start[v+1] = uint32(len(adj.Targets))
		})
	}
	return adj
}

func (a *Adjacency) addWeighted(row []uint64) {
	begin := len(a.Targets)
	for _, x := range row {
		v, w := Vertex(x>>32), unordered(uint32(x))
		if n := len(a.Targets); n > begin && a.Targets[n-1] == v {
			a.Weights[n-1] += w
			continue
		}
		a.Targets, a.Weights = append(a.Targets, v), append(a.Weights, w)
	}
}

// countRows makes local the places where the rows of a part begin.
func (p *packing) countRows(arcs []uint64) {
	clear(p.local)
	mask := uint64(1)<<p.shift - 1
	for _, a := range arcs {
		p.local[a>>32&mask+1]++
	}
	accumulate(p.local)
}

// eachRow calls f for the rows of a part; local now tells where they end.
func (p *packing) eachRow(part int, f func(v int, lo, hi uint32)) {
	lo := uint32(0)
	for i, hi := range p.local[:len(p.local)-1] {
		if v := part<<p.shift + i; v < p.n {
			f(v, lo, hi)
		}
		lo = hi
	}
}

// sortShort sorts; most rows have few arcs.
func sortShort[T ~uint32 | ~uint64](row []T) {
	if len(row) > 24 {
		slices.Sort(row)
		return
	}
	for i := 1; i < len(row); i++ {
		x, j := row[i], i
		for ; j > 0 && row[j-1] > x; j-- {
			row[j] = row[j-1]
		}
		row[j] = x
	}
}

// ordered is a weight as a number that compares as weights do.
func ordered(w float32) uint32 {
	b := math.Float32bits(w)
	if b>>31 != 0 {
		return ^b
	}
	return b | 1<<31
}

// unordered is the inverse of ordered.
func unordered(b uint32) float32 {
	if b>>31 != 0 {
		return math.Float32frombits(b &^ (1 << 31))
	}
	return math.Float32frombits(^b)
}
