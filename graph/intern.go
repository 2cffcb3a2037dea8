package graph

import (
	"fmt"
	"hash/maphash"
	"math"
	"math/bits"
	"unsafe"
)

// Interner numbers byte strings: each distinct pair of a kind and a key gets
// the next number, from 0 on. The caller numbers its kinds; one that has none
// says 0. Keys are copied into an arena, so a key costs no Go string and the
// collector sees a few large arrays: about 30 bytes a key beside the key.
//
// The table is open addressing with linear probing. A slot holds the upper half
// of the hash, whose top bits are the place of the slot, and the place of the
// key: a table grows by moving slots in order, without a look at any key. What a
// look-up waits for is memory, two reads of which the second depends on the
// first, so [InternAll] goes through 64 keys at a time and starts the reads of
// all before it needs the first. Hashes are seeded anew for each table: nobody
// can choose keys that collide. Numbers depend on the order of calls only.
//
// The zero value is ready. It is not safe for concurrent use.
type Interner struct {
	seed  maphash.Seed
	shift uint           // 64 − log2 of the number of slots
	slots []uint64       // upper half of the hash, then place in the arena; 0 is free
	at    chunks[uint32] // by number: place in the arena
	arena arena
}

// MaxInterned is how many keys an Interner numbers: three quarters of the slots
// that 32 bits of a hash can tell apart. It holds 32 GiB of them.
const MaxInterned = 3 << 30

// together is how many keys are looked up at once.
const together = 64

// Len is how many keys have a number.
func (x *Interner) Len() int { return x.at.len() }

// Key is the key of a number. The bytes are the interner's own.
func (x *Interner) Key(id uint32) []byte {
	key := x.Text(id)
	return unsafe.Slice(unsafe.StringData(key), len(key))
}

// Text is the key of a number as a string. It is not a copy: it keeps its chunk
// of the arena alive, and never changes.
func (x *Interner) Text(id uint32) string { return x.arena.key(*x.at.at(id)) }

// Kind is the kind of a number.
func (x *Interner) Kind(id uint32) uint16 { return uint16(x.arena.head(*x.at.at(id)) >> 48) }

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
	return x.place(x.hash(kind, key), kind, key)
}

// InternAll writes the number of each key to ids, which is as long. kinds are
// those of the keys, or one for all of them. It is several times as fast as one
// call for each where the table is larger than the caches.
func InternAll[K ~string | ~[]byte](x *Interner, kinds []uint16, keys []K, ids []uint32) error {
	if len(kinds) != len(keys) && len(kinds) != 1 || len(ids) != len(keys) {
		return fmt.Errorf("%w call: %d keys, %d kinds and room for %d numbers", ErrInvalid, len(keys), len(kinds), len(ids))
	}
	var group lookups
	for len(keys) > 0 {
		n := min(together, len(keys))
		if err := x.reserve(n); err != nil {
			return err
		}
		for i := range n {
			group.hashes[i] = x.hash(kinds[min(i, len(kinds)-1)], viewText(keys[i]))
		}
		group.touch(x, n)
		for i := range n {
			kind, key := kinds[min(i, len(kinds)-1)], viewText(keys[i])
			at := group.places[i]
			if at != 0 && group.heads[i]&^math.MaxUint32 == headOf(kind, len(key)) && x.arena.key(at) == key {
				ids[i] = uint32(group.heads[i])
				continue
			}
			var err error
			if ids[i], _, err = x.place(group.hashes[i], kind, key); err != nil {
				return err
			}
		}
		keys, ids = keys[n:], ids[n:]
		if len(kinds) > 1 {
			kinds = kinds[n:]
		}
	}
	return nil
}

// lookups are those of a group of keys.
type lookups struct {
	hashes [together]uint64
	slots  [together]uint64 // where the hash points
	places [together]uint32 // of the first key with the upper half of the hash, 0 for none
	heads  [together]uint64 // of that key
}

// touch reads what look-ups are going to read, one level of all before the next
// level: so the processor waits for many at once.
func (g *lookups) touch(x *Interner, n int) {
	for i, h := range g.hashes[:n] {
		g.slots[i] = x.slots[h>>x.shift]
	}
	mask := uint64(len(x.slots) - 1)
	for i, h := range g.hashes[:n] {
		slot := g.slots[i]
		for at := h >> x.shift; slot != 0 && slot>>32 != h>>32; slot = x.slots[at] {
			at = (at + 1) & mask
		}
		g.places[i] = uint32(slot)
	}
	for i, place := range g.places[:n] {
		if place != 0 {
			g.heads[i] = x.arena.head(place)
		}
	}
}

func (x *Interner) hash(kind uint16, key string) uint64 {
	return maphash.String(x.seed, key) ^ uint64(kind)*0x9e3779b97f4a7c15
}

// find is the number of a key, else the free slot where it belongs.
func (x *Interner) find(hash uint64, kind uint16, key string) (id uint32, free uint64, ok bool) {
	mask := uint64(len(x.slots) - 1)
	want := headOf(kind, len(key))
	for i := hash >> x.shift; ; i = (i + 1) & mask {
		slot := x.slots[i]
		if slot == 0 {
			return 0, i, false
		}
		if slot>>32 == hash>>32 {
			head := x.arena.head(uint32(slot))
			if head&^math.MaxUint32 == want && x.arena.key(uint32(slot)) == key {
				return uint32(head), i, true
			}
		}
	}
}

// place finds or adds a key; there is room for it.
func (x *Interner) place(hash uint64, kind uint16, key string) (id uint32, fresh bool, err error) {
	id, free, ok := x.find(hash, kind, key)
	if ok {
		return id, false, nil
	}
	id = uint32(x.at.len())
	at, err := x.arena.store(kind, key, id)
	if err != nil {
		return 0, false, err
	}
	x.slots[free] = hash&^math.MaxUint32 | uint64(at)
	x.at.add(at)
	return id, true, nil
}

// reserve makes room for n more keys, so that a table is three quarters full at
// most.
func (x *Interner) reserve(n int) error {
	want := x.at.len() + n
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
		if slot == 0 {
			continue
		}
		i := slot >> x.shift
		for x.slots[i] != 0 {
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
