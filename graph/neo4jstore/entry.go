package neo4jstore

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"ringleader/graph"
)

// entry is one fact as it stands in a node or a relationship, which say what
// it is about. Of a statement, name and body are its name and value; of a link,
// its event and its body in the canonical encoding.
type entry struct {
	added     graph.Revision // that brought it; zero if it is derived
	at, until graph.Time
	name      string
	body      string
	sources   []source
}

// source is a graph.Source with the number of its input.
type source struct {
	input       uint64
	row, offset int64
	hash        uint64
}

// compareContent orders the facts of one record, the latest last.
func compareContent(x, y *entry) int {
	return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.until, y.until),
		cmp.Compare(x.name, y.name), cmp.Compare(x.body, y.body))
}

func compareSources(x, y source) int {
	return cmp.Or(cmp.Compare(x.input, y.input), cmp.Compare(x.row, y.row),
		cmp.Compare(x.offset, y.offset), cmp.Compare(x.hash, y.hash))
}

// addSources joins more into the sources of e and reports whether one was new.
func (e *entry) addSources(more []source) bool {
	fresh := false
	for _, s := range more {
		if i, ok := slices.BinarySearchFunc(e.sources, s, compareSources); !ok {
			e.sources = slices.Insert(e.sources, i, s)
			fresh = true
		}
	}
	return fresh
}

// appendContent appends the content of e without sources and revision: what
// makes it the fact that it is.
func appendContent(dst []byte, e *entry) []byte {
	dst = binary.AppendVarint(dst, int64(e.at))
	dst = binary.AppendVarint(dst, int64(e.until))
	dst = appendString(dst, e.name)
	return appendString(dst, e.body)
}

// appendEntry appends e: its revision, at, until, name, body and sources, with
// varints for numbers and lengths and eight bytes for a hash.
func appendEntry(dst []byte, e *entry) []byte {
	dst = binary.AppendUvarint(dst, uint64(e.added))
	dst = appendContent(dst, e)
	dst = binary.AppendUvarint(dst, uint64(len(e.sources)))
	for _, s := range e.sources {
		dst = binary.AppendUvarint(dst, s.input)
		dst = binary.AppendVarint(dst, s.row)
		dst = binary.AppendVarint(dst, s.offset)
		dst = binary.BigEndian.AppendUint64(dst, s.hash)
	}
	return dst
}

func encodeEntries(entries []entry) []byte {
	b := make([]byte, 0, 48*len(entries))
	for i := range entries {
		b = appendEntry(b, &entries[i])
	}
	return b
}

func appendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// entryReader reads what appendEntry wrote. After a failure it yields zeros,
// and err says so.
type entryReader struct {
	b   []byte
	bad bool
}

// decodeEntries is the inverse of encodeEntries. It fails on bytes that were
// not written by it.
func decodeEntries(b []byte) ([]entry, error) {
	r := entryReader{b: b}
	var entries []entry
	for r.more() {
		var e entry
		r.entry(&e, true)
		entries = append(entries, e)
	}
	return entries, r.err()
}

func (r *entryReader) more() bool { return len(r.b) > 0 && !r.bad }

func (r *entryReader) err() error {
	if r.bad {
		return fmt.Errorf("%w facts in the database: somebody else has written them; run a check", graph.ErrInvalid)
	}
	return nil
}

// minSource is the fewest bytes that a source takes.
const minSource = 1 + 1 + 1 + 8

// entry reads one fact; its sources are passed over unless asked for.
func (r *entryReader) entry(e *entry, withSources bool) {
	e.added = graph.Revision(r.uvarint())
	e.at, e.until = graph.Time(r.varint()), graph.Time(r.varint())
	e.name, e.body = r.string(), r.string()
	n := r.uvarint()
	if n > uint64(len(r.b)/minSource) {
		r.bad = true
		return
	}
	e.sources = nil
	if withSources && n > 0 {
		e.sources = make([]source, 0, n)
	}
	for ; n > 0 && !r.bad; n-- {
		s := source{input: r.uvarint(), row: r.varint(), offset: r.varint()}
		if hash := r.take(8); hash != nil {
			s.hash = binary.BigEndian.Uint64(hash)
		}
		if withSources {
			e.sources = append(e.sources, s)
		}
	}
}

func (r *entryReader) take(n uint64) []byte {
	if r.bad || n > uint64(len(r.b)) {
		r.bad = true
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *entryReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *entryReader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *entryReader) string() string { return string(r.take(r.uvarint())) }
