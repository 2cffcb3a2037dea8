package engine

import (
	"cmp"
	"context"
	"math"
	"slices"

	"ringleader/engine/algo"
	"ringleader/engine/policy"
	"ringleader/graph"
)

// class groups kinds by what the policy says of them, so that nothing here
// knows a kind by name.
type class int

// Classes of identifiers.
const (
	classThing class = iota // accounts are taken over with it: a device, a login
	classNet                // strangers meet on it: an address of the network
	classPaper              // one owner at a time: a phone number, a national ID
	classRoof               // a household shares it
	classOther
	classes
)

func (d *ground) classOf(k graph.Kind) class {
	switch r := d.rules[k]; {
	case r.Public():
		return classNet
	case r.NewOwner:
		return classThing
	case r.Exclusive:
		return classPaper
	case slices.Contains(d.policy.Household.Kinds, k):
		return classRoof
	}
	return classOther
}

// view is a part of the ties of a component. One view never suffices: a chain
// of papers drowns among devices, a farm among households.
type view func(c *component, t *tie) bool

func byClass(of ...class) view {
	return func(c *component, t *tie) bool {
		return t.found == policy.DetectorShared && slices.Contains(of, c.classOf(c.g.Kind(t.on)))
	}
}

// views are the parts of the ties that candidates are looked for in.
var views = []view{
	func(*component, *tie) bool { return true },
	byClass(classThing, classNet),
	byClass(classThing),
	byClass(classPaper, classRoof),
	byClass(classPaper),
	func(_ *component, t *tie) bool { return t.found != policy.DetectorShared },
}

// resolutions of the constant Potts model, in units of the link between two
// accounts that share what nobody else has: from long thin chains to cliques.
var resolutions = []float64{.004, .02, .08, .3}

// communityAbove is the number of accounts from which parts of what hangs
// together are candidates too.
const communityAbove = 6

// fromViews lists the candidates that the views give: what hangs together in
// each, and its communities at each resolution. Time: near linear in the pairs of
// accounts that share a tie.
func (c *component) fromViews(ctx context.Context) ([][]graph.Vertex, error) {
	sets := [][]graph.Vertex{c.accounts}
	for n, keep := range views {
		var kept []tie
		for i := range c.ties {
			if keep(c, &c.ties[i]) {
				kept = append(kept, c.ties[i])
			}
		}
		if n > 0 && len(kept) == len(c.ties) || len(kept) == 0 {
			continue
		}
		for _, part := range c.regroup(kept) {
			if len(part.accounts) < minRing {
				continue
			}
			sets = append(sets, part.accounts)
			if len(part.accounts) <= communityAbove {
				continue
			}
			order := c.byAge(part.accounts)
			a := part.adjacency(order)
			for _, gamma := range resolutions {
				labels, err := algo.Leiden(ctx, a, algo.LeidenOptions{Quality: algo.CPM, Resolution: gamma})
				if err != nil {
					return nil, err
				}
				for _, group := range algo.Groups(labels) {
					if len(group) < minRing {
						continue
					}
					set := make([]graph.Vertex, len(group))
					for i, x := range group {
						set[i] = order[x]
					}
					slices.Sort(set)
					sets = append(sets, set)
				}
			}
		}
	}
	return sets, nil
}

// byAge is accounts in an order in which no key decides, unless two accounts are
// alike in when they were opened, in their links and in their ties: communities
// depend on the order in which accounts are looked at.
func (c *component) byAge(accounts []graph.Vertex) []graph.Vertex {
	links := func(a graph.Vertex) int {
		lo, hi := c.g.Out(a)
		return int(hi-lo) + len(c.g.In(a))
	}
	seen := func(a graph.Vertex) graph.Time {
		first := graph.Time(0)
		for l, hi := c.g.Out(a); l < hi; l++ {
			first = earlier(first, c.g.At(l))
		}
		return first
	}
	return slices.SortedStableFunc(slices.Values(accounts), func(a, b graph.Vertex) int {
		if by := cmp.Compare(c.openedAt(a), c.openedAt(b)); by != 0 {
			return by
		}
		return cmp.Or(cmp.Compare(links(a), links(b)), cmp.Compare(seen(a), seen(b)))
	})
}

// adjacency joins the accounts of the component that share a tie, by their place
// in order. A pair counts the more the fewer share the tie: 1/log2 of them
// (Adamic and Adar 2003, doi:10.1016/S0378-8733(03)00009-1).
func (c *component) adjacency(order []graph.Vertex) graph.Adjacency {
	place := make([]graph.Vertex, len(order)) // by rank in accounts
	for x, a := range order {
		i, _ := slices.BinarySearch(c.accounts, a)
		place[i] = graph.Vertex(x)
	}
	var arcs []graph.Arc
	for _, t := range c.ties {
		if len(t.accounts) > wideTie {
			continue
		}
		w := float32(1 / math.Log2(float64(len(t.accounts))))
		for i, a := range t.accounts {
			x, _ := slices.BinarySearch(c.accounts, a)
			for _, b := range t.accounts[i+1:] {
				y, _ := slices.BinarySearch(c.accounts, b)
				arcs = append(arcs, graph.Arc{From: place[x], To: place[y], Weight: w})
			}
		}
	}
	return graph.NewAdjacency(len(c.accounts), arcs, true)
}
