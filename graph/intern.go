package graph

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"math"
	"math/bits"
	"unsafe"
)

// Interner numbers byte strings: each distinct pair of a kind and a key gets
// the next number, from 0 on. The caller numbers its kinds; one that has none
// says 0. Keys are copied into an arena, so a key costs no Go string and the
// collector sees a few large arrays: about 25 bytes a key beside the key.
//
// The table is open addressing with linear probing. A slot holds the upper half
// of the hash, whose top bits are the place of the slot, and the number: a
// table grows by moving slots in order, without a look at any key. What a
// look-up waits for is memory, three reads that depend on each other, so
// [InternAll] goes through 64 keys at a time and starts the reads of all before
// it needs the first. Hashes are seeded anew for each table: nobody can choose
// keys that collide. Numbers depend on the order of calls only.
//
// The zero value is ready. It is not safe for concurrent use.
type Interner struct {
	seed  maphash.Seed
	shift uint     // 64 − log2 of the number of slots
	slots []uint64 // upper half of the hash, then number + 1 in 32 bits; 0 is free
	at    []uint64 // by number: kind in the upper 16 bits, then place in the arena
	arena [][]byte // chunks; a key is its length as a uvarint, then its bytes
}

// MaxInterned is how many keys an Interner numbers: three quarters of the slots
// that 32 bits of a hash can tell apart.
const MaxInterned = 3 << 30

const (
	chunkBits = 21 // a chunk of the arena is as large as a large page
	chunkSize = 1 << chunkBits
	placeBits = 48
	together  = 64 // keys that are looked up at once
)

// Len is how many keys have a number.
func (x *Interner) Len() int { return len(x.at) }

// Key is the key of a number. The bytes are the interner's own.
func (x *Interner) Key(id uint32) []byte {
	place := x.at[id] & (1<<placeBits - 1)
	chunk := x.arena[place>>chunkBits][place&(chunkSize-1):]
	n, head := uint64(chunk[0]), uint64(1)
	if n >= 0x80 {
		length, used := binary.Uvarint(chunk)
		n, head = length, uint64(used)
	}
	return chunk[head : head+n : head+n]
}

// Text is the key of a number as a string. It is not a copy: it keeps its chunk
// of the arena alive, and never changes.
func (x *Interner) Text(id uint32) string {
	key := x.Key(id)
	return unsafe.String(unsafe.SliceData(key), len(key))
}

// Kind is the kind of a number.
func (x *Interner) Kind(id uint32) uint16 { return uint16(x.at[id] >> placeBits) }

// Find is the number of a key that has one. Time: O(1) expected.
func (x *Interner) Find(kind uint16, key []byte) (id uint32, ok bool) {
	if len(x.slots) == 0 {
		return 0, false
	}
	id, _, ok = x.find(x.hash(kind, viewText(key)), kind, viewText(key))
	return id, ok
}

// Intern is the number of a key; fresh tells that it is a new one. It fails
// beyond [MaxInterned] keys. Time: O(1) expected.
func (x *Interner) Intern(kind uint16, key []byte) (id uint32, fresh bool, err error) {
	return x.InternText(kind, viewText(key))
}

// InternText is [Interner.Intern] of a string.
func (x *Interner) InternText(kind uint16, key string) (id uint32, fresh bool, err error) {
	if err := x.reserve(1); err != nil {
		return 0, false, err
	}
	id, fresh = x.place(x.hash(kind, key), kind, key)
	return id, fresh, nil
}

// InternAll writes the number of each key to ids, which is as long. kinds are
// those of the keys, or one for all of them. It is several times as fast as one
// call for each where the table is larger than the caches.
func InternAll[K ~string | ~[]byte](x *Interner, kinds []uint16, keys []K, ids []uint32) error {
	if len(kinds) != len(keys) && len(kinds) != 1 || len(ids) != len(keys) {
		return fmt.Errorf("%w call: %d keys, %d kinds and room for %d numbers", ErrInvalid, len(keys), len(kinds), len(ids))
	}
	var hashes [together]uint64
	var likely [together]uint32
	for len(keys) > 0 {
		n := min(together, len(keys))
		if err := x.reserve(n); err != nil {
			return err
		}
		for i := range n {
			hashes[i] = x.hash(kinds[min(i, len(kinds)-1)], viewText(keys[i]))
		}
		x.touch(hashes[:n], likely[:n])
		for i := range n {
			kind, key := kinds[min(i, len(kinds)-1)], viewText(keys[i])
			if id := likely[i] - 1; likely[i] != 0 && x.Kind(id) == kind && x.Text(id) == key {
				ids[i] = id
				continue
			}
			ids[i], _ = x.place(hashes[i], kind, key)
		}
		keys, ids = keys[n:], ids[n:]
		if len(kinds) > 1 {
			kinds = kinds[n:]
		}
	}
	return nil
}

// touch reads what the look-ups of hashes are going to read, one level of all
// before the next level: so the processor waits for many at once. It notes the
// number + 1 of the first key with the upper half of each hash, 0 for none.
func (x *Interner) touch(hashes []uint64, likely []uint32) {
	seen := uint64(0)
	for _, h := range hashes {
		seen |= x.slots[h>>x.shift]
	}
	mask := uint64(len(x.slots) - 1)
	for i, h := range hashes {
		likely[i] = 0
		for at := h >> x.shift; ; at = (at + 1) & mask {
			slot := x.slots[at]
			if uint32(slot) == 0 {
				break
			}
			if slot>>32 == h>>32 {
				likely[i] = uint32(slot)
				seen |= x.at[uint32(slot)-1]
				break
			}
		}
	}
	for _, id := range likely {
		if id != 0 {
			seen |= uint64(x.first(id - 1))
		}
	}
	keep(seen)
}

// first is the first byte of a key's place.
func (x *Interner) first(id uint32) byte {
	place := x.at[id] & (1<<placeBits - 1)
	return x.arena[place>>chunkBits][place&(chunkSize-1)]
}

// touchKeys reads the keys of numbers before they are needed.
func (x *Interner) touchKeys(ids []uint32) {
	seen := uint64(0)
	for _, id := range ids {
		seen |= x.at[id]
	}
	for _, id := range ids {
		seen |= uint64(x.first(id))
	}
	keep(seen)
}

// keep makes a value used, so that the read of it is not optimised away.
//
//go:noinline
func keep(uint64) {}

func (x *Interner) hash(kind uint16, key string) uint64 {
	return maphash.String(x.seed, key) ^ uint64(kind)*0x9e3779b97f4a7c15
}

// find is the number of a key, else the free slot where it belongs.
func (x *Interner) find(hash uint64, kind uint16, key string) (id uint32, free uint64, ok bool) {
	mask := uint64(len(x.slots) - 1)
	for i := hash >> x.shift; ; i = (i + 1) & mask {
		slot := x.slots[i]
		if uint32(slot) == 0 {
			return 0, i, false
		}
		if slot>>32 == hash>>32 {
			if id = uint32(slot) - 1; x.Kind(id) == kind && x.Text(id) == key {
				return id, i, true
			}
		}
	}
}

// place finds or adds a key; there is room for it.
func (x *Interner) place(hash uint64, kind uint16, key string) (id uint32, fresh bool) {
	id, free, ok := x.find(hash, kind, key)
	if ok {
		return id, false
	}
	id = uint32(len(x.at))
	x.slots[free] = hash&^math.MaxUint32 | uint64(id+1)
	x.at = append(x.at, uint64(kind)<<placeBits|x.store(key))
	return id, true
}

// store copies a key into the arena and returns its place. The first chunk
// grows as it is needed, so that a small table is small.
func (x *Interner) store(key string) uint64 {
	var head [10]byte
	length := binary.AppendUvarint(head[:0], uint64(len(key)))
	n := len(x.arena)
	if n == 0 || len(x.arena[n-1])+len(length)+len(key) > chunkSize && len(x.arena[n-1]) > 0 {
		room := chunkSize
		if n == 0 {
			room = 0
		}
		x.arena = append(x.arena, make([]byte, 0, max(room, len(length)+len(key))))
		n++
	}
	chunk := &x.arena[n-1]
	place := uint64(n-1)<<chunkBits | uint64(len(*chunk))
	*chunk = append(append(*chunk, length...), key...)
	return place
}

// reserve makes room for n more keys, so that a table is three quarters full at
// most.
func (x *Interner) reserve(n int) error {
	want := len(x.at) + n
	if uint64(want) > MaxInterned {
		return fmt.Errorf("%w table of keys: more than %d", ErrInvalid, uint64(MaxInterned))
	}
	if 4*want <= 3*len(x.slots) {
		return nil
	}
	if x.slots == nil {
		x.seed = maphash.MakeSeed()
	}
	x.grow(max(64, 1<<bits.Len(uint(4*want/3))))
	return nil
}

// grow makes size slots, a power of two. Slots lie in the order of their
// hashes but for those that wrapped round, so the new table is filled from one
// end to the other.
func (x *Interner) grow(size int) {
	old := x.slots
	x.slots, x.shift = makeHuge[uint64](size), uint(64-bits.TrailingZeros(uint(size)))
	mask := uint64(size - 1)
	for _, slot := range old {
		if uint32(slot) == 0 {
			continue
		}
		i := slot >> x.shift
		for uint32(x.slots[i]) != 0 {
			i = (i + 1) & mask
		}
		x.slots[i] = slot
	}
}

// viewText is key as a string, without a copy; both begin with a pointer and a
// length. It must not outlive the call that it is made for.
func viewText[K ~string | ~[]byte](key K) string {
	head := (*struct {
		data *byte
		size int
	})(unsafe.Pointer(&key))
	return unsafe.String(head.data, head.size)
}
