package synth

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

// degrees are the transfers out of and into each account of a pattern.
func degrees(steps []step, n int) (out, in []int) {
	out, in = make([]int, n), make([]int, n)
	for _, s := range steps {
		out[s.from]++
		in[s.to]++
	}
	return out, in
}

// TestEveryPatternTakesEverybody checks what holds for all patterns: every
// account takes part, nobody pays itself, layers only rise, and nobody but the
// first payers pays before having been paid.
func TestEveryPatternTakesEverybody(t *testing.T) {
	for _, p := range patterns {
		for n := 4; n <= 60; n++ {
			name := fmt.Sprintf("%s of %d", p.name, n)
			steps := p.steps(rand.New(rand.NewPCG(1, uint64(n))), n)
			out, in := degrees(steps, n)
			layer, paid := 0, make(map[int]bool)
			for _, s := range steps {
				require.NotEqual(t, s.from, s.to, name)
				require.Contains(t, []int{layer, layer + 1}, s.layer, name)
				layer = s.layer
				if s.from != 0 && in[s.from] > 0 {
					require.True(t, paid[s.from], name)
				}
				paid[s.to] = true
			}
			for k := range n {
				require.Positive(t, out[k]+in[k], name)
			}
		}
	}
}

// TestPatternShapes checks each of the eight by its degrees.
func TestPatternShapes(t *testing.T) {
	const n = 9
	want := map[string][2]int{ // pure payers and pure receivers
		"fan_out": {1, 8}, "fan_in": {8, 1}, "cycle": {0, 0}, "scatter_gather": {1, 1},
		"gather_scatter": {4, 4}, "stack": {3, 3}, "bipartite": {4, 5}, "random": {1, 1},
	}
	require.Len(t, patterns, len(want))
	for _, p := range patterns {
		steps := p.steps(rand.New(rand.NewPCG(2, 2)), n)
		out, in := degrees(steps, n)
		payers, receivers := 0, 0
		for k := range n {
			if in[k] == 0 {
				payers++
			}
			if out[k] == 0 {
				receivers++
			}
		}
		expected, ok := want[p.name]
		require.True(t, ok, p.name)
		require.Equal(t, expected, [2]int{payers, receivers}, p.name)
	}
	require.Len(t, cycle(nil, n), n)
	require.Len(t, scatterGather(nil, n), 2*(n-2))
}

// TestMulesPassMoneyOn follows the transfers of every chain: in the order of
// time nobody passes on much more than came in, and the sinks keep most.
func TestMulesPassMoneyOn(t *testing.T) {
	p := plant(t, only(muleChain()), someRings)
	role := make(map[string]string)
	for _, m := range p.truth {
		role[m["account"]] = m["role"]
	}
	lost := p.refs(graph.Transfer)
	deposits, kept, inside := make(map[string]float64), make(map[string]float64), make(map[string]map[string]map[string]bool)
	for _, r := range rows(t, p.dir, "transfers.csv") {
		amount, err := graph.ParseMoney(r["amount"], r["currency"])
		require.NoError(t, err)
		from, to := p.ring[r["from"]], p.ring[r["to"]]
		switch {
		case lost[r["id"]] != "":
			require.Equal(t, lost[r["id"]], to)
			require.Empty(t, from, "strangers pay in")
			deposits[to] += amount.Float()
		case from != "" && from == to:
			if inside[to] == nil {
				inside[to] = make(map[string]map[string]bool)
			}
			inside[to][r["id"]] = map[string]bool{r["from"]: true, r["to"]: true}
			if role[r["to"]] == cashOut {
				kept[to] += amount.Float()
			}
		}
	}
	require.GreaterOrEqual(t, len(p.rings), 8, "each of the patterns")
	for ring, members := range p.rings {
		require.Equal(t, len(members), joined(members, inside[ring]), "transfers join the whole ring")
		require.LessOrEqual(t, kept[ring], deposits[ring]+10_000*float64(len(members)), ring)
		require.Greater(t, kept[ring], 0.0, ring)
	}
}
