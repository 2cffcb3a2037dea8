package neo4jstore

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"ringleader/graph"
)

// packReader reads what encodePack wrote. Texts and keys are parts of two
// strings, which the first of them that is kept keeps.
type packReader struct {
	entryReader
	all   string // the bytes that the entryReader reads, to their end
	refs  []graph.Ref
	texts []string

	runs, left uint64 // runs to come, and facts of this one
	fact       packRow
}

// packRow is a fact with the numbers of its references.
type packRow struct {
	from, to  uint32
	typ       graph.LinkType
	at, until graph.Time
	name      string
	body      string
}

var errPack = fmt.Errorf("%w pack of facts in the database: it is damaged, or somebody else has written it; \"ringleader store migrate\" packs the facts anew", graph.ErrInvalid)

// openPack checks the sum of a pack and reads its references.
func openPack(data []byte) (*packReader, error) {
	n := len(data) - 4
	if n < 1 || data[0] != packVersion || crc32.Checksum(data[:n], castagnoli) != binary.LittleEndian.Uint32(data[n:]) {
		return nil, errPack
	}
	r := &packReader{entryReader: entryReader{b: data[1:n]}, all: string(data[1:n])}
	r.references()
	r.runs = r.uvarint()
	if r.bad {
		return nil, errPack
	}
	return r, nil
}

// view is the next text, without a copy.
func (r *packReader) view() string {
	n := r.uvarint()
	from := len(r.all) - len(r.b)
	if r.take(n) == nil {
		return ""
	}
	return r.all[from : from+int(n)]
}

func (r *packReader) references() {
	type some struct {
		kind graph.Kind
		n    uint64
	}
	var kinds []some
	total := uint64(0)
	for n := r.uvarint(); n > 0 && !r.bad; n-- {
		k := some{graph.Kind(r.view()), r.uvarint()}
		r.bad = r.bad || k.n > uint64(len(r.b)) // a reference takes two bytes or more
		total += k.n
		kinds = append(kinds, k)
	}
	size := r.uvarint()
	if r.bad || total > uint64(len(r.b)) || size > total*graph.MaxKey {
		r.bad = true
		return
	}
	arena := make([]byte, 0, size)
	ends := make([]int, 0, total)
	for _, k := range kinds {
		last := 0
		for i := uint64(0); i < k.n; i++ {
			shared, rest := r.uvarint(), r.take(r.uvarint())
			if r.bad || i == 0 && shared > 0 || shared > uint64(len(arena)-last) || shared+uint64(len(rest)) > size-uint64(len(arena)) {
				r.bad = true
				return
			}
			start := len(arena)
			arena = append(append(arena, arena[last:last+int(shared)]...), rest...)
			last = start
			ends = append(ends, len(arena))
		}
	}
	keys := string(arena)
	r.refs = make([]graph.Ref, 0, total)
	start, at := 0, 0
	for _, k := range kinds {
		for range k.n {
			r.refs = append(r.refs, graph.Ref{Kind: k.kind, Key: keys[start:ends[at]]})
			start = ends[at]
			at++
		}
	}
}

// next reads the next fact. After the last it returns false, and err tells
// whether all is well.
func (r *packReader) next() bool {
	f := &r.fact
	for r.left == 0 {
		if r.runs == 0 || r.bad {
			return false
		}
		r.runs--
		*f = packRow{typ: graph.LinkType(r.view())}
		r.left = r.uvarint()
	}
	r.left--
	head := r.uvarint()
	f.from += uint32(head >> packShift)
	if f.to = 0; f.typ != "" {
		f.to = uint32(r.uvarint())
	}
	f.at += graph.Time(r.varint())
	if f.until = 0; head&packUntil != 0 {
		f.until = f.at + graph.Time(r.varint())
	}
	if f.name = ""; head&packName != 0 {
		f.name = r.text()
	}
	if f.body = ""; head&packBody != 0 {
		f.body = r.text()
	}
	if max(f.from, f.to) >= uint32(len(r.refs)) {
		r.bad = true
	}
	return !r.bad
}

func (r *packReader) text() string {
	n := r.uvarint()
	if n == 0 {
		r.texts = append(r.texts, r.view())
		n = uint64(len(r.texts))
	}
	if n > uint64(len(r.texts)) {
		r.bad = true
		return ""
	}
	return r.texts[n-1]
}

func (r *packReader) err() error {
	if r.bad || len(r.b) > 0 {
		return errPack
	}
	return nil
}

// unpack is all facts of a pack.
func unpack(data []byte) ([]packedFact, error) {
	r, err := openPack(data)
	if err != nil {
		return nil, err
	}
	var facts []packedFact
	for r.next() {
		f := &r.fact
		p := packedFact{pair{from: r.refs[f.from], typ: f.typ}, entry{at: f.at, until: f.until, name: f.name, body: f.body}}
		if f.typ != "" {
			p.to = r.refs[f.to]
		}
		facts = append(facts, p)
	}
	return facts, r.err()
}
