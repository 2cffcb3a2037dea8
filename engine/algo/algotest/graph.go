package algotest

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"ringleader/graph"
)

// Link joins two vertices, the lower first.
type Link [2]graph.Vertex

// Graph is a simple undirected graph without weights.
type Graph struct {
	Family   string
	Vertices int
	// Accounts is how many of the vertices are accounts: they come first and
	// link to identifiers only. Zero where the graph is not bipartite.
	Accounts int
	// Links holds each link once, in ascending order.
	Links []Link
}

// families maps a name to its generator, which may repeat links.
var families = []struct {
	name string
	make func(*maker)
}{
	{"lfr", (*maker).lfr},
	{"rmat", (*maker).rmat},
	{"fraud", func(m *maker) { m.identifiers(true) }},
	{"ident", func(m *maker) { m.identifiers(false) }},
	{"star", (*maker).star},
}

// Families names the families in a fixed order:
//
//   - lfr: communities of 20 to 1,000 with power-law degrees of mean 14, three
//     links in ten leading out (after Lancichinetti, Fortunato and Radicchi
//     2008, doi:10.1103/PhysRevE.78.046110);
//   - rmat: the Kronecker graph of Graph500, a = .57, b = c = .19, of mean degree
//     about 30;
//   - fraud: accounts with phones, devices, cards, addresses and merchants, the
//     last two with Zipf hubs, households, and rings of 5 to 120 accounts;
//   - ident: the same without hubs;
//   - star: one identifier of every account.
func Families() []string {
	names := make([]string, len(families))
	for i, f := range families {
		names[i] = f.name
	}
	return names
}

// New makes a graph of about the given number of links. The vertices stand in
// random order, the worst case for a processor's caches. It fails with
// [graph.ErrInvalid] on an unknown family. Time: O(links · log links).
func New(family string, links int, seed uint64) (*Graph, error) {
	for i, f := range families {
		if f.name != family {
			continue
		}
		m := &maker{rng: rand.New(rand.NewPCG(seed, uint64(i))), want: max(links, 1)}
		f.make(m)
		return &Graph{Family: family, Vertices: m.vertices, Accounts: m.accounts, Links: distinct(m.links)}, nil
	}
	return nil, fmt.Errorf("%w graph family %q: the families are %v", graph.ErrInvalid, family, Families())
}

// distinct sorts links and drops repeats, in place.
func distinct(links []Link) []Link {
	slices.SortFunc(links, compareLinks)
	return slices.Compact(links)
}

func compareLinks(a, b Link) int {
	x, y := uint64(a[0])<<32|uint64(a[1]), uint64(b[0])<<32|uint64(b[1])
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// Adjacency is the graph in symmetric rows without weights, ascending. Time:
// O(vertices + links).
func (g *Graph) Adjacency() graph.Adjacency {
	a := graph.Adjacency{Start: make([]uint32, g.Vertices+1), Targets: make([]graph.Vertex, 2*len(g.Links))}
	for _, l := range g.Links {
		a.Start[l[0]+1]++
		a.Start[l[1]+1]++
	}
	for v := range g.Vertices {
		a.Start[v+1] += a.Start[v]
	}
	// Links ascend, so each row gets its lower neighbours first, in order.
	next := slices.Clone(a.Start)
	for _, l := range g.Links {
		for i := range l {
			a.Targets[next[l[i]]] = l[1-i]
			next[l[i]]++
		}
	}
	return a
}

// Shuffled is the links in an order of their own, as a stream would bring them.
func (g *Graph) Shuffled(seed uint64) []Link {
	links := slices.Clone(g.Links)
	rng := rand.New(rand.NewPCG(seed, 0))
	rng.Shuffle(len(links), func(i, j int) { links[i], links[j] = links[j], links[i] })
	return links
}
