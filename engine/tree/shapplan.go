package tree

import "gonum.org/v1/gonum/integrate/quad"

// shapPlan is what SHAP knows of a model for all rows.
type shapPlan struct {
	base  float64
	trees []shapTree // those with splits
}

// shapTree is a tree with what its splits are for all rows.
type shapTree struct {
	*tree
	splits []shapSplit
	// Quadrature over [0, 1], exact for every path of the tree.
	points, weights []float64
}

// side is a child of a split, by place.
type side int32

const (
	left side = iota
	right
	lost // neither: x went another way at a split above on the same feature
)

// shapSplit is a split and the way down to it. A share is that of the training
// rows that all splits on the feature let through, from the root to a child. It
// is kept small, as each call reads all of them.
type shapSplit struct {
	parent, edge int32      // the split above, -1 at the root, and the edge that leads here
	rows         [2]int32   // by side: the child, splits counted first, then leaves
	shares       [2]float64 // by side
	// The nearest split above on the same feature, -1 if there is none; its side
	// on the way here and that side's share, 1 if there is none.
	before int32
	side   side
	share  float64
}

// factor is that of the split before at t, if x goes here.
func (s *shapSplit) factor(t float64) float64 { return s.share + (1-s.share)*t }

func newShapPlan(trees []tree) shapPlan {
	p := shapPlan{}
	for i := range trees {
		p.base += trees[i].mean(0)
		if len(trees[i].nodes) > 0 {
			p.trees = append(p.trees, newShapTree(&trees[i]))
		}
	}
	return p
}

func newShapTree(t *tree) shapTree {
	out := shapTree{tree: t, splits: make([]shapSplit, len(t.nodes))}
	features := make([]int, len(t.nodes)) // on the way to a split, with its own
	out.splits[0].parent = -1
	most := 0
	for i := range t.nodes { // children come after their parents
		n, s := &t.nodes[i], &out.splits[i]
		out.findBefore(int32(i))
		if s.parent >= 0 {
			features[i] = features[s.parent]
		}
		if s.before < 0 {
			features[i]++
		}
		most = max(most, features[i])
		for side, child := range [2]int{n.left, n.right} {
			s.shares[side] = s.share * t.rows(child) / t.nodeRows[i]
			s.rows[side] = int32(child)
			if child < 0 {
				s.rows[side] = int32(len(t.nodes) + ^child)
				continue
			}
			out.splits[child].parent, out.splits[child].edge = int32(i), int32(2*i+side)
		}
	}
	d := (most + 1) / 2
	out.points, out.weights = make([]float64, d), make([]float64, d)
	quad.Legendre{}.FixedLocations(out.points, out.weights, 0, 1)
	return out
}

// findBefore looks for the nearest split above split i on the same feature.
func (t *shapTree) findBefore(i int32) {
	s := &t.splits[i]
	s.before, s.share = -1, 1
	for child, up := i, s.parent; up >= 0; child, up = up, t.splits[up].parent {
		if t.nodes[up].feature != t.nodes[i].feature {
			continue
		}
		s.before, s.side = up, left
		if int(child) == t.nodes[up].right {
			s.side = right
		}
		s.share = t.splits[up].shares[s.side]
		return
	}
}
