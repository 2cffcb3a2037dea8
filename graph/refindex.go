package graph

import "hash/maphash"

// refIndex finds references in a list of them. It is a hash table of places
// with open addressing: a map of Ref would hash both strings of each and keep
// them a second time, which is most of the time of making a batch. The zero
// value is ready.
type refIndex struct {
	seed  maphash.Seed
	slots []uint64 // upper half of the hash, then place + 1 in 32 bits; 0 is free
}

// place is where r stands in refs. fresh tells that it does not: the caller
// then appends it there. Time: O(1) expected.
func (x *refIndex) place(refs []Ref, r Ref) (at uint32, fresh bool) {
	if 4*(len(refs)+1) > 3*len(x.slots) {
		x.grow(refs, max(64, 2*len(x.slots)))
	}
	hash := x.hash(r)
	mask := uint64(len(x.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		slot := x.slots[i]
		if slot == 0 {
			x.slots[i] = hash&^0xffffffff | uint64(len(refs)+1)
			return uint32(len(refs)), true
		}
		if slot>>32 == hash>>32 {
			if at := uint32(slot) - 1; refs[at] == r {
				return at, false
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
	x.slots = make([]uint64, n)
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
