package engine

import (
	"math"
	"slices"

	"ringleader/graph"
)

// boundStats says how many accounts are bound by ties of one kind, by how many
// people the tie binds. Two accounts of one person share everything and mean
// nothing, so it is people that count.
type boundStats struct {
	accounts int   // of the population
	atLeast  []int // atLeast[k]: accounts in a tie of k people or more
	ties     []int // ties[k]: ties of k people or more
}

// chance is how likely an account is bound, with so many people, by the rule of
// succession.
func (b *boundStats) chance(people int) float64 {
	if b == nil {
		return .5
	}
	return min(1, (float64(b.atLeast[min(people, maxTail)])+1)/(float64(b.accounts)+2))
}

// bits is log2 of how unlikely that is. A tie of one person says nothing.
func (b *boundStats) bits(people int) float64 {
	if people < 2 {
		return 0
	}
	return -math.Log2(b.chance(people))
}

// spread is how many bits rarer it is that an account begins a tie of so many
// people than that it is in one: log2 of the accounts in such ties for each.
func (b *boundStats) spread(people int) float64 {
	if b == nil {
		return 0
	}
	k := min(people, maxTail)
	return math.Log2((float64(b.atLeast[k]) + 1) / (float64(b.ties[k]) + 1))
}

// boundBy is the statistics for a tie over an identifier: those under the cap of
// the kind, and what binds above it, apart.
func (d *ground) boundBy(k graph.Kind, above bool) *boundStats {
	if above {
		return d.pop.boundAbove[k]
	}
	return d.pop.bound[k]
}

// weighTies counts whom ties over identifiers bind, and gives each tie the bits
// of being bound like that. Time: O(accounts in ties · log).
func (d *ground) weighTies(ties []tie) {
	d.pop.bound, d.pop.boundAbove = make(map[graph.Kind]*boundStats), make(map[graph.Kind]*boundStats)
	people := make([]int, len(ties))
	for i := range ties {
		t := &ties[i]
		people[i] = d.people(t.accounts)
		if boundBefore(ties, i) {
			continue
		}
		of := d.pop.bound
		if t.burst {
			of = d.pop.boundAbove
		}
		k := d.g.Kind(t.on)
		if of[k] == nil {
			of[k] = &boundStats{accounts: d.pop.accounts, atLeast: make([]int, maxTail+2), ties: make([]int, maxTail+2)}
		}
		of[k].atLeast[min(people[i], maxTail)] += len(t.accounts)
		of[k].ties[min(people[i], maxTail)]++
	}
	for _, of := range []map[graph.Kind]*boundStats{d.pop.bound, d.pop.boundAbove} {
		for _, b := range of {
			for k := maxTail; k > 0; k-- {
				b.atLeast[k-1] += b.atLeast[k]
				b.ties[k-1] += b.ties[k]
			}
		}
	}
	for i := range ties {
		if ties[i].on < d.lo || ties[i].on >= d.hi { // an association has bits of its own
			by := d.boundBy(d.g.Kind(ties[i].on), ties[i].burst)
			ties[i].bits = max(0, by.bits(people[i])+ties[i].less)
			ties[i].spread = by.spread(people[i])
		}
	}
}

// boundBefore reports whether a tie before ties[i], over the same identifier,
// binds the same accounts: the burst of a farm that came at once is its core
// too. Ties of one identifier come one after the other.
func boundBefore(ties []tie, i int) bool {
	for k := i - 1; k >= 0 && ties[k].on == ties[i].on; k-- {
		if slices.Equal(ties[k].accounts, ties[i].accounts) {
			return true
		}
	}
	return false
}

// people counts distinct customers; an account without one is a person.
func (d *ground) people(accounts []graph.Vertex) int {
	owners := make([]graph.Vertex, len(accounts))
	for i, a := range accounts {
		owners[i] = d.owner[a-d.lo]
	}
	slices.Sort(owners)
	return len(slices.Compact(owners))
}

// findOwners notes whose each account is: the customer's, else its own.
func (d *ground) findOwners() {
	d.owner = make([]graph.Vertex, d.hi-d.lo)
	for a := d.lo; a < d.hi; a++ {
		d.owner[a-d.lo] = a
		if c, ok := d.customerOf(a); ok {
			d.owner[a-d.lo] = c
		}
	}
}
