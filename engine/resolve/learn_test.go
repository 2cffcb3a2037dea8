package resolve

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// two columns of two levels, same and different.
func twoFields() []*column {
	levels := []level{{"same", .9, .1, 0}, {"different", .1, .9, 0}}
	return []*column{
		{comparison: comparison{name: "a", levels: levels}},
		{comparison: comparison{name: "b", levels: levels}},
	}
}

// Fellegi and Sunter 1969, by hand. Of 1,000 pairs one is of one person. A
// surname agrees in 95 % of pairs of one person and in 1 % of others, a birth
// year in 90 % and 2 %. Both the same: 1/999 · .95/.01 · .90/.02 = 4.2793 to one,
// which is 2.0974 bits or 81.06 %. Surname the same, year not: 1/999 · 95 ·
// .10/.98 = 0.0097036 to one, −6.6873 bits.
func TestBitsByHand(t *testing.T) {
	m := &model{
		prior:  .001,
		m:      [][]float64{{.95, .05}, {.90, .10}},
		u:      [][][]float64{{{.01, .99}}, {{.02, .98}}},
		parent: []int{-1, -1},
	}
	w := m.weights()
	require.InDelta(t, 2.0974, w.total(0x00), .0001)
	require.InDelta(t, .8106, probability(w.total(0x00)), .0001)
	require.InDelta(t, -6.6873, w.total(0x10), .0001)
	require.InDelta(t, math.Log2(1./999)+math.Log2(95), w.total(0xf0), 1e-9, "a missing year says nothing")

	// A year that follows from the surname: of other pairs with one surname a
	// half have one year, and it says .90/.50 and not .90/.02.
	m.parent = []int{-1, 0}
	m.u[1] = [][]float64{{.02, .98}, {.5, .5}, {.015, .985}}
	require.InDelta(t, math.Log2(1./999)+math.Log2(95)+math.Log2(1.8), m.weights().total(0x00), 1e-9)
	require.InDelta(t, math.Log2(1./999)+math.Log2(.9/.02), m.weights().total(0x0f), 1e-9, "nothing follows from a missing surname")
}

// A value that one record in a thousand has says log2(m · 1000), one that one in
// ten has log2(m · 10): 6.64 bits less.
func TestRareValuesSayMore(t *testing.T) {
	c := &column{
		comparison: comparison{name: "a", levels: []level{{"same", .9, .1, 1 + whole}, {"different", .1, .9, 0}}},
		of:         []uint32{1, 1, 2, 2},
		values:     []value{{}, {part: [partKinds]part{{share: .001}}}, {part: [partKinds]part{{share: .1}}}},
	}
	m := &model{prior: .5, m: [][]float64{{.9, .1}}, u: [][][]float64{{{.03, .97}}}, parent: []int{-1}}
	r := &resolver{table: &table{columns: []*column{c}}, model: m}
	s := r.scorer()
	require.InDelta(t, math.Log2(900), s.bits(0, 0), 1e-9)
	require.InDelta(t, math.Log2(9), s.bits(2, 0), 1e-9)
	require.InDelta(t, math.Log2(.1/.97), s.bits(0, 1), 1e-9, "a difference is not rare or common")
}

// Learning finds the m, the u and the share of matches that pairs were drawn
// with. 200,000 pairs of a strict rule of which 30 % are of one person, among
// ten million: the standard error of each value is below .002.
func TestLearningRecoversWhatPairsWereDrawnWith(t *testing.T) {
	same := []level{{"same", .5, .5, 0}, {"near", .3, .3, 0}, {"different", .2, .2, 0}}
	var columns []*column
	for _, n := range []string{"a", "b", "c", "d"} {
		levels := append([]level(nil), same...)
		levels[0].m, levels[0].u, levels[2].m, levels[2].u = .6, .2, .1, .5 // which class is which
		columns = append(columns, &column{comparison: comparison{name: n, levels: levels}})
	}
	m := [][]float64{{.9, .07, .03}, {.8, .05, .15}, {.7, .2, .1}, {.85, .05, .1}}
	u := [][]float64{{.02, .08, .9}, {.05, .05, .9}, {.2, .1, .7}, {.01, .04, .95}}
	const others, strict = 10_000_000., 200_000
	rng := rand.New(rand.NewPCG(4, 4))
	draw := func(shares []float64) int {
		x := rng.Float64()
		for i, s := range shares {
			if x -= s; x < 0 {
				return i
			}
		}
		return len(shares) - 1
	}
	strictly, all := map[kindOfPair]float64{}, map[kindOfPair]float64{}
	for range strict {
		shares := u
		if rng.Float64() < .3 {
			shares = m
		}
		var p pattern
		for i := range columns {
			p |= pattern(draw(shares[i])) << (4 * i)
		}
		strictly[kindOfPair{p, 1}]++
		all[kindOfPair{pattern: p}]++
	}
	blocked := ascending(all)
	for range strict { // what no rule compares, in a sample
		var p pattern
		for i := range columns {
			p |= pattern(draw(u[i])) << (4 * i)
		}
		all[kindOfPair{pattern: p}] += others / strict
	}
	c := &census{patterns: ascending(all), blocked: blocked, strict: ascending(strictly), rules: [][]int{nil},
		compared: strict, total: strict + others, sampled: strict, weight: others / strict}
	got := learn(columns, c)
	for i := range columns {
		require.InDeltaSlice(t, m[i], got.m[i], .015, "m of %s", columns[i].name)
		require.InDeltaSlice(t, u[i], got.u[i][0], .005, "u of %s", columns[i].name)
	}
	share := .3 * strict / (strict + others)
	require.InDelta(t, share, got.prior, .2*share, "a quarter of a bit: that a rule picked a pair is no evidence, so weak pairs count as of two people")
}

func TestLittleDataFallsBackOnShippedValues(t *testing.T) {
	columns := twoFields()
	got := learn(columns, &census{total: 1, rules: [][]int{nil}})
	for i := range columns {
		require.InDeltaSlice(t, []float64{.9, .1}, got.m[i], 1e-9)
		require.InDeltaSlice(t, []float64{.1, .9}, got.u[i][0], 1e-9)
	}
}
