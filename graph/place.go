package graph

import (
	"bytes"
	"cmp"
	"math/bits"
	"slices"
	"strings"
	"unsafe"
)

// placing brings links into their rows.
type placing struct {
	b     *Builder
	s     *Snapshot
	rank  []uint32 // of vertices, by number of first sight or of arrival
	types []uint8  // of types
	shift uint     // from>>shift is the part of a link
	parts []int    // where each begins in rows
	rows  []row    // all links, by part
}

// placeLinks partitions links by the vertex that they start from, sorts each
// part, drops what stands twice and versions of events that do not hold, and
// fills the columns.
func (p *placing) placeLinks() {
	p.partition()
	kept := make([]int, len(p.parts)-1)
	parallel(p.b.opts.Threads, len(kept), func(i int) {
		kept[i] = p.sortPart(p.rows[p.parts[i]:p.parts[i+1]])
	})
	n := 0
	for i, size := range kept {
		if n != p.parts[i] {
			copy(p.rows[n:], p.rows[p.parts[i]:p.parts[i]+size])
		}
		n += size
	}
	if p.rows = p.rows[:n]; p.b.opts.Topology {
		for i := range p.rows {
			p.rows[i].event = 0
		}
	} else {
		p.rows = p.resolveEvents(p.rows)
	}
	p.fillTopology()
}

// partition gives ends and types of links their places and moves links to the
// parts, which together are as long as all links.
func (p *placing) partition() {
	n := p.s.Len()
	p.shift = partShift(n, p.b.links.len()*int(unsafe.Sizeof(row{})))
	p.parts = make([]int, (max(n, 1)-1)>>p.shift+2)
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
	reclaim(at * int(unsafe.Sizeof(row{})))
	p.rows = makeHuge[row](at)
	p.b.links = chunks[row]{}
	parallel(p.b.opts.Threads, len(blocks), func(i int) {
		next := counts[i]
		for _, r := range blocks[i] {
			part := r.from >> p.shift
			p.rows[next[part]] = r
			next[part]++
		}
		blocks[i], counts[i] = nil, nil
	})
}

// sortPart sorts the links of a part, keeps one of those that are equal, and
// returns how many stay at its front.
func (p *placing) sortPart(rows []row) int {
	if len(rows) == 0 {
		return 0
	}
	lo := rows[0].from >> p.shift << p.shift
	next := make([]uint32, 1<<p.shift+1)
	for i := range rows {
		next[rows[i].from-lo+1]++
	}
	accumulate(next)
	grouped := make([]row, len(rows))
	for i := range rows {
		v := rows[i].from - lo
		grouped[next[v]] = rows[i]
		next[v]++
	}
	kept := rows[:0]
	start := uint32(0)
	for _, end := range next[:len(next)-1] {
		group := grouped[start:end]
		start = end
		p.sortRow(group)
		for i := range group {
			if i > 0 && p.compare(&group[i-1], &group[i]) == 0 {
				continue
			}
			kept = append(kept, group[i])
		}
	}
	return len(kept)
}

// sortRow sorts the links of one vertex. Most have few.
func (p *placing) sortRow(rows []row) {
	if len(rows) > 16 {
		slices.SortFunc(rows, func(x, y row) int { return p.compare(&x, &y) })
		return
	}
	for i := 1; i < len(rows); i++ {
		for j := i; j > 0 && p.compare(&rows[j-1], &rows[j]) > 0; j-- {
			rows[j-1], rows[j] = rows[j], rows[j-1]
		}
	}
}

// compare orders links as a snapshot does: by ends, type and content.
func (p *placing) compare(x, y *row) int {
	switch {
	case x.from != y.from:
		return cmp.Compare(x.from, y.from)
	case x.typ() != y.typ():
		return cmp.Compare(x.typ(), y.typ())
	case x.to != y.to:
		return cmp.Compare(x.to, y.to)
	case x.when != y.when:
		return cmp.Compare(x.when, y.when)
	}
	return p.compareDetails(x, y)
}

func (p *placing) compareDetails(x, y *row) int {
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
func (p *placing) compareBodies(x, y *row) int {
	if x.body == y.body {
		return 0
	}
	a, b := *p.b.bodies.at(x.body), *p.b.bodies.at(y.body)
	if a.until = b.until; a == b {
		return 0
	}
	return bytes.Compare(p.b.encode(a), p.b.encode(b))
}

// encode is the canonical encoding of a body.
func (b *Builder) encode(x body) []byte {
	l := Link{Weight: x.weight, Props: b.propsOf(x.props)}
	if x.unit != 0 {
		u := b.unitOf(x.unit)
		l.Money = Money{Minor: x.minor, Exponent: u.Exponent, Known: true, Currency: u.Currency}
	}
	return l.AppendBody(nil)
}

func (b *Builder) unitOf(id uint32) unit {
	text := b.units.Text(id)
	return unit{text[0], strings.Clone(text[1:])}
}

// propsOf is a list of properties by its number.
func (b *Builder) propsOf(id uint32) (props []Prop) {
	for name, value := range b.listOf(id) {
		props = append(props, Prop{b.names.Text(name), b.values.Text(value)})
	}
	return props
}

// resolveEvents keeps one version of each event: among the links of one type
// and event, the one with the greatest body, then the greatest ends and times.
// A rule over content alone, so no order of loading can change the choice.
// Links are each once. Nearly all events have one version; those that have
// several are found by the types that were seen of each.
func (p *placing) resolveEvents(rows []row) []row {
	seen := makeHuge[uint64](p.b.events.Len()) // a bit a type, those from 63 on together
	bit := func(r *row) uint64 { return 1 << min(r.typ(), 63) }
	var doubtful map[uint32]bool
	for i := range rows {
		if r := &rows[i]; r.event != 0 {
			if seen[r.event]&bit(r) != 0 {
				if doubtful == nil {
					doubtful = make(map[uint32]bool)
				}
				doubtful[r.event] = true
			}
			seen[r.event] |= bit(r)
		}
	}
	if doubtful == nil {
		return rows
	}
	var places []int
	for i := range rows {
		if r := &rows[i]; r.event != 0 && bits.OnesCount64(seen[r.event]) > 0 && doubtful[r.event] {
			places = append(places, i)
		}
	}
	lost := p.losers(rows, places)
	kept := rows[:0]
	for i := range rows {
		if len(lost) > 0 && lost[0] == i {
			lost = lost[1:]
			continue
		}
		kept = append(kept, rows[i])
	}
	return kept
}

// losers are the places of links whose version does not hold, ascending, among
// places of links of events that have several. It notes the conflicts.
func (p *placing) losers(rows []row, places []int) (lost []int) {
	slices.SortFunc(places, func(i, j int) int {
		x, y := &rows[i], &rows[j]
		return cmp.Or(cmp.Compare(x.event, y.event), cmp.Compare(x.typ(), y.typ()), p.compareBodies(x, y), p.compare(x, y))
	})
	for i := 0; i < len(places); {
		first := &rows[places[i]]
		j := i + 1
		for j < len(places) && rows[places[j]].event == first.event && rows[places[j]].typ() == first.typ() {
			j++
		}
		if j > i+1 {
			lost = append(lost, places[i:j-1]...)
			event := strings.Clone(p.b.events.Text(first.event))
			p.s.Conflicts = append(p.s.Conflicts, Conflict{event, p.s.types[first.typ()], j - i})
		}
		i = j
	}
	slices.Sort(lost)
	slices.SortFunc(p.s.Conflicts, func(x, y Conflict) int {
		return cmp.Or(cmp.Compare(x.Event, y.Event), cmp.Compare(x.Type, y.Type))
	})
	return lost
}

// linkBytes is what [placing.fillTopology] writes of each link.
const linkBytes = 4 + 4 + 1 + 8

// fillTopology writes ends, types and times of links to their columns.
func (p *placing) fillTopology() {
	s, n := p.s, len(p.rows)
	reclaim(n * linkBytes)
	s.from, s.to, s.typ, s.at = makeHuge[Vertex](n), makeHuge[Vertex](n), makeHuge[uint8](n), makeHuge[Time](n)
	s.outStart = makeHuge[LinkID](s.Len() + 1)
	parallel(p.b.opts.Threads, (n+chunkRows-1)/chunkRows, func(part int) {
		for l := part * chunkRows; l < min((part+1)*chunkRows, n); l++ {
			r := &p.rows[l]
			s.from[l], s.to[l], s.typ[l], s.at[l] = Vertex(r.from), Vertex(r.to), r.typ(), r.at()
		}
	})
	l := 0
	for v := range s.Len() {
		for l < n && int(s.from[l]) == v {
			l++
		}
		s.outStart[v+1] = LinkID(l)
	}
}
