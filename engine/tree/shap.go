package tree

import "slices"

// SHAP splits the margin of x among features: it fills phi, one value a
// feature, and returns base, the mean margin over the training rows, so that
// base + Σ phi = Predict(x) but for rounding. phi[i] is the Shapley value of
// feature i in the game in which a coalition of known features is worth the
// expected margin, features that are not known being averaged over by the
// training rows on each side of their splits: what Lundberg, Erion and Lee,
// "Consistent Individualized Feature Attribution for Tree Ensembles",
// arXiv:1802.03888, define and LightGBM's pred_contrib computes.
//
// If every feature is known with a probability t, independently of the others,
// a leaf adds to the expected margin its value times one factor for each feature
// on its path: z + (1−z)·t if x passes all of the feature's splits there, else
// z − z·t, where z is the share of training rows that these splits let through.
// The Shapley value of a feature is the integral over t from 0 to 1 of what the
// feature's factors change by, their slopes, each times the other factors of its
// path (Owen, "Multilinear Extensions of Games", 1972, doi:10.1287/mnsc.18.5.64).
// This is a polynomial in t of a degree below the number of features on the
// path: Gauss-Legendre quadrature with half as many points as features is exact,
// and stable, since factors and weights are positive (Wettenstein, Mitchell and
// Yu, "Quadrature-TreeSHAP", arXiv:2605.04497).
//
// It says what the model looked at and not what causes what; credit among
// features that always go together is arbitrary. It panics unless x and phi
// have the length of Features. Time: O(trees · leaves · d), d being half the
// number of features on the path that has most; O(trees · leaves) for a row that
// goes the ways of rows before. Memory: O(leaves · d) for the largest tree, and of
// each tree the sums of so many ways, for each call under way; the first makes
// what all share, O(trees · leaves).
func (m *Model) SHAP(x, phi []float64) (base float64) {
	return m.shap([][]float64{x}, [][]float64{phi})
}

// shap is SHAP for many rows: each tree serves all of them while the caches hold
// it and its ways.
func (m *Model) shap(rows, phis [][]float64) (base float64) {
	for r := range rows {
		m.check(rows[r])
		m.check(phis[r])
		clear(phis[r])
	}
	m.once.Do(func() { m.plan = newShapPlan(m.trees) })
	s, ok := m.sweeps.Get().(*sweep)
	if !ok {
		s = newSweep(m.plan.trees)
	}
	for i := range m.plan.trees {
		t := &m.plan.trees[i]
		for r, x := range rows {
			sums, phi := s.sums(i, t, x), phis[r]
			for k := len(sums) - 1; k >= 0; k-- {
				phi[t.nodes[k].feature] += sums[k]
			}
		}
	}
	m.sweeps.Put(s)
	return m.plan.base
}

// sweep is the memory of a call, for one tree after the other, and what it knows
// for the next one: rows of one kind go few ways through a tree.
type sweep struct {
	sides []side // by split: where x would go there
	goes  []side // by split: where x goes, or that its feature is lost
	edges []edge // by split: to its left child, to its right
	// Rows by split: the weight of the point times the factors above the split,
	// without that of its own feature unless that is lost.
	above []float64
	// Rows by split, then by leaf: the sum of the leaves below, each times the
	// factors that come between.
	below []float64

	adds []float64              // by split: to the value of its feature
	ways []map[uint64][]float64 // by tree: adds by sides, a bit a split
}

// Of a tree so many ways are kept, if its splits fit the bits of one number.
const (
	mostWays   = 1 << 11
	mostSplits = 64
)

// edge is what the step to a child multiplies the factors by: offset + slope·t.
// Where the feature was split on above, its earlier factor is divided out first.
type edge struct{ offset, slope float64 }

func newSweep(trees []shapTree) *sweep {
	var splits, above, below int
	for i := range trees {
		n, d := len(trees[i].splits), len(trees[i].points)
		splits, above, below = max(splits, n), max(above, n*d), max(below, (2*n+1)*d)
	}
	s := &sweep{sides: make([]side, splits), goes: make([]side, splits), edges: make([]edge, 2*splits),
		above: make([]float64, above), below: make([]float64, below), adds: make([]float64, splits),
		ways: make([]map[uint64][]float64, len(trees))}
	for i := range s.ways {
		s.ways[i] = make(map[uint64][]float64)
	}
	return s
}

// sums are what each split of tree i adds to the value of its feature, good until
// the next call. They depend on no more than the sides that x goes to.
func (s *sweep) sums(i int, t *shapTree, x []float64) []float64 {
	way := uint64(0)
	for k := range t.splits {
		s.sides[k] = right
		if t.nodes[k].goesLeft(x) {
			s.sides[k] = left
		}
		way = way<<1 | uint64(s.sides[k])
	}
	n := len(t.splits)
	if sums, ok := s.ways[i][way]; ok && n <= mostSplits {
		return sums
	}
	s.route(t)
	s.down(t)
	s.up(t)
	if n <= mostSplits && len(s.ways[i]) < mostWays {
		s.ways[i][way] = slices.Clone(s.adds[:n])
	}
	return s.adds[:n]
}

// route sets the edges for the sides at hand.
func (s *sweep) route(t *shapTree) {
	for i := range t.splits {
		split, e := &t.splits[i], s.edges[2*i:][:2]
		if split.before >= 0 && s.goes[split.before] != split.side {
			// The factor is z − z·t already, and z alone gets smaller.
			s.goes[i] = lost
			e[left] = edge{offset: split.shares[left] / split.share}
			e[right] = edge{offset: split.shares[right] / split.share}
			continue
		}
		s.goes[i] = s.sides[i]
		e[left] = edge{split.shares[left], -split.shares[left]}
		e[right] = edge{split.shares[right], -split.shares[right]}
		e[s.sides[i]].slope++
	}
}

// down fills above.
func (s *sweep) down(t *shapTree) {
	points := t.points
	d := len(points)
	for i := range t.splits {
		split := &t.splits[i]
		row := s.above[i*d:][:d]
		if split.parent < 0 {
			copy(row, t.weights)
		} else {
			from, e := s.above[int(split.parent)*d:][:d], s.edges[split.edge]
			for k, p := range points {
				row[k] = from[k] * (e.offset + e.slope*p)
			}
		}
		if split.before >= 0 && s.goes[i] != lost {
			for k, p := range points {
				row[k] /= split.factor(p)
			}
		}
	}
}

// up fills below and adds.
func (s *sweep) up(t *shapTree) {
	points := t.points
	d := len(points)
	for i, v := range t.leaf {
		row := s.below[(len(t.splits)+i)*d:][:d]
		for k := range row {
			row[k] = v
		}
	}
	for i := len(t.splits) - 1; i >= 0; i-- {
		toLeft, toRight := s.edges[2*i], s.edges[2*i+1]
		row, above := s.below[i*d:][:d], s.above[i*d:][:d]
		l, r := s.below[int(t.splits[i].rows[left])*d:][:d], s.below[int(t.splits[i].rows[right])*d:][:d]
		sum := 0.0
		for k, p := range points {
			a, b := l[k], r[k]
			slope := toLeft.slope*a + toRight.slope*b
			row[k] = toLeft.offset*a + toRight.offset*b + p*slope
			sum += above[k] * slope
		}
		if split := &t.splits[i]; split.before >= 0 && s.goes[i] != lost {
			// The split before counts its own slope for all below: taken back here.
			for k, p := range points {
				row[k] /= split.factor(p)
				sum -= above[k] * (1 - split.share) * row[k]
			}
		}
		s.adds[i] = sum
	}
}
