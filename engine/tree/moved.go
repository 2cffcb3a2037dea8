package tree

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// MovedMost names, by name, the n features that moved the model most from its
// mean for a row, the most first, each with its Shapley value in bits. Time: that
// of [Model.SHAP].
func (m *Model) MovedMost(x []float64, n int, name func(feature int) string) string {
	return m.MovedMostOf([][]float64{x}, n, name)[0]
}

// MovedMostOf is [Model.MovedMost] of each of some rows, in less time; a hundred
// stay within the caches.
func (m *Model) MovedMostOf(rows [][]float64, n int, name func(feature int) string) []string {
	phis, out := make([][]float64, len(rows)), make([]string, len(rows))
	for i := range phis {
		phis[i] = make([]float64, len(m.Features))
	}
	m.shap(rows, phis)
	order := make([]int, len(m.Features))
	for i, phi := range phis {
		for k := range order {
			order[k] = k
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(math.Abs(phi[b]), math.Abs(phi[a])) })
		var words []string
		for _, k := range order[:min(n, len(order))] {
			words = append(words, fmt.Sprintf("%s %+.1f", name(k), phi[k]*m.Sigmoid*math.Log2E))
		}
		out[i] = strings.Join(words, ", ")
	}
	return out
}
