package resolve

import (
	"cmp"
	"slices"

	"ringleader/engine/algo"
)

// scored is a pair that was compared and found good enough.
type scored struct {
	x, y    uint32 // x < y
	pattern pattern
	bits    float64
}

// strongestFirst orders pairs for reading and for joining.
func strongestFirst(a, b scored) int {
	return cmp.Or(cmp.Compare(b.bits, a.bits), cmp.Compare(a.x, b.x), cmp.Compare(a.y, b.y))
}

// How two groups are compared: how many pairs are looked at, how much one pair
// may say, and how far the pairs may speak against it on average. Evidence
// inside a group is not independent, so no pair decides alone; and two records
// of one person with mistakes in both fall a little short of it by themselves.
// The values were settled on made-up people (see TestQualityOnMadeUpPeople).
const (
	groupPairs = 256
	groupBits  = 10
	groupSlack = 2
)

// people joins records into people, the strongest pair first: two groups become
// one if the pairs between them speak for it on average. Chains of accidental
// likeness, by which connected components grow, end here: a bridge of one pair
// between two families is outvoted. It labels each record with the first record
// of its person. Time: O(pairs·groupPairs) comparisons at most.
func (s *scorer) people(pairs []scored, records int, tick func(done int) error) ([]uint32, error) {
	u := algo.NewUnionFind(records)
	members := make(map[uint32][]uint32)
	of := func(root uint32) []uint32 {
		if m := members[root]; m != nil {
			return m
		}
		return []uint32{root}
	}
	refused := make(map[[2]uint32]int) // roots, to the size that was refused
	for i, p := range pairs {
		if i%4096 == 0 {
			if err := tick(i); err != nil {
				return nil, err
			}
		}
		a, b := u.Find(p.x), u.Find(p.y)
		if a == b {
			continue
		}
		key := [2]uint32{min(a, b), max(a, b)}
		ma, mb := of(a), of(b)
		if refused[key] == len(ma)+len(mb) {
			continue
		}
		if s.between(ma, mb) < -groupSlack {
			refused[key] = len(ma) + len(mb)
			continue
		}
		u.Union(a, b)
		all := slices.Concat(ma, mb)
		slices.Sort(all)
		delete(members, a)
		delete(members, b)
		members[u.Find(a)] = all
	}
	return u.Labels(), nil
}

// between is the mean of the clipped bits of the pairs of two groups, or of an
// even choice of groupPairs of them.
func (s *scorer) between(a, b []uint32) float64 {
	n := len(a) * len(b)
	step := (n + groupPairs - 1) / groupPairs
	sum, taken := 0.0, 0
	for k := 0; k < n; k += step {
		x, y := a[k/len(b)], b[k%len(b)]
		sum += max(-groupBits, min(groupBits, s.bits(x, s.comparer.pattern(x, y))))
		taken++
	}
	return sum / float64(taken)
}
