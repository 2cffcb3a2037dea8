package engine_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/engine"
	"ringleader/graph"
	"ringleader/graph/sqlitestore"
	"ringleader/graph/sqlitestore/sqlitetest"
)

// day n of the verdicts.
func day(n int) graph.Time { return graph.Millis(1_600_000_000_000 + int64(n)*86_400_000) }

func decide(t *testing.T, log graph.Log, ring, run string, d engine.Decision, at graph.Time) {
	t.Helper()
	require.NoError(t, engine.AddVerdicts(t.Context(), log, engine.Verdict{Ring: ring, Run: run, Decision: d, By: "analyst", At: at}))
}

// storedRun writes a run with n rings r-000, r-001 …, the scores rising from 0
// in steps of a quarter bit.
func storedRun(t *testing.T, log *sqlitestore.Store, id string, n int) {
	t.Helper()
	var rings []engine.Ring
	for i := range n {
		r := ring(fmt.Sprintf("r-%03d", i), fmt.Sprintf("a%d", i))
		r.Score = float64(i) / 4
		rings = append(rings, r)
	}
	require.NoError(t, engine.WriteRun(t.Context(), log, log, 0, run(id, rings...)))
}

func decided(t *testing.T, log graph.Log, until graph.Time) ([]engine.DecidedRing, int) {
	t.Helper()
	list, gone, err := engine.DecidedRings(t.Context(), log, until)
	require.NoError(t, err)
	return list, gone
}

func TestTheLastVerdictCounts(t *testing.T) {
	s := sqlitetest.New(t)
	storedRun(t, s, "one", 4)
	decide(t, s, "r-000", "one", engine.Fraud, day(1))
	decide(t, s, "r-000", "one", engine.Cleared, day(3))
	decide(t, s, "r-001", "one", engine.Fraud, day(2))
	decide(t, s, "r-001", "one", engine.Withdrawn, day(4))
	decide(t, s, "r-002", "lost", engine.Fraud, day(2))
	decide(t, s, "r-999", "one", engine.Fraud, day(2))

	now, gone := decided(t, s, 0)
	require.Equal(t, 2, gone, "a run that is not there, and a ring that its run does not have")
	require.Len(t, now, 1)
	require.Equal(t, engine.Cleared, now[0].Decision)
	require.Equal(t, "r-000", now[0].Shown.ID)

	before, _ := decided(t, s, day(2))
	require.Len(t, before, 2, "neither the change of mind nor the withdrawal had come")
	require.Equal(t, engine.Fraud, before[0].Decision)
	require.Equal(t, engine.Fraud, before[1].Decision)

	for _, v := range []engine.Verdict{{Ring: "r", Run: "r", Decision: "perhaps", By: "x"}, {Ring: "r", Decision: engine.Cleared, By: "x"},
		{Run: "r", Decision: engine.Cleared, By: "x"}, {Ring: "r", Run: "r", Decision: engine.Cleared}} {
		require.ErrorIs(t, engine.AddVerdicts(t.Context(), s, v), graph.ErrInvalid)
	}
}

func TestVerdictsLabelAccounts(t *testing.T) {
	member := func(key string, r engine.Role) engine.Member {
		return engine.Member{Ref: graph.Ref{Kind: graph.Account, Key: key}, Role: r}
	}
	members := []engine.Member{member("mule", engine.RoleMule), member("victim", engine.RoleVictim), member("near", engine.RoleBystander),
		{Ref: graph.Ref{Kind: graph.Device, Key: "d"}, Role: engine.RoleOperator}}
	says := func(d engine.Decision) map[string]bool {
		out := make(map[string]bool)
		for _, l := range engine.DecidedLabels([]engine.DecidedRing{{Verdict: engine.Verdict{Decision: d, At: day(1)}, Shown: engine.Ring{Members: members}}}) {
			require.Equal(t, day(1), l.At)
			out[l.Account.Key] = l.Fraud
		}
		return out
	}
	require.Equal(t, map[string]bool{"mule": true}, says(engine.Fraud))
	require.Equal(t, map[string]bool{"mule": false, "victim": false}, says(engine.Cleared))
}

// rings makes verdicts on rings of the given scores.
func rings(yes, no []float64) []engine.DecidedRing {
	var out []engine.DecidedRing
	for d, list := range map[engine.Decision][]float64{engine.Fraud: yes, engine.Cleared: no} {
		for _, score := range list {
			out = append(out, engine.DecidedRing{Verdict: engine.Verdict{Decision: d}, Shown: engine.Ring{Score: score}})
		}
	}
	return out
}

func steps(n int, from float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = from + float64(i)/8
	}
	return out
}

func TestCalibrationBeginsAtAHundred(t *testing.T) {
	for _, x := range []struct {
		name    string
		yes, no int
		why     string // empty: calibrated
	}{
		{"nothing", 0, 0, ""},
		{"ninety-nine", 60, 39, "99 rings are decided"},
		{"a hundred", 60, 40, ""},
		{"one class", 120, 0, "120 decided rings are fraud and 0 cleared"},
		{"too few of one", 9, 200, "9 decided rings are fraud and 200 cleared"},
		{"ten of one", 10, 90, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			c, why := engine.Calibrate(rings(steps(x.yes, 10), steps(x.no, 0)), engine.CalibrationOptions{})
			require.Contains(t, why, x.why)
			if x.why != "" || x.yes == 0 {
				require.Nil(t, c)
				return
			}
			require.Empty(t, why)
			require.Equal(t, x.yes+x.no, c.Decided)
			require.Equal(t, x.yes, c.Confirmed)
			require.Positive(t, c.Slope)
		})
	}
	c, _ := engine.Calibrate(rings(steps(12, 10), steps(12, 0)), engine.CalibrationOptions{Rings: 20, Each: 12})
	require.NotNil(t, c, "both numbers can be set")
}

func TestVerdictsAgainstTheScoreDoNotCalibrate(t *testing.T) {
	c, why := engine.Calibrate(rings(steps(60, 0), steps(60, 10)), engine.CalibrationOptions{})
	require.Nil(t, c, "a curve that falls would turn the order of rings around")
	require.Contains(t, why, "not fraud the more often the higher their score")
}

// TestCalibrationFindsTheCurve draws verdicts of a known curve: log2 odds of
// score/2 − 5.
func TestCalibrationFindsTheCurve(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 7))
	var all []engine.DecidedRing
	for range 4000 {
		score := rng.Float64() * 20
		d := engine.Cleared
		if rng.Float64() < 1/(1+math.Exp2(5-score/2)) {
			d = engine.Fraud
		}
		all = append(all, engine.DecidedRing{Verdict: engine.Verdict{Decision: d}, Shown: engine.Ring{Score: score}})
	}
	c, why := engine.Calibrate(all, engine.CalibrationOptions{})
	require.Empty(t, why)
	// 4,000 draws: the standard error of the slope is about .02, of the intercept .2.
	require.InDelta(t, .5, c.Slope, .06)
	require.InDelta(t, -5, c.Intercept, .6)

	// Verdicts that the score parts cleanly do not make it sure: Platt's targets.
	c, _ = engine.Calibrate(rings(steps(50, 10), steps(50, 0)), engine.CalibrationOptions{})
	require.False(t, math.IsInf(c.Slope, 0) || math.IsNaN(c.Slope))
	top := 1 / (1 + math.Exp2(-c.Slope*10-c.Intercept))
	require.Greater(t, top, .5)
	require.Less(t, top, .999)
}

func TestRunsSayThatTheyAreCalibrated(t *testing.T) {
	s := sqlitetest.New(t)
	storedRun(t, s, "one", 100)
	for i := range 100 {
		d := engine.Cleared
		if i >= 40 && i%3 > 0 {
			d = engine.Fraud
		}
		decide(t, s, fmt.Sprintf("r-%03d", i), "one", d, day(i))
	}
	list, gone := decided(t, s, 0)
	require.Zero(t, gone)
	c, why := engine.Calibrate(list, engine.CalibrationOptions{})
	require.Empty(t, why)
	again, _ := decided(t, s, 0)
	same, _ := engine.Calibrate(again, engine.CalibrationOptions{})
	require.Equal(t, c, same)
	early, _ := decided(t, s, day(98))
	none, _ := engine.Calibrate(early, engine.CalibrationOptions{})
	require.Nil(t, none, "the hundredth verdict had not come")
}

func TestVerdictsShowInRings(t *testing.T) {
	s := sqlitetest.New(t)
	storedRun(t, s, "one", 3)
	require.NoError(t, engine.AddVerdicts(t.Context(), s,
		engine.Verdict{Ring: "r-000", Run: "one", Decision: engine.Unsure, Why: "too little", By: "ann", At: day(1)},
		engine.Verdict{Ring: "r-001", Run: "one", Decision: engine.Fraud, By: "ann", At: day(1)}))
	list, gone := decided(t, s, 0)
	require.Zero(t, gone)
	require.Len(t, list, 1, "unsure decides nothing")

	standing, err := engine.Verdicts(t.Context(), s, 0)
	require.NoError(t, err)
	run, err := engine.ReadRun(t.Context(), s, "one")
	require.NoError(t, err)
	engine.ShowVerdicts(run.Rings, standing)
	status := make(map[string]string)
	for _, r := range run.Rings {
		status[r.ID] = r.Meta.Status
		if r.ID == "r-000" {
			require.Equal(t, &engine.Verdict{Ring: "r-000", Run: "one", Decision: engine.Unsure, Why: "too little", By: "ann", At: day(1)}, r.Meta.Verdict)
		}
	}
	require.Equal(t, "unsure", status["r-000"])
	require.Equal(t, "fraud", status["r-001"])
	require.NotContains(t, []string{"fraud", "unsure"}, status["r-002"])

	// One bad verdict keeps the others out.
	require.ErrorIs(t, engine.AddVerdicts(t.Context(), s, engine.Verdict{Ring: "r-002", Run: "one", Decision: engine.Fraud, By: "ann"},
		engine.Verdict{Ring: "r-002", Run: "one", Decision: "perhaps", By: "ann"}), graph.ErrInvalid)
	again, err := engine.Verdicts(t.Context(), s, 0)
	require.NoError(t, err)
	require.Equal(t, standing, again)
}
