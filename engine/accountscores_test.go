package engine

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/engine/accounts"
	"ringleader/engine/policy"
	"ringleader/graph"
)

// stumpText is a LightGBM file of one tree over the given columns: its split is
// on the first one at .5, with odds of 1/7 to the left and 7 to the right.
func stumpText(columns ...string) string {
	return fmt.Sprintf(`tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=%d
objective=binary sigmoid:1
feature_names=%s
feature_infos=%s
tree_sizes=300

Tree=0
num_leaves=2
num_cat=0
split_feature=0
split_gain=1
threshold=.5
decision_type=10
left_child=-1
right_child=-2
leaf_value=%g %g
leaf_weight=1 1
leaf_count=50 50
internal_value=0
internal_weight=0
internal_count=100
is_linear=0
shrinkage=1


end of trees
`, len(columns)-1, strings.Join(columns, " "), strings.Repeat("none ", len(columns)), -math.Log(7), math.Log(7))
}

func labelled(key string, fraud bool, at graph.Time) accounts.Label {
	return accounts.Label{Account: graph.Ref{Kind: graph.Account, Key: key}, Fraud: fraud, At: at}
}

func stump(t testing.TB, columns ...string) *accounts.Model {
	m, err := accounts.Parse("stump", []byte(stumpText(columns...)))
	require.NoError(t, err)
	return m
}

// chainFacts is accounts a, b, c on device x, c and d on y, d and e on z, at one
// time, among many honest ones with a device each.
func chainFacts() []fact {
	at := graph.Millis(1_500_000_000_000)
	use := func(account, device string) fact {
		return fact{from: graph.Ref{Kind: graph.Account, Key: account}, to: graph.Ref{Kind: graph.Device, Key: device},
			link: graph.Link{Type: "USED_DEVICE", At: at}}
	}
	facts := []fact{use("a", "x"), use("b", "x"), use("c", "x"), use("c", "y"), use("d", "y"), use("d", "z"), use("e", "z")}
	for i := range 400 {
		facts = append(facts, use(fmt.Sprintf("honest-%d", i), fmt.Sprintf("own-%d", i)))
	}
	return facts
}

func scoreOf(t testing.TB, run *Run, key string) AccountScore {
	i := slices.IndexFunc(run.Scores, func(s AccountScore) bool { return s.Account == key })
	require.GreaterOrEqual(t, i, 0)
	return run.Scores[i]
}

// TestPropagationByHand works on a chain of ties: a, b and c share x.
func TestPropagationByHand(t *testing.T) {
	none := detect(t, chainFacts(), 1000, Options{})
	require.Nil(t, none.Info.Labels)
	require.Nil(t, scoreOf(t, none, "c").Combined, "without labels and model nothing is added")

	run := detect(t, chainFacts(), 1000, Options{Accounts: AccountScoring{Labels: []accounts.Label{labelled("a", true, 0), labelled("b", true, 0)}}})
	require.Equal(t, &LabelCounts{Fraud: 2}, run.Info.Labels)
	a, c, d, e := scoreOf(t, run, "a"), scoreOf(t, run, "c"), scoreOf(t, run, "d"), scoreOf(t, run, "e")
	require.Equal(t, "fraud", a.Label)
	require.Nil(t, a.Propagated, "its own label tells nothing of it")
	require.Equal(t, []string{"tied to 2 accounts labelled as fraud by device x"}, c.Reasons)
	require.Equal(t, []string{"2 steps from accounts labelled as fraud, nearest by device y"}, d.Reasons)
	require.Greater(t, *c.Propagated, *d.Propagated)
	require.Greater(t, *d.Propagated, *e.Propagated)
	require.Positive(t, *e.Propagated)
	require.Nil(t, scoreOf(t, run, "honest-7").Propagated)
	require.NotNil(t, scoreOf(t, run, "honest-7").Combined)
	require.Equal(t, Combine(c.SuspectProbability, 0, *c.Propagated), *c.Combined)

	// Two of fraud say F/(F + H + 1) = 2/3, one of fraud and one honest 1/3: the
	// tie is the same, so the ratio is exactly 2.
	mixed := detect(t, chainFacts(), 1000, Options{Accounts: AccountScoring{Labels: []accounts.Label{labelled("a", true, 0), labelled("b", false, 0)}}})
	require.InDelta(t, 2, *c.Propagated / *scoreOf(t, mixed, "c").Propagated, 1e-3) // they are rounded to six digits
	require.Equal(t, "honest", scoreOf(t, mixed, "b").Label)

	// An honest account in between hears for itself: nothing passes it.
	wall := detect(t, chainFacts(), 1000, Options{Accounts: AccountScoring{Labels: []accounts.Label{labelled("a", true, 0), labelled("c", false, 0)}}})
	require.Nil(t, scoreOf(t, wall, "d").Propagated)
	require.NotNil(t, scoreOf(t, wall, "b").Propagated)
}

func TestCombine(t *testing.T) {
	require.InDelta(t, 0, Combine(0, 0, 0), 0)
	require.InDelta(t, .75, Combine(.5, .5, .2), 1e-9)
	for _, x := range []float64{0, .1, .5, .99, 1} {
		for _, y := range []float64{0, .2, .7, 1} {
			require.GreaterOrEqual(t, Combine(x, y, .3), max(x, y, .3)-1e-6)
			require.GreaterOrEqual(t, Combine(min(1, x+.1), y, .3), Combine(x, y, .3))
			require.GreaterOrEqual(t, Combine(x, min(1, y+.1), .3), Combine(x, y, .3))
		}
	}
}

func TestAccountModelSpeaks(t *testing.T) {
	m := stump(t, "label1_rate", "neighbours")
	o := Options{Accounts: AccountScoring{Model: m, Labels: []accounts.Label{labelled("a", true, 0), labelled("b", true, 0)}}}
	run := detect(t, chainFacts(), 1000, o)
	require.Equal(t, m.Version(), run.Info.AccountModel)
	c := scoreOf(t, run, "c")
	require.InDelta(t, 7./8, *c.Model, 1e-6)
	require.Len(t, c.Reasons, 2)
	// Halfway between −log2 7 and log2 7 lies 0, so one feature has it all.
	require.Contains(t, c.Reasons[0], m.Version()+"; what moved it most, in bits: label1_rate +2.8")
	require.Equal(t, Combine(c.SuspectProbability, *c.Model, *c.Propagated), *c.Combined)
	for i := range run.Scores {
		require.NotNil(t, run.Scores[i].Model, "it knows every account")
	}
	plain := detect(t, chainFacts(), 1000, Options{Accounts: AccountScoring{Labels: o.Accounts.Labels}})
	require.NotEqual(t, plain.Info.Inputs, run.Info.Inputs, "the model is an input of the run")

	silent := detect(t, chainFacts(), 1000, Options{Accounts: AccountScoring{Model: stump(t, "attr_shoe_size")}})
	require.Empty(t, silent.Info.AccountModel)
	require.Contains(t, strings.Join(silent.Info.Notes, "\n"), "does not speak: it reads columns that these data do not have: attr_shoe_size")
	require.Nil(t, scoreOf(t, silent, "c").Model)

	old := stump(t, "neighbours")
	old.Card.Columns = accounts.Columns - 1
	silent = detect(t, chainFacts(), 1000, Options{Accounts: AccountScoring{Model: old}})
	require.Contains(t, strings.Join(silent.Info.Notes, "\n"), "train it anew")
}

func TestAccountModelNames(t *testing.T) {
	m := stump(t, "attr_city_is_New_York", "neighbours", "gone")
	lacking, unread := m.Compare([]string{"attr_city_is_New York", "neighbours", "other"})
	require.Equal(t, []string{"gone"}, lacking)
	require.Equal(t, []string{"other"}, unread)
	_, err := m.Probabilities([]string{"neighbours"}, [][]float64{{1}})
	require.ErrorIs(t, err, graph.ErrInvalid)
	_, err = accounts.Parse("m", []byte(strings.Replace(stumpText("x"), "binary sigmoid:1", "regression", 1)))
	require.ErrorContains(t, err, "binary or cross_entropy")
	_, err = accounts.Parse("m", []byte("no model"))
	require.ErrorIs(t, err, graph.ErrInvalid)
}

// TestAccountScoresKnowNothingOfTheFuture compares the scores at T with those of
// a store that never held what came after.
func TestAccountScoresKnowNothingOfTheFuture(t *testing.T) {
	facts := everything(t)
	cut := graph.TimeOf(time.Date(2018, 8, 10, 12, 0, 0, 0, time.UTC)) // amid the bust-out
	var keys []string
	seen := make(map[string]bool)
	var early []fact
	for _, f := range facts {
		if f.from.Kind == graph.Account && !seen[f.from.Key] {
			seen[f.from.Key] = true
			keys = append(keys, f.from.Key)
		}
		if at := max(f.at, f.link.At); !at.Known() || at <= cut {
			early = append(early, f)
		}
	}
	require.NotEqual(t, len(facts), len(early))
	var labels, known []accounts.Label
	for i, a := range keys {
		l := labelled(a, i%3 == 0, cut+graph.Time(i%2))
		if i%5 == 0 {
			labels = append(labels, l)
			if l.At <= cut {
				known = append(known, l)
			}
		}
	}
	m := stump(t, "label1_rate", "neighbours")
	at := func(facts []fact, labels []accounts.Label) []AccountScore {
		run, err := Detect(t.Context(), snapshotAsOf(t, facts, 1000, cut), Scope{}, nil,
			Options{AsOf: cut, Accounts: AccountScoring{Model: m, Labels: labels}})
		require.NoError(t, err)
		return run.Scores
	}
	want := at(early, known)
	require.True(t, slices.ContainsFunc(want, func(s AccountScore) bool { return s.Propagated != nil }))
	require.Equal(t, want, at(facts, labels))
}

func TestAccountScoresDoNotDependOnThreads(t *testing.T) {
	facts := everything(t)
	var labels []accounts.Label
	for i, f := range facts {
		if f.from.Kind == graph.Account && i%7 == 0 {
			labels = append(labels, labelled(f.from.Key, i%2 == 0, 0))
		}
	}
	o := Options{Threads: 1, Accounts: AccountScoring{Model: stump(t, "label1_rate", "neighbours"), Labels: labels}}
	want := result(t, detect(t, facts, 1000, o))
	o.Threads = 7
	require.Equal(t, want, result(t, detect(t, facts, 37, o)))
}

// TestCalibratedRun compares a run with verdicts behind it to one without.
func TestCalibratedRun(t *testing.T) {
	facts := everything(t)
	plain := detect(t, facts, 1000, Options{VerdictNote: "99 rings are decided"})
	c := &Calibration{Method: "platt", Decided: 100, Confirmed: 60, Rejected: 40, Slope: .5, Intercept: -6}
	run := detect(t, facts, 1000, Options{Calibration: c})
	require.NotEmpty(t, run.Rings)
	require.Equal(t, c, run.Info.Calibration)
	require.NotContains(t, strings.Join(run.Info.Notes, "\n"), "made-up worlds")
	require.Contains(t, strings.Join(plain.Info.Notes, "\n"), "made-up worlds")
	require.Contains(t, strings.Join(plain.Info.Notes, "\n"), "99 rings are decided")
	require.NotEqual(t, plain.Info.ID, run.Info.ID)
	require.Len(t, plain.Rings, len(run.Rings))
	for i := range run.Rings {
		require.True(t, run.Rings[i].Calibrated)
		require.False(t, plain.Rings[i].Calibrated)
		require.InDelta(t, plain.Rings[i].Score, run.Rings[i].Score, 0, "verdicts change what a score means, not the score")
		require.InDelta(t, 1/(1+math.Exp2(6-run.Rings[i].Score/2)), run.Rings[i].Probability, 1e-6)
		if i > 0 {
			require.LessOrEqual(t, run.Rings[i].Probability, run.Rings[i-1].Probability)
		}
	}
}

// Neighbours of the columns of accounts are those that may tie by the policy that
// ships: the two lists are one.
func TestNeighboursFollowThePolicy(t *testing.T) {
	p, err := policy.Default()
	require.NoError(t, err)
	require.ElementsMatch(t, p.Never, accounts.TiesNobody())
}
