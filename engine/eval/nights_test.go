package eval

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/engine"
	"ringleader/graph"
)

// day is noon of the n-th day of a month; nights run at midnight after it.
func day(n int) graph.Time {
	return graph.TimeOf(time.Date(2018, 10, n, 12, 0, 0, 0, time.UTC))
}

func midnight(n int) graph.Time { return day(n).Add(12 * time.Hour) }

// nightOf is a run after day n that flags rings written "id: a b c"; "id!split"
// says that lineage tells of a split on this night.
func nightOf(n int, rings ...string) Night {
	run := &engine.Run{Info: engine.RunInfo{ID: time.Duration(n).String()}}
	for _, text := range rings {
		id, accounts, _ := strings.Cut(text, ":")
		id, event, told := strings.Cut(id, "!")
		r := engine.Ring{ID: id, Probability: .9, Lineage: []engine.Lineage{{Event: "birth", Run: "before"}}}
		if told {
			r.Lineage = append(r.Lineage, engine.Lineage{Event: event, Run: run.Info.ID})
		}
		for _, a := range strings.Fields(accounts) {
			r.Members = append(r.Members, engine.Member{Ref: graph.Ref{Kind: graph.Account, Key: a}, Role: engine.RoleMule})
		}
		run.Rings = append(run.Rings, r)
	}
	return Night{midnight(n), run}
}

// series is two true rings over a week. A goes bad on days 1, 1, 2 and 4; B on
// day 3, all of it; C is never found, D has two accounts in time only.
func series() (*Truth, []Night) {
	t := &Truth{Members: map[string]Member{}}
	bad := func(ring string, days ...int) {
		for i, d := range days {
			t.Members[strings.ToLower(ring)+string(rune('1'+i))] = Member{Ring: ring, FirstBad: day(d)}
		}
	}
	bad("A", 1, 1, 2, 4)
	bad("B", 3, 3, 3)
	bad("C", 5, 5, 5)
	bad("D", 6, 6, 20)
	t.Life = []LifeEvent{{day(5), "A", "split", "A2"}, {day(6), "B", "merge", "C"}}
	return t, []Night{
		nightOf(1),
		nightOf(2, "x: a1 a2 h1"),                      // two accounts of A only: no warning
		nightOf(3, "x: a1 a2 a3"),                      // A is matched; second night since day 2
		nightOf(4, "z: a1 a2 a3 a4", "y: b1 b2 b3 h2"), // A switches to z; B on its second night
		nightOf(5, "z: a1 a2 a3 a4"),                   // y is gone
		nightOf(6, "z!split: a1 a2 a3", "w!split: a4 h3 h4", "y: b1 b2 b3"), // y is back: a flap
	}
}

func TestNightsByHand(t *testing.T) {
	truth, nights := series()
	r, err := MeasureNights(context.Background(), truth, nights, NightsOptions{})
	require.NoError(t, err)
	require.Equal(t, 6, r.Nights)
	// A is matched on nights 3, 4, 5 and 6, B on 4 and 6. The first night is no
	// true ring yet, on the second x shares two of A's three (Jaccard 2/4 = .5):
	// a match, though no warning. So A continues four times and switches once.
	require.Equal(t, []int{4, 1}, []int{r.Continued, r.Switches})
	require.InDelta(t, .25, r.SwitchRate, 1e-12)
	require.Equal(t, []int{4, 1}, []int{r.Flagged, r.Flaps}, "w, x, y, z, of which y came back")
	require.InDelta(t, .25, r.FlapRate, 1e-12)

	require.Equal(t, []NightsDetected{
		{Ring: "A", Third: day(2), Flagged: midnight(3), Nights: 2},
		{Ring: "B", Third: day(3), Flagged: midnight(4), Nights: 2},
		{Ring: "C", Third: day(5)},
	}, r.PerRing)
	require.Equal(t, 3, r.Detection.Rings, "D had but two by the last night")
	require.Equal(t, 2, r.Detection.Detected)
	require.Equal(t, 2, *r.Detection.Median)
	require.Nil(t, r.Detection.P90, "the ninth in ten is C, never flagged")

	// Told: one split of A (w, its other half, says so of A as well), no merge.
	require.Equal(t, []LifeAgreement{
		{Event: "split", Planted: 1, Told: 1, Right: 1, Agreement: Agreement{1, 1, 1}},
		{Event: "merge", Planted: 1},
	}, r.Life)
	require.Nil(t, r.Loss)
}

// TestAFlapIsShort: what comes back after more than the span is a return.
func TestAFlapIsShort(t *testing.T) {
	nights := []Night{nightOf(1, "x: a b c"), nightOf(2), nightOf(9, "x: a b c")}
	r, err := MeasureNights(context.Background(), &Truth{}, nights, NightsOptions{})
	require.NoError(t, err)
	require.Zero(t, r.Flaps)
	r, err = MeasureNights(context.Background(), &Truth{}, nights, NightsOptions{Within: 8 * 24 * time.Hour})
	require.NoError(t, err)
	require.Equal(t, 1, r.Flaps)
	r, err = MeasureNights(context.Background(), &Truth{}, nil, NightsOptions{})
	require.NoError(t, err)
	require.Zero(t, r.Nights)
}

// TestLossBefore: A is flagged at midnight of day 3. Of its 400.00 the 100.00
// of day 2 had gone; C's 100.00 were never flagged. (100 + 100) / 500.
func TestLossBefore(t *testing.T) {
	truth, nights := series()
	var w graph.BatchBuilder
	for _, d := range []struct {
		event, ring string
		day         int
		minor       int64
	}{{"payment:1", "A", 2, 10000}, {"payment:2", "A", 5, 30000}, {"payment:3", "C", 5, 10000}} {
		m := graph.Money{Minor: d.minor, Exponent: 2, Known: true, Currency: "CNY"}
		truth.Debits = append(truth.Debits, Debit{d.event, d.ring, m})
		w.Link(graph.Ref{Kind: graph.Account, Key: "a1"}, graph.Ref{Kind: graph.Merchant, Key: "m"},
			graph.Link{Type: graph.Paid, At: day(d.day), Event: d.event, Money: m})
	}
	truth.Debits = append(truth.Debits, Debit{"payment:elsewhere", "A", graph.Money{Minor: 1, Known: true, Currency: "CNY"}})
	r, err := MeasureNights(context.Background(), truth, nights, NightsOptions{Graph: snapshot(t, &w)})
	require.NoError(t, err)
	require.Len(t, r.Loss, 1)
	require.Equal(t, "CNY", r.Loss[0].Currency)
	require.InDelta(t, .4, r.Loss[0].Share, 1e-12)
}

func TestReadLife(t *testing.T) {
	truth := &Truth{}
	require.NoError(t, truth.readLife(strings.NewReader("at,ring,event,other\n2018-10-05T12:00:00Z,A,split,A2\n2018-10-06T12:00:00Z,B,dormant,\n")))
	require.Equal(t, []LifeEvent{{day(5), "A", "split", "A2"}, {day(6), "B", "dormant", ""}}, truth.Life)
	require.ErrorIs(t, truth.readLife(strings.NewReader("at,ring,event\nsoon,A,split\n")), graph.ErrInvalid)
}

func TestSameResult(t *testing.T) {
	_, a := example()
	_, b := example()
	b.Info.Meta.Version, b.Rings[0].Meta.Status = "other", "known"
	same, err := SameResult(a, b)
	require.NoError(t, err)
	require.True(t, same)
	b.Rings[0].Score++
	same, err = SameResult(a, b)
	require.NoError(t, err)
	require.False(t, same)
	require.Equal(t, "known", b.Rings[0].Meta.Status, "a comparison changes nothing")
}

// TestASplitInTruth: until day 5 the halves are one ring, and a warning of it
// warns of both.
func TestASplitInTruth(t *testing.T) {
	truth := &Truth{Members: map[string]Member{}, Life: []LifeEvent{{day(5), "A", "split", "A-b"}}}
	for i, ring := range []string{"A", "A", "A", "A-b", "A-b", "A-b"} {
		truth.Members[string(rune('a'+i))] = Member{Ring: ring, FirstBad: day(2)}
	}
	require.Equal(t, []group{{"A", strings.Fields("a b c d e f")}}, truth.ringsBy(day(4)))
	require.Equal(t, []group{{"A", strings.Fields("a b c")}, {"A-b", strings.Fields("d e f")}}, truth.ringsBy(day(5)))
	nights := []Night{nightOf(1), nightOf(2, "x: a b c d e f"), nightOf(5, "x!split: a b c", "y!split: d e f")}
	r, err := MeasureNights(context.Background(), truth, nights, NightsOptions{})
	require.NoError(t, err)
	require.Equal(t, []int{1, 0}, []int{r.Continued, r.Switches}, "A-b is new on the last night")
	require.Equal(t, 2, r.Detection.Detected)
	require.Equal(t, 1, *r.Detection.P90)
	require.Equal(t, 1, r.Life[0].Planted)
	require.Equal(t, 1, r.Life[0].Right)

	later, err := MeasureNights(context.Background(), truth, nights[2:], NightsOptions{})
	require.NoError(t, err)
	require.Zero(t, later.Detection.Rings, "rings that were there before the series began")
}
