package graph

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
)

// keyed is a key under way to its place: sixteen of its bytes, as two numbers
// that compare as they do, and its number in the table of keys. Most keys are no
// longer, and are looked at once, in the order in which they lie.
type keyed struct {
	part, rest uint64
	id         uint32
}

// sortKeys brings numbers of distinct keys into the order of the keys' bytes.
// It is a radix sort, eight bytes at a time: runs of keys that are equal so far
// are sorted by the next eight. Time: O(keys × bytes in which they differ from
// their neighbours).
func sortKeys(x *Interner, ids []uint32) {
	list := make([]keyed, len(ids))
	for i, id := range ids {
		list[i].id = id
	}
	spare := makeHuge[keyed](len(ids))
	sortKeysFrom(x, list, spare, 0)
	for i := range list {
		ids[i] = list[i].id
	}
}

// Below fewKeys a comparison sort is as fast; from deepKeys bytes on, longer
// than a reference may be, nothing is sure to end.
const (
	fewKeys  = 128
	deepKeys = MaxKey
)

func sortKeysFrom(x *Interner, list, spare []keyed, depth int) {
	for len(list) >= fewKeys && depth <= deepKeys {
		var differ uint64
		if depth%16 == 0 {
			differ = loadParts(x, list, depth)
		} else {
			differ = nextParts(list)
		}
		if differ == 0 { // all alike: a common prefix
			depth += 8
			continue
		}
		radixSort(list, spare[:len(list)], differ)
		depth += 8
		for i := 0; i < len(list); {
			j := i + 1
			for j < len(list) && list[j].part == list[i].part {
				j++
			}
			if j > i+1 {
				sortKeysFrom(x, list[i:j], spare[i:j], depth)
			}
			i = j
		}
		return
	}
	if len(list) < 2 {
		return
	}
	if depth%16 == 0 {
		loadParts(x, list, depth)
	} else {
		nextParts(list)
	}
	slices.SortFunc(list, func(a, b keyed) int {
		if a.part != b.part {
			return cmp.Compare(a.part, b.part)
		}
		return strings.Compare(x.Text(a.id), x.Text(b.id))
	})
}

// loadParts fetches the sixteen bytes from depth on; a key that ends before is
// filled up with zeros. It returns the bits in which the first parts differ.
func loadParts(x *Interner, list []keyed, depth int) (differ uint64) {
	for i := range list {
		key := x.Key(list[i].id)
		k := &list[i]
		switch key = key[min(depth, len(key)):]; {
		case len(key) >= 16:
			k.part, k.rest = binary.BigEndian.Uint64(key), binary.BigEndian.Uint64(key[8:])
		default:
			var filled [16]byte
			copy(filled[:], key)
			k.part, k.rest = binary.BigEndian.Uint64(filled[:]), binary.BigEndian.Uint64(filled[8:])
		}
		differ |= k.part ^ list[0].part
	}
	return differ
}

// nextParts goes on to the eight bytes that loadParts fetched besides.
func nextParts(list []keyed) (differ uint64) {
	for i := range list {
		list[i].part = list[i].rest
		differ |= list[i].part ^ list[0].part
	}
	return differ
}

// radixSort sorts by part, byte by byte from the last, leaving out bytes in
// which none differ. It is stable.
func radixSort(list, spare []keyed, differ uint64) {
	var counts [8][256]uint32
	for i := range list {
		part := list[i].part
		for b := range counts {
			counts[b][byte(part>>(8*b))]++
		}
	}
	from, to := list, spare
	for b := range counts {
		if byte(differ>>(8*b)) == 0 {
			continue
		}
		count := &counts[b]
		at := uint32(0)
		for digit, n := range count {
			count[digit] = at
			at += n
		}
		for _, k := range from {
			digit := byte(k.part >> (8 * b))
			to[count[digit]] = k
			count[digit]++
		}
		from, to = to, from
	}
	if &from[0] != &list[0] {
		copy(list, from)
	}
}
