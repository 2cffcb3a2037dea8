package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/engine/policy"
)

// sureModel says of everything the same: a margin, in nats.
func sureModel(t *testing.T, margin float64) *Model {
	t.Helper()
	m, err := ParseModel("sure", strings.NewReader(fmt.Sprintf(`tree
version=v4
num_class=1
num_tree_per_iteration=1
max_feature_idx=0
objective=binary sigmoid:1
feature_names=size
feature_infos=[0:1]

Tree=0
num_leaves=1
num_cat=0
leaf_value=%v
shrinkage=1

end of trees
`, margin)))
	require.NoError(t, err)
	return m
}

// TestAModelIsBound: however sure a model is, the evidence keeps a say. Even odds
// are at 12 bits by the policy that ships.
func TestAModelIsBound(t *testing.T) {
	p, err := policy.Default()
	require.NoError(t, err)
	require.Equal(t, -12., p.PriorBits, "the figures below rest on it")
	d := &ground{policy: p}
	for _, c := range []struct {
		name              string
		evidence, against float64
		margin, want      float64
	}{
		{"no evidence stays below even odds", 0, 0, 50, 10},
		{"nor is one bit enough", 1, 0, 50, 11},
		{"two bits come to them", 2, 0, 50, 12},
		{"a third of the evidence stays", 6, 0, -50, 2},
		{"strong evidence stays likelier than not", 20, 0, -50, 12},
		{"but only a third of it where much speaks against it", 19, -7, -50, 4},
		{"what speaks against ten bits and more is not talked away", 18, -11, 50, 7},
		{"between the bounds the model has its way", 10, 0, 0, 12},
	} {
		r := &candidate{features: make([]float64, len(FeatureNames())), lines: []line{{kind: "device", bits: c.evidence}}}
		if c.against < 0 {
			r.lines = append(r.lines, line{kind: "household", bits: c.against})
		}
		r.sumBits(nil)
		sureModel(t, c.margin).adjust(d, r)
		require.InDelta(t, c.want, r.score, .01, c.name)
	}
}
