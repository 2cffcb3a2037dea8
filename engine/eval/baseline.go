package eval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"ringleader/engine"
	"ringleader/engine/algo"
	"ringleader/graph"
)

// Baseline is a simple way to find rings, with which the engine is compared. It
// knows nothing of time, of kinds or of what accounts do.
type Baseline struct {
	Name  string `json:"name"`
	About string `json:"about"` // one line

	find func(context.Context, *sharing) (grouping, error)
}

// grouping is a partition of the accounts of a snapshot: a label each, and how
// strongly each label's accounts hang together, above zero.
type grouping struct {
	labels   []uint32
	strength func(members []uint32) float64
}

// maxProjected is the number of accounts above which an identifier is left out
// of the projection: n accounts on one make n² pairs.
const maxProjected = 50

// Baselines are the methods that a number is set beside, in the order of
// tables.
func Baselines() []Baseline {
	everything := func(*sharing, graph.Vertex) bool { return true }
	device := func(s *sharing, v graph.Vertex) bool { return s.g.Kind(v) == graph.Device }
	few := func(s *sharing, v graph.Vertex) bool { return len(s.users[v]) <= 10 }
	return []Baseline{
		{"components", "connected components over all identifiers, ranked by size", connected(everything)},
		{"components_device", "connected components over devices, ranked by size", connected(device)},
		{"components_10", "connected components over identifiers that at most 10 accounts share, ranked by size", connected(few)},
		{"louvain", fmt.Sprintf("gonum's Louvain at resolution 1 on accounts, Σ 1/log2(1 + accounts) over identifiers of at most %d", maxProjected), louvain},
		{"leiden", "Leiden, constant Potts model at resolution 0.1, on the same graph", leidenCPM},
	}
}

// Find runs the baseline. Its groups of three accounts or more are the rings of
// the run that it returns, all of them flagged: the probability, at least one
// half, is the rank by strength and no more. Accounts in no group score zero.
func (b *Baseline) Find(ctx context.Context, g *graph.Snapshot) (*engine.Run, error) {
	s, err := newSharing(ctx, g)
	if err != nil {
		return nil, fmt.Errorf("baseline %s: %w", b.Name, err)
	}
	found, err := b.find(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("baseline %s: %w", b.Name, err)
	}
	return s.run(b.Name, found), nil
}

// minRing is the fewest accounts of a ring.
const minRing = 3

// run puts a grouping into the shape of a result.
func (s *sharing) run(name string, found grouping) *engine.Run {
	run := &engine.Run{Info: engine.RunInfo{ID: name, Accounts: s.accounts()}, Rings: []engine.Ring{}}
	for v := s.lo; v < s.hi; v++ {
		run.Scores = append(run.Scores, engine.AccountScore{Account: s.g.Ref(v).Key})
	}
	for _, members := range algo.Groups(found.labels) {
		if len(members) < minRing {
			continue
		}
		strength := found.strength(members)
		first := s.g.Ref(s.lo + graph.Vertex(members[0])).Key
		ring := engine.Ring{ID: name + "-" + first, Score: strength, Probability: .5 + .5*strength/(1+strength),
			Typology: engine.SharedIdentifiers, Size: len(members)}
		for _, i := range members {
			run.Scores[i].Probability, run.Scores[i].Score = ring.Probability, strength
			ring.Members = append(ring.Members, engine.Member{Ref: s.g.Ref(s.lo + graph.Vertex(i)), Score: strength})
		}
		run.Rings = append(run.Rings, ring)
	}
	slices.SortFunc(run.Rings, func(a, b engine.Ring) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID))
	})
	run.Info.Rings = len(run.Rings)
	return run
}

// connected joins the accounts of each identifier that use says to use.
func connected(use func(*sharing, graph.Vertex) bool) func(context.Context, *sharing) (grouping, error) {
	return func(ctx context.Context, s *sharing) (grouping, error) {
		u := s.join(use)
		return grouping{u.Labels(), func(members []uint32) float64 { return float64(len(members)) }}, ctx.Err()
	}
}

func (s *sharing) join(use func(*sharing, graph.Vertex) bool) *algo.UnionFind {
	u := algo.NewUnionFind(s.accounts())
	for _, v := range s.ids {
		if !use(s, v) {
			continue
		}
		for _, a := range s.users[v][1:] {
			u.Union(s.index(s.users[v][0]), s.index(a))
		}
	}
	return u
}

// project is the graph of accounts in which two are as close as the identifiers
// that they share are rare.
func (s *sharing) project(ctx context.Context) (graph.Adjacency, error) {
	var arcs []graph.Arc
	for i, v := range s.ids {
		if i%4096 == 0 && ctx.Err() != nil {
			return graph.Adjacency{}, ctx.Err()
		}
		users := s.users[v]
		if len(users) < 2 || len(users) > maxProjected {
			continue
		}
		weight := float32(1 / math.Log2(1+float64(len(users))))
		for i, a := range users {
			for _, b := range users[i+1:] {
				arcs = append(arcs, graph.Arc{From: a - s.lo, To: b - s.lo, Weight: weight})
			}
		}
	}
	return graph.NewAdjacency(s.accounts(), arcs, true), nil
}

// louvain hands the whole projection to gonum, as large as gonum may get it.
func louvain(ctx context.Context, s *sharing) (grouping, error) {
	return s.communities(ctx, func(a graph.Adjacency) ([]uint32, error) {
		return algo.Gonum.Communities(ctx, a, algo.LeidenOptions{}, 1)
	})
}

func leidenCPM(ctx context.Context, s *sharing) (grouping, error) {
	return s.communities(ctx, func(a graph.Adjacency) ([]uint32, error) {
		return algo.Leiden(ctx, a, algo.LeidenOptions{Quality: algo.CPM, Resolution: .1})
	})
}

// communities labels the accounts that have a neighbour; the others stay alone.
// A community is as strong as the average weight that a member has inside.
func (s *sharing) communities(ctx context.Context, label func(graph.Adjacency) ([]uint32, error)) (grouping, error) {
	whole, err := s.project(ctx)
	if err != nil {
		return grouping{}, err
	}
	linked, at := []uint32{}, make([]graph.Vertex, whole.Len())
	for v := range graph.Vertex(whole.Len()) {
		if len(whole.Row(v)) > 0 {
			at[v] = graph.Vertex(len(linked))
			linked = append(linked, uint32(v))
		}
	}
	var arcs []graph.Arc
	for _, v := range linked {
		for i := whole.Start[v]; i < whole.Start[v+1]; i++ {
			if to := whole.Targets[i]; to > graph.Vertex(v) {
				arcs = append(arcs, graph.Arc{From: at[v], To: at[to], Weight: whole.Weights[i]})
			}
		}
	}
	among, err := label(graph.NewAdjacency(len(linked), arcs, true))
	if err != nil {
		return grouping{}, err
	}
	labels := make([]uint32, whole.Len())
	for v := range labels {
		labels[v] = uint32(v)
	}
	for i, c := range among {
		labels[linked[i]] = linked[c]
	}
	return grouping{labels, func(members []uint32) float64 { return insideWeight(whole, labels, members) }}, nil
}

func insideWeight(a graph.Adjacency, labels []uint32, members []uint32) float64 {
	sum := 0.0
	for _, v := range members {
		for i := a.Start[v]; i < a.Start[v+1]; i++ {
			if labels[a.Targets[i]] == labels[v] {
				sum += float64(a.Weights[i])
			}
		}
	}
	return sum / float64(len(members))
}
