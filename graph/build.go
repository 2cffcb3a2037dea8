package graph

import (
	"cmp"
	"slices"
	"strings"
)

// Build makes the snapshot; the Builder is used up. References are numbered by a
// radix sort of their keys; links are partitioned by the vertex that they start
// from, so that each part is sorted within the caches. Time: linear in facts and
// bytes of keys, but for the links of one vertex, which are sorted.
func (b *Builder) Build(rev Revision) (*Snapshot, error) {
	s := &Snapshot{Revision: rev, AsOf: b.opts.AsOf}
	rank := b.numberVertices(s)
	types := b.numberTypes(s)
	names := b.numberNames(s)
	values := &renaming{of: make([]uint32, b.values.Len())}
	b.placeAttrs(s, rank, names, values)
	p := placing{b: b, s: s, rank: rank, types: types}
	p.placeLinks()
	p.numberDetails(names, values)
	s.values = values.texts(&b.values)
	s.inStart, s.in = groupBy[Vertex, LinkID](s.to, s.Len(), b.opts.Threads)
	*b = *NewBuilder(b.opts)
	return s, nil
}

// numberVertices sorts references, which is what numbers vertices, and returns
// the vertex of each number of first sight.
func (b *Builder) numberVertices(s *Snapshot) (rank []uint32) {
	if b.waiting.n > 0 {
		return b.sortWaiting(s)
	}
	n := b.refs.Len()
	b.refs.slots, b.refs.at = nil, chunks[uint32]{} // nobody asks for a key any more, nor by a number
	reclaim(2 * 8 * n)
	sorters, size := b.keySorters()
	parallel(b.opts.Threads, len(sorters), func(i int) { sorters[i].sortAll() })
	rank = makeHuge[uint32](n)
	s.keys = makeTexts(n, size)
	for _, k := range b.kindOrder() {
		s.kinds = append(s.kinds, b.kinds[k])
		s.kindStart = append(s.kindStart, Vertex(s.keys.len()))
		for id, key := range sorters[k].each {
			rank[id] = uint32(s.keys.len())
			s.keys.add(key)
		}
		sorters[k] = keySorter{}
	}
	s.kindStart = append(s.kindStart, Vertex(s.keys.len()))
	b.refs = Interner{}
	return rank
}

// keySorters are lists of references to be sorted, by kind, and the size of all keys.
func (b *Builder) keySorters() (sorters []keySorter, size int) {
	counts := make([]int, len(b.kinds))
	for _, head := range b.refs.arena.each {
		counts[head>>48]++
	}
	sorters = make([]keySorter, len(counts))
	for k, n := range counts {
		sorters[k] = newKeySorter(&b.refs.arena, n)
	}
	for place, head := range b.refs.arena.each {
		size += len(b.refs.arena.key(place))
		sorters[head>>48].add(place)
	}
	return sorters, size
}

// kindOrder is the numbers of kinds in the order of their names.
func (b *Builder) kindOrder() []int {
	order := make([]int, len(b.kinds))
	for k := range order {
		order[k] = k
	}
	slices.SortFunc(order, func(x, y int) int { return cmp.Compare(b.kinds[x], b.kinds[y]) })
	return order
}

// numberTypes sorts link types and returns the place of each.
func (b *Builder) numberTypes(s *Snapshot) (rank []uint8) {
	s.types = slices.Sorted(slices.Values(b.types))
	rank = make([]uint8, len(b.types))
	for i, t := range b.types {
		at, _ := slices.BinarySearch(s.types, t)
		rank[i] = uint8(at)
	}
	return rank
}

// numberNames sorts names of properties and returns the place of each. A name
// that only links have that another version of their event replaced stays.
func (b *Builder) numberNames(s *Snapshot) (rank []uint32) {
	rank = make([]uint32, b.names.Len())
	s.names = make([]string, len(rank))
	for i := range rank {
		s.names[i] = strings.Clone(b.names.Text(uint32(i)))
	}
	slices.Sort(s.names)
	for i := range rank {
		at, _ := slices.BinarySearch(s.names, b.names.Text(uint32(i)))
		rank[i] = uint32(at)
	}
	return rank
}

// placeAttrs sorts statements by node, name, time and value.
func (b *Builder) placeAttrs(s *Snapshot, rank, names []uint32, values *renaming) {
	n := b.attrs.len()
	nodes := make([]uint32, n)
	for i := range uint32(n) {
		nodes[i] = rank[b.attrs.at(i).node]
	}
	start, order := groupBy[uint32, uint32](nodes, s.Len(), b.opts.Threads)
	compare := func(i, j uint32) int {
		x, y := b.attrs.at(i), b.attrs.at(j)
		c := cmp.Or(cmp.Compare(names[x.name], names[y.name]), cmp.Compare(x.at, y.at))
		if c != 0 || x.value == y.value {
			return c
		}
		return strings.Compare(b.values.Text(x.value), b.values.Text(y.value))
	}
	parallel(b.opts.Threads, (s.Len()+smallEnough-1)/smallEnough, func(part int) {
		for v := part * smallEnough; v < min((part+1)*smallEnough, s.Len()); v++ {
			if group := order[start[v]:start[v+1]]; len(group) > 1 {
				slices.SortFunc(group, compare)
			}
		}
	})
	s.attrStart = makeHuge[uint32](s.Len() + 1)
	s.attrName, s.attrValue = makeHuge[uint32](n)[:0], makeHuge[uint32](n)[:0]
	kept, timed := order[:0], 0
	for v := range s.Len() {
		lo, hi := start[v], start[v+1]
		for i := lo; i < hi; i++ {
			if i > lo && compare(order[i-1], order[i]) == 0 {
				continue
			}
			a := b.attrs.at(order[i])
			s.attrName, s.attrValue = append(s.attrName, names[a.name]), append(s.attrValue, values.number(a.value))
			if a.at != 0 {
				timed++
			}
			kept = append(kept, order[i])
		}
		s.attrStart[v+1] = uint32(len(kept))
	}
	s.attrAt = makeOptional[Time](len(kept), timed)
	for i, from := range kept {
		if at := b.attrs.at(from).at; at != 0 {
			s.attrAt.set(i, at)
		}
	}
	s.attrAt.finish()
	b.attrs = chunks[statement]{}
}

// renaming numbers things anew in the order in which they are first asked for,
// so that equal facts give equal numbers.
type renaming struct {
	of   []uint32 // new number + 1, by old number
	olds []uint32 // by new number
}

func (r *renaming) number(old uint32) uint32 {
	if r.of[old] == 0 {
		r.olds = append(r.olds, old)
		r.of[old] = uint32(len(r.olds))
	}
	return r.of[old] - 1
}

// texts are the texts of what got a number, in its order. The table is emptied.
func (r *renaming) texts(x *Interner) texts {
	size := 0
	for _, old := range r.olds {
		size += len(x.Key(old))
	}
	t := makeTexts(len(r.olds), size)
	for _, old := range r.olds {
		t.add(x.Text(old))
	}
	*x = Interner{}
	return t
}
