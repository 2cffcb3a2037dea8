package graphtest

import (
	"fmt"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

// Moments of the story that the cases tell.
const (
	day0 = graph.Time(63_674_705_640_001) // 2018-10-09T18:14:00Z
	day1 = day0 + 24*60*60*1000
	day2 = day1 + 24*60*60*1000
)

func account(key string) graph.Ref  { return graph.Ref{Kind: graph.Account, Key: key} }
func device(key string) graph.Ref   { return graph.Ref{Kind: graph.Device, Key: key} }
func merchant(key string) graph.Ref { return graph.Ref{Kind: graph.Merchant, Key: key} }
func ring(key string) graph.Ref     { return graph.Ref{Kind: graph.Ring, Key: key} }

// src is a row of an input. The hash uses all 64 bits, the offset more than 32.
func src(input string, row int64) graph.Source {
	return graph.Source{Input: input, Row: row, Offset: row << 33, Hash: ^uint64(row)}
}

// build makes a batch.
func build(fill func(*graph.BatchBuilder)) *graph.Batch {
	var w graph.BatchBuilder
	fill(&w)
	return w.Take()
}

// statement is a batch of one property.
func statement(r graph.Ref, name, value string, at graph.Time, from ...graph.Source) *graph.Batch {
	return build(func(w *graph.BatchBuilder) { w.Attr(r, name, value, at, from...) })
}

// load is rows first to last of one input, five facts a row: an account opened,
// its device (two accounts share one), a payment and its beneficiary. A row
// states the same facts whatever input it stands in.
func load(input string, first, last int64) *graph.Batch {
	return build(func(w *graph.BatchBuilder) {
		for row := first; row <= last; row++ {
			addRow(w, input, row)
		}
	})
}

func addRow(w *graph.BatchBuilder, input string, row int64) {
	s := src(input, row)
	a := account(fmt.Sprintf("u%06d", row))
	at := day0 + graph.Time(row*60_000)
	event := fmt.Sprintf("payment:P%d", row)
	w.Attr(a, "", "", 0, s)
	w.Attr(a, "two_factor", "no", day0, s)
	w.Link(a, device(fmt.Sprintf("d%d", row/2)), graph.Link{Type: graph.SightingType(graph.Device), At: at, Event: event}, s)
	w.Link(a, merchant("appstore"), graph.Link{
		Type: graph.Paid, At: at, Event: event,
		Money: graph.Money{Minor: 64800 + row, Exponent: 2, Known: true, Currency: "CNY"},
		Props: []graph.Prop{{Name: "auth", Value: "password_free"}, {Name: "status", Value: "settled"}},
	}, s)
	w.Link(a, graph.Ref{Kind: graph.Beneficiary, Key: fmt.Sprintf("game-%d", row%3)}, graph.Link{
		Type: graph.PaidTo, At: at, Event: event,
	}, s)
}

// perRow is the facts of one row of load.
const perRow = 5

// members is what a run would write: a ring and the accounts in it.
func members(id string, accounts ...string) *graph.Batch {
	b := build(func(w *graph.BatchBuilder) {
		w.Attr(ring(id), "status", "new", day0)
		for _, a := range accounts {
			w.Link(account(a), ring(id), graph.Link{
				Type: graph.MemberOf, At: day0, Weight: 17.25,
				Props: []graph.Prop{{Name: "role", Value: "victim"}},
			})
		}
	})
	b.Derived = true
	return b
}

// same is what a job would write that finds two accounts to be one person.
func same(a, b string) *graph.Batch {
	batch := build(func(w *graph.BatchBuilder) {
		w.Link(account(a), account(b), graph.Link{Type: graph.MayBe, Props: []graph.Prop{{Name: "bits", Value: "7.25"}}})
	})
	batch.Derived = true
	return batch
}

// retract is a batch that only takes back.
func retract(r graph.Retract) *graph.Batch { return &graph.Batch{Retract: r} }

// neighbors collects all pages of the links of r.
func (k *kit) neighbors(r graph.Ref, q graph.NeighborQuery) *facts {
	k.Helper()
	all := newFacts()
	for {
		page, next, err := k.Neighbors(k.ctx, r, q)
		require.NoError(k, err, "Neighbors of %s", r)
		if q.Limit > 0 {
			require.LessOrEqual(k, len(page.Links), q.Limit, "a page holds at most Limit links")
		}
		require.NoError(k, all.take(page), "a link is on one page only")
		if next == "" {
			return all
		}
		require.NotEqual(k, q.Cursor, next, "the cursor moves on")
		require.NotEmpty(k, page.Links, "a page that is not the last holds links")
		q.Cursor = next
	}
}
