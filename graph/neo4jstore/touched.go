package neo4jstore

import (
	"encoding/binary"
	"fmt"

	"ringleader/graph"
)

// packRefs packs sorted references: of each, how many bytes it shares with the
// one before, how many follow, and those.
func packRefs(refs []string) []byte {
	var dst []byte
	last := ""
	for _, r := range refs {
		shared := 0
		for shared < min(len(r), len(last)) && r[shared] == last[shared] {
			shared++
		}
		dst = binary.AppendUvarint(dst, uint64(shared))
		dst = appendString(dst, r[shared:])
		last = r
	}
	return dst
}

// unpackRefs appends what packRefs packed to dst.
func unpackRefs(dst []string, packed []byte) ([]string, error) {
	r := entryReader{b: packed}
	last := ""
	for r.more() {
		shared := r.uvarint()
		rest := r.string()
		if r.bad || shared > uint64(len(last)) {
			return dst, fmt.Errorf("%w list of changes in the database: somebody else has written it; run a check", graph.ErrInvalid)
		}
		last = last[:shared] + rest
		dst = append(dst, last)
	}
	return dst, nil
}
