package accounts

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

// measured is the table of facts; Threads and batch size are what the caller
// wants to vary.
func measured(t testing.TB, facts []fact, batch int, o Options) *Table {
	table, err := Measure(context.Background(), snapshot(t, facts, batch), o)
	require.NoError(t, err)
	return table
}

// equalTables compares numbers, of which NaN equals NaN.
func equalTables(t testing.TB, want, got *Table) {
	require.Equal(t, want.Names, got.Names)
	for k := range want.Columns {
		require.True(t, slices.EqualFunc(want.Columns[k], got.Columns[k], func(a, b float64) bool {
			return math.Float64bits(a) == math.Float64bits(b)
		}), want.Names[k])
	}
}

func (t *Table) at(name string, row int) float64 {
	return t.Columns[slices.Index(t.Names, name)][row]
}

// sharedFacts is accounts a, b, c, d, e: a, b and c use one device, c and d another,
// and e sends money to d.
func sharedFacts() []fact {
	use := func(account, device string) fact {
		return fact{from: graph.Ref{Kind: graph.Account, Key: account}, to: graph.Ref{Kind: graph.Device, Key: device},
			link: graph.Link{Type: "USED_DEVICE", At: graph.Millis(1e12)}}
	}
	return []fact{use("a", "x"), use("b", "x"), use("c", "x"), use("c", "y"), use("d", "y"),
		{from: graph.Ref{Kind: graph.Account, Key: "e"}, to: graph.Ref{Kind: graph.Account, Key: "d"},
			link: graph.Link{Type: graph.TransferredTo, At: graph.Millis(1e12), Event: "transfer:1"}}}
}

func labelled(account string, fraud bool, at graph.Time) Label {
	return Label{Account: graph.Ref{Kind: graph.Account, Key: account}, Fraud: fraud, At: at}
}

// TestLabelRatesByHand works on sharedFacts: weights are 1/2 among a, b, c and 1
// between c and d, d and e.
func TestLabelRatesByHand(t *testing.T) {
	table := measured(t, sharedFacts(), 100, Options{Labels: []Label{
		labelled("a", true, 0), labelled("b", false, 0), labelled("d", true, 0)}})
	// c: a and b at 1/2, d at 1.
	require.InDelta(t, 2, table.at("label1_known", 2), 1e-12)
	require.InDelta(t, 1.5/2, table.at("label1_rate", 2), 1e-12)
	require.InDelta(t, 3, table.at("label1_accounts", 2), 0)
	require.InDelta(t, 2, table.at("label1_fraud", 2), 0)
	// a in two steps, not back to itself: b to c (unknown), c to b (1/4), c to d (1/2).
	require.InDelta(t, .75, table.at("label2_known", 0), 1e-12)
	require.InDelta(t, .5/.75, table.at("label2_rate", 0), 1e-12)
	// e in two steps: d to c, who is not known.
	require.True(t, math.IsNaN(table.at("label2_rate", 4)))
	require.InDelta(t, .5, table.at("near1_out_transferred_to_links", 3), 1e-12, "of d's neighbours c and e only e sends")
}

// TestOwnLabelNeverCounts turns the label of one account over: its own numbers
// stay, to the last bit, and those of others do not all.
func TestOwnLabelNeverCounts(t *testing.T) {
	facts := everything(t)
	g := snapshot(t, facts, 100)
	lo, hi := g.OfKind(graph.Account)
	random := rand.New(rand.NewPCG(1, 2))
	var labels []Label
	for v := lo; v < hi; v++ {
		labels = append(labels, Label{Account: g.Ref(v), Fraud: random.IntN(3) == 0})
	}
	want := measured(t, facts, 100, Options{Labels: labels})
	moved, tried := 0, 0
	for i := len(labels) - 1; i >= 0 && tried < 4; i-- {
		if want.at("neighbours", i) == 0 {
			continue
		}
		tried++
		for _, change := range []func() Options{
			func() Options { return Options{Hidden: []graph.Ref{labels[i].Account}} },
			func() Options { labels[i].Fraud = !labels[i].Fraud; return Options{} },
		} {
			was := labels[i].Fraud
			o := change()
			o.Labels = labels
			got := measured(t, facts, 100, o)
			labels[i].Fraud = was
			for k := range want.Columns {
				require.Equal(t, math.Float64bits(want.Columns[k][i]), math.Float64bits(got.Columns[k][i]), want.Names[k])
				for row := range want.Columns[k] {
					if math.Float64bits(want.Columns[k][row]) != math.Float64bits(got.Columns[k][row]) {
						moved++
					}
				}
			}
		}
	}
	require.Positive(t, moved)
}

// TestAccountFeaturesAreCausal deletes every fact after T: looking from T, the
// numbers are the same, and labels that came later are not seen.
func TestAccountFeaturesAreCausal(t *testing.T) {
	facts := everything(t)
	var times []graph.Time
	for _, f := range facts {
		if at := max(f.at, f.link.At); at.Known() {
			times = append(times, at)
		}
	}
	slices.Sort(times)
	for _, q := range []int{4, 2} {
		moment := times[len(times)/q]
		before := slices.DeleteFunc(slices.Clone(facts), func(f fact) bool { return max(f.at, f.link.At) > moment })
		require.Less(t, len(before), len(facts))
		g := snapshot(t, facts, 100)
		lo, hi := g.OfKind(graph.Account)
		var labels, early []Label
		for v := lo; v < hi; v++ {
			l := Label{Account: g.Ref(v), Fraud: v%3 == 0, At: moment + graph.Time(int(v%3)-1)}
			labels = append(labels, l)
			if l.At <= moment {
				early = append(early, l)
			}
		}
		got, err := Measure(context.Background(), snapshotAsOf(t, facts, 100, moment), Options{Labels: labels, AsOf: moment})
		require.NoError(t, err)
		equalTables(t, measured(t, before, 100, Options{Labels: early}), got)
	}
}

// TestAccountFeaturesKnowNoOrder shuffles the facts and counts threads.
func TestAccountFeaturesKnowNoOrder(t *testing.T) {
	facts := everything(t)
	want := measured(t, facts, 100, Options{Threads: 1})
	shuffled := slices.Clone(facts)
	rand.New(rand.NewPCG(3, 4)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	equalTables(t, want, measured(t, shuffled, 7, Options{Threads: 7}))
}

// TestMoneyByHand: three amounts out within a day, of which the middle is the
// unit, and what came in is passed on.
func TestMoneyByHand(t *testing.T) {
	send := func(from, to, id string, amount int64, hour int64) fact {
		return fact{from: graph.Ref{Kind: graph.Account, Key: from}, to: graph.Ref{Kind: graph.Account, Key: to},
			link: graph.Link{Type: graph.TransferredTo, At: graph.Millis(1e12 + hour*3600_000), Event: "transfer:" + id,
				Money: graph.Money{Minor: amount, Exponent: 2, Known: true, Currency: "EUR"}}}
	}
	table := measured(t, []fact{send("a", "b", "1", 1000, 0), send("b", "c", "2", 500, 2), send("b", "c", "3", 500, 30), send("c", "a", "4", 500, 40)},
		10, Options{})
	// The median of 500, 500, 500 and 1,000 is 500.
	require.InDelta(t, math.Log(2), table.at("sent_log_sum", 0), 1e-12)
	require.InDelta(t, math.Log(2), table.at("sent_log_sum", 1), 1e-12)
	require.InDelta(t, 2, table.at("sent_alike", 1), 0)
	require.InDelta(t, 1, table.at("sent_peak_1d", 1), 0)
	require.InDelta(t, .5, table.at("passed_1d", 1), 1e-12)
	require.InDelta(t, 1, table.at("passed_7d", 1), 1e-12)
	require.InDelta(t, 2, table.at("cycles", 0), 0, "a to b to c to a, by either transfer of b")
}
