package algo

import (
	"slices"

	"ringleader/graph"
)

// enclave is one community cut out of the graph, to be refined: a vertex goes by
// its place among the members, and its row holds those alone. Each row of the
// graph is read once, and all that refinement then looks at lies close together.
type enclave struct {
	tally
	keys    []uint32
	start   []uint32 // where the row of each member begins in near
	near    []uint32
	weights []float32 // where the graph has them

	gamma, minGain float64
	whole          float64   // size of the community
	total          []float64 // size of the part that began with each member
	cut            []float64 // weight between that part and the rest of the community
	grown          []bool    // it has more than one member
}

// cutOut makes the enclave of the members, whose ranks begin at lo. total is their
// sizes, and stays the caller's.
func (e *enclave) cutOut(g level, rank, members []uint32, lo uint32, total []float64) {
	n := len(members)
	e.start = append(sized(e.start, n+1)[:0], 0)
	e.near, e.weights = e.near[:0], e.weights[:0]
	e.cut, e.grown, e.total = sized(e.cut, n), sized(e.grown, n), total
	clear(e.grown)
	e.whole = 0
	for _, size := range total {
		e.whole += size
	}
	for i, v := range members {
		if i%rowsAhead == 0 {
			touch(g.Adjacency, members[i:min(i+rowsAhead, n)])
		}
		row := g.Row(graph.Vertex(v))
		if g.Weights == nil {
			e.cut[i] = float64(e.keep(row, rank, lo, uint32(n)))
		} else {
			e.cut[i] = e.keepWeighted(row, g.rowWeights(graph.Vertex(v)), rank, lo, uint32(n))
		}
		e.start = append(e.start, uint32(len(e.near)))
	}
}

// keep appends those of a row whose ranks are the n from lo on, and returns how
// many they are. It does not branch on them: half would be guessed wrong.
func (e *enclave) keep(row []graph.Vertex, rank []uint32, lo, n uint32) (kept int) {
	at := len(e.near)
	e.near = slices.Grow(e.near, len(row))
	near := e.near[at : at+len(row)]
	for _, u := range row {
		p := rank[u] - lo
		near[kept] = p
		if p < n {
			kept++
		}
	}
	e.near = e.near[:at+kept]
	return kept
}

// keepWeighted is keep for a row with weights, and returns their sum.
func (e *enclave) keepWeighted(row []graph.Vertex, given []float32, rank []uint32, lo, n uint32) (sum float64) {
	at, kept := len(e.near), 0
	e.near, e.weights = slices.Grow(e.near, len(row)), slices.Grow(e.weights, len(row))
	near, weights := e.near[at:at+len(row)], e.weights[at:at+len(row)]
	for i, u := range row {
		p := rank[u] - lo
		near[kept], weights[kept] = p, given[i]
		if p < n {
			sum += float64(given[i])
			kept++
		}
	}
	e.near, e.weights = e.near[:at+kept], e.weights[:at+kept]
	return sum
}

// refine lets each member that is alone join a part, in ascending order. joins is
// the rank of the part that each is in: at first its own.
func (e *enclave) refine(joins []uint32) {
	lo := joins[0]
	for i := range uint32(len(joins)) {
		if e.grown[i] || !e.wellConnected(i) { // grown: it has become a part of several
			continue
		}
		row := e.near[e.start[i]:e.start[i+1]]
		e.keys = slices.Grow(e.keys[:0], len(row))[:len(row)]
		for j, u := range row {
			e.keys[j] = joins[u] - lo
		}
		e.begin(len(row))
		if len(e.weights) > 0 {
			e.add(e.keys, e.weights[e.start[i]:e.start[i+1]])
		} else {
			e.add(e.keys, nil)
		}
		if to, weight, ok := e.bestPart(i); ok {
			e.cut[to] += e.cut[i] - 2*weight
			e.total[to] += e.total[i]
			e.grown[to] = true
			joins[i] = lo + to
		}
		e.clear()
	}
}

// wellConnected reports whether the part that began with a member hangs together
// with the rest of the community as the paper asks.
func (e *enclave) wellConnected(i uint32) bool {
	return e.cut[i] >= e.gamma*e.total[i]*(e.whole-e.total[i])-e.minGain
}

// bestPart is the part in the tally that the lone member i gains most by joining,
// of those that are well connected.
func (e *enclave) bestPart(i uint32) (to uint32, weight float64, ok bool) {
	size := e.gamma * e.total[i]
	for {
		best, gain := -1, e.minGain
		for _, j := range e.used {
			s := &e.slots[j]
			if d := s.weight - size*e.total[s.key()]; d > gain {
				best, gain = int(j), d
			}
		}
		if best < 0 {
			return 0, 0, false
		}
		s := &e.slots[best]
		if e.wellConnected(s.key()) {
			return s.key(), s.weight, true
		}
		s.weight = tiny // not this one; the slot stays taken
	}
}

// tiny is a weight that never gains.
const tiny = -1
