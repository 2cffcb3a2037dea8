package graph

import (
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"strings"
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

// Builder collects batches and sheets and builds a Snapshot. Equal facts are
// joined, so it does not matter how often a fact is added or in which order.
// Memory: 16 bytes a link, 8 more if any is of an event or has an amount, properties,
// a weight or a stated end, 32 more for each with one of the latter; 24 a statement; and
// each distinct text once, with about 30 bytes beside it. But references of batches wait,
// one for each batch that names it, until they are 8 million.
// [Builder.Build] takes as much for each link once more, besides the snapshot.
type Builder struct {
	opts  BuildOptions
	kinds []Kind // by number, as references have them
	types []LinkType

	refs    Interner
	waiting waiting  // of batches, until it is too much
	events  Interner // names, from number 1 on; 0 is none
	names   Interner // of properties
	values  Interner
	units   Interner // exponent and currency, from number 1 on; 0 is no amount
	lists   Interner // of properties: names and values in 8 bytes each; 0 is none

	links  chunks[row]
	extras chunks[extra] // of links, up to the last that has any
	bodies chunks[body]  // 0 is none
	attrs  chunks[statement]
	work   buffers

	mostWaiting int // references
}

// row is one link before it has its place. Ends and type are numbers of first sight
// until the snapshot is built.
type row struct {
	when     uint64 // type in the upper 8 bits, then time: the order of links of two ends
	from, to uint32
}

// extra is what of a link few have, by numbers of first sight; 0 is none.
type extra struct{ event, body uint32 }

const (
	typeShift = 56
	timeMask  = 1<<typeShift - 1
	midTime   = 1 << (typeShift - 1) // added to a time, so that none is negative
)

func (r *row) typ() uint8      { return uint8(r.when >> typeShift) }
func (r *row) at() Time        { return Time(r.when&timeMask) - midTime }
func (r *row) setType(t uint8) { r.when = r.when&timeMask | uint64(t)<<typeShift }

// rowOf is the row of a link of some type and time. It fails on more types than a
// snapshot can number and on a time that no calendar has.
func (b *Builder) rowOf(t LinkType, at Time, from, to uint32) (row, error) {
	typ, err := b.typeNumber(t)
	if at < -midTime || at >= midTime {
		err = fmt.Errorf("%w snapshot: a time a million years from now", ErrInvalid)
	}
	return row{when: uint64(typ)<<typeShift | uint64(at+midTime), from: from, to: to}, err
}

// addLink adds a link and what it has besides.
func (b *Builder) addLink(r row, x extra) {
	if x != (extra{}) {
		b.fillExtras()
		b.extras.add(x)
	}
	b.links.add(r)
}

// fillExtras says of links so far, of which nothing was said, that they have none.
func (b *Builder) fillExtras() {
	for n := b.links.len() - b.extras.len(); n > 0; n-- {
		b.extras.add(extra{})
	}
}

// body is what fewer have.
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
	props  propsMemo
}

// NewBuilder starts an empty snapshot.
func NewBuilder(o BuildOptions) *Builder {
	b := &Builder{opts: o, mostWaiting: mostWaiting}
	for _, x := range []*Interner{&b.events, &b.units, &b.lists} {
		//nolint:errcheck // the first key has room
		x.InternText(0, "")
	}
	b.bodies.add(body{})
	return b
}

// room reports whether so many more links and statements can be numbered.
func (b *Builder) room(links, attrs int) error {
	if uint64(b.links.len()+links) >= math.MaxUint32 || uint64(b.attrs.len()+attrs) >= math.MaxUint32 {
		return fmt.Errorf("%w snapshot: more than %d links or statements", ErrInvalid, uint32(math.MaxUint32))
	}
	return nil
}

func (b *Builder) later(t Time) bool {
	return b.opts.AsOf.Known() && t.Known() && t > b.opts.AsOf
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
	b.kinds = append(b.kinds, Kind(strings.Clone(string(k))))
	return uint16(len(b.kinds) - 1), nil
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
	b.types = append(b.types, LinkType(strings.Clone(string(t))))
	return uint8(len(b.types) - 1), nil
}

// eventHash stands for an event where [BuildOptions.Topology] leaves it out, until
// equal links have been joined: two events with one hash would count once if they
// also had the same ends, type and millisecond.
func eventHash(event string) uint32 {
	if event == "" {
		return 0
	}
	hash := fnv.New32a()
	//nolint:errcheck // a hash takes all
	io.WriteString(hash, event)
	return hash.Sum32()
}
