package algo

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/graph/simple"
	"gonum.org/v1/gonum/graph/topo"
)

func TestPassThrough(t *testing.T) {
	// 100 and 50 come in, 120 and 40 leave: by hand, first in, first out.
	in := []Flow{{0, 100}, {5, 50}}
	require.Equal(t, []Passed{{0, 0, 100}, {1, 0, 20}, {1, 1, 30}}, PassThrough(in, []Flow{{6, 120}, {7, 40}}, 100, 0))
	require.Empty(t, PassThrough(in, []Flow{{-1, 10}}, 100, 0), "money leaves after it came")
	require.Equal(t, []Passed{{1, 0, 10}}, PassThrough(in, []Flow{{12, 10}}, 10, 0), "what is older than the window stays")
	require.Equal(t, []Passed{{0, 0, 7}}, PassThrough(in, []Flow{{0, 7}, {0, 0}}, 10, 0), "at one time money comes first")
	// A mule keeps 4 of 100, and the next round is a round of its own.
	rounds, on := []Flow{{0, 100}, {9, 50}}, []Flow{{1, 96}, {10, 48}}
	require.Equal(t, []Passed{{0, 0, 96}, {1, 1, 48}}, PassThrough(rounds, on, 100, .05))
	require.Equal(t, []Passed{{0, 0, 96}, {0, 1, 4}, {1, 1, 44}}, PassThrough(rounds, on, 100, 0))
}

// Against matching in pieces of one: each piece of an out-flow takes the oldest
// piece that is there.
func TestPassThroughBruteForce(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 7))
		flows := func() []Flow {
			out := make([]Flow, r.IntN(6))
			for i := range out {
				out[i] = Flow{int64(r.IntN(20)), float64(r.IntN(5))}
			}
			slices.SortFunc(out, func(a, b Flow) int { return int(a.At - b.At) })
			return out
		}
		in, out, window := flows(), flows(), int64(r.IntN(15))
		kept := float64(r.IntN(3)) / 4
		want := make(map[[2]int]float64)
		left := make([]int, len(in))
		for i, f := range in {
			left[i] = int(f.Amount)
		}
		for j, o := range out {
			for range int(o.Amount) {
				for i, f := range in {
					if left[i] > 0 && f.At <= o.At && o.At-f.At <= window {
						left[i]--
						want[[2]int{i, j}]++
						break
					}
				}
			}
			for i, f := range in {
				if want[[2]int{i, j}] > 0 && float64(left[i]) <= kept*f.Amount {
					left[i] = 0
				}
			}
		}
		got := make(map[[2]int]float64)
		for _, p := range PassThrough(in, out, window, kept) {
			require.NotContains(t, got, [2]int{p.In, p.Out})
			got[[2]int{p.In, p.Out}] = p.Amount
		}
		require.Equal(t, want, got, "seed %d: %v %v %d", seed, in, out, window)
	}
}

func TestTemporalCycles(t *testing.T) {
	// a → b → c → a in order of time; b → a is later than a → b too.
	arcs := []TimedArc{{0, 1, 10}, {1, 2, 20}, {2, 0, 30}, {1, 0, 15}, {2, 0, 5}}
	cycles, truncated := TemporalCycles(arcs, 3, 100, 0)
	require.False(t, truncated)
	require.Equal(t, [][]int{{0, 1, 2}, {0, 3}, {4, 0, 1}}, cycles)
	cycles, _ = TemporalCycles(arcs, 2, 100, 0)
	require.Equal(t, [][]int{{0, 3}}, cycles)
	cycles, _ = TemporalCycles(arcs, 3, 14, 0)
	require.Equal(t, [][]int{{0, 3}}, cycles, "4 0 1 takes 15")
	_, truncated = TemporalCycles(arcs, 3, 100, 2)
	require.True(t, truncated)
}

// Against every ordered choice of arcs.
func TestTemporalCyclesBruteForce(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 11))
		arcs := make([]TimedArc, r.IntN(9))
		for i := range arcs {
			arcs[i] = TimedArc{r.Uint32N(4), r.Uint32N(4), int64(r.IntN(12))}
		}
		most, window := 2+r.IntN(3), int64(r.IntN(12))
		var want [][]int
		var try func(path []int)
		try = func(path []int) {
			first, last := arcs[path[0]], arcs[path[len(path)-1]]
			if last.At-first.At > window || len(path) > most {
				return
			}
			seen := make(map[uint32]bool)
			for _, i := range path {
				if seen[arcs[i].From] {
					return
				}
				seen[arcs[i].From] = true
			}
			if len(path) > 1 && last.To == first.From {
				want = append(want, slices.Clone(path))
				return
			}
			for i, a := range arcs {
				if a.From == last.To && a.At > last.At {
					try(append(slices.Clone(path), i))
				}
			}
		}
		for i, a := range arcs {
			if a.From != a.To {
				try([]int{i})
			}
		}
		slices.SortFunc(want, func(a, b []int) int { return slices.Compare(a, b) })
		got, truncated := TemporalCycles(arcs, most, window, 0)
		require.False(t, truncated)
		require.Equal(t, want, got, "seed %d: %v most %d window %d", seed, arcs, most, window)
	}
}

// Against gonum's Johnson enumeration: every elementary cycle that it knows and
// whose arcs, from the earliest on, follow each other in time.
func TestTemporalCyclesGonum(t *testing.T) {
	found := 0
	for seed := range uint64(1000) {
		r := rand.New(rand.NewPCG(seed, 13))
		n := uint32(2 + r.IntN(6))
		g := simple.NewDirectedGraph()
		var arcs []TimedArc
		index := make(map[[2]uint32]int)
		for u := range n {
			for v := range n {
				if u == v || r.IntN(10) >= 5 {
					continue
				}
				index[[2]uint32{u, v}] = len(arcs)
				arcs = append(arcs, TimedArc{u, v, int64(r.IntN(20))})
				g.SetEdge(simple.Edge{F: simple.Node(u), T: simple.Node(v)})
			}
		}
		most, window := 2+r.IntN(5), int64(5+r.IntN(15))
		var want [][]int
		for _, cycle := range topo.DirectedCyclesIn(g) {
			path := make([]int, len(cycle)-1) // gonum names the first vertex again at the end
			for i := range path {
				path[i] = index[[2]uint32{uint32(cycle[i].ID()), uint32(cycle[i+1].ID())}]
			}
			for first := range path {
				turned := slices.Concat(path[first:], path[:first])
				if len(turned) <= most && inTime(arcs, turned, window) {
					want = append(want, turned)
				}
			}
		}
		slices.SortFunc(want, func(a, b []int) int { return slices.Compare(a, b) })
		got, truncated := TemporalCycles(arcs, most, window, 0)
		require.False(t, truncated)
		require.Equal(t, want, got, "seed %d", seed)
		found += len(got)
	}
	require.Greater(t, found, 1000, "graphs without cycles would prove nothing")
}

// inTime reports whether each arc is later than the one before and all lie
// within window of the first.
func inTime(arcs []TimedArc, path []int, window int64) bool {
	for i := range path[1:] {
		if arcs[path[i+1]].At <= arcs[path[i]].At {
			return false
		}
	}
	return arcs[path[len(path)-1]].At-arcs[path[0]].At <= window
}
