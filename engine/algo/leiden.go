package algo

import (
	"context"
	"fmt"
	"math"

	"ringleader/graph"
)

// Quality is what a partition maximises.
type Quality uint8

// Qualities. Modularity compares links inside communities with the
// configuration model and has a resolution limit: small rings merge in a large
// graph. The constant Potts model compares link density with the resolution
// itself, so a community stands or falls by its own links, whatever the rest of
// the graph looks like.
const (
	Modularity Quality = iota
	CPM
)

// LeidenOptions steer Leiden. The zero value is modularity at resolution 1, two
// iterations.
type LeidenOptions struct {
	Quality    Quality
	Resolution float64 // γ; 0 means 1
	Iterations int     // each starts from the partition of the one before; 0 means 2
	// Start is a partition to begin from, one label a vertex: last night's
	// communities, say. Nil begins from single vertices.
	Start []uint32
}

// Leiden partitions a symmetric weighted graph into connected communities of
// high quality: it moves vertices between communities, refines each community
// into well-connected parts, and repeats on the graph of those parts. Each
// vertex gets the smallest vertex of its community.
//
// The quality is Σ over communities of e_c − γ·n_c² (CPM, n_c the vertices) or
// e_c − γ·K_c²/4m (modularity, K_c the strengths), in the terms of Traag,
// Waltman and van Eck, "From Louvain to Leiden: guaranteeing well-connected
// communities", Scientific Reports 9:5233 (2019), doi:10.1038/s41598-019-41695-z.
// Unlike the paper's, the refinement takes the best merge and not a random one,
// so that equal input gives equal output; that gives up the guarantee of
// reaching an optimal partition, not that of connected communities.
//
// Time: near-linear in the arcs for each of a handful of passes. Memory: 28
// bytes a vertex and the graph of the first refinement. It misleads at γ = 1
// modularity on large graphs, where rings of a few accounts disappear into
// communities of hundreds; see [Quality].
//
// It fails on a Start of the wrong length and when ctx ends.
func Leiden(ctx context.Context, a graph.Adjacency, o LeidenOptions) ([]uint32, error) {
	n := a.Len()
	if o.Start != nil && len(o.Start) != n {
		return nil, fmt.Errorf("%w Leiden start: %d labels for %d vertices", graph.ErrInvalid, len(o.Start), n)
	}
	labels := startLabels(n, o.Start)
	iterations := o.Iterations
	if iterations == 0 {
		iterations = 2
	}
	l := newLeiden(a, o)
	for range iterations {
		if err := l.iterate(ctx, a, labels); err != nil {
			return nil, err
		}
	}
	return connectedParts(a, labels), nil
}

// leiden holds what the passes share: the resolution in the units of Σ size,
// and a dense accumulator of link weight by community.
type leiden struct {
	gamma   float64
	size    []float64 // of the vertices of the whole graph: 1 (CPM) or strength
	weight  []float64 // by community, zero between uses
	touched []uint32  // communities with a weight
}

func newLeiden(a graph.Adjacency, o LeidenOptions) *leiden {
	l := &leiden{gamma: o.Resolution, size: make([]float64, a.Len()), weight: make([]float64, a.Len())}
	if l.gamma == 0 {
		l.gamma = 1
	}
	total := 0.0
	for v := range l.size {
		l.size[v] = 1
		if o.Quality == Modularity {
			l.size[v] = strength(a, graph.Vertex(v))
		}
		total += l.size[v]
	}
	if o.Quality == Modularity && total > 0 {
		l.gamma /= total
	}
	return l
}

func strength(a graph.Adjacency, v graph.Vertex) float64 {
	if a.Weights == nil {
		return float64(len(a.Row(v)))
	}
	sum := 0.0
	for _, w := range a.Weights[a.Start[v]:a.Start[v+1]] {
		sum += float64(w)
	}
	return sum
}

// iterate improves labels by one descent through the levels. It ends when no
// level can be made coarser.
func (l *leiden) iterate(ctx context.Context, a graph.Adjacency, labels []uint32) error {
	size := l.size
	community := append([]uint32(nil), labels...)
	place := make([]uint32, len(labels)) // where each vertex of the whole graph is in this level
	for v := range place {
		place[v] = uint32(v)
	}
	for {
		if err := l.moveNodes(ctx, a, size, community); err != nil {
			return err
		}
		communities := renumber(community)
		part := l.refine(a, size, community, communities)
		parts := renumber(part)
		if parts == a.Len() {
			break
		}
		above := make([]uint32, parts)
		for v, p := range part {
			above[p] = community[v]
		}
		for v := range place {
			place[v] = part[place[v]]
		}
		a, size = aggregate(a, size, part, parts)
		community = above
	}
	for v := range labels {
		labels[v] = community[place[v]]
	}
	renumber(labels)
	return nil
}

// moveNodes is the fast local moving phase: a queue of vertices, each put into
// the neighbouring community that gains most; a move wakes the neighbours that
// it leaves outside. Ties keep the vertex, or go to the first row entry.
func (l *leiden) moveNodes(ctx context.Context, a graph.Adjacency, size []float64, community []uint32) error {
	n := a.Len()
	total := make([]float64, n)
	for v, c := range community {
		total[c] += size[v]
	}
	queue := make([]graph.Vertex, n) // circular
	queued := make([]bool, n)
	for v := range queue {
		queue[v], queued[v] = graph.Vertex(v), true
	}
	for head, waiting, steps := 0, n, 0; waiting > 0; steps++ {
		if steps&0xffff == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		v := queue[head]
		head, waiting = (head+1)%n, waiting-1
		queued[v] = false
		to := l.bestCommunity(a, v, community, size, total)
		from := community[v]
		if to == from {
			continue
		}
		community[v] = to
		total[from] -= size[v]
		total[to] += size[v]
		for _, u := range a.Row(v) {
			if !queued[u] && community[u] != to {
				queue[(head+waiting)%n] = u
				queued[u] = true
				waiting++
			}
		}
	}
	return nil
}

// minGain keeps rounding from moving a vertex back and forth for ever.
const minGain = 1e-9

func (l *leiden) bestCommunity(a graph.Adjacency, v graph.Vertex, community []uint32, size, total []float64) uint32 {
	l.gather(a, v, community, nil)
	from := community[v]
	best, gain := from, l.weight[from]-l.gamma*size[v]*(total[from]-size[v])+minGain
	for _, c := range l.touched {
		if c == from {
			continue
		}
		if g := l.weight[c] - l.gamma*size[v]*total[c]; g > gain {
			best, gain = c, g
		}
	}
	l.release()
	return best
}

// gather sums the link weight from v to each label among its neighbours, those
// outside v's community left out if within is given.
func (l *leiden) gather(a graph.Adjacency, v graph.Vertex, label, within []uint32) {
	for i := a.Start[v]; i < a.Start[v+1]; i++ {
		u := a.Targets[i]
		if within != nil && within[u] != within[v] {
			continue
		}
		c := label[u]
		if l.weight[c] == 0 {
			l.touched = append(l.touched, c)
		}
		if a.Weights == nil {
			l.weight[c]++
		} else {
			l.weight[c] += float64(a.Weights[i])
		}
	}
}

func (l *leiden) release() {
	for _, c := range l.touched {
		l.weight[c] = 0
	}
	l.touched = l.touched[:0]
}

// refine splits each community into parts that hang together well: vertices
// begin alone; each that is still alone and well connected to its community
// joins the part of it that gains most, if that part is well connected too.
func (l *leiden) refine(a graph.Adjacency, size []float64, community []uint32, communities int) []uint32 {
	n := a.Len()
	part := make([]uint32, n)
	total := make([]float64, communities) // of the community
	inPart := make([]float64, n)          // total of the part
	cut := make([]float64, n)             // link weight between the part and the rest of its community
	alone := make([]bool, n)
	for v := range part {
		part[v], inPart[v], alone[v] = uint32(v), size[v], true
		total[community[v]] += size[v]
		for i := a.Start[v]; i < a.Start[v+1]; i++ {
			if community[a.Targets[i]] == community[v] {
				cut[v] += arcWeight(a, i)
			}
		}
	}
	wellConnected := func(p uint32, c float64) bool {
		return cut[p] >= l.gamma*inPart[p]*(c-inPart[p])-minGain
	}
	for v := range graph.Vertex(n) {
		c := total[community[v]]
		if !alone[v] || !wellConnected(uint32(v), c) {
			continue
		}
		l.gather(a, v, part, community)
		best, gain := part[v], minGain
		for _, p := range l.touched {
			if p == part[v] || !wellConnected(p, c) {
				continue
			}
			if g := l.weight[p] - l.gamma*size[v]*inPart[p]; g > gain {
				best, gain = p, g
			}
		}
		if best != part[v] {
			cut[best] += cut[v] - 2*l.weight[best]
			inPart[best] += size[v]
			inPart[v] = 0
			part[v] = best
			alone[best], alone[v] = false, false
		}
		l.release()
	}
	return part
}

func arcWeight(a graph.Adjacency, i uint32) float64 {
	if a.Weights == nil {
		return 1
	}
	return float64(a.Weights[i])
}

// aggregate makes each part a vertex. Links inside a part are dropped: the
// sizes already hold all that they contribute.
func aggregate(a graph.Adjacency, size []float64, part []uint32, parts int) (graph.Adjacency, []float64) {
	sizes := make([]float64, parts)
	start := make([]uint32, parts+1)
	for v, p := range part {
		sizes[p] += size[v]
		start[p+1]++
	}
	for p := range parts {
		start[p+1] += start[p]
	}
	members := make([]graph.Vertex, len(part))
	next := append([]uint32(nil), start[:parts]...)
	for v, p := range part {
		members[next[p]] = graph.Vertex(v)
		next[p]++
	}
	out := graph.Adjacency{Start: make([]uint32, parts+1), Targets: []graph.Vertex{}, Weights: []float32{}}
	weight := make([]float64, parts)
	var touched []graph.Vertex
	for p := range uint32(parts) {
		touched = touched[:0]
		for _, v := range members[start[p]:start[p+1]] {
			for i := a.Start[v]; i < a.Start[v+1]; i++ {
				q := part[a.Targets[i]]
				if q == p {
					continue
				}
				if weight[q] == 0 {
					touched = append(touched, graph.Vertex(q))
				}
				weight[q] += arcWeight(a, i)
			}
		}
		for _, q := range touched {
			out.Targets = append(out.Targets, q)
			out.Weights = append(out.Weights, float32(weight[q]))
			weight[q] = 0
		}
		out.Start[p+1] = uint32(len(out.Targets))
	}
	return out, sizes
}

// renumber gives labels 0, 1, 2 … in order of first appearance and returns how
// many there are. Labels must lie below len(labels).
func renumber(labels []uint32) int {
	seen := make([]uint32, len(labels))
	for i := range seen {
		seen[i] = math.MaxUint32
	}
	n := uint32(0)
	for v, c := range labels {
		if seen[c] == math.MaxUint32 {
			seen[c] = n
			n++
		}
		labels[v] = seen[c]
	}
	return int(n)
}

// startLabels is every vertex by itself, or the given partition in labels below
// n.
func startLabels(n int, start []uint32) []uint32 {
	labels := make([]uint32, n)
	dense := make(map[uint32]uint32)
	for v := range labels {
		labels[v] = uint32(v)
		if start == nil {
			continue
		}
		c, ok := dense[start[v]]
		if !ok {
			c = uint32(len(dense))
			dense[start[v]] = c
		}
		labels[v] = c
	}
	return labels
}
