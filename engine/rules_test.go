package engine

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// ruled is the policy that ships with some rules over rings.
func ruled(t testing.TB, rules ...policy.RingRule) *policy.Policy {
	t.Helper()
	p, err := policy.Default()
	require.NoError(t, err)
	p.Rules = rules
	require.NoError(t, p.Validate())
	return p
}

// TestRulesSpeakInLines: every firing is a line, lines still add up to the score,
// probability still follows the score, and the run counts.
func TestRulesSpeakInLines(t *testing.T) {
	facts := everything(t)
	before := detect(t, facts, 1<<20, Options{})
	run := detect(t, facts, 1<<20, Options{Policy: ruled(t,
		policy.RingRule{Name: "costly", When: `loss > 5000 and typology == "mule_chain"`, Then: policy.ActRaise, By: 2.5, Reason: "mules who cost"},
		policy.RingRule{Name: "phones", When: `"phone" in kinds or "device" in kinds`, Then: policy.ActTag, Tag: "handsets"},
		policy.RingRule{Name: "small", When: `size <= 3`, Then: policy.ActRaise, By: -4},
		policy.RingRule{Name: "nobody", When: `probability > 1`, Then: policy.ActSuppress},
	)})
	require.Len(t, run.Rings, len(before.Rings), "rules make and unmake no ring")
	was := make(map[string]Ring)
	for _, r := range before.Rings {
		was[r.ID] = r
	}
	fired := make(map[string]int)
	for _, r := range run.Rings {
		old := was[r.ID]
		view := viewOf(&old)
		sum, add := 0.0, 0.0
		for _, e := range r.Evidence {
			sum += e.Bits
			if e.Kind == kindRule {
				add += e.Bits
			}
		}
		require.InDelta(t, r.Score, sum, .005, "a hundredth of a bit is kept")
		require.InDelta(t, r.Score, old.Score+add, .011)
		require.Equal(t, r.Score > old.Score, r.Probability > old.Probability)
		require.Equal(t, view.Loss > 5000 && old.Typology == MuleChain, slices.Contains(r.Rules, "costly"))
		require.Equal(t, slices.Contains(view.Kinds, "phone") || slices.Contains(view.Kinds, "device"), slices.Contains(r.Tags, "handsets"))
		require.Equal(t, old.Size <= 3, slices.Contains(r.Rules, "small"))
		require.Len(t, slices.DeleteFunc(slices.Clone(r.Evidence), func(e Evidence) bool { return e.Kind != kindRule }), len(r.Rules))
		for _, name := range r.Rules {
			fired[name]++
		}
	}
	require.Equal(t, []RuleCount{{"costly", policy.ActRaise, fired["costly"]}, {"phones", policy.ActTag, fired["phones"]},
		{"small", policy.ActRaise, fired["small"]}, {"nobody", policy.ActSuppress, 0}}, run.Info.Rules)
	require.Positive(t, fired["costly"])
	require.Positive(t, fired["phones"])
	require.NotEqual(t, before.Info.ID, run.Info.ID, "another policy, another run")
}

// TestSuppressedRingsAreCountedAndKept: out of the list, out of the scores, in
// sight, and with its name when it comes back.
func TestSuppressedRingsAreCountedAndKept(t *testing.T) {
	facts := everything(t)
	plain := detect(t, facts, 1<<20, Options{})
	p := ruled(t, policy.RingRule{Name: "farms", When: `typology == "device_farm"`, Then: policy.ActSuppress})
	run := detect(t, facts, 1<<20, Options{Policy: p})
	require.NotEmpty(t, run.Suppressed)
	require.Equal(t, len(run.Suppressed), run.Info.Suppressed)
	require.Equal(t, len(plain.Rings), len(run.Rings)+len(run.Suppressed))
	require.Equal(t, len(run.Rings), run.Info.Rings)
	for _, r := range run.Suppressed {
		require.Equal(t, DeviceFarm, r.Typology)
		require.Equal(t, "farms", r.SuppressedBy)
		require.True(t, slices.ContainsFunc(r.Evidence, func(e Evidence) bool { return e.Kind == kindRule && e.Bits == 0 }))
		for _, key := range r.accountKeys() {
			i := slices.IndexFunc(run.Scores, func(s AccountScore) bool { return s.Account == key })
			require.Empty(t, run.Scores[i].Ring)
		}
	}
	for _, r := range run.Rings {
		require.Empty(t, r.SuppressedBy)
	}
	next, err := Detect(t.Context(), snapshot(t, facts, 1<<20), Scope{}, run, Options{})
	require.NoError(t, err)
	for _, r := range run.Suppressed {
		require.True(t, slices.ContainsFunc(next.Rings, func(n Ring) bool {
			return n.ID == r.ID && n.Lineage[0].Event == "birth" && n.Lineage[0].Run == run.Info.ID
		}))
	}
}

// TestRuleView: a rule sees the ring that the program prints.
func TestRuleView(t *testing.T) {
	ring := Ring{Typology: Takeover, Size: 4, People: 3, Score: 17.5, Probability: .97,
		FirstSeen: graph.TimeOf(time.Date(2018, 10, 9, 18, 0, 0, 0, time.UTC)), LastSeen: graph.TimeOf(time.Date(2018, 10, 12, 6, 0, 0, 0, time.UTC)),
		Loss: []Loss{{Currency: "CNY", Amount: "1296.50", Gross: "1944.50", Refunded: "648.00", Declined: "45.00", Events: 3},
			{Currency: "HKD", Amount: "98.00", Gross: "98.00", Refunded: "0.00", Declined: "0.00", Events: 1}},
		Members: []Member{{Ref: account("a"), Role: RoleVictim}, {Ref: account("b"), Role: RoleVictim, Next: true}, {Ref: account("c"), Role: RoleMule},
			{Ref: graph.Ref{Kind: graph.Device, Key: "d"}, Role: RoleOperator}},
		Evidence: []Evidence{{Kind: "device", Bits: 12.5, Refs: []graph.Ref{{Kind: graph.Device, Key: "d"}}}, {Kind: "hours", Bits: 5},
			{Kind: "beneficiary", Refs: []graph.Ref{{Kind: graph.Beneficiary, Key: "g"}}}},
		Detectors: []string{"takeover_wave"}}
	for when, want := range map[string]bool{
		`loss == 1296.5 and losses["HKD"] == 98 and gross == 1944.5 and refunded == 648 and declined == 45 and events == 4`: true,
		`losses["USD"] > 0`: false, // of a currency that is not there
		`typology == "takeover" and size == 4 and people == 3 and score > 17 and probability < .98`: true,
		`victims == 2 and next == 1 and suspects == 1 and roles["mule"] == 1`:                       true,
		`kinds == ["beneficiary", "device"] and "hours" in lines and bits["device"] == 12.5`:        true,
		`"takeover_wave" in detectors and any(lines, # startsWith "hou")`:                           true,
		`first >= date("2018-10-09") and last < date("2018-11-01") and days == 2.5`:                 true,
		`first.Hour() == 18 and last - first > duration("59h")`:                                     true,
		`size / 0 > 1`:      true, // division is of floats: infinitely many
		`size % 0 == 1`:     false,
		`[1, 2][size] == 1`: false, // beyond the end
		`count(kinds, # != "x") == 2 and max(size, people) == 4`: true,
	} {
		rules, err := policy.CompileRules([]policy.RingRule{{Name: "x", When: when, Then: policy.ActTag}})
		require.NoError(t, err, when)
		require.Equal(t, want, rules[0].Fits(viewOf(&ring)), when)
	}
}
