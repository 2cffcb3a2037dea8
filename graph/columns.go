package graph

import (
	"math/bits"
	"unsafe"
)

// texts is a column of strings: all bytes one after the other, and where each
// ends.
type texts struct {
	ends  []uint64
	bytes []byte
}

func (t *texts) len() int { return len(t.ends) }

// at is the string of row i, not a copy.
func (t *texts) at(i uint32) string {
	end, start := t.ends[i], uint64(0)
	if i > 0 {
		start = t.ends[i-1]
	}
	row := t.bytes[start:end]
	return unsafe.String(unsafe.SliceData(row), len(row))
}

func (t *texts) add(s string) {
	t.bytes = append(t.bytes, s...)
	t.ends = append(t.ends, uint64(len(t.bytes)))
}

// makeTexts is an empty column with room for n rows of size bytes together.
func makeTexts(n, size int) texts {
	return texts{makeHuge[uint64](n)[:0], makeHuge[byte](size)[:0]}
}

// optional is a column of which many rows have no value: a bit a row, half a
// bit for the count of values before each 64 rows, and the values that there
// are. A column without a value takes nothing.
type optional[T any] struct {
	has    []uint64
	before []uint32
	values []T
}

// makeOptional is the column over n rows with room for the values of have of
// them; rows are then set in order.
func makeOptional[T any](n, have int) optional[T] {
	if have == 0 {
		return optional[T]{}
	}
	words := (n + 63) / 64
	return optional[T]{make([]uint64, words), make([]uint32, words), makeHuge[T](have)[:0]}
}

// set gives row i a value; rows come in ascending order, then finish.
func (o *optional[T]) set(i int, value T) {
	o.has[i>>6] |= 1 << (i & 63)
	o.values = append(o.values, value)
}

// finish counts the values before each word.
func (o *optional[T]) finish() {
	n := 0
	for i, w := range o.has {
		o.before[i] = uint32(n)
		n += bits.OnesCount64(w)
	}
}

// place is where among the values that of row i stands.
func (o *optional[T]) place(i uint32) (at uint32, ok bool) {
	if int(i>>6) >= len(o.has) {
		return 0, false
	}
	word, bit := o.has[i>>6], uint64(1)<<(i&63)
	if word&bit == 0 {
		return 0, false
	}
	return o.before[i>>6] + uint32(bits.OnesCount64(word&(bit-1))), true
}

// get is the value of row i, zero if it has none.
func (o *optional[T]) get(i uint32) (value T) {
	if at, ok := o.place(i); ok {
		value = o.values[at]
	}
	return value
}
