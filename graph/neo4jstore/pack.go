package neo4jstore

import (
	"cmp"
	"encoding/binary"
	"hash/crc32"
	"slices"

	"ringleader/graph"
)

// A pack is many observed facts in one byte string, without their sources: what
// a whole scan reads, in place of a node or a relationship for each fact.
//
//	1                                version of this encoding
//	kinds                            how many; of each its name and how many references
//	bytes                            of all keys
//	keys                             sorted; of each how many bytes it shares with the one
//	                                 before of its kind, how many follow, and those
//	runs                             how many; of each a link type, empty for statements,
//	                                 how many facts, and those, in the order of references
//	sum                              CRC-32C of all before, four bytes
//
// A fact is its reference, as the difference to the one before with three bits
// that say what follows; the other end of a link; its time, as a difference; its
// end, as a difference to its time; its event or name; its body or value. The
// latter two are 0 and a text, or the number of a text that came before, from 1.
const packVersion = 1

// Limits of a pack: a batch of a load makes one, and few are rewritten when a
// fact goes.
const (
	packFacts = 1 << 15
	packBytes = 1 << 20
)

// packedFact is a fact with what it is about; type and other end of a statement
// are empty.
type packedFact struct {
	pair
	entry
}

// packing gathers facts and writes a pack when there are enough.
type packing struct {
	facts []packedFact
	bytes int
	write func([]packedFact) error
}

// add takes a fact; its sources are left out.
func (p *packing) add(of pair, e *entry) error {
	f := packedFact{of, *e}
	f.sources = nil
	p.facts = append(p.facts, f)
	p.bytes += len(e.name) + len(e.body)
	if len(p.facts) < packFacts && p.bytes < packBytes {
		return nil
	}
	return p.flush()
}

// flush writes what there is.
func (p *packing) flush() error {
	if len(p.facts) == 0 {
		return nil
	}
	err := p.write(p.facts)
	p.facts, p.bytes = p.facts[:0], 0
	return err
}

// The bits of a fact that say what follows.
const (
	packUntil = 1 << iota
	packName
	packBody
	packShift = iota
)

// packBuilder encodes one pack.
type packBuilder struct {
	data  []byte
	rank  map[graph.Ref]uint32
	texts map[string]uint64
}

// encodePack sorts facts and encodes them; first and last are the least and the
// greatest reference, as texts, that one is about.
func encodePack(facts []packedFact) (data []byte, first, last string) {
	p := &packBuilder{data: []byte{packVersion}, rank: make(map[graph.Ref]uint32, len(facts)), texts: map[string]uint64{}}
	for i := range facts {
		f := &facts[i]
		if p.rank[f.from] = 0; f.typ != "" {
			p.rank[f.to] = 0
		}
	}
	p.references(sortedKeys(p.rank, graph.Ref.Compare))
	slices.SortFunc(facts, p.compare)
	runs := 0
	for i := range facts {
		if i == 0 || facts[i].typ != facts[i-1].typ {
			runs++
		}
		if i == 0 || facts[i].from != facts[i-1].from {
			ref := facts[i].from.String()
			if first == "" || ref < first {
				first = ref
			}
			last = max(last, ref)
		}
	}
	p.uvarint(uint64(runs))
	for len(facts) > 0 {
		n := 1
		for n < len(facts) && facts[n].typ == facts[0].typ {
			n++
		}
		p.run(facts[:n])
		facts = facts[n:]
	}
	return binary.LittleEndian.AppendUint32(p.data, crc32.Checksum(p.data, castagnoli)), first, last
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// compare is the order of facts in a pack.
func (p *packBuilder) compare(x, y packedFact) int {
	if c := cmp.Compare(x.typ, y.typ); c != 0 {
		return c
	}
	if x.from != y.from {
		return cmp.Compare(p.rank[x.from], p.rank[y.from])
	}
	if x.to != y.to {
		return cmp.Compare(p.rank[x.to], p.rank[y.to])
	}
	return compareContent(&x.entry, &y.entry)
}

func (p *packBuilder) uvarint(v uint64) { p.data = binary.AppendUvarint(p.data, v) }
func (p *packBuilder) varint(v int64)   { p.data = binary.AppendVarint(p.data, v) }
func (p *packBuilder) string(s string)  { p.data = appendString(p.data, s) }

// references encodes the sorted references and numbers them.
func (p *packBuilder) references(refs []graph.Ref) {
	var starts []int // of each kind
	size := 0
	for i, r := range refs {
		p.rank[r] = uint32(i)
		size += len(r.Key)
		if i == 0 || r.Kind != refs[i-1].Kind {
			starts = append(starts, i)
		}
	}
	p.uvarint(uint64(len(starts)))
	for i, start := range starts {
		end := len(refs)
		if i+1 < len(starts) {
			end = starts[i+1]
		}
		p.string(string(refs[start].Kind))
		p.uvarint(uint64(end - start))
	}
	p.uvarint(uint64(size))
	last := ""
	for i, r := range refs {
		if i > 0 && r.Kind != refs[i-1].Kind {
			last = ""
		}
		shared := 0
		for shared < min(len(r.Key), len(last)) && r.Key[shared] == last[shared] {
			shared++
		}
		p.uvarint(uint64(shared))
		p.string(r.Key[shared:])
		last = r.Key
	}
}

// run encodes the facts of one type.
func (p *packBuilder) run(facts []packedFact) {
	p.string(string(facts[0].typ))
	p.uvarint(uint64(len(facts)))
	from, at := uint32(0), graph.Time(0)
	for i := range facts {
		f := &facts[i]
		has := uint64(0)
		if f.until != 0 {
			has |= packUntil
		}
		if f.name != "" {
			has |= packName
		}
		if f.body != "" {
			has |= packBody
		}
		rank := p.rank[f.from]
		p.uvarint(uint64(rank-from)<<packShift | has)
		if f.typ != "" {
			p.uvarint(uint64(p.rank[f.to]))
		}
		p.varint(int64(f.at - at)) // wraps, and so does its inverse
		from, at = rank, f.at
		if f.until != 0 {
			p.varint(int64(f.until - f.at))
		}
		if f.name != "" {
			p.text(f.name)
		}
		if f.body != "" {
			p.text(f.body)
		}
	}
}

// text encodes a text, the second time as its number.
func (p *packBuilder) text(s string) {
	if n, ok := p.texts[s]; ok {
		p.uvarint(n)
		return
	}
	p.texts[s] = uint64(len(p.texts) + 1)
	p.uvarint(0)
	p.string(s)
}
