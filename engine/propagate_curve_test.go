package engine

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/engine/accounts"
	"ringleader/graph"
)

// groupsOfThree is n groups of three accounts, on one device or, every other
// group, on two, and strangers for the population.
func groupsOfThree(n int) []fact {
	use := func(account, device string) fact {
		return fact{from: graph.Ref{Kind: graph.Account, Key: account}, to: graph.Ref{Kind: graph.Device, Key: device},
			link: graph.Link{Type: "USED_DEVICE", At: graph.Millis(1e12)}}
	}
	var facts []fact
	for i := range n {
		for _, who := range []string{"a", "b", "c"} {
			facts = append(facts, use(fmt.Sprintf("%s%03d", who, i), fmt.Sprintf("d%03d", i)))
			if i%2 == 1 {
				facts = append(facts, use(fmt.Sprintf("%s%03d", who, i), fmt.Sprintf("e%03d", i)))
			}
		}
	}
	for i := range 20 * n {
		facts = append(facts, use(fmt.Sprintf("z%05d", i), fmt.Sprintf("own-%05d", i)))
	}
	return facts
}

// Of every group a and b are labelled. On two devices both are of fraud; on one a
// is, and b in every other group. What that makes of c is what the labelled
// ones hear of each other, whatever the bits of a tie come to.
func TestLabelsMeasureThemselves(t *testing.T) {
	const groups = 80
	var labels []accounts.Label
	for i := range groups {
		labels = append(labels, labelled(fmt.Sprintf("a%03d", i), true, 0), labelled(fmt.Sprintf("b%03d", i), i%4 > 0, 0))
	}
	facts := groupsOfThree(groups)
	run := detect(t, facts, 1000, Options{Accounts: AccountScoring{Labels: labels}})
	curve := run.Info.Labels.Curve
	require.NotNil(t, curve, run.Info.Notes)
	// Each b hears of its a; each a of its b where that is of fraud, in 60 groups.
	require.Equal(t, 80+60, curve.Accounts)
	require.Equal(t, 60+60, curve.Fraud)
	two, same, torn := *scoreOf(t, run, "c001").Propagated, *scoreOf(t, run, "c002").Propagated, *scoreOf(t, run, "c000").Propagated
	require.Greater(t, two, .9, "all that hear of fraud on two devices are of it")
	require.Greater(t, two, same, "the order stays")
	require.Greater(t, same, torn, "the order stays")
	// On one device those that hear of one of fraud are so in 40 of 60 groups: who
	// hears of two is above that, who hears of an honest one as well below.
	require.Greater(t, same, 40./60)
	require.Less(t, torn, 40./60)

	few := detect(t, facts, 1000, Options{Accounts: AccountScoring{Labels: labels[:2*4*(leastHeard-1)]}})
	require.Nil(t, few.Info.Labels.Curve)
	require.Contains(t, strings.Join(few.Info.Notes, "\n"), "is an order, no probability: they reach 54 labelled accounts of fraud")
	require.Contains(t, strings.Join(few.Info.Notes, "\n"), "and 9 honest ones; measuring it takes 10 of each")
	require.Less(t, *scoreOf(t, few, "c000").Propagated, torn, "and far too low")
}

func TestPlattFindsACurve(t *testing.T) {
	var x []float64
	var yes []bool
	for i := range 4000 { // 1 in 1 + e^(2 − x/2), in whole numbers of 100 at each of 40 places
		at := float64(i/100) / 4
		x, yes = append(x, at), append(yes, float64(i%100) < 100/(1+math.Exp(2-at/2)))
	}
	slope, intercept := platt(x, yes)
	require.InDelta(t, .5, slope, .01) // rounding to 1 % at each place
	require.InDelta(t, -2, intercept, .05)
}
