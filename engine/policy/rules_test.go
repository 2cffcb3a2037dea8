package policy

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

func TestRuleErrors(t *testing.T) {
	for name, c := range map[string]struct{ rule, says string }{
		"unknown name":     {`{name: x, when: losss > 5, then: tag}`, "losss"},
		"wrong type":       {`{name: x, when: 'size > "big"', then: tag}`, "mismatched types"},
		"not a truth":      {`{name: x, when: size + 1, then: tag}`, "bool"},
		"no syntax":        {`{name: x, when: size >, then: tag}`, "column"},
		"a range":          {`{name: x, when: 'any(1..1000000000, # == size)', then: tag}`, "ranges"},
		"nested loops":     {`{name: x, when: 'all(kinds, all(kinds, any(kinds, # == "x")))', then: tag}`, "predicates"},
		"the clock":        {`{name: x, when: last < now(), then: tag}`, "now"},
		"much of little":   {`{name: x, when: 'repeat("x", 1000000000) == ""', then: tag}`, "repeat"},
		"this machine":     {`{name: x, when: first.Local().Hour() > 3, then: tag}`, "parts of times"},
		"by another name":  {`{name: x, when: let f = first.Local; f() == last, then: tag}`, "parts of times"},
		"a field of time":  {`{name: x, when: first.nope == 1, then: tag}`, "nope"},
		"no action":        {`{name: x, when: size > 3, then: drop}`, "tag, raise or suppress"},
		"nothing to raise": {`{name: x, when: size > 3, then: raise}`, "bits"},
		"too much":         {`{name: x, when: size > 3, then: raise, by: 21}`, "-20 to 20"},
		"by of a tag":      {`{name: x, when: size > 3, then: tag, by: 2}`, "by goes with"},
		"bad tag":          {`{name: x, when: size > 3, then: tag, tag: "A B"}`, "tag"},
		"bad name":         {`{name: "X", when: size > 3, then: tag}`, "name"},
		"twice":            {`{name: y, when: size > 3, then: tag}`, "a second y"},
	} {
		t.Run(name, func(t *testing.T) {
			text := "name: x\nversion: 1\nmax_component: 9\nrules:\n  - {name: y, when: size > 5, then: tag}\n  - " + c.rule + "\n" + restOfPolicy(t)
			_, err := Parse("mine.yaml", []byte(text))
			require.ErrorIs(t, err, graph.ErrInvalid)
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, "mine.yaml, line 6:", "the rule stands on the sixth line")
			require.NotContains(t, err.Error(), "\n")
		})
	}
	long := RingRule{Name: "x", Then: ActTag, When: "size > 1" + strings.Repeat(" and size > 1", 400)}
	_, err := CompileRules([]RingRule{long})
	require.ErrorContains(t, err, "at most 4,096")
	long.When = strings.Repeat("!", 1000) + "true"
	_, err = CompileRules([]RingRule{long})
	require.ErrorIs(t, err, graph.ErrInvalid)
}

func FuzzRules(f *testing.F) {
	for _, s := range []string{`loss > 5000 and typology == "mule_chain"`, `any(kinds, # == "ip")`, `1..9`, `first < date("2018-01-01")`,
		`size matches "x"`, `let x = kinds; all(x, all(x, true))`, `bits["device"] ?? 0 > 1`, `not (size in [1,2])`, "size > 1 // comment", `1 % 0 == 1`} {
		f.Add(s)
	}
	view := RingView{Size: 3, Typology: "mule_chain", Lines: []string{"device"}, Bits: map[string]float64{"device": 3},
		Loss: 6000, Losses: map[string]float64{"CNY": 6000}, Roles: map[string]int{}}
	f.Fuzz(func(t *testing.T, when string) {
		rules, err := CompileRules([]RingRule{{Name: "x", When: when, Then: ActTag}})
		if err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
			return
		}
		start := time.Now()
		first := rules[0].Fits(view)
		require.Equal(t, first, rules[0].Fits(view), "a rule is a function of the ring")
		require.Less(t, time.Since(start), 10*time.Second)
	})
}

func TestRulesAreNumbers(t *testing.T) {
	_, err := CompileRules([]RingRule{{Name: "x", When: "true", Then: ActRaise, By: math.NaN()}})
	require.ErrorIs(t, err, graph.ErrInvalid)
	for _, by := range []float64{-20, 20, .01} {
		_, err = CompileRules([]RingRule{{Name: "x", When: "true", Then: ActRaise, By: by}})
		require.NoError(t, err, fmt.Sprint(by))
	}
}
