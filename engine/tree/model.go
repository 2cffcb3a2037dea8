package tree

import (
	"fmt"
	"math"
	"slices"
	"sync"
)

// Model is a sum of regression trees over a fixed list of features. It is
// read-only once parsed and safe for concurrent use. A model has at least one
// tree.
type Model struct {
	Features []string // names, in the order of inputs
	// Sigmoid is the slope of the logistic function that turns a margin into
	// a probability, for models trained with the objective "binary". Zero: the
	// margin is the prediction.
	Sigmoid float64

	trees []tree

	once sync.Once // fills plan
	plan shapPlan

	sweeps sync.Pool // memories of calls to SHAP
}

// Trees is the number of trees.
func (m *Model) Trees() int { return len(m.trees) }

// Predict is the raw margin of x: the sum of the leaves that x falls into. NaN
// is a missing value. It panics unless len(x) is that of Features. Time: O(trees
// · depth); no allocation.
func (m *Model) Predict(x []float64) float64 {
	m.check(x)
	sum := 0.0
	for i := range m.trees {
		sum += m.trees[i].predict(x)
	}
	return sum
}

// Probability is [Model.Predict] through the logistic function of the
// objective; the margin itself where the model has none.
func (m *Model) Probability(x []float64) float64 {
	margin := m.Predict(x)
	if m.Sigmoid == 0 {
		return margin
	}
	return 1 / (1 + math.Exp(-m.Sigmoid*margin))
}

func (m *Model) check(x []float64) {
	if len(x) != len(m.Features) {
		panic(fmt.Sprintf("tree: %d values for %d features", len(x), len(m.Features)))
	}
}

// Index maps features by name to the model's order, so that a caller may keep
// its own. It fails on a feature of the model that names lacks, naming it.
func (m *Model) Index(names []string) ([]int, error) {
	at := make([]int, len(m.Features))
	for i, f := range m.Features {
		if at[i] = slices.Index(names, f); at[i] < 0 {
			return nil, fmt.Errorf("the model wants a feature %q, which is not among the %d given", f, len(names))
		}
	}
	return at, nil
}

// tree is one binary regression tree. A child ≥ 0 is a node; a child < 0 is the
// leaf ^child. A tree of one leaf has no nodes.
type tree struct {
	nodes []node
	leaf  []float64
	// Training rows that passed a leaf: what weighs the two sides of a split
	// whose feature is not known.
	leafRows []float64
	nodeRows []float64
}

type node struct {
	feature     int
	threshold   float64
	left, right int
	missing     missing
	defaultLeft bool
}

// missing says which values of a feature go to a split's default side.
type missing uint8

const (
	missingNone missing = iota // none: NaN counts as 0
	missingZero                // 0, and NaN as 0
	missingNaN
)

// zero is LightGBM's threshold for a value that counts as 0 (kZeroThreshold, a
// float32 there).
const zero = float64(float32(1e-35))

// next is the child that x goes to.
func (n *node) next(x []float64) int {
	if n.goesLeft(x) {
		return n.left
	}
	return n.right
}

// goesLeft: x ≤ threshold.
func (n *node) goesLeft(x []float64) bool {
	v := x[n.feature]
	nan := math.IsNaN(v)
	if nan && n.missing != missingNaN {
		v, nan = 0, false
	}
	if nan || n.missing == missingZero && v > -zero && v <= zero {
		return n.defaultLeft
	}
	return v <= n.threshold
}

func (t *tree) predict(x []float64) float64 {
	if len(t.nodes) == 0 {
		return t.leaf[0]
	}
	at := 0
	for at >= 0 {
		at = t.nodes[at].next(x)
	}
	return t.leaf[^at]
}

// rows is how many training rows passed a child.
func (t *tree) rows(child int) float64 {
	if child < 0 {
		return t.leafRows[^child]
	}
	return t.nodeRows[child]
}

// mean is the mean of the leaves under a child, by training rows.
func (t *tree) mean(child int) float64 {
	if len(t.nodes) == 0 {
		return t.leaf[0]
	}
	if child < 0 {
		return t.leaf[^child]
	}
	n := &t.nodes[child]
	l, r := t.rows(n.left), t.rows(n.right)
	return (l*t.mean(n.left) + r*t.mean(n.right)) / (l + r)
}
