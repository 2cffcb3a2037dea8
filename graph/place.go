package graph

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"unsafe"
)

// placing brings links into their rows.
type placing struct {
	b      *Builder
	s      *Snapshot
	rank   []uint32 // of vertices, by number of first sight or of arrival
	types  []uint8  // of types
	shift  uint     // from>>shift is the part of a link
	parts  []int    // where each begins in rows
	rows   []row    // all links, by part
	extras []extra  // of rows, if any has one
	kept   []int    // of each part: how many links stay, at its front
}

// placeLinks partitions links by the vertex that they start from, sorts each
// part, drops what stands twice and versions of events that do not hold, and
// fills the columns.
func (p *placing) placeLinks() {
	p.partition()
	p.kept = make([]int, len(p.parts)-1)
	parallelWith(p.b.opts.Threads, len(p.kept), func(i int, w *workbench) { p.kept[i] = p.sortPart(i, w) })
	if p.b.opts.Topology {
		p.extras = nil
	} else if p.extras != nil {
		p.resolveEvents()
	}
	p.fillTopology()
}

// partition gives ends and types of links their places and moves links to the
// parts, which together are as long as all links.
func (p *placing) partition() {
	n := p.s.Len()
	p.shift = partShift(n, p.b.links.len()*int(unsafe.Sizeof(row{})))
	p.parts = make([]int, (max(n, 1)-1)>>p.shift+2)
	var extras [][]extra
	if p.b.extras.len() > 0 {
		p.b.fillExtras()
		extras = p.b.extras.all()
	}
	blocks := p.b.links.all()
	counts := make([][]int, len(blocks))
	parallel(p.b.opts.Threads, len(blocks), func(i int) {
		count := make([]int, len(p.parts)-1)
		for j := range blocks[i] {
			r := &blocks[i][j]
			r.from, r.to = p.rank[r.from], p.rank[r.to]
			r.setType(p.types[r.typ()])
			count[r.from>>p.shift]++
		}
		counts[i] = count
	})
	at := 0
	for part := range len(p.parts) - 1 {
		p.parts[part] = at
		for _, count := range counts {
			count[part], at = at, at+count[part]
		}
	}
	p.parts[len(p.parts)-1] = at
	p.rank = nil
	reclaim(at * int(unsafe.Sizeof(row{})))
	p.rows = makeHuge[row](at)
	if extras != nil {
		p.extras = makeHuge[extra](at)
	}
	p.b.links, p.b.extras = chunks[row]{}, chunks[extra]{}
	parallel(p.b.opts.Threads, len(blocks), func(i int) {
		next := counts[i]
		for j, r := range blocks[i] {
			part := r.from >> p.shift
			p.rows[next[part]] = r
			if extras != nil {
				p.extras[next[part]] = extras[i][j]
			}
			next[part]++
		}
		blocks[i], counts[i] = nil, nil
	})
}

// workbench is what sorting a part needs, kept for the next part.
type workbench struct {
	next   []uint32
	rows   []row
	extras []extra
}

// sortPart sorts the links of a part, keeps one of those that are equal, and
// returns how many stay at its front.
func (p *placing) sortPart(part int, w *workbench) int {
	begin, end := p.parts[part], p.parts[part+1]
	rows, first := p.rows[begin:end], uint32(part)<<p.shift
	var extras []extra
	if p.extras != nil {
		extras = p.extras[begin:end]
	}
	next := append(w.next[:0], make([]uint32, 1<<p.shift+1)...)
	for i := range rows {
		next[rows[i].from-first+1]++
	}
	accumulate(next)
	grouped := slices.Grow(w.rows[:0], len(rows))[:len(rows)]
	for i := range rows {
		at := &next[rows[i].from-first]
		grouped[*at] = rows[i]
		grouped[*at].from = uint32(i) // a group has one vertex; so extras are found
		*at++
	}
	kept, keptExtras := rows[:0], w.extras[:0]
	start := uint32(0)
	for v, end := range next[:len(next)-1] {
		group := grouped[start:end]
		start = end
		p.sortRow(group, extras)
		for i := range group {
			if i > 0 && p.compare(&group[i-1], &group[i], extras) == 0 {
				continue
			}
			if extras != nil {
				keptExtras = append(keptExtras, extras[group[i].from])
			}
			kept = append(kept, row{group[i].when, first + uint32(v), group[i].to})
		}
	}
	copy(extras, keptExtras)
	w.next, w.rows, w.extras = next, grouped, keptExtras
	return len(kept)
}

// sortRow sorts the links of one vertex. Most have few.
func (p *placing) sortRow(rows []row, extras []extra) {
	if len(rows) > 16 {
		slices.SortFunc(rows, func(x, y row) int { return p.compare(&x, &y, extras) })
		return
	}
	for i := 1; i < len(rows); i++ {
		for j := i; j > 0 && p.compare(&rows[j-1], &rows[j], extras) > 0; j-- {
			rows[j-1], rows[j] = rows[j], rows[j-1]
		}
	}
}

// compare orders links of one vertex as a snapshot does: by type, other end and
// content. Their extras are found by what stands in place of the vertex.
func (p *placing) compare(x, y *row, extras []extra) int {
	switch {
	case x.typ() != y.typ():
		return cmp.Compare(x.typ(), y.typ())
	case x.to != y.to:
		return cmp.Compare(x.to, y.to)
	case x.when != y.when:
		return cmp.Compare(x.when, y.when)
	case extras == nil:
		return 0
	}
	return p.compareExtras(extras[x.from], extras[y.from])
}

func (p *placing) compareExtras(x, y extra) int {
	if p.b.opts.Topology {
		return cmp.Compare(x.event, y.event)
	}
	if x.body != y.body {
		if c := cmp.Compare(p.b.bodies.at(x.body).until, p.b.bodies.at(y.body).until); c != 0 {
			return c
		}
	}
	if x.event != y.event {
		return strings.Compare(p.b.events.Text(x.event), p.b.events.Text(y.event))
	}
	return p.compareBodies(x, y)
}

// compareBodies orders weight, amount and properties as [Link.AppendBody]
// encodes them.
func (p *placing) compareBodies(x, y extra) int {
	if x.body == y.body {
		return 0
	}
	a, b := *p.b.bodies.at(x.body), *p.b.bodies.at(y.body)
	if a.until = b.until; a == b {
		return 0
	}
	return bytes.Compare(p.b.encode(a), p.b.encode(b))
}

// extrasOfLinks yields what links have besides, by their numbers; nothing if none
// has any.
func (p *placing) extrasOfLinks(yield func(link int, x extra) bool) {
	if p.extras == nil {
		return
	}
	link := 0
	for part, n := range p.kept {
		for _, x := range p.extras[p.parts[part]:][:n] {
			if !yield(link, x) {
				return
			}
			link++
		}
	}
}

// linkBytes is what [placing.fillTopology] writes of each link.
const linkBytes = 4 + 4 + 1 + 8

// fillTopology writes ends, types and times of links to their columns.
func (p *placing) fillTopology() {
	begin := make([]uint32, len(p.kept)+1) // numbers of links, by part
	for part, n := range p.kept {
		begin[part+1] = begin[part] + uint32(n)
	}
	s, n := p.s, int(begin[len(p.kept)])
	reclaim(n * linkBytes)
	s.from, s.to, s.typ, s.at = makeHuge[Vertex](n), makeHuge[Vertex](n), makeHuge[uint8](n), makeHuge[Time](n)
	s.outStart = makeHuge[LinkID](s.Len() + 1)
	s.outStart[s.Len()] = LinkID(n)
	parallel(p.b.opts.Threads, len(p.kept), func(part int) {
		v, l := part<<p.shift, int(begin[part])
		for _, r := range p.rows[p.parts[part]:][:p.kept[part]] {
			for ; v <= int(r.from); v++ {
				s.outStart[v] = LinkID(l)
			}
			s.from[l], s.to[l], s.typ[l], s.at[l] = Vertex(r.from), Vertex(r.to), r.typ(), r.at()
			l++
		}
		for ; v < min((part+1)<<p.shift, s.Len()); v++ {
			s.outStart[v] = LinkID(l)
		}
	})
	p.rows = nil
}
