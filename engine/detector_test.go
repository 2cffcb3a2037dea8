package engine

import (
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/engine/policy"
)

// TestPoliciesNameTheDetectors: what a policy may switch off is what there is, in
// the order in which it settles equal scores.
func TestPoliciesNameTheDetectors(t *testing.T) {
	var names []string
	for _, d := range detectors(nil) {
		names = append(names, d.name())
	}
	require.Equal(t, policy.DetectorNames(), names)
}
