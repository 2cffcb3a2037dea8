package tree

// SHAP splits the margin of x among features: it fills phi, one value a
// feature, and returns base, the mean margin over the training rows, so that
// base + Σ phi = Predict(x) but for rounding. phi[i] is the Shapley value of
// feature i in the game in which a coalition of known features is worth the
// expected margin, features that are not known being averaged over by the
// training rows on each side of their splits.
//
// It is the exact algorithm of Lundberg, Erion and Lee, "Consistent
// Individualized Feature Attribution for Tree Ensembles", arXiv:1802.03888
// (algorithm 2), the path-dependent form that LightGBM's pred_contrib computes.
// It says what the model looked at and not what causes what; credit among
// features that always go together is arbitrary. It panics unless x and phi
// have the length of Features. Time: O(trees · leaves · depth²). Memory:
// O(depth²).
func (m *Model) SHAP(x, phi []float64) (base float64) {
	m.check(x)
	m.check(phi)
	clear(phi)
	var paths []step
	for i := range m.trees {
		t := &m.trees[i]
		base += t.mean(0)
		if len(t.nodes) == 0 {
			continue
		}
		d := t.depth(0) + 2
		if need := d * (d + 1) / 2; len(paths) < need {
			paths = make([]step, need)
		}
		w := walk{t, x, phi}
		w.down(0, paths, 0, step{feature: -1, zero: 1, one: 1})
	}
	return base
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

// step is one feature on the way down: zero, the share of rows that go this way
// if it is not known; one, 1 if x goes this way, else 0; weight, over coalitions
// by size, the share of permutations that bring a coalition of that size here.
type step struct {
	feature   int
	zero, one float64
	weight    float64
}

type walk struct {
	t      *tree
	x, phi []float64
}

// down visits a child with the path above it, of n steps at the head of paths,
// to which the split just passed is added. A feature met again replaces its
// earlier step. Each level works on a copy behind its parent's.
func (w *walk) down(child int, paths []step, n int, by step) {
	path := paths[:n+1]
	extend(path, n, by)
	if child < 0 {
		value := w.t.leaf[^child]
		for i := 1; i <= n; i++ {
			s := &path[i]
			w.phi[s.feature] += unwoundSum(path, i) * (s.one - s.zero) * value
		}
		return
	}
	split := &w.t.nodes[child]
	hot := split.next(w.x)
	zero, one := 1.0, 1.0
	for i := 1; i <= n; i++ {
		if path[i].feature == split.feature {
			zero, one = path[i].zero, path[i].one
			unwind(path, i)
			n--
			break
		}
	}
	path = path[:n+1]
	below := paths[len(path):]
	for _, c := range [2]int{split.left, split.right} {
		s := step{feature: split.feature, zero: zero * w.t.rows(c) / w.t.nodeRows[child]}
		if c == hot {
			s.one = one
		}
		copy(below, path)
		w.down(c, below, n+1, s)
	}
}

// extend adds a step at path[n] and counts the coalitions that it makes.
func extend(path []step, n int, by step) {
	by.weight = 0
	if n == 0 {
		by.weight = 1
	}
	path[n] = by
	for i := n - 1; i >= 0; i-- {
		path[i+1].weight += by.one * path[i].weight * float64(i+1) / float64(n+1)
		path[i].weight = by.zero * path[i].weight * float64(n-i) / float64(n+1)
	}
}

// unwind undoes extend for the step at k; the path is one shorter then.
func unwind(path []step, k int) {
	n := len(path) - 1
	zero, one := path[k].zero, path[k].one
	next := path[n].weight
	for i := n - 1; i >= 0; i-- {
		if one != 0 {
			was := path[i].weight
			path[i].weight = next * float64(n+1) / (float64(i+1) * one)
			next = was - path[i].weight*zero*float64(n-i)/float64(n+1)
		} else {
			path[i].weight = path[i].weight * float64(n+1) / (zero * float64(n-i))
		}
	}
	for i := k; i < n; i++ {
		path[i].feature, path[i].zero, path[i].one = path[i+1].feature, path[i+1].zero, path[i+1].one
	}
}

// unwoundSum is the sum of the weights that unwind would leave for step k.
func unwoundSum(path []step, k int) float64 {
	n := len(path) - 1
	zero, one := path[k].zero, path[k].one
	next, sum := path[n].weight, 0.0
	for i := n - 1; i >= 0; i-- {
		if one != 0 {
			w := next * float64(n+1) / (float64(i+1) * one)
			sum += w
			next = path[i].weight - w*zero*float64(n-i)/float64(n+1)
		} else {
			sum += path[i].weight * float64(n+1) / (zero * float64(n-i))
		}
	}
	return sum
}
