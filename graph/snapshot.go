package graph

import (
	"iter"
	"sort"
)

// Vertex numbers a node of one Snapshot: its rank in the order of references.
// It means nothing in any other snapshot.
type Vertex uint32

// LinkID numbers a link of one Snapshot: its rank by (from, type, to, content).
type LinkID uint32

// Snapshot is an immutable graph in memory: the facts that hold at one moment.
// Vertices are numbered in the order of their references, so a kind is a range;
// links are columns in compressed sparse rows, both ways. It is safe for
// concurrent use. Equal facts give equal snapshots, whatever their order.
type Snapshot struct {
	Revision  Revision
	AsOf      Time // facts later than this are left out; zero: none were
	Conflicts []Conflict

	refs      []Ref
	kinds     []Kind
	kindStart []Vertex // kinds[i] is vertices kindStart[i] ≤ v < kindStart[i+1]

	attrStart []uint32
	attrs     []Attr // Node is the Vertex; sources left out

	types    []LinkType
	outStart []LinkID
	from, to []Vertex
	typ      []uint8
	at       []Time
	until    []Time
	event    []uint32 // into events; 0 is none
	events   []string
	extra    []uint32 // into bodies; 0 is none
	bodies   []linkBody
	inStart  []uint32
	in       []LinkID
}

type linkBody struct {
	weight float64
	money  Money
	props  []Prop
}

// Conflict is one event of which the data holds several versions.
type Conflict struct {
	Event    string
	Type     LinkType
	Versions int
}

// Len is the number of vertices.
func (s *Snapshot) Len() int { return len(s.refs) }

// Links is the number of links.
func (s *Snapshot) Links() int { return len(s.to) }

// Ref is the reference of v.
func (s *Snapshot) Ref(v Vertex) Ref { return s.refs[v] }

// Kinds are the kinds that have a vertex, ascending.
func (s *Snapshot) Kinds() []Kind { return s.kinds }

// Kind is the kind of v.
func (s *Snapshot) Kind(v Vertex) Kind { return s.refs[v].Kind }

// OfKind is the range of vertices lo ≤ v < hi of a kind.
func (s *Snapshot) OfKind(k Kind) (lo, hi Vertex) {
	for i, have := range s.kinds {
		if have == k {
			return s.kindStart[i], s.kindStart[i+1]
		}
	}
	return 0, 0
}

// Lookup finds the vertex of r. Time: O(log vertices).
func (s *Snapshot) Lookup(r Ref) (Vertex, bool) {
	lo, hi := s.OfKind(r.Kind)
	n := int(hi - lo)
	i := sort.Search(n, func(i int) bool { return s.refs[int(lo)+i].Key >= r.Key })
	v := lo + Vertex(i)
	return v, i < n && s.refs[v].Key == r.Key
}

// Types are the link types; a link's TypeOf is an index into it.
func (s *Snapshot) Types() []LinkType { return s.types }

// TypeIndex is the index of t in Types; ok is false if no link has it.
func (s *Snapshot) TypeIndex(t LinkType) (i uint8, ok bool) {
	for i, have := range s.types {
		if have == t {
			return uint8(i), true
		}
	}
	return 0, false
}

// Out is the range lo ≤ l < hi of links from v, ascending by (type, to, at,
// until, event, body).
func (s *Snapshot) Out(v Vertex) (lo, hi LinkID) { return s.outStart[v], s.outStart[v+1] }

// In is the links to v, ascending. The slice is the snapshot's own.
func (s *Snapshot) In(v Vertex) []LinkID { return s.in[s.inStart[v]:s.inStart[v+1]] }

// From is where l starts.
func (s *Snapshot) From(l LinkID) Vertex { return s.from[l] }

// To is where l ends.
func (s *Snapshot) To(l LinkID) Vertex { return s.to[l] }

// Type is the type of l.
func (s *Snapshot) Type(l LinkID) LinkType { return s.types[s.typ[l]] }

// TypeOf is the index into Types of the type of l.
func (s *Snapshot) TypeOf(l LinkID) uint8 { return s.typ[l] }

// At is when l was seen, zero if not known.
func (s *Snapshot) At(l LinkID) Time { return s.at[l] }

// Until is the stated end of l, zero if none.
func (s *Snapshot) Until(l LinkID) Time { return s.until[l] }

// Event is the event that states l, such as payment:P1; empty if none.
func (s *Snapshot) Event(l LinkID) string { return s.events[s.event[l]] }

// Weight is the stated weight of l, zero if none.
func (s *Snapshot) Weight(l LinkID) float64 { return s.bodies[s.extra[l]].weight }

// Money is the amount of l; not Known if it has none.
func (s *Snapshot) Money(l LinkID) Money { return s.bodies[s.extra[l]].money }

// Prop is a property of l, empty if absent.
func (s *Snapshot) Prop(l LinkID, name string) string {
	for _, p := range s.bodies[s.extra[l]].props {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// Props are the properties of l, ascending by name.
func (s *Snapshot) Props(l LinkID) []Prop { return s.bodies[s.extra[l]].props }

// Attr is the value of a property of v that holds: the latest At, then the
// greatest value. ok is false if v has no such property.
func (s *Snapshot) Attr(v Vertex, name string) (a Attr, ok bool) {
	for _, have := range s.attrs[s.attrStart[v]:s.attrStart[v+1]] {
		if have.Name == name {
			a, ok = have, true // ascending by (name, at, value): the last holds
		}
	}
	return a, ok
}

// Value is the value of [Snapshot.Attr], empty if absent.
func (s *Snapshot) Value(v Vertex, name string) string {
	a, _ := s.Attr(v, name)
	return a.Value
}

// History yields every statement about v, ascending by (name, at, value).
func (s *Snapshot) History(v Vertex) iter.Seq[Attr] {
	return func(yield func(Attr) bool) {
		for _, a := range s.attrs[s.attrStart[v]:s.attrStart[v+1]] {
			if a.Name != "" && !yield(a) {
				return
			}
		}
	}
}

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
