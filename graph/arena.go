package graph

import (
	"encoding/binary"
	"fmt"
	"unsafe"
)

// arena keeps keys one after the other in large arrays, each behind a word that
// says which number it has, of which kind it is and how long. So whoever comes
// from a hash to a key finds all that he asks for in one place: mostly one line
// of the caches. A place is counted in words of eight bytes over all chunks; 0
// is none. The zero value is ready.
type arena struct {
	chunks [][]uint64
}

const (
	chunkBits = 21 // of places: a chunk is 16 MiB, nearly all of it in large pages
	chunkSize = 1 << chunkBits
	longKey   = 1<<16 - 1 // of this length and more the next word says how long

	// mostPlaces is how many words an arena holds: 32 GiB.
	mostPlaces = 1 << 32
)

// headOf is the first word of a key but for its number.
func headOf(kind uint16, size int) uint64 {
	return uint64(kind)<<48 | uint64(min(size, longKey))<<32
}

// head is the word before a key: kind, length, number.
func (a *arena) head(place uint32) uint64 { return a.chunks[place>>chunkBits][place&(chunkSize-1)] }

// key is the key at a place, not a copy.
func (a *arena) key(place uint32) string {
	words := a.chunks[place>>chunkBits][place&(chunkSize-1):]
	size, skip := words[0]<<16>>48, 1
	if size == longKey {
		size, skip = words[1], 2
	}
	return unsafe.String((*byte)(unsafe.Pointer(unsafe.SliceData(words[skip:]))), int(size))
}

// each yields the places of keys in the order in which they were stored, and the
// words before them.
func (a *arena) each(yield func(place uint32, head uint64) bool) {
	for c, chunk := range a.chunks {
		at := 0
		if c == 0 {
			at = 1
		}
		for at < len(chunk) {
			head := chunk[at]
			if !yield(uint32(c<<chunkBits|at), head) {
				return
			}
			size, skip := int(head<<16>>48), 1
			if size == longKey {
				size, skip = int(chunk[at+1]), 2
			}
			at += skip + (size+7)/8
		}
	}
}

// end is a place behind all keys.
func (a *arena) end() uint64 { return uint64(len(a.chunks)) << chunkBits }

// words is the bytes of a key in words, the last filled up with zeros.
func (a *arena) words(place uint32) []uint64 {
	words := a.chunks[place>>chunkBits][place&(chunkSize-1):]
	size, skip := words[0]<<16>>48, 1
	if size == longKey {
		size, skip = words[1], 2
	}
	return words[skip:][:(size+7)/8]
}

// wordOf is a word of a key as a number that compares as its bytes do; zero
// behind the end.
func wordOf(words []uint64, i int) uint64 {
	if i >= len(words) {
		return 0
	}
	return binary.BigEndian.Uint64(bytesOf(words[i : i+1]))
}

// store copies a key with its number to the end. The first chunk grows as it is
// needed, so that a small arena is small; a key larger than a chunk gets its own.
func (a *arena) store(kind uint16, key string, id uint32) (place uint32, err error) {
	head := 1
	if len(key) >= longKey {
		head = 2
	}
	words := head + (len(key)+7)/8
	if n := len(a.chunks); n == 0 {
		a.chunks = append(a.chunks, make([]uint64, 1, 16)) // place 0 is none
	} else if len(a.chunks[n-1])+words > chunkSize {
		a.chunks = append(a.chunks, makeHuge[uint64](max(chunkSize, words))[:0])
	}
	n := len(a.chunks) - 1
	from := len(a.chunks[n])
	at := uint64(n)<<chunkBits | uint64(from)
	if at >= mostPlaces {
		return 0, fmt.Errorf("%w table of keys: more than %d bytes of them", ErrInvalid, uint64(8*mostPlaces))
	}
	chunk := a.chunks[n]
	if from+words > cap(chunk) { // only the first chunk: four times as large, so that it is copied seldom
		chunk = append(make([]uint64, 0, max(from+words, min(4*cap(chunk), chunkSize))), chunk...)
	}
	chunk = chunk[:from+words]
	a.chunks[n] = chunk
	chunk[from] = headOf(kind, len(key)) | uint64(id)
	if head == 2 {
		chunk[from+1] = uint64(len(key))
	}
	copy(bytesOf(chunk[from+head:]), key)
	return uint32(at), nil
}
