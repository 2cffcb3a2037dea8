package algo

import (
	"math/bits"
	"slices"
)

// tally sums weights by key: a hash table of which only as much is used as the
// keys at hand need, so that it stays in the nearest cache for all but hubs.
//
// Whether a key is new is a coin toss to the processor, and a wrong guess costs
// more than all the rest; so the loops below do not branch on it.
type tally struct {
	table []tallySlot
	slots []tallySlot // the front of the table, a power of two
	shift uint8       // turns a hash into a slot
	used  []uint32    // slots taken, in order of first appearance
}

type tallySlot struct {
	weight float64
	mark   uint32 // key + 1; 0: free
}

func (s tallySlot) key() uint32 { return s.mark - 1 }

// wideTally is from where on a table is made to be small rather than quick.
const wideTally = 16

// begin prepares for up to keys different keys, none of them [none]. The table
// must be clear.
func (t *tally) begin(keys int) {
	width := min(max(bits.Len(uint(keys)), 3)+1, 32) // at most half full
	if width > wideTally && keys <= 3<<(width-3) {
		width-- // at most three quarters full: hubs are few, and their tables large
	}
	if len(t.table) < 1<<width {
		t.table = make([]tallySlot, 1<<width)
	}
	t.slots, t.shift = t.table[:1<<width], uint8(32-width)
}

// add counts the keys, or sums their weights where there are any.
func (t *tally) add(keys []uint32, weights []float32) {
	n := len(t.used)
	t.used = slices.Grow(t.used, len(keys))[:n+len(keys)]
	if weights == nil {
		n += t.count(keys, t.used[n:])
	} else {
		n += t.sum(keys, weights[:len(keys)], t.used[n:])
	}
	t.used = t.used[:n]
}

// findSlot is the slot of a mark, taken or free.
func findSlot(slots []tallySlot, mark uint32, shift uint8) uint32 {
	i := mark * 2654435769 >> (shift & 31)
	for uint64(slots[i].mark)*uint64(slots[i].mark^mark) != 0 { // taken by another
		i = (i + 1) & uint32(len(slots)-1)
	}
	return i
}

func (t *tally) count(keys, used []uint32) (fresh int) {
	slots, shift := t.slots, t.shift
	for _, k := range keys {
		i := findSlot(slots, k+1, shift)
		s := &slots[i]
		used[fresh] = i
		after := fresh + 1
		if s.mark != 0 {
			after = fresh
		}
		fresh = after
		s.mark = k + 1
		s.weight++
	}
	return fresh
}

func (t *tally) sum(keys []uint32, weights []float32, used []uint32) (fresh int) {
	slots, shift := t.slots, t.shift
	for j, k := range keys {
		i := findSlot(slots, k+1, shift)
		s := &slots[i]
		used[fresh] = i
		after := fresh + 1
		if s.mark != 0 {
			after = fresh
		}
		fresh = after
		s.mark = k + 1
		s.weight += float64(weights[j])
	}
	return fresh
}

// clear frees the slots taken.
func (t *tally) clear() {
	for _, i := range t.used {
		t.slots[i] = tallySlot{}
	}
	t.used = t.used[:0]
}
