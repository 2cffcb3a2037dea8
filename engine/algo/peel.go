package algo

import (
	"context"
	"fmt"
	"math"
	"slices"

	"ringleader/graph"
)

// PeelOptions say what a dense block is made of.
type PeelOptions struct {
	// Suspicion is what each vertex counts for itself; nil: nothing.
	Suspicion []float32
	// Factor is multiplied into the weight of every link at a vertex;
	// [ColumnFactors] makes those of FRAUDAR. Nil: one.
	Factor []float32
}

// Block is a set of vertices with a density.
type Block struct {
	Vertices []graph.Vertex // ascending
	Density  float64        // weight inside, vertices' own included, a vertex
	// Order is all vertices in the order in which they were peeled: the block is
	// its tail.
	Order []graph.Vertex
}

// ColumnFactors are FRAUDAR's weights against camouflage for the vertices that
// columns says are objects, identifiers for instance: a link to an object of
// degree d weighs 1/ln(d + 5), so that a merchant of everybody's says little.
// Other vertices have factor one.
func ColumnFactors(a graph.Adjacency, column func(graph.Vertex) bool) []float32 {
	factor := make([]float32, a.Len())
	for v := range factor {
		factor[v] = 1
		if column(graph.Vertex(v)) {
			factor[v] = float32(1 / math.Log(float64(len(a.Row(graph.Vertex(v))))+5))
		}
	}
	return factor
}

// Peel finds a dense block of a symmetric graph: it removes the vertex of the
// least weight to what is left, of several the lowest, until none is left, and
// returns the set of the greatest density
//
//	g(S) = (Σ_{v∈S} s_v + Σ_{u,v∈S} w_uv·f_u·f_v) / |S|
//
// on the way, of several the smallest. No set is more than twice as dense
// (Charikar 2000, doi:10.1007/3-540-44436-X_10). With [ColumnFactors] it is FRAUDAR (Hooi et al., "FRAUDAR:
// Bounding Graph Fraud in the Face of Camouflage", KDD 2016,
// doi:10.1145/2939672.2939747). Loops do not count.
//
// Weights are rounded to whole numbers of a unit of about 2⁻⁵² of their sum,
// and sums are exact: the order does not hang on the order of additions, and
// [Spade] reaches the same. Vertices wait in buckets of about equal weight; only
// the lowest is sorted, and what falls into it later goes by a small heap.
//
// Time: O(arcs + vertices · log vertices), one wait for memory an arc. Memory: 32
// bytes a vertex and 4 a link. It misleads where density is honest: a household
// is a denser block than a loose ring. It proposes; it does not accuse.
//
// It fails with [graph.ErrInvalid] where the options do not fit the graph and
// where a weight is below zero, infinite or not a number, and when ctx ends.
func Peel(ctx context.Context, a graph.Adjacency, o PeelOptions) (Block, error) {
	p, err := newPeel(a, o)
	if err != nil || a.Len() == 0 {
		return Block{}, err
	}
	return p.run(ctx)
}

// peel is what is left of a graph.
type peel struct {
	graph.Adjacency
	scale  float64
	factor []float32
	weight []uint64 // of each vertex to what is left; removed, when it is not
	total  uint64   // of what is left: each link is in the weight of two vertices
	queue  peelQueue
	order  []graph.Vertex
}

const removed = math.MaxUint64

func newPeel(a graph.Adjacency, o PeelOptions) (*peel, error) {
	n := a.Len()
	if o.Suspicion != nil && len(o.Suspicion) != n || o.Factor != nil && len(o.Factor) != n {
		return nil, fmt.Errorf("%w options of a peel: %d suspicions and %d factors for %d vertices", graph.ErrInvalid, len(o.Suspicion), len(o.Factor), n)
	}
	p := &peel{Adjacency: a, factor: o.Factor, weight: make([]uint64, n), order: make([]graph.Vertex, 0, n)}
	if p.factor == nil {
		p.factor = make([]float32, n)
		for v := range p.factor {
			p.factor[v] = 1
		}
	}
	sum := 0.0
	for v := range n {
		own := 0.0
		for i := a.Start[v]; i < a.Start[v+1]; i++ {
			own += p.link(v, i)
		}
		if o.Suspicion != nil {
			own += float64(o.Suspicion[v])
		}
		if !(own >= 0 && own <= math.MaxFloat64) || !(p.factor[v] >= 0) {
			return nil, fmt.Errorf("%w graph to peel: a weight is below zero, infinite or not a number", graph.ErrInvalid)
		}
		sum += own
	}
	_, exponent := math.Frexp(sum)
	p.scale = math.Ldexp(1, 52-exponent)
	both := uint64(0) // each link from both ends
	for v := range n {
		links := uint64(0)
		for i := a.Start[v]; i < a.Start[v+1]; i++ {
			links += p.units(p.link(v, i))
		}
		both += links
		if o.Suspicion != nil {
			p.weight[v] = p.units(float64(o.Suspicion[v]))
			p.total += p.weight[v]
		}
		p.weight[v] += links
	}
	p.total += both / 2
	return p, nil
}

// link is the weight of arc i of v.
func (p *peel) link(v int, i uint32) float64 {
	u := p.Targets[i]
	if int(u) == v {
		return 0
	}
	// The product of two is the same from both ends.
	w := float64(p.factor[v]) * float64(p.factor[u])
	if p.Weights != nil {
		w *= float64(p.Weights[i])
	}
	return w
}

func (p *peel) units(w float64) uint64 { return uint64(w*p.scale + .5) }

func (p *peel) run(ctx context.Context) (Block, error) {
	total := p.total
	for v, w := range p.weight {
		p.queue.push(graph.Vertex(v), w)
	}
	left := p.Len()
	best, block := float64(total)/float64(left), left
	for step := 0; left > 1; step++ {
		if step&0xffff == 0 && ctx.Err() != nil {
			return Block{}, ctx.Err()
		}
		total -= p.remove(p.queue.pop(p.weight))
		left--
		if d := float64(total) / float64(left); d >= best {
			best, block = d, left
		}
	}
	p.remove(p.queue.pop(p.weight))
	return newBlock(p.order, block, best/p.scale), ctx.Err()
}

// newBlock is the block of the last vertices of an order, of which it keeps a
// copy.
func newBlock(order []graph.Vertex, size int, density float64) Block {
	b := Block{Order: slices.Clone(order), Density: density}
	b.Vertices = slices.Clone(order[len(order)-size:])
	slices.Sort(b.Vertices)
	return b
}

// remove takes v out and returns the weight that goes with it.
func (p *peel) remove(v graph.Vertex) uint64 {
	w := p.weight[v]
	p.weight[v] = removed
	p.order = append(p.order, v)
	for i := p.Start[v]; i < p.Start[v+1]; i++ {
		u := p.Targets[i]
		before := p.weight[u]
		if before == removed {
			continue
		}
		p.weight[u] = before - p.units(p.link(int(v), i))
		p.queue.lower(u, before, p.weight[u])
	}
	return w
}
