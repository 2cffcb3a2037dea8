package algo

import (
	"context"
	"fmt"

	"ringleader/graph"
)

// LeidenOptions steer Leiden. The zero value is modularity at resolution 1, two
// iterations, on all processors.
type LeidenOptions struct {
	Quality    Quality
	Resolution float64 // γ; 0 means 1
	Iterations int     // each starts from the partition of the one before; 0 means 2
	// Start is a partition to begin from, one label a vertex: last night's
	// communities, say. Nil begins from single vertices.
	Start []uint32
	// Threads is how many goroutines may work; 0 means one a processor. It
	// changes the time and nothing else.
	Threads int
}

// Leiden partitions a symmetric weighted graph into connected communities of
// high quality: it moves vertices between communities, refines each community
// into well-connected parts, and repeats on the graph of those parts. Each
// vertex gets the smallest vertex of its community.
//
// The quality is Σ over communities of e_c − γ·n_c(n_c − 1)/2 (CPM, n_c the
// vertices) or e_c − γ·K_c²/4m (modularity, K_c the strengths), in the terms of
// Traag, Waltman and van Eck, "From Louvain to Leiden: guaranteeing
// well-connected communities", Scientific Reports 9:5233 (2019),
// doi:10.1038/s41598-019-41695-z. Unlike the paper's, the refinement takes the
// best merge and not a random one, so that equal input gives equal output; that
// gives up the guarantee of reaching an optimal partition, not that of connected
// communities. Links of weight zero join nothing.
//
// Under modularity at γ ≤ 1 a vertex with one link never does better than in its
// neighbour's community (w − γ·w·K_c/2m ≥ 0), so such leaves are folded into
// their neighbours first, exactly; on identifier graphs they are most of the
// vertices. At γ > 1 and under CPM that does not hold, and none is folded.
//
// A graph of 65,536 vertices and eight arcs each or more, of which no leaves are
// folded, is first put in order of falling degree, which makes large
// ones a sixth faster and takes 4 bytes an arc.
//
// Vertices are moved in batches whose size depends on the graph alone: a batch
// decides in parallel on one state and is applied in order, each move checked
// against the state it meets. Hence equal bytes for any number of threads.
//
// Time: near-linear in the arcs for each of a handful of passes. Memory: 32 bytes
// a vertex that is not folded, and 8 where the graph is weighted or folded; 4 a
// vertex that is; 12 a community and a part; 8 bytes an arc of the graphs of
// the first and second refinement (of the folded graph also 4); and for each
// goroutine 4 bytes an arc inside the largest community that it meets, 8 with
// weights. It misleads
// at γ = 1 modularity on large graphs, where rings of a few accounts disappear
// into communities of hundreds; see [Quality].
//
// It fails with [graph.ErrInvalid] on a Start of the wrong length and on weights
// below zero or without bound, and when ctx ends.
func Leiden(ctx context.Context, a graph.Adjacency, o LeidenOptions) ([]uint32, error) {
	n := a.Len()
	if o.Start != nil && len(o.Start) != n {
		return nil, fmt.Errorf("%w Leiden start: %d labels for %d vertices", graph.ErrInvalid, len(o.Start), n)
	}
	if o.Resolution == 0 {
		o.Resolution = 1
	}
	if o.Iterations == 0 {
		o.Iterations = 2
	}
	o.Threads = threads(o.Threads)
	ground, err := newGround(ctx, a, o)
	if err != nil {
		return nil, err
	}
	l := newLeiden(ctx, ground, o)
	for i := range o.Iterations {
		if ground.total == 0 {
			break
		}
		last := i == o.Iterations-1
		if err := l.iterate(last, last && i > 0); err != nil {
			return nil, err
		}
	}
	return ground.unfold(l.order, l.community), nil
}

// level is one graph of the descent: the ground, or the parts of the level
// above it. It has no loops and no weights of zero.
type level struct {
	graph.Adjacency
	size    []float64 // what γ multiplies: 1 a vertex (CPM) or strength, summed over what a vertex stands for
	quality Quality   // where size is nil, which it is by
}

// sizeOf is the size of v: where nothing is summed up in it and all weights are
// 1 the rows tell it, and no memory goes to it.
func (g *level) sizeOf(v graph.Vertex) float64 {
	switch {
	case g.size != nil:
		return g.size[v]
	case g.quality == CPM:
		return 1
	}
	return float64(g.Start[v+1] - g.Start[v])
}

// leiden is the working memory of one run, made once for all levels and
// iterations: a level takes the front of every slice. What goes by community or
// by part is made when their number is known.
type leiden struct {
	ctx     context.Context
	threads int
	gamma   float64 // in the units of Σ size
	minGain float64 // keeps rounding from moving a vertex back and forth for ever
	links   float64 // weight of all

	ground    level
	graphs    [2]graph.Adjacency // of the levels above, by turns
	community []uint32           // of each vertex
	part      []uint32           // of each vertex, once refined
	place     []uint32           // of each vertex of the ground: where it is in this level
	order     []uint32           // vertices by community, then by part; while moving, members by community; between iterations the labels
	first     []uint32           // where each community begins in order
	partEnd   []uint32           // where each part ends in order, and the next begins
	total     []float64          // size of each community; while refining, of each part
	joins     []uint32           // by rank, while refining: the rank of the vertex whose part it is in
	number    []uint32           // by rank: that of the part which began there
	sizes     []float64          // those of the level above
	free      int                // where to look for an empty community
	batch     moveBatch
	pieces    []graph.Adjacency // rows made side by side
	workers   []worker
}

// worker is what one goroutine needs for itself.
type worker struct {
	tally
	keys    []uint32
	offers  []offer
	enclave enclave
}

// Gains as a share of the weight of all links, that is, in units of Q. A sweep
// that gains less than the first ends its level: roughly while iterations are to
// follow, closely in the last. The last of several iterations ends at a level
// that gains less than worth: the levels above would gain a tenth of that, for as
// much time as all before.
const (
	roughly = 1e-3
	closely = 1e-4
	worth   = 2.5e-3
)

func newLeiden(ctx context.Context, g *ground, o LeidenOptions) *leiden {
	n := g.Len()
	ints := make([]uint32, 5*n)
	l := &leiden{
		ctx: ctx, threads: o.Threads, gamma: o.Resolution, ground: g.level,
		community: ints[:n:n], part: ints[n : 2*n : 2*n], place: ints[2*n : 3*n : 3*n], joins: ints[3*n : 4*n : 4*n], number: ints[4*n:], order: g.startLabels(o.Start),
		total: make([]float64, n), workers: make([]worker, o.Threads),
	}
	if o.Quality == Modularity {
		l.gamma /= g.total
	}
	l.links = g.total / 2
	l.minGain = 1e-10 * g.total / float64(len(g.Targets))
	l.batch.init(n)
	for i := range l.workers {
		l.workers[i].enclave.gamma, l.workers[i].enclave.minGain = l.gamma, l.minGain
	}
	return l
}

// sized is s with n places, whatever they hold.
func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// iterate improves the labels in l.order by one descent through the levels. It ends when no
// level can be made coarser, or when that is not worth it.
func (l *leiden) iterate(last, polish bool) error {
	g := l.ground
	enough := roughly * l.links
	if last {
		enough = closely * l.links
	}
	copy(l.community, l.order)
	for depth := 0; ; depth++ {
		gained, err := l.move(g, enough)
		if err != nil {
			return err
		}
		if polish && gained < worth*l.links {
			return l.finish(g, l.community[:g.Len()], depth)
		}
		l.groupByCommunity(g)
		parts, err := l.refine(g)
		if err != nil {
			return err
		}
		if parts == g.Len() || gained == 0 && depth > 0 && parts > g.Len()-g.Len()/16 {
			community := l.part[:g.Len()]
			for v, p := range community {
				community[v] = l.community[p]
			}
			return l.finish(g, community, depth)
		}
		if g, err = l.ascend(g, parts, depth); err != nil {
			return err
		}
	}
}
