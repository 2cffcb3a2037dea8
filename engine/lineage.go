package engine

import (
	"cmp"
	"slices"

	"ringleader/graph"
)

// carryOver gives rings their IDs. A ring of this run continues the ring of the
// predecessor with which it shares most accounts, if that is at least a third
// of the accounts of both together; each old ring is continued once, by the
// ring that holds most of it. A ring without a predecessor takes a hash of its
// earliest members. Time: O(members · log members).
func carryOver(run, prev *Run) {
	var old []Ring
	if prev != nil {
		old = slices.Concat(prev.Rings, prev.Suppressed)
	}
	home := make(map[string]int) // account → old ring
	for i := range old {
		for _, key := range old[i].accountKeys() {
			home[key] = i
		}
	}
	keys := make([][]string, len(run.Rings))
	for i := range keys {
		keys[i] = run.Rings[i].accountKeys()
	}
	pairs := overlaps(keys, old, home)
	after := make([]int, len(run.Rings)) // new ring → the old ring that it continues
	for i := range after {
		after[i] = -1
	}
	used := make(map[string]bool)
	taken := make([]int, len(old)) // old ring → new rings that hold accounts of it
	for _, p := range pairs {
		taken[p.old]++
		if after[p.fresh] < 0 && !used[old[p.old].ID] && 3*p.common >= p.union {
			after[p.fresh] = p.old
			used[old[p.old].ID] = true
			run.Rings[p.fresh].ID = old[p.old].ID
		}
	}
	order := make([]int, len(run.Rings))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return slices.Compare(keys[a], keys[b]) })
	for _, i := range order {
		r := &run.Rings[i]
		if r.ID == "" {
			r.ID = r.newID(used)
		}
		r.Meta = RingMeta{Run: run.Info.ID, Status: "new"}
		r.Lineage = r.history(i, after[i], pairs, old, taken, run.Info.ID)
	}
}

// overlap is how many accounts a new and an old ring have in common.
type overlap struct{ fresh, old, common, union int }

// overlaps lists pairs with a common account, the closest first. fresh are the
// accounts of new rings.
func overlaps(fresh [][]string, old []Ring, home map[string]int) []overlap {
	var pairs []overlap
	for i, keys := range fresh {
		common := make(map[int]int)
		for _, k := range keys {
			if o, ok := home[k]; ok {
				common[o]++
			}
		}
		for o, n := range common {
			pairs = append(pairs, overlap{i, o, n, len(keys) + old[o].Size - n})
		}
	}
	slices.SortFunc(pairs, func(a, b overlap) int {
		return cmp.Or(cmp.Compare(b.common*a.union, a.common*b.union), cmp.Compare(b.common, a.common),
			cmp.Compare(old[a.old].ID, old[b.old].ID),
			slices.Compare(fresh[a.fresh], fresh[b.fresh]))
	})
	return pairs
}

// history is the lineage of ring i, with what happened since the predecessor.
func (r *Ring) history(i, after int, pairs []overlap, old []Ring, taken []int, run string) []Lineage {
	var from []string // other old rings whose accounts are here
	for _, p := range pairs {
		if p.fresh == i && p.old != after {
			from = append(from, old[p.old].ID)
		}
	}
	slices.Sort(from)
	if after < 0 {
		if len(from) > 0 {
			return []Lineage{{Event: "split", Run: run, From: from}}
		}
		return []Lineage{{Event: "birth", Run: run}}
	}
	o := &old[after]
	lineage := slices.Clone(o.Lineage)
	mine, theirs := r.accountKeys(), o.accountKeys()
	switch {
	case len(from) > 0:
		return append(lineage, Lineage{Event: "merge", Run: run, From: from})
	case taken[after] > 1:
		return append(lineage, Lineage{Event: "split", Run: run})
	case len(mine) > len(theirs):
		return append(lineage, Lineage{Event: "growth", Run: run})
	case len(mine) < len(theirs):
		return append(lineage, Lineage{Event: "shrink", Run: run})
	}
	return lineage
}

// accountKeys is the keys of the accounts that are not bystanders, ascending.
func (r *Ring) accountKeys() []string {
	var keys []string
	for _, m := range r.Members {
		if m.Ref.Kind == graph.Account && m.Role != RoleBystander {
			keys = append(keys, m.Ref.Key)
		}
	}
	slices.Sort(keys)
	return keys
}

// newID hashes the three earliest members; used keeps IDs apart where rings
// began alike.
func (r *Ring) newID(used map[string]bool) string {
	var first []Member
	for _, m := range r.Members {
		if m.Ref.Kind == graph.Account && m.Role != RoleBystander {
			first = append(first, m)
		}
	}
	slices.SortFunc(first, func(a, b Member) int { return cmp.Or(cmp.Compare(a.Since, b.Since), a.Ref.Compare(b.Ref)) })
	h := newDigest()
	for _, m := range first[:min(3, len(first))] {
		h.text(m.Ref.String())
	}
	for {
		if id := "r-" + h.hex(12); !used[id] {
			used[id] = true
			return id
		}
		h.text("again")
	}
}
