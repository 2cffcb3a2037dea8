package graph

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"unsafe"
)

// BuildOptions say which facts a snapshot holds.
type BuildOptions struct {
	// AsOf leaves out what happened later, and forgets stated ends that lay in
	// the future then. Zero takes everything. Facts without a time always
	// count.
	AsOf Time
	// KnownAt leaves out what had not been loaded by then. Zero takes
	// everything. Only [ReadSnapshot] heeds it.
	KnownAt Time
	// Topology keeps of a link its ends, type and time, and of a node that it is
	// there: what algorithms on the bare graph want, in half the memory. Links
	// are as many as without, but that of an event with several versions each
	// that names other ends counts. Only a [Builder] heeds it.
	Topology bool
	// Threads is how many threads build; 0 is one per processor. The snapshot
	// does not depend on it.
	Threads int
}

// Builder collects batches and builds a Snapshot. Equal facts are joined, so it
// does not matter how often a fact is added or in which order. Memory: 32 bytes
// a link, 32 more for one with an amount, properties, a weight or a stated end,
// 24 a statement, and each distinct text once, with about 25 bytes beside it.
// [Builder.Build] takes 32 bytes a link more, besides the snapshot.
type Builder struct {
	opts  BuildOptions
	kinds []Kind // by number, as references have them
	types []LinkType

	refs   Interner
	events Interner // names, from number 1 on; 0 is none
	names  Interner // of properties
	values Interner
	units  Interner // exponent and currency, from number 1 on; 0 is no amount
	lists  Interner // of properties: names and values in 8 bytes each; 0 is none

	links  chunks[row]
	bodies chunks[body] // 0 is none
	attrs  chunks[statement]
	work   buffers
}

// row is one link before it has its place. Ends, type, event and body are
// numbers of first sight until the snapshot is built.
type row struct {
	at       Time
	from, to uint32
	event    uint32
	body     uint32
	typ      uint8
}

// body is what few links have.
type body struct {
	until  Time
	minor  int64
	weight float64
	unit   uint32
	props  uint32
}

// statement is one about a node.
type statement struct {
	at                Time
	node, name, value uint32
}

// buffers are what adding a batch needs, kept for the next.
type buffers struct {
	ref    []uint32 // by index in the batch: the number of the reference
	keys   []string
	kinds  []uint16
	places []uint32
	ids    []uint32
	list   []byte
}

// NewBuilder starts an empty snapshot.
func NewBuilder(o BuildOptions) *Builder {
	b := &Builder{opts: o}
	for _, x := range []*Interner{&b.events, &b.units, &b.lists} {
		//nolint:errcheck // the first key has room
		x.InternText(0, "")
	}
	b.bodies.add(body{})
	return b
}

// Add takes the facts of an observed batch, which may be reused afterwards. It
// fails on more vertices, links, kinds or types than a snapshot can number.
// Time: O(facts) expected.
func (b *Builder) Add(batch *Batch) error {
	if batch.Derived || batch.Gone || !batch.Retract.Empty() {
		return fmt.Errorf("%w batch for a snapshot: want observed facts only", ErrInvalid)
	}
	if uint64(b.links.len()+len(batch.Links)) >= math.MaxUint32 || uint64(b.attrs.len()+len(batch.Attrs)) >= math.MaxUint32 {
		return fmt.Errorf("%w snapshot: more than %d links or statements", ErrInvalid, uint32(math.MaxUint32))
	}
	if err := b.addRefs(batch); err != nil {
		return err
	}
	if b.opts.Topology {
		return b.addEnds(batch.Links)
	}
	if err := b.addAttrs(batch.Attrs); err != nil {
		return err
	}
	return b.addLinks(batch.Links)
}

// addEnds takes of links what [BuildOptions.Topology] keeps. A hash stands for
// the event until equal links have been joined: two events with one hash would
// count once if they also had the same ends, type and millisecond.
func (b *Builder) addEnds(links []Link) error {
	hash := fnv.New32a()
	for i := range links {
		l := &links[i]
		if b.later(l.At) {
			continue
		}
		r := row{at: l.At, from: b.work.ref[l.From], to: b.work.ref[l.To]}
		var err error
		if r.typ, err = b.typeNumber(l.Type); err != nil {
			return err
		}
		if l.Event != "" {
			hash.Reset()
			//nolint:errcheck // a hash takes all
			io.WriteString(hash, l.Event)
			r.event = hash.Sum32()
		}
		b.links.add(r)
	}
	return nil
}

func (b *Builder) later(t Time) bool {
	return b.opts.AsOf.Known() && t.Known() && t > b.opts.AsOf
}

// addRefs numbers the references that a fact of the batch names: a batch may
// hold some that none does.
func (b *Builder) addRefs(batch *Batch) error {
	w := &b.work
	w.ref = append(w.ref[:0], make([]uint32, len(batch.Refs))...)
	for i := range batch.Attrs {
		if a := &batch.Attrs[i]; !b.later(a.At) {
			w.ref[a.Node] = 1
		}
	}
	for i := range batch.Links {
		if l := &batch.Links[i]; !b.later(l.At) {
			w.ref[l.From], w.ref[l.To] = 1, 1
		}
	}
	w.start()
	var last Kind
	var kind uint16
	for i, used := range w.ref {
		if used == 0 {
			continue
		}
		r := &batch.Refs[i]
		if r.Kind != last || len(w.keys) == 0 {
			var err error
			if kind, err = b.kindNumber(r.Kind); err != nil {
				return err
			}
			last = r.Kind
		}
		w.keys, w.kinds, w.places = append(w.keys, r.Key), append(w.kinds, kind), append(w.places, uint32(i))
	}
	if len(w.kinds) == 0 {
		return nil
	}
	if err := w.intern(&b.refs, w.kinds); err != nil {
		return err
	}
	for i, at := range w.places {
		w.ref[at] = w.ids[i]
	}
	return nil
}

func (b *Builder) kindNumber(k Kind) (uint16, error) {
	for i, have := range b.kinds {
		if have == k {
			return uint16(i), nil
		}
	}
	if len(b.kinds) > math.MaxUint16 {
		return 0, fmt.Errorf("%w snapshot: more than %d kinds", ErrInvalid, math.MaxUint16+1)
	}
	b.kinds = append(b.kinds, k)
	return uint16(len(b.kinds) - 1), nil
}

func (b *Builder) addAttrs(attrs []Attr) error {
	w := &b.work
	w.start()
	for i := range attrs {
		// Without a name it says that the node is there, sealed nothing more
		// that can be read: so it is there.
		if a := &attrs[i]; a.Name != "" && a.Name != PropSealed && !b.later(a.At) {
			w.keys, w.places = append(w.keys, a.Value), append(w.places, uint32(i))
		}
	}
	if err := w.intern(&b.values, oneKind); err != nil {
		return err
	}
	var last string
	var name uint32
	for i, at := range w.places {
		a := &attrs[at]
		if a.Name != last {
			var err error
			if name, _, err = b.names.InternText(0, a.Name); err != nil {
				return err
			}
			last = a.Name
		}
		b.attrs.add(statement{at: a.At, node: w.ref[a.Node], name: name, value: w.ids[i]})
	}
	return nil
}

func (b *Builder) addLinks(links []Link) error {
	w := &b.work
	w.start()
	for i := range links {
		if l := &links[i]; l.Event != "" && !b.later(l.At) {
			w.keys = append(w.keys, l.Event)
		}
	}
	if err := w.intern(&b.events, oneKind); err != nil {
		return err
	}
	events := w.ids
	var props *Prop // of the last list, its length and number: links of one event share it
	var size int
	var list uint32
	for i := range links {
		l := &links[i]
		if b.later(l.At) {
			continue
		}
		r := row{at: l.At, from: w.ref[l.From], to: w.ref[l.To]}
		if l.Event != "" {
			r.event, events = events[0], events[1:]
		}
		var err error
		if r.typ, err = b.typeNumber(l.Type); err != nil {
			return err
		}
		until := l.Until
		if b.later(until) {
			until = 0
		}
		if until != 0 || !l.Plain() {
			if first := unsafe.SliceData(l.Props); first != props || len(l.Props) != size {
				if list, err = b.propsNumber(l.Props); err != nil {
					return err
				}
				props, size = first, len(l.Props)
			}
			if r.body, err = b.addBody(l, until, list); err != nil {
				return err
			}
		}
		b.links.add(r)
	}
	return nil
}

func (b *Builder) addBody(l *Link, until Time, list uint32) (uint32, error) {
	x := body{until: until, weight: l.Weight + 0, props: list} // −0 + 0 is 0
	if l.Money.Known {
		x.minor = l.Money.Minor
		b.work.list = append(append(b.work.list[:0], l.Money.Exponent), l.Money.Currency...)
		var err error
		if x.unit, _, err = b.units.Intern(1, b.work.list); err != nil {
			return 0, err
		}
	}
	b.bodies.add(x)
	return uint32(b.bodies.len() - 1), nil
}

// propsNumber numbers a list of properties; 0 is that of none.
func (b *Builder) propsNumber(props []Prop) (uint32, error) {
	list := b.work.list[:0]
	for i := range props {
		name, _, err := b.names.InternText(0, props[i].Name)
		if err != nil {
			return 0, err
		}
		value, _, err := b.values.InternText(0, props[i].Value)
		if err != nil {
			return 0, err
		}
		list = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(list, name), value)
	}
	b.work.list = list
	id, _, err := b.lists.Intern(0, list)
	return id, err
}

func (b *Builder) typeNumber(t LinkType) (uint8, error) {
	for i, have := range b.types {
		if have == t {
			return uint8(i), nil
		}
	}
	if len(b.types) == math.MaxUint8 {
		return 0, fmt.Errorf("%w snapshot: more than %d link types", ErrInvalid, math.MaxUint8)
	}
	b.types = append(b.types, t)
	return uint8(len(b.types) - 1), nil
}
