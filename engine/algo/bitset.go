package algo

import (
	"math/bits"
	"sync/atomic"
)

// bitset is a set of vertices.
type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) has(v uint32) bool { return b[v/64]>>(v%64)&1 != 0 }
func (b bitset) put(v uint32)      { b[v/64] |= 1 << (v % 64) }
func (b bitset) drop(v uint32)     { b[v/64] &^= 1 << (v % 64) }

// hasShared and share are has and put for several goroutines at once.
func (b bitset) hasShared(v uint32) bool { return atomic.LoadUint64(&b[v/64])>>(v%64)&1 != 0 }
func (b bitset) share(v uint32)          { atomic.OrUint64(&b[v/64], 1<<(v%64)) }

// fill is the set of all below n.
func (b bitset) fill(n int) {
	for i := range b {
		b[i] = 0
	}
	for i := range n / 64 {
		b[i] = ^uint64(0)
	}
	if n%64 != 0 {
		b[n/64] = 1<<(n%64) - 1
	}
}

// rankedSet is a set that knows the rank of each member: fewer bits than a table
// of ranks, so that it stays in the nearer caches.
type rankedSet struct {
	bitset
	below []uint32 // by word: members before it
}

func newRankedSet(b bitset) rankedSet {
	s := rankedSet{b, make([]uint32, len(b)+1)}
	for i, word := range b {
		s.below[i+1] = s.below[i] + uint32(bits.OnesCount64(word))
	}
	return s
}

func (s rankedSet) count() uint32 { return s.below[len(s.bitset)] }

// rank is how many members are below v.
func (s rankedSet) rank(v uint32) uint32 {
	rank, _ := s.find(v)
	return rank
}

// find is how many members are below v, and 1 if v is one and 0 if not.
func (s rankedSet) find(v uint32) (rank, in uint32) {
	word := s.bitset[v/64]
	return s.below[v/64] + uint32(bits.OnesCount64(word&(1<<(v%64)-1))), uint32(word >> (v % 64) & 1)
}

// bit is 1 for a member and 0 for another.
func (s rankedSet) bit(v uint32) uint32 { return uint32(s.bitset[v/64] >> (v % 64) & 1) }
