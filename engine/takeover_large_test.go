package engine

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

// emptied is old accounts that are emptied at one shop, each on a device of its
// own: three one after the other, a few minutes apart, and others one by one over
// half a year.
func emptied(others int) []fact {
	x := &fixture{}
	begin := time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC)
	empty := func(name string, at time.Time) {
		x.attr(account(name), propOpened, graph.TimeOf(begin.AddDate(-3, 0, 0)).String(), 0)
		for k := range 4 {
			paid, event := graph.TimeOf(at.Add(time.Duration(k)*2*time.Minute)), fmt.Sprintf("payment:%s-%d", name, k)
			x.link(account(name), graph.Ref{Kind: graph.Merchant, Key: "shop"}, graph.Link{Type: graph.Paid, At: paid, Event: event,
				Money: graph.Money{Minor: 60000, Exponent: 2, Known: true, Currency: "CNY"}})
			x.sight(name, graph.Ref{Kind: graph.Device, Key: "of-" + name}, paid, 0, event)
		}
	}
	for i := range 3 {
		empty(fmt.Sprintf("wave%d", i), begin.Add(100*24*time.Hour+time.Duration(i)*9*time.Minute))
	}
	for i := range others {
		empty(fmt.Sprintf("other%04d", i), begin.Add(time.Duration(i)*180*24*time.Hour/time.Duration(others)))
	}
	return x.facts
}

// Three accounts emptied within half an hour are one session. Where few are
// emptied that joins them; where thousands are, it happens all the time.
func TestASessionJoinsOnlyWhereItIsRare(t *testing.T) {
	for others, joined := range map[int]bool{20: true, 3000: false} {
		d, _ := grounded(t, emptied(others), Options{})
		table := &d.tables.drains
		require.Len(t, table.all, others+3)
		first, ok := d.g.Lookup(account("wave0"))
		require.True(t, ok)
		s := table.sessionOf[table.of[first]]
		require.GreaterOrEqual(t, len(table.sessions[s]), 3, "a session all the same")
		w := takeover{d}
		var visits []visit
		for a := d.lo; a < d.hi; a++ {
			visits = append(visits, w.visits(a)...)
		}
		require.Equal(t, joined, slices.ContainsFunc(w.waves(visits, bySession), func(v wave) bool { return slices.Contains(v.accounts, first) }))
	}
}
