package graph

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Source says where a fact was read: a row of a file as one mapping sees it.
// It is all that leads from a ring back to evidence; the row itself stays in
// the file.
type Source struct {
	Input  string // ID of an [Input]
	Row    int64  // 1-based row of data, the header not counted
	Offset int64  // byte offset of the row in the decompressed file
	Hash   uint64 // keyed hash of the row's bytes
}

// Compare orders sources by input, then row.
func (s Source) Compare(o Source) int {
	return cmp.Or(cmp.Compare(s.Input, o.Input), cmp.Compare(s.Row, o.Row),
		cmp.Compare(s.Offset, o.Offset), cmp.Compare(s.Hash, o.Hash))
}

// Attr is a dated statement about a node. As a property, the statement with
// the latest At holds, then the greatest Value; every other stays on record. As
// an event of an account (Name begins with [EventPrefix]) each one counts. An
// Attr without a Name says only that the node exists.
type Attr struct {
	Node    uint32 // index into Batch.Refs
	Name    string
	Value   string
	At      Time
	Sources []Source
}

// EventPrefix begins the names of attributes that are events: event/login.
const EventPrefix = "event/"

// Prop is one property of a link.
type Prop struct{ Name, Value string }

// Link is a typed fact between two nodes: a sighting of an identifier, a money
// event, an association.
//
// All fields but Sources are its content. An Event, in the text form of a
// reference such as payment:P1, is set on everything that one event states: its
// PAID and PAID_TO links and the sightings of its device. Two links of one type
// and event with different content are versions of it; a snapshot keeps the
// one with the greatest [Link.AppendBody], and reports the conflict.
type Link struct {
	From, To uint32 // indices into Batch.Refs
	Type     LinkType
	At       Time
	Until    Time // end of a span that the data states; zero otherwise
	Event    string
	Weight   float64 // of associations; zero where none is stated
	Money    Money
	Props    []Prop // ascending by Name
	Sources  []Source
}

// Prop is the value of a property, empty if absent.
func (l *Link) Prop(name string) string {
	for i := range l.Props {
		if l.Props[i].Name == name {
			return l.Props[i].Value
		}
	}
	return ""
}

// Plain reports whether the link has no body: a bare sighting.
func (l *Link) Plain() bool {
	return l.Weight == 0 && !l.Money.Known && len(l.Props) == 0
}

// CompareContent orders links by everything but their ends and sources. Ends
// are batch-local, so the caller compares those by reference.
func (l *Link) CompareContent(o *Link) int {
	c := cmp.Or(cmp.Compare(l.Type, o.Type), cmp.Compare(l.At, o.At),
		cmp.Compare(l.Until, o.Until), cmp.Compare(l.Event, o.Event))
	if c != 0 {
		return c // bodies are encoded to be compared, so only where it must be
	}
	return l.compareBody(o)
}

func (l *Link) compareBody(o *Link) int {
	if l.Plain() && o.Plain() {
		return 0
	}
	return slices.Compare(l.AppendBody(nil), o.AppendBody(nil))
}

// AppendBody appends the canonical encoding of weight, money and properties:
// the part of a link that has no column of its own. A plain link has an empty
// body. Equal bodies mean equal content.
func (l *Link) AppendBody(dst []byte) []byte {
	if l.Plain() {
		return dst
	}
	m := l.Money
	known := byte(0)
	if m.Known {
		known = 1
	}
	dst = append(dst, known, m.Exponent)
	dst = binary.BigEndian.AppendUint64(dst, uint64(m.Minor))
	dst = appendString(dst, m.Currency)
	dst = binary.BigEndian.AppendUint64(dst, math.Float64bits(l.Weight+0)) // −0 + 0 is 0
	dst = binary.AppendUvarint(dst, uint64(len(l.Props)))
	for _, p := range l.Props {
		dst = appendString(appendString(dst, p.Name), p.Value)
	}
	return dst
}

// SetBody is the inverse of [Link.AppendBody]. The strings are copies.
func (l *Link) SetBody(body []byte) error {
	l.Weight, l.Money, l.Props = 0, Money{}, nil
	if len(body) == 0 {
		return nil
	}
	d := decoder{b: body}
	l.Money.Known = d.byte() == 1
	l.Money.Exponent = d.byte()
	l.Money.Minor = int64(d.uint64())
	l.Money.Currency = d.string()
	l.Weight = math.Float64frombits(d.uint64())
	n := d.uvarint()
	if n > uint64(len(body)) {
		d.bad = true
	}
	for i := uint64(0); i < n && !d.bad; i++ {
		l.Props = append(l.Props, Prop{d.string(), d.string()})
	}
	if d.bad || len(d.b) > 0 {
		return fmt.Errorf("%w link body of %d bytes", ErrInvalid, len(body))
	}
	return nil
}

func appendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// decoder reads what AppendBody wrote; after a failure it yields zeros and bad
// is set.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) take(n int) []byte {
	if d.bad || n < 0 || n > len(d.b) {
		d.bad = true
		return make([]byte, min(max(n, 0), 8))
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b
}

func (d *decoder) byte() byte     { return d.take(1)[0] }
func (d *decoder) uint64() uint64 { return binary.BigEndian.Uint64(d.take(8)) }
func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.bad = true
		return 0
	}
	d.b = d.b[n:]
	return v
}
func (d *decoder) string() string {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.bad = true
		return ""
	}
	return string(d.take(int(n)))
}

// validate checks what a store relies on.
func (l *Link) validate() error {
	if _, err := ParseLinkType(string(l.Type)); err != nil {
		return err
	}
	if l.Event != "" {
		if _, err := ParseRef(l.Event); err != nil {
			return fmt.Errorf("event: %w", err)
		}
	}
	if math.IsNaN(l.Weight) || math.IsInf(l.Weight, 0) {
		return fmt.Errorf("%w weight of %s: not a finite number", ErrInvalid, l.Type)
	}
	if !l.Money.Known && l.Money != (Money{}) || !validText(l.Money.Currency) {
		return fmt.Errorf("%w amount of %s: want none, or one that is known in a currency of UTF-8 without NUL", ErrInvalid, l.Type)
	}
	for i, p := range l.Props {
		if err := validName(p.Name); err != nil {
			return err
		}
		if !validText(p.Value) {
			return fmt.Errorf("%w property %q of %s: want UTF-8 without NUL", ErrInvalid, clip(p.Name), l.Type)
		}
		if i > 0 && l.Props[i-1].Name >= p.Name {
			return fmt.Errorf("%w properties of %s: not ascending by name", ErrInvalid, l.Type)
		}
	}
	return nil
}

// validName checks the name of a property or attribute: UTF-8, 1 to 256 bytes,
// no control characters. Names are data; they never become query text.
func validName(s string) error {
	bad := s == "" || len(s) > 256 || strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' || r == 0x7f || r == '�'
	})
	if bad {
		return fmt.Errorf("%w property name %q: want 1 to 256 bytes of UTF-8 without control characters", ErrInvalid, clip(s))
	}
	return nil
}

// validText reports whether every store can keep s as it is: UTF-8 without NUL.
func validText(s string) bool {
	return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0
}
