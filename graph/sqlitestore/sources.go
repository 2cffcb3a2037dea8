package sqlitestore

import (
	"encoding/binary"
	"fmt"
	"slices"

	"ringleader/graph"
)

// Sources of a fact are packed into one blob: for each its input's word, row
// and offset as varints and the hash in eight bytes, in the order of
// graph.Source.Compare. An identity link from one file takes some 15 bytes.

// appendSources packs sources, which need not be sorted.
func appendSources(dst []byte, sources []graph.Source, words *dictionary) ([]byte, error) {
	if len(sources) > 1 && !slices.IsSortedFunc(sources, strictly) {
		sources = slices.Clone(sources)
		slices.SortFunc(sources, graph.Source.Compare)
		sources = slices.Compact(sources)
	}
	for _, s := range sources {
		input, err := words.add(s.Input)
		if err != nil {
			return nil, err
		}
		dst = binary.AppendUvarint(dst, uint64(input))
		dst = binary.AppendVarint(dst, s.Row)
		dst = binary.AppendVarint(dst, s.Offset)
		dst = binary.LittleEndian.AppendUint64(dst, s.Hash)
	}
	return dst, nil
}

// strictly orders sources so that only a list without repeats counts as sorted.
func strictly(a, b graph.Source) int {
	if a == b {
		return -1
	}
	return a.Compare(b)
}

// readSources appends what a blob holds to dst.
func readSources(dst []graph.Source, blob []byte, words *dictionary) ([]graph.Source, error) {
	for len(blob) > 0 {
		p, rest, ok := nextSource(blob)
		if !ok {
			return dst, fmt.Errorf("%w store: sources of a fact are damaged; run store check", graph.ErrInvalid)
		}
		input, err := words.word(p.input)
		if err != nil {
			return dst, err
		}
		dst = append(dst, graph.Source{Input: input, Row: p.row, Offset: p.offset, Hash: p.hash})
		blob = rest
	}
	return dst, nil
}

type packedSource struct {
	input       int64
	row, offset int64
	hash        uint64
}

// nextSource unpacks the first source of a blob.
func nextSource(blob []byte) (s packedSource, rest []byte, ok bool) {
	input, n := binary.Uvarint(blob)
	if n <= 0 {
		return s, nil, false
	}
	blob = blob[n:]
	s.input = int64(input)
	if s.row, n = binary.Varint(blob); n <= 0 {
		return s, nil, false
	}
	blob = blob[n:]
	if s.offset, n = binary.Varint(blob); n <= 0 || len(blob) < n+8 {
		return s, nil, false
	}
	blob = blob[n:]
	s.hash = binary.LittleEndian.Uint64(blob)
	return s, blob[8:], true
}

// dropSources removes the sources of some inputs from a blob in place; found
// tells whether there were any.
func dropSources(blob []byte, inputs map[int64]bool) (kept []byte, found bool, err error) {
	kept = blob[:0]
	for len(blob) > 0 {
		s, rest, ok := nextSource(blob)
		if !ok {
			return nil, false, fmt.Errorf("%w store: sources of a fact are damaged; run store check", graph.ErrInvalid)
		}
		if inputs[s.input] {
			found = true
		} else {
			kept = append(kept, blob[:len(blob)-len(rest)]...)
		}
		blob = rest
	}
	return kept, found, nil
}
