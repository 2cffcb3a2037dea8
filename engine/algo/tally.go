package algo

import "math/bits"

// tally sums weights by key: a hash table of which only as much is used as the
// keys at hand need, so that it stays in the nearest cache for all but hubs.
// Weights are above zero; a slot that holds none is free.
type tally struct {
	slots []tallySlot
	shift uint8
	used  []uint32 // slots taken, in order of first appearance
}

type tallySlot struct {
	weight float64
	key    uint32
}

// begin prepares for up to keys different keys. The table must be clear.
func (t *tally) begin(keys int) {
	width := min(max(bits.Len(uint(keys)), 3)+1, 32) // at most half full
	if len(t.slots) < 1<<width {
		t.slots = make([]tallySlot, 1<<width)
	}
	t.shift = uint8(32 - width)
}

// count adds one for each key.
func (t *tally) count(keys []uint32) {
	slots, shift, mask := t.slots, t.shift, uint32(1)<<(32-t.shift)-1
	for _, k := range keys {
		i := k * 2654435769 >> shift
		for slots[i].weight != 0 && slots[i].key != k {
			i = (i + 1) & mask
		}
		if slots[i].weight == 0 {
			slots[i].key = k
			t.used = append(t.used, i)
		}
		slots[i].weight++
	}
}

// sum adds a weight for each key.
func (t *tally) sum(keys []uint32, weights []float32) {
	slots, shift, mask := t.slots, t.shift, uint32(1)<<(32-t.shift)-1
	weights = weights[:len(keys)]
	for j, k := range keys {
		i := k * 2654435769 >> shift
		for slots[i].weight != 0 && slots[i].key != k {
			i = (i + 1) & mask
		}
		if slots[i].weight == 0 {
			slots[i].key = k
			t.used = append(t.used, i)
		}
		slots[i].weight += float64(weights[j])
	}
}

// add counts the keys, or sums their weights where there are any.
func (t *tally) add(keys []uint32, weights []float32) {
	if weights == nil {
		t.count(keys)
	} else {
		t.sum(keys, weights)
	}
}

// clear frees the slots taken.
func (t *tally) clear() {
	for _, i := range t.used {
		t.slots[i].weight = 0
	}
	t.used = t.used[:0]
}
