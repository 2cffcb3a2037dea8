package graph

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// Build makes the snapshot; the Builder is used up. Time: O(v log v) in
// vertices to number them; links are scattered to their rows, and only each row
// is sorted.
func (b *Builder) Build(rev Revision) (*Snapshot, error) {
	s := &Snapshot{Revision: rev, AsOf: b.opts.AsOf}
	b.numberVertices(s)
	b.numberTypes(s)
	b.placeAttrs(s)
	b.resolveEvents(s)
	b.placeLinks(s)
	s.buildIn()
	*b = *NewBuilder(b.opts)
	return s, nil
}

// numberVertices sorts references, which is what numbers vertices, and renames
// the ends of all facts.
func (b *Builder) numberVertices(s *Snapshot) {
	byKind := make(map[Kind][]uint32)
	for i, r := range b.refs {
		byKind[r.Kind] = append(byKind[r.Kind], uint32(i))
	}
	for k := range byKind {
		s.kinds = append(s.kinds, k)
	}
	slices.Sort(s.kinds)
	rank := make([]uint32, len(b.refs))
	s.refs = make([]Ref, 0, len(b.refs))
	for _, k := range s.kinds {
		s.kindStart = append(s.kindStart, Vertex(len(s.refs)))
		order := byKind[k]
		slices.SortFunc(order, func(x, y uint32) int { return strings.Compare(b.refs[x].Key, b.refs[y].Key) })
		for _, old := range order {
			rank[old] = uint32(len(s.refs))
			s.refs = append(s.refs, b.refs[old])
		}
	}
	s.kindStart = append(s.kindStart, Vertex(len(s.refs)))
	for i := range b.attrs {
		b.attrs[i].Node = rank[b.attrs[i].Node]
	}
	for i := range b.rows {
		b.rows[i].from, b.rows[i].to = rank[b.rows[i].from], rank[b.rows[i].to]
	}
}

func (b *Builder) numberTypes(s *Snapshot) {
	for t := range b.types {
		s.types = append(s.types, t)
	}
	slices.Sort(s.types)
	rank := make([]uint8, len(s.types))
	for i, t := range s.types {
		rank[b.types[t]] = uint8(i)
	}
	for i := range b.rows {
		b.rows[i].typ = rank[b.rows[i].typ]
	}
}

func (b *Builder) placeAttrs(s *Snapshot) {
	slices.SortFunc(b.attrs, func(x, y Attr) int {
		return cmp.Or(cmp.Compare(x.Node, y.Node), cmp.Compare(x.Name, y.Name),
			cmp.Compare(x.At, y.At), cmp.Compare(x.Value, y.Value))
	})
	s.attrs = slices.CompactFunc(b.attrs, func(x, y Attr) bool {
		return x.Node == y.Node && x.Name == y.Name && x.At == y.At && x.Value == y.Value
	})
	s.attrStart = make([]uint32, len(s.refs)+1)
	for i := range s.attrs {
		s.attrStart[s.attrs[i].Node+1]++
	}
	accumulate(s.attrStart)
}

// resolveEvents keeps one version of each event: among the links of one type
// and event, the one with the greatest body, then the greatest ends and times.
// A rule over content alone, so no order of loading can change the choice.
func (b *Builder) resolveEvents(s *Snapshot) {
	start := make([]uint32, len(b.names)+1)
	for i := range b.rows {
		start[b.rows[i].event+1]++
	}
	accumulate(start)
	byEvent := scatter(start, len(b.rows), func(i int) uint32 { return b.rows[i].event })
	lost := make([]bool, len(b.rows))
	for e := 1; e < len(b.names); e++ {
		group := byEvent[start[e]:start[e+1]]
		slices.SortFunc(group, func(x, y uint32) int {
			rx, ry := &b.rows[x], &b.rows[y]
			return cmp.Or(cmp.Compare(rx.typ, ry.typ), b.compareBodies(rx, ry), b.compareRows(rx, ry))
		})
		versions := 1
		for i := 1; i < len(group); i++ {
			last, next := &b.rows[group[i-1]], &b.rows[group[i]]
			if last.typ != next.typ {
				versions = 1
				continue
			}
			lost[group[i-1]] = true
			if b.compareRows(last, next) == 0 {
				continue
			}
			if versions++; versions > 2 {
				s.Conflicts[len(s.Conflicts)-1].Versions = versions
				continue
			}
			s.Conflicts = append(s.Conflicts, Conflict{b.names[e], s.types[next.typ], versions})
		}
	}
	kept := b.rows[:0]
	for i := range b.rows {
		if !lost[i] {
			kept = append(kept, b.rows[i])
		}
	}
	b.rows = kept
	slices.SortFunc(s.Conflicts, func(x, y Conflict) int {
		return cmp.Or(cmp.Compare(x.Event, y.Event), cmp.Compare(x.Type, y.Type))
	})
}

// compareRows orders links as a snapshot does: by ends, type and content.
func (b *Builder) compareRows(x, y *row) int {
	c := cmp.Or(cmp.Compare(x.from, y.from), cmp.Compare(x.typ, y.typ), cmp.Compare(x.to, y.to),
		cmp.Compare(x.at, y.at), cmp.Compare(x.until, y.until))
	if c != 0 {
		return c
	}
	if x.event != y.event {
		return strings.Compare(b.names[x.event], b.names[y.event])
	}
	return b.compareBodies(x, y)
}

func (b *Builder) compareBodies(x, y *row) int {
	if x.body == y.body {
		return 0
	}
	return bytes.Compare(b.bodies[x.body].encode(), b.bodies[y.body].encode())
}

func (l linkBody) encode() []byte {
	return (&Link{Weight: l.weight, Money: l.money, Props: l.props}).AppendBody(nil)
}

// placeLinks scatters links to the row of the vertex they start from, sorts
// each row and fills the columns. Events and bodies are numbered anew in that
// order, so that equal facts give equal columns.
func (b *Builder) placeLinks(s *Snapshot) {
	start := make([]uint32, len(s.refs)+1)
	for i := range b.rows {
		start[b.rows[i].from+1]++
	}
	accumulate(start)
	order := scatter(start, len(b.rows), func(i int) uint32 { return b.rows[i].from })

	n := len(b.rows)
	s.from, s.to, s.typ = make([]Vertex, 0, n), make([]Vertex, 0, n), make([]uint8, 0, n)
	s.at, s.until = make([]Time, 0, n), make([]Time, 0, n)
	s.event, s.extra = make([]uint32, 0, n), make([]uint32, 0, n)
	s.outStart = make([]LinkID, len(s.refs)+1)
	s.events, s.bodies = []string{""}, []linkBody{{}}
	renamed := make([]uint32, len(b.names))
	for v := range s.refs {
		links := order[start[v]:start[v+1]]
		slices.SortFunc(links, func(x, y uint32) int { return b.compareRows(&b.rows[x], &b.rows[y]) })
		for i, at := range links {
			r := &b.rows[at]
			if i > 0 && b.compareRows(&b.rows[links[i-1]], r) == 0 {
				continue
			}
			s.from, s.to, s.typ = append(s.from, Vertex(r.from)), append(s.to, Vertex(r.to)), append(s.typ, r.typ)
			s.at, s.until = append(s.at, r.at), append(s.until, r.until)
			if r.event != 0 && renamed[r.event] == 0 {
				renamed[r.event] = uint32(len(s.events))
				s.events = append(s.events, b.names[r.event])
			}
			s.event = append(s.event, renamed[r.event])
			if r.body != 0 {
				s.extra = append(s.extra, uint32(len(s.bodies)))
				s.bodies = append(s.bodies, b.bodies[r.body])
			} else {
				s.extra = append(s.extra, 0)
			}
		}
		s.outStart[v+1] = LinkID(len(s.to))
	}
}

// buildIn lists, for each vertex, the links that end there.
func (s *Snapshot) buildIn() {
	s.inStart = make([]uint32, len(s.refs)+1)
	for _, v := range s.to {
		s.inStart[v+1]++
	}
	accumulate(s.inStart)
	s.in = make([]LinkID, len(s.to))
	next := slices.Clone(s.inStart)
	for l, v := range s.to {
		s.in[next[v]] = LinkID(l)
		next[v]++
	}
}

// accumulate turns counts at v+1 into starts.
func accumulate(start []uint32) {
	for i := 1; i < len(start); i++ {
		start[i] += start[i-1]
	}
}

// scatter lists 0…n−1 grouped by bucket, each group in ascending order: a
// counting sort whose groups begin at start.
func scatter(start []uint32, n int, bucket func(int) uint32) []uint32 {
	order := make([]uint32, n)
	next := slices.Clone(start)
	for i := range n {
		v := bucket(i)
		order[next[v]] = uint32(i)
		next[v]++
	}
	return order
}
