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
	phi := make([]float64, len(x))
	m.SHAP(x, phi)
	order := make([]int, len(phi))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(math.Abs(phi[b]), math.Abs(phi[a])) })
	var words []string
	for _, i := range order[:min(n, len(order))] {
		words = append(words, fmt.Sprintf("%s %+.1f", name(i), phi[i]*m.Sigmoid*math.Log2E))
	}
	return strings.Join(words, ", ")
}
