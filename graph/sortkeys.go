package graph

import (
	"math/bits"
	"slices"
	"strings"
)

// keySorter brings places of distinct keys into the order of the keys' bytes.
//
// Keys of one kind differ in few of their bits: a serial number behind a prefix
// has four a digit. So it makes a code of each key, of the first bits in which
// any two differ, as many as fit a word beside the key's place, and sorts words
// by radix. Only keys with equal codes are looked at again, from there on.
// Time: O(keys × bits in which they differ) in passes of up to 11 bits.
type keySorter struct {
	keys        *arena
	low         uint     // bits of a place
	list, spare []uint64 // words of a code and, in the low bits, a place
}

// newKeySorter has room for n keys.
func newKeySorter(keys *arena, n int) keySorter {
	return keySorter{keys: keys, low: uint(bits.Len(uint(keys.end()))), list: makeHuge[uint64](n)[:0]}
}

func (s *keySorter) add(place uint32) { s.list = append(s.list, uint64(place)) }

func (s *keySorter) sortAll() {
	s.spare = makeHuge[uint64](len(s.list))
	s.sort(0, len(s.list), 0)
	s.spare = nil
}

// each yields the keys in their order, and what numbers they have.
func (s *keySorter) each(yield func(id uint32, key string) bool) {
	var heads [together]uint64
	for some := range slices.Chunk(s.list, together) {
		for i, word := range some { // all reads at once, before the first is needed
			heads[i] = s.keys.head(s.place(word))
		}
		for i, word := range some {
			if !yield(uint32(heads[i]), s.keys.key(s.place(word))) {
				return
			}
		}
	}
}

// Below fewKeys a comparison sort is as fast. A code looks at so many words of
// keys at most.
const (
	fewKeys   = 64
	codeWords = 4
)

func (s *keySorter) place(word uint64) uint32 { return uint32(word & (1<<s.low - 1)) }

// sort sorts list[lo:hi], whose keys are equal before a word of theirs.
func (s *keySorter) sort(lo, hi, word int) {
	list := s.list[lo:hi]
	for len(list) >= fewKeys {
		c, longest := s.coder(list, word)
		if c.bits == 0 && c.next < longest {
			word = c.next // a common prefix
			continue
		}
		if c.bits == 0 {
			break
		}
		for i, old := range list {
			place := s.place(old)
			list[i] = c.code(s.keys.words(place))<<s.low | uint64(place)
		}
		radixSort(list, s.spare[lo:hi], s.low, c.bits)
		for i := 0; i < len(list); {
			j := i + 1
			for j < len(list) && list[j]>>s.low == list[i]>>s.low {
				j++
			}
			if j > i+1 {
				s.sort(lo+i, lo+j, c.next)
			}
			i = j
		}
		return
	}
	slices.SortFunc(list, func(a, b uint64) int { return strings.Compare(s.keys.key(s.place(a)), s.keys.key(s.place(b))) })
}

// coder finds the bits in which keys differ from a word of theirs on, and how
// many words the longest has.
func (s *keySorter) coder(list []uint64, word int) (c coder, longest int) {
	var differ, first [codeWords]uint64
	for i, old := range list {
		words := s.keys.words(s.place(old))
		longest = max(longest, len(words))
		for w := range differ {
			part := wordOf(words, word+w)
			if i == 0 {
				first[w] = part
			}
			differ[w] |= part ^ first[w]
		}
	}
	return newCoder(differ, word, 64-int(s.low)), longest
}

// newCoder takes the first of the bits in which keys differ, in words of theirs
// from one on, as many as there is room for.
func newCoder(differ [codeWords]uint64, word, room int) (c coder) {
	c.word, c.next = word, word
	for w, mask := range differ {
		over := bits.OnesCount64(mask) - room
		for range over {
			mask &= mask - 1 // the lowest
		}
		c.take[w] = newExtract(mask)
		c.bits += uint(c.take[w].bits)
		if over > 0 {
			break
		}
		c.next, room = c.next+1, room-c.take[w].bits
	}
	return c
}

// coder makes codes of keys.
type coder struct {
	word, next int  // the first word that it looks at, and the first that it does not know wholly
	bits       uint // of a code
	take       [codeWords]extract
}

func (c *coder) code(words []uint64) (code uint64) {
	for w := range c.take {
		if e := &c.take[w]; e.bits > 0 {
			code = code<<e.bits | e.of(wordOf(words, c.word+w))
		}
	}
	return code
}

// extract draws the bits of a mask together, in their order: H. S. Warren,
// "Hacker's Delight", 2nd edition, section 7-4, compress.
type extract struct {
	mask  uint64
	moves [6]uint64
	bits  int
}

func newExtract(mask uint64) extract {
	e := extract{mask: mask, bits: bits.OnesCount64(mask)}
	zeros := ^mask << 1
	for i := range e.moves {
		odd := zeros // bits with an odd number of zeros to their right
		for shift := 1; shift < 64; shift *= 2 {
			odd ^= odd << shift
		}
		e.moves[i] = odd & mask
		mask = mask ^ e.moves[i] | e.moves[i]>>(1<<i)
		zeros &^= odd
	}
	return e
}

func (e *extract) of(word uint64) uint64 {
	word &= e.mask
	for i, move := range e.moves {
		t := word & move
		word = word ^ t | t>>(1<<i)
	}
	return word
}

// radixSort sorts words by so many of their bits from low on, in passes from
// the last. It is stable.
func radixSort(list, spare []uint64, low, size uint) {
	most := uint(min(11, max(4, bits.Len(uint(len(list)))-2)))
	passes := (size + most - 1) / most
	width := (size + passes - 1) / passes
	counts := make([]uint32, passes<<width)
	mask := uint64(1)<<width - 1
	for _, word := range list {
		word >>= low
		for p := range passes {
			counts[p<<width+uint(word&mask)]++
			word >>= width
		}
	}
	from, to := list, spare
	for p := range passes {
		count := counts[p<<width : (p+1)<<width]
		at := uint32(0)
		for digit, n := range count {
			count[digit] = at
			at += n
		}
		shift := low + p*width
		for _, word := range from {
			digit := word >> shift & mask
			to[count[digit]] = word
			count[digit]++
		}
		from, to = to, from
	}
	if &from[0] != &list[0] {
		copy(list, from)
	}
}
