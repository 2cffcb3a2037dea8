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
// Time: near-linear in the arcs for each of a handful of passes. Memory: 33 bytes
// a vertex that is not folded, and 8 where the graph is weighted or folded; 4 a
// vertex that is; 12 a community and a part; and 8 bytes an arc of the graphs of
// the first and second refinement (of the folded graph also 4). It misleads
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
	cut       []float64          // weight between a part and the rest of its community
	sizes     []float64          // those of the level above
	whole     []float64          // size of each community, while refining
	joined    []bool             // a part of more than one vertex
	free      int                // where to look for an empty community
	batch     moveBatch
	pieces    []graph.Adjacency // rows made side by side
	workers   []worker
}

// worker is what one goroutine needs for itself.
type worker struct {
	tally
	keys    []uint32
	weights []float32
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
	ints, floats := make([]uint32, 3*n), make([]float64, 2*n)
	l := &leiden{
		ctx: ctx, threads: o.Threads, gamma: o.Resolution, ground: g.level,
		community: ints[:n:n], part: ints[n : 2*n : 2*n], place: ints[2*n:], order: g.startLabels(o.Start),
		total: floats[:n:n], cut: floats[n:],
		joined: make([]bool, n), workers: make([]worker, o.Threads),
	}
	if o.Quality == Modularity {
		l.gamma /= g.total
	}
	l.links = g.total / 2
	l.minGain = 1e-10 * g.total / float64(len(g.Targets))
	l.batch.init(n)
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
			for v := range l.part[:g.Len()] {
				l.part[v] = uint32(v)
			}
			l.finish(g, g.Len(), depth)
			return nil
		}
		l.groupByCommunity(g)
		parts, err := l.refine(g)
		if err != nil {
			return err
		}
		if parts == g.Len() || gained == 0 && depth > 0 && parts > g.Len()-g.Len()/16 {
			l.finish(g, parts, depth)
			return nil
		}
		if g, err = l.ascend(g, parts, depth); err != nil {
			return err
		}
	}
}

// finish labels each vertex of the ground with its community, of which each
// connected piece is one: moves may have taken the vertex away that held a
// community together, and apart its pieces do better. Parts are connected, so it
// is enough to look at these.
func (l *leiden) finish(g level, parts, depth int) {
	pieces := UnionFind{l.place} // not in use before the first ascent
	if depth > 0 {
		pieces.parent = l.partEnd // which has a place for each vertex of g
	}
	pieces.parent = pieces.parent[:parts]
	for p := range pieces.parent {
		pieces.parent[p] = uint32(p)
	}
	for v, p := range l.part[:g.Len()] {
		for _, u := range g.Row(graph.Vertex(v)) {
			if q := l.part[u]; q < p && l.community[q] == l.community[p] {
				pieces.Union(q, p)
			}
		}
	}
	for v := range l.order {
		p := uint32(v)
		if depth > 0 {
			p = l.place[v]
		}
		l.order[v] = pieces.Find(l.part[p])
	}
}
