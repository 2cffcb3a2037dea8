package graph_test

import (
	"fmt"
	"log"
	"time"

	"ringleader/graph"
)

// Facts go in as batches, each with the row that states it. A snapshot of them
// answers questions: here, who used the device that three debits came from.
func Example() {
	at := func(clock string) graph.Time {
		t, err := time.Parse(time.DateTime, "2018-10-09 "+clock)
		if err != nil {
			log.Fatal(err)
		}
		return graph.TimeOf(t)
	}
	device := graph.Ref{Kind: graph.Device, Key: "dev-9f"}
	var w graph.BatchBuilder
	for row, use := range []struct{ account, clock, amount string }{
		{"u17", "18:14:00", "648.00"}, {"u18", "18:19:30", "648.00"}, {"u19", "18:25:10", "98.00"},
	} {
		from := graph.Source{Input: "payments.csv", Row: int64(row + 1)}
		account := graph.Ref{Kind: graph.Account, Key: use.account}
		money, err := graph.ParseMoney(use.amount, "CNY")
		if err != nil {
			log.Fatal(err)
		}
		event := fmt.Sprint("payment:P", row+1)
		w.Link(account, device, graph.Link{Type: graph.SightingType(graph.Device), At: at(use.clock), Event: event}, from)
		w.Link(account, graph.Ref{Kind: graph.Merchant, Key: "appstore"},
			graph.Link{Type: graph.Paid, At: at(use.clock), Event: event, Money: money}, from)
	}
	batch := w.Take()
	if err := batch.Validate(); err != nil {
		log.Fatal(err)
	}

	// The other way is ReadSnapshot, from a store that the batch was applied to.
	build := graph.NewBuilder(graph.BuildOptions{})
	if err := build.Add(batch); err != nil {
		log.Fatal(err)
	}
	s, err := build.Build(1)
	if err != nil {
		log.Fatal(err)
	}

	v, _ := s.Lookup(device)
	paid, _ := s.TypeIndex(graph.Paid)
	for _, sighting := range s.In(v) {
		account := s.From(sighting)
		fmt.Print(s.Ref(account), " ", s.At(sighting))
		for lo, hi := s.Out(account); lo < hi; lo++ {
			if s.TypeOf(lo) == paid {
				fmt.Print(" paid ", s.Money(lo), " to ", s.Ref(s.To(lo)))
			}
		}
		fmt.Println()
	}
	// Output:
	// account:u17 2018-10-09T18:14:00Z paid 648.00 CNY to merchant:appstore
	// account:u18 2018-10-09T18:19:30Z paid 648.00 CNY to merchant:appstore
	// account:u19 2018-10-09T18:25:10Z paid 98.00 CNY to merchant:appstore
}

// Nothing is overwritten. What holds is decided when a snapshot is built, for
// the moment asked, by content alone: the latest statement of a property, one
// version of each event, and no word of the future.
func ExampleBuildOptions() {
	account := graph.Ref{Kind: graph.Account, Key: "u17"}
	on := func(day int) graph.Time { return graph.TimeOf(time.Date(2018, 10, day, 0, 0, 0, 0, time.UTC)) }
	from := graph.Source{Input: "accounts.csv", Row: 1}
	var w graph.BatchBuilder
	w.Attr(account, "two_factor", "no", on(1), from)
	w.Attr(account, "two_factor", "yes", on(12), from) // switched on after the theft
	for _, amount := range []int64{64800, 46800} {     // two files disagree about one payment
		w.Link(account, graph.Ref{Kind: graph.Merchant, Key: "appstore"}, graph.Link{
			Type: graph.Paid, Event: "payment:P1", At: on(9),
			Money: graph.Money{Minor: amount, Exponent: 2, Known: true, Currency: "CNY"},
		}, from)
	}
	batch := w.Take()

	for _, asOf := range []graph.Time{on(8), on(9), 0} {
		build := graph.NewBuilder(graph.BuildOptions{AsOf: asOf})
		if err := build.Add(batch); err != nil {
			log.Fatal(err)
		}
		s, err := build.Build(1)
		if err != nil {
			log.Fatal(err)
		}
		v, _ := s.Lookup(account)
		fmt.Println("as of", asOf, "second factor:", s.Value(v, "two_factor"), "payments:", s.Links(), "conflicts:", s.Conflicts)
	}
	// Output:
	// as of 2018-10-08T00:00:00Z second factor: no payments: 0 conflicts: []
	// as of 2018-10-09T00:00:00Z second factor: no payments: 1 conflicts: [{payment:P1 PAID 2}]
	// as of  second factor: yes payments: 1 conflicts: [{payment:P1 PAID 2}]
}
