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

// Snapshot is an immutable graph: the facts that hold at one moment. Vertices
// are numbered in the order of their references, so a kind is a range; links
// are columns in compressed sparse rows, both ways. It is safe for concurrent
// use. Equal facts give equal snapshots, whatever their order.
//
// All of it is flat columns, in memory or mapped from a file ([OpenSnapshot]).
// Strings and slices that it hands out are its own memory, not copies. Of one
// in memory they may be kept; of one from a file until [Snapshot.Close].
//
// Memory, in bytes: a vertex 20 and its key; a link 21, and 8 more for a
// stated end, 4 for an event, 12 for an amount, 4 for properties, 8 for a
// weight; an event 8 and its name; a statement about a node 8, and 8 more for
// its time. Each distinct text stands once.
type Snapshot struct {
	Revision  Revision
	AsOf      Time // facts later than this are left out; zero: none were
	Conflicts []Conflict

	kinds     []Kind
	kindStart []Vertex // kinds[i] is vertices kindStart[i] ≤ v < kindStart[i+1]
	keys      texts    // of vertices
	outStart  []LinkID // of vertices, and one more
	inStart   []uint32

	from, to []Vertex // of links
	typ      []uint8
	in       []LinkID // grouped by the vertex that they go to
	at       []Time
	until    optional[Time]
	event    optional[uint32]  // into events
	minor    optional[int64]   // of amounts
	unit     []uint32          // of amounts: into units
	props    optional[uint32]  // into propsStart
	weight   optional[float64] // of associations

	attrStart []uint32 // of vertices, and one more
	attrName  []uint32 // into names
	attrValue []uint32 // into values
	attrAt    optional[Time]

	types      []LinkType
	names      []string // of properties, ascending
	units      []unit   // exponents and currencies
	events     texts
	values     texts
	propsStart []uint32 // of lists of properties, and one more
	propName   []uint32
	propValue  []uint32

	file *mapping // where it lies, if in a file
}

// unit is what an amount counts.
type unit struct {
	Exponent uint8
	Currency string
}

// Conflict is one event of which the data holds several versions.
type Conflict struct {
	Event    string
	Type     LinkType
	Versions int
}

// Len is the number of vertices.
func (s *Snapshot) Len() int { return len(s.keys.ends) }

// Links is the number of links.
func (s *Snapshot) Links() int { return len(s.to) }

// Ref is the reference of v.
func (s *Snapshot) Ref(v Vertex) Ref { return Ref{s.Kind(v), s.keys.at(uint32(v))} }

// Kinds are the kinds that have a vertex, ascending.
func (s *Snapshot) Kinds() []Kind { return s.kinds }

// Kind is the kind of v. Time: O(log kinds).
func (s *Snapshot) Kind(v Vertex) Kind {
	lo, hi := 0, len(s.kinds)
	for lo+1 < hi {
		if mid := int(uint(lo+hi) >> 1); s.kindStart[mid] <= v {
			lo = mid
		} else {
			hi = mid
		}
	}
	return s.kinds[lo]
}

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
	i := sort.Search(n, func(i int) bool { return s.keys.at(uint32(lo)+uint32(i)) >= r.Key })
	v := lo + Vertex(i)
	return v, i < n && s.keys.at(uint32(v)) == r.Key
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
func (s *Snapshot) Until(l LinkID) Time { return s.until.get(uint32(l)) }

// Event is the event that states l, such as payment:P1; empty if none.
func (s *Snapshot) Event(l LinkID) string {
	if at, ok := s.event.place(uint32(l)); ok {
		return s.events.at(s.event.values[at])
	}
	return ""
}

// Weight is the stated weight of l, zero if none.
func (s *Snapshot) Weight(l LinkID) float64 { return s.weight.get(uint32(l)) }

// Money is the amount of l; not Known if it has none.
func (s *Snapshot) Money(l LinkID) Money {
	at, ok := s.minor.place(uint32(l))
	if !ok {
		return Money{}
	}
	u := &s.units[s.unit[at]]
	return Money{Minor: s.minor.values[at], Exponent: u.Exponent, Known: true, Currency: u.Currency}
}

// Prop is a property of l, empty if absent.
func (s *Snapshot) Prop(l LinkID, name string) string {
	lo, hi := s.propsOf(l)
	for ; lo < hi; lo++ {
		if s.names[s.propName[lo]] == name {
			return s.values.at(s.propValue[lo])
		}
	}
	return ""
}

// Props are the properties of l, ascending by name, in a slice of the caller's.
func (s *Snapshot) Props(l LinkID) []Prop {
	lo, hi := s.propsOf(l)
	if lo == hi {
		return nil
	}
	props := make([]Prop, 0, hi-lo)
	for ; lo < hi; lo++ {
		props = append(props, Prop{s.names[s.propName[lo]], s.values.at(s.propValue[lo])})
	}
	return props
}

// propsOf is the range of l in propName and propValue.
func (s *Snapshot) propsOf(l LinkID) (lo, hi uint32) {
	at, ok := s.props.place(uint32(l))
	if !ok {
		return 0, 0
	}
	list := s.props.values[at]
	return s.propsStart[list], s.propsStart[list+1]
}

// Attr is the value of a property of v that holds: the latest At, then the
// greatest value. ok is false if v has no such property.
func (s *Snapshot) Attr(v Vertex, name string) (a Attr, ok bool) {
	if i, ok := s.attr(v, name); ok {
		return s.statement(v, i), true
	}
	return Attr{}, false
}

// attr is the place of the statement that holds.
func (s *Snapshot) attr(v Vertex, name string) (place uint32, ok bool) {
	lo, hi := s.attrStart[v], s.attrStart[v+1]
	for i := hi; i > lo; { // ascending by (name, at, value): the last of a name holds
		i--
		if s.names[s.attrName[i]] == name {
			return i, true
		}
	}
	return 0, false
}

func (s *Snapshot) statement(v Vertex, i uint32) Attr {
	return Attr{Node: uint32(v), Name: s.names[s.attrName[i]], Value: s.values.at(s.attrValue[i]), At: s.attrAt.get(i)}
}

// Value is the value of [Snapshot.Attr], empty if absent.
func (s *Snapshot) Value(v Vertex, name string) string {
	if i, ok := s.attr(v, name); ok {
		return s.values.at(s.attrValue[i])
	}
	return ""
}

// History yields every statement about v, ascending by (name, at, value).
func (s *Snapshot) History(v Vertex) iter.Seq[Attr] {
	return func(yield func(Attr) bool) {
		for i := s.attrStart[v]; i < s.attrStart[v+1]; i++ {
			if a := s.statement(v, i); a.Name != "" && !yield(a) {
				return
			}
		}
	}
}
