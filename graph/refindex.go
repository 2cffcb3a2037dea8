package graph

import "hash/maphash"

// refIndex finds references in a list of them. It is a hash table of places
// with open addressing: a map of Ref would hash both strings of each and keep
// them a second time, which is most of the time of making a batch. The zero
// value is ready.
type refIndex struct {
	seed  maphash.Seed
	slots []uint64 // upper half of the hash, then place + 1 in 32 bits; 0 is free

	touched byte // so that touching memory is not optimised away
}

// group is how many references are placed at once.
const group = 64

// place finds where each of some references, at most a group, stands in refs,
// and appends those that do not. It returns refs with them.
//
// A large table lies beyond the caches, and looking one reference up waits for
// memory three times: for its slot, for the reference that the slot names and
// for that one's text. So it touches all slots first, then all references, then
// all texts: the waits of a group overlap. Time: O(len(want)) expected.
func (x *refIndex) place(refs []Ref, want []Ref, at []uint32) []Ref {
	if 4*(len(refs)+len(want)) > 3*len(x.slots) {
		x.grow(refs, max(4*group, 2*len(x.slots)))
	}
	var hashes, slots [group]uint64
	mask := uint64(len(x.slots) - 1)
	for i := range want {
		hashes[i] = x.hash(want[i])
	}
	for i := range want {
		slots[i] = x.slots[hashes[i]&mask]
	}
	var keys [group]string
	for i := range want {
		if slots[i] != 0 && slots[i]>>32 == hashes[i]>>32 {
			keys[i] = refs[uint32(slots[i])-1].Key
		}
	}
	for _, key := range keys[:len(want)] {
		if key != "" {
			x.touched ^= key[0]
		}
	}
	for i := range want {
		refs, at[i] = x.placeOne(refs, want[i], hashes[i])
	}
	return refs
}

// placeOne is place for one reference. There is room for it.
func (x *refIndex) placeOne(refs []Ref, r Ref, hash uint64) ([]Ref, uint32) {
	mask := uint64(len(x.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		slot := x.slots[i]
		if slot == 0 {
			x.slots[i] = hash&^0xffffffff | uint64(len(refs)+1)
			return append(refs, r), uint32(len(refs))
		}
		if slot>>32 == hash>>32 {
			if at := uint32(slot) - 1; refs[at] == r {
				return refs, at
			}
		}
	}
}

// hash mixes the kind in by its ends: kinds are few, and two that meet cost a
// comparison only.
func (x *refIndex) hash(r Ref) uint64 {
	hash := maphash.String(x.seed, r.Key)
	if n := len(r.Kind); n > 0 {
		hash ^= (uint64(n)<<16 | uint64(r.Kind[0])<<8 | uint64(r.Kind[n-1])) * 0x9e3779b97f4a7c15
	}
	return hash
}

// grow makes n slots, a power of two, and places refs in them anew.
func (x *refIndex) grow(refs []Ref, n int) {
	if x.slots == nil {
		x.seed = maphash.MakeSeed()
	}
	if len(x.slots) == n {
		clear(x.slots)
	} else {
		x.slots = make([]uint64, n)
	}
	mask := uint64(n - 1)
	for at, r := range refs {
		hash := x.hash(r)
		i := hash & mask
		for x.slots[i] != 0 {
			i = (i + 1) & mask
		}
		x.slots[i] = hash&^0xffffffff | uint64(at+1)
	}
}
