package tree

import (
	"bytes"
	"encoding/json"
	"math"
	"math/bits"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func load(t testing.TB, name string) *Model {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
	require.NoError(t, err)
	m, err := Parse(bytes.NewReader(text))
	require.NoError(t, err)
	return m
}

// What LightGBM itself says of the same models and rows; scripts/tree/golden.py
// wrote it.
func TestGolden(t *testing.T) {
	for _, name := range []string{"binary", "zero_as_missing", "no_missing", "regression", "stump"} {
		t.Run(name, func(t *testing.T) {
			m := load(t, name)
			require.Equal(t, []string{"plain", "holes", "zeros", "steps", "noise"}, m.Features)
			var cases []struct {
				X             []*float64
				Margin, Value float64
				Contributions []float64
			}
			text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(text, &cases))
			require.Len(t, cases, 20)
			phi := make([]float64, len(m.Features))
			for _, c := range cases {
				x := make([]float64, len(c.X))
				for i, v := range c.X {
					x[i] = math.NaN()
					if v != nil {
						x[i] = *v
					}
				}
				require.InDelta(t, c.Margin, m.Predict(x), 1e-12)
				require.InDelta(t, c.Value, m.Probability(x), 1e-12)
				base := m.SHAP(x, phi)
				require.InDeltaSlice(t, c.Contributions, append(slices.Clone(phi), base), 1e-9)
			}
		})
	}
}

func TestModelNamesItsParts(t *testing.T) {
	m := load(t, "binary")
	require.Equal(t, 12, m.Trees()) // num_boost_round
	require.Equal(t, 1.0, m.Sigmoid)
	require.Equal(t, 2.0, load(t, "no_missing").Sigmoid)
	require.Zero(t, load(t, "regression").Sigmoid)

	at, err := m.Index([]string{"noise", "plain", "holes", "other", "zeros", "steps"})
	require.NoError(t, err)
	require.Equal(t, []int{1, 2, 4, 5, 0}, at)
	_, err = m.Index([]string{"noise", "plain", "holes", "zeros"})
	require.ErrorContains(t, err, `"steps"`)
	require.Panics(t, func() { m.Predict([]float64{1}) })
}

// The Shapley value by its definition: over all coalitions, features outside
// averaged by training rows. More splits than features: many are met again.
func TestSHAPIsTheShapleyValue(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, size := range []struct{ models, features, splits int }{{200, 4, 8}, {20, 9, 60}, {20, 3, 25}} {
		features := size.features
		for range size.models {
			m := &Model{
				Features: strings.Split("abcdefghi", "")[:features],
				trees:    []tree{grow(rng, features, size.splits), grow(rng, features, size.splits)},
			}
			x := make([]float64, features)
			for i := range x {
				x[i] = rng.NormFloat64()
			}
			worth := make([]float64, 1<<features)
			for known := range worth {
				for i := range m.trees {
					worth[known] += m.trees[i].expect(0, x, known)
				}
			}
			phi := make([]float64, features)
			base := m.SHAP(x, phi)
			require.InDelta(t, worth[0], base, 1e-9)
			for f := range features {
				want := 0.0
				for known := range worth {
					if known&(1<<f) == 0 {
						size := bits.OnesCount(uint(known))
						want += (worth[known|1<<f] - worth[known]) / (float64(features) * binomial(features-1, size))
					}
				}
				require.InDelta(t, want, phi[f], 1e-9)
			}
		}
	}
}

// On a path of 250 features the polynomials have a degree of 249. One leaf is
// worth something, at the end of splits that each let half of the rows through:
// where x goes there, all features have the same share in it.
func TestSHAPOfADeepTree(t *testing.T) {
	const depth = 250
	m := &Model{Features: make([]string, depth), trees: []tree{{}}}
	deep := &m.trees[0]
	for i := range depth {
		rows := math.Ldexp(1, depth-i)
		deep.nodes = append(deep.nodes, node{feature: i, left: i + 1, right: ^i})
		deep.nodeRows = append(deep.nodeRows, rows)
		deep.leaf = append(deep.leaf, 0)
		deep.leafRows = append(deep.leafRows, rows/2)
	}
	deep.nodes[depth-1].left = ^depth
	deep.leaf, deep.leafRows = append(deep.leaf, 1), append(deep.leafRows, 1)
	phi := make([]float64, depth)
	base := m.SHAP(make([]float64, depth), phi)
	require.InDelta(t, math.Ldexp(1, -depth), base, 1e-300)
	for _, p := range phi {
		require.InDelta(t, 1.0/depth, p, 1e-15)
	}
}

func binomial(n, k int) float64 {
	out := 1.0
	for i := range k {
		out *= float64(n-i) / float64(i+1)
	}
	return out
}

// expect is the expected margin where only some features are known.
func (t *tree) expect(child int, x []float64, known int) float64 {
	if child < 0 || len(t.nodes) == 0 {
		return t.mean(child)
	}
	n := &t.nodes[child]
	if known&(1<<n.feature) != 0 {
		return t.expect(n.next(x), x, known)
	}
	l, r := t.rows(n.left), t.rows(n.right)
	return (l*t.expect(n.left, x, known) + r*t.expect(n.right, x, known)) / (l + r)
}

// grow makes a random tree the way that LightGBM numbers one: a leaf is split,
// its left side keeps its number. It has so many splits at most.
func grow(rng *rand.Rand, features, splits int) tree {
	t := tree{leaf: []float64{rng.NormFloat64()}, leafRows: []float64{1000}}
	type slot struct{ node, side int }
	above := []slot{{-1, 0}}
	for range rng.IntN(splits + 1) {
		at := rng.IntN(len(t.leaf))
		if t.leafRows[at] < 2 {
			continue
		}
		here := len(t.nodes)
		if up := above[at]; up.node >= 0 && up.side == 0 {
			t.nodes[up.node].left = here
		} else if up.node >= 0 {
			t.nodes[up.node].right = here
		}
		left := float64(1 + rng.IntN(int(t.leafRows[at])-1))
		t.nodeRows = append(t.nodeRows, t.leafRows[at])
		t.nodes = append(t.nodes, node{feature: rng.IntN(features), threshold: rng.NormFloat64(), left: ^at, right: ^len(t.leaf)})
		t.leafRows = append(t.leafRows, t.leafRows[at]-left)
		t.leafRows[at] = left
		t.leaf = append(t.leaf, rng.NormFloat64())
		above[at] = slot{here, 0}
		above = append(above, slot{here, 1})
	}
	return t
}

func TestParseRefuses(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "binary.txt"))
	require.NoError(t, err)
	good := string(text)
	for _, c := range []struct{ name, old, text, want string }{
		{"another file", "tree\n", "forest\n", `line 1: want "tree"`},
		{"a newer version", "version=v4", "version=v5", `version "v5": want v3 or v4`},
		{"classes", "num_class=1", "num_class=3", `num_class is "3"`},
		{"a random forest", "label_index=0", "label_index=0\naverage_output", "averages its trees"},
		{"a name too few", "holes ", "", "feature_names has 4 names, max_feature_idx says 5"},
		{"a sigmoid below zero", "sigmoid:1", "sigmoid:-1", `sigmoid "-1"`},
		{"categories", "num_cat=0", "num_cat=2", "tree 0: it splits on categories"},
		{"linear leaves", "is_linear=0", "is_linear=1", "tree 0: it has linear leaves"},
		{"a list too short", "leaf_value=", "leaf_value=1 ", "leaf_value has 16 values, want 15"},
		{"no number", "threshold=", "threshold=x", "threshold, value 1"},
		{"an unknown feature", "split_feature=0", "split_feature=9", "node 0 splits on feature 9 of 5"},
		{"a value twice", "num_cat=0", "num_cat=0\nnum_cat=0", "num_cat stands twice"},
		{"a circle", "left_child=1 ", "left_child=0 ", "node 0: child 0 is not below it alone"},
		{"a cut", "end of trees", "", `want a tree or "end of trees"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Contains(t, good, c.old)
			_, err := Parse(strings.NewReader(strings.Replace(good, c.old, c.text, 1)))
			require.ErrorContains(t, err, c.want)
		})
	}
	for n := range strings.Index(good, "end of trees") + len("end of trees") {
		_, err = Parse(strings.NewReader(good[:n]))
		require.Error(t, err, "cut off after %d bytes", n)
	}
}

// Whatever parses predicts and adds up.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"regression", "stump"} {
		text, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
		require.NoError(f, err)
		f.Add(text)
	}
	f.Add([]byte("tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=0\nfeature_names=a\n\n" +
		"Tree=0\nnum_leaves=2\nnum_cat=0\nsplit_feature=0\nthreshold=0.5\ndecision_type=2\nleft_child=-1\nright_child=-2\n" +
		"leaf_value=-1 1\nleaf_count=1 3\ninternal_count=4\n\nend of trees\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := Parse(bytes.NewReader(text))
		if err != nil {
			return
		}
		x, phi := make([]float64, len(m.Features)), make([]float64, len(m.Features))
		x[0] = math.NaN()
		require.False(t, math.IsNaN(m.Predict(x)) && m.Trees() == 1)
		m.SHAP(x, phi)
	})
}

// shipped is the model of rings that ships, and rows that lie about its
// thresholds, so that they go all its ways.
func shipped(t testing.TB) (m *Model, rows [][]float64) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "model", "rings.txt"))
	require.NoError(t, err)
	m, err = Parse(bytes.NewReader(text))
	require.NoError(t, err)
	cuts := make([][]float64, len(m.Features))
	for i := range m.trees {
		for _, n := range m.trees[i].nodes {
			cuts[n.feature] = append(cuts[n.feature], n.threshold)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 64 {
		x := make([]float64, len(m.Features))
		for i, c := range cuts {
			x[i] = math.NaN()
			if len(c) > 0 && rng.IntN(10) > 0 {
				x[i] = c[rng.IntN(len(c))]
			}
		}
		rows = append(rows, x)
	}
	return m, rows
}

func BenchmarkSHAP(b *testing.B) {
	m, rows := shipped(b)
	phi := make([]float64, len(m.Features))
	m.SHAP(rows[0], phi)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m.SHAP(rows[i%len(rows)], phi)
	}
}

// What a model remembers of rows before changes no bit: rows that go the same
// ways, by one call after the other and by several at once.
func TestSHAPAfterOtherRows(t *testing.T) {
	seen := load(t, "binary")
	rng := rand.New(rand.NewPCG(3, 4))
	rows, want := make([][]float64, 400), make([][]float64, 400)
	for i := range rows {
		rows[i], want[i] = make([]float64, len(seen.Features)), make([]float64, len(seen.Features))
		for k := range rows[i] {
			if rows[i][k] = float64(rng.IntN(5)) - 2; rng.IntN(8) == 0 {
				rows[i][k] = math.NaN()
			}
		}
		load(t, "binary").SHAP(rows[i], want[i])
	}
	var all sync.WaitGroup
	got := make([][][]float64, 4)
	for g := range got {
		all.Go(func() {
			for i := range rows {
				got[g] = append(got[g], make([]float64, len(seen.Features)))
				seen.SHAP(rows[i], got[g][i])
			}
		})
	}
	all.Wait()
	for _, phis := range got {
		require.Equal(t, want, phis)
	}
}
