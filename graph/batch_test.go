package graph_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"ringleader/graph"
)

// valid is a small batch that breaks no rule.
func valid() *graph.Batch {
	var w graph.BatchBuilder
	s := graph.Source{Input: "A", Row: 1}
	w.Attr(graph.Ref{Kind: graph.Account, Key: "u1"}, "two_factor", "no", 5, s)
	w.Attr(graph.Ref{Kind: graph.Account, Key: "u1"}, "", "", 0, s)
	w.Link(graph.Ref{Kind: graph.Account, Key: "u1"}, graph.Ref{Kind: graph.Merchant, Key: "appstore"}, graph.Link{
		Type: graph.Paid, Event: "payment:P1", Money: graph.Money{Minor: 64800, Exponent: 2, Known: true, Currency: "CNY"},
		Props: []graph.Prop{{Name: "status", Value: "settled"}, {Name: "auth", Value: "otp"}},
	}, s)
	return w.Take()
}

func TestValidate(t *testing.T) {
	require.NoError(t, valid().Validate())
	require.NoError(t, (&graph.Batch{}).Validate())
	derived := valid()
	derived.Derived = true
	derived.Refs = []graph.Ref{{Kind: graph.Ring, Key: "r1"}, {Kind: graph.Run, Key: "n1"}}
	derived.Links[0].Type = graph.MemberOf
	for i := range derived.Attrs {
		derived.Attrs[i].Sources = nil
	}
	derived.Links[0].Sources = nil
	require.NoError(t, derived.Validate())

	for name, spoil := range map[string]func(*graph.Batch){
		"tombstones":                  func(b *graph.Batch) { b.Gone = true },
		"kind":                        func(b *graph.Batch) { b.Refs[0].Kind = "Account" },
		"empty key":                   func(b *graph.Batch) { b.Refs[0].Key = "" },
		"long key":                    func(b *graph.Batch) { b.Refs[0].Key = strings.Repeat("k", graph.MaxKey+1) },
		"attribute of nobody":         func(b *graph.Batch) { b.Attrs[0].Node = 2 },
		"attribute name":              func(b *graph.Batch) { b.Attrs[0].Name = "a\nb" },
		"long attribute name":         func(b *graph.Batch) { b.Attrs[0].Name = strings.Repeat("n", 257) },
		"attribute value":             func(b *graph.Batch) { b.Attrs[0].Value = "a\x00" },
		"attribute without source":    func(b *graph.Batch) { b.Attrs[0].Sources = nil },
		"source without input":        func(b *graph.Batch) { b.Attrs[0].Sources = []graph.Source{{Row: 1}} },
		"input of a source":           func(b *graph.Batch) { b.Attrs[0].Sources = []graph.Source{{Input: "\xff"}} },
		"observed ring":               func(b *graph.Batch) { b.Refs[1].Kind = graph.Ring },
		"observed run":                func(b *graph.Batch) { b.Refs[0].Kind = graph.Run },
		"observed membership":         func(b *graph.Batch) { b.Links[0].Type = graph.MemberOf },
		"link from nobody":            func(b *graph.Batch) { b.Links[0].From = 2 },
		"link to nobody":              func(b *graph.Batch) { b.Links[0].To = math.MaxUint32 },
		"link type":                   func(b *graph.Batch) { b.Links[0].Type = "paid" },
		"event":                       func(b *graph.Batch) { b.Links[0].Event = "P1" },
		"weight":                      func(b *graph.Batch) { b.Links[0].Weight = math.NaN() },
		"endless weight":              func(b *graph.Batch) { b.Links[0].Weight = math.Inf(-1) },
		"currency":                    func(b *graph.Batch) { b.Links[0].Money.Currency = "\xff" },
		"an amount that is not known": func(b *graph.Batch) { b.Links[0].Money.Known = false },
		"property name":               func(b *graph.Batch) { b.Links[0].Props[0].Name = "" },
		"property value":              func(b *graph.Batch) { b.Links[0].Props[0].Value = "\x00" },
		"properties out of order":     func(b *graph.Batch) { slices.Reverse(b.Links[0].Props) },
		"a property twice":            func(b *graph.Batch) { b.Links[0].Props[1].Name = b.Links[0].Props[0].Name },
		"link without source":         func(b *graph.Batch) { b.Links[0].Sources = nil },
		"derived with a source":       func(b *graph.Batch) { b.Derived = true },
		"input without an ID":         func(b *graph.Batch) { b.Input = &graph.Input{Name: "a.csv"} },
	} {
		b := valid()
		spoil(b)
		require.ErrorIs(t, b.Validate(), graph.ErrInvalid, name)
	}
}

// someFacts draws facts over few nodes, so that many are equal.
func someFacts(t *rapid.T) []func(*graph.BatchBuilder) {
	few := func(name string, n int) int { return rapid.IntRange(0, n-1).Draw(t, name) }
	ref := func() graph.Ref {
		return graph.Ref{Kind: []graph.Kind{"account", "device", "ip"}[few("kind", 3)], Key: fmt.Sprint("k", few("key", 3))}
	}
	var put []func(*graph.BatchBuilder)
	for range rapid.IntRange(0, 30).Draw(t, "facts") {
		r, to, at := ref(), ref(), graph.Time(few("at", 3)-1)
		sources := make([]graph.Source, 1+few("sources", 3))
		for i := range sources {
			sources[i] = graph.Source{Input: string(rune('A' + few("input", 2))), Row: int64(few("row", 3))}
		}
		if few("sort", 3) == 0 {
			name, value := []string{"", "a", "b"}[few("name", 3)], fmt.Sprint(few("value", 2))
			put = append(put, func(w *graph.BatchBuilder) { w.Attr(r, name, value, at, sources...) })
			continue
		}
		l := graph.Link{
			Type: []graph.LinkType{graph.UsedDevice, graph.Paid}[few("type", 2)], At: at, Until: graph.Time(few("until", 2) * 9),
			Event: []string{"", "payment:P1", "payment:P2"}[few("event", 3)],
		}
		if few("paid", 2) == 0 {
			l.Money = graph.Money{Minor: int64(few("minor", 2)), Exponent: 2, Known: true, Currency: "CNY"}
			l.Props = []graph.Prop{{Name: "status", Value: "settled"}, {Name: "auth", Value: "otp"}}
		}
		put = append(put, func(w *graph.BatchBuilder) {
			own := l
			own.Props = slices.Clone(l.Props)
			w.Link(r, to, own, sources...)
		})
	}
	return put
}

func together(put []func(*graph.BatchBuilder)) *graph.Batch {
	var w graph.BatchBuilder
	for _, f := range put {
		f(&w)
	}
	return w.Take()
}

// text is a batch as lines in its order, by references instead of indices.
func text(b *graph.Batch) []string {
	var lines []string
	for _, a := range b.Attrs {
		lines = append(lines, fmt.Sprintf("%s %q %q %d %v", b.Refs[a.Node], a.Name, a.Value, a.At, a.Sources))
	}
	for _, l := range b.Links {
		sources, from, to := l.Sources, b.Refs[l.From], b.Refs[l.To]
		l.From, l.To, l.Sources = 0, 0, nil
		lines = append(lines, fmt.Sprintf("%s %s %+v %v", from, to, l, sources))
	}
	return lines
}

func TestSortKnowsNoOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		put := someFacts(t)
		want := together(put)
		want.Sort()
		require.NoError(t, want.Validate())

		again := together(put)
		again.Sort()
		again.Sort()
		require.Equal(t, text(want), text(again), "sorting twice is sorting once")

		shuffled := rapid.Permutation(put).Draw(t, "order")
		other := together(append(shuffled, put...)) // each fact twice
		other.Sort()
		require.Equal(t, text(want), text(other), "equal inputs become equal batches")

		distinct := map[string]bool{}
		for _, line := range text(want) {
			distinct[line[:strings.LastIndex(line, "[")]] = true
		}
		require.Len(t, distinct, want.Len(), "equal facts are one")
	})
}

func TestSortJoinsSources(t *testing.T) {
	source := func(input string, row int64) graph.Source { return graph.Source{Input: input, Row: row} }
	u, d := graph.Ref{Kind: graph.Account, Key: "u1"}, graph.Ref{Kind: graph.Device, Key: "d1"}
	shared := []graph.Source{source("B", 1), source("A", 2)}
	var w graph.BatchBuilder
	w.Link(u, d, graph.Link{Type: graph.UsedDevice}, shared...)
	w.Link(u, d, graph.Link{Type: graph.UsedDevice}, source("A", 1), source("B", 1))
	w.Link(u, d, graph.Link{Type: graph.UsedDevice, At: 1}, shared...)
	b := w.Take()
	b.Sort()
	require.Len(t, b.Links, 2)
	require.Equal(t, []graph.Source{source("A", 1), source("A", 2), source("B", 1)}, b.Links[0].Sources)
	require.Equal(t, []graph.Source{source("A", 2), source("B", 1)}, b.Links[1].Sources, "sources of a single fact are sorted, too")
	require.Equal(t, []graph.Source{source("B", 1), source("A", 2)}, shared, "the caller's own are as they were")
}

func TestSortJoinsAFactOfEveryRow(t *testing.T) {
	const rows = 50_000 // quadratic joining would take minutes
	var w graph.BatchBuilder
	for row := range rows {
		w.Attr(graph.Ref{Kind: graph.Merchant, Key: "appstore"}, "", "", 0, graph.Source{Input: "A", Row: int64(rows - row)})
	}
	b := w.Take()
	b.Sort()
	require.Len(t, b.Attrs, 1)
	require.Len(t, b.Attrs[0].Sources, rows)
	require.True(t, slices.IsSortedFunc(b.Attrs[0].Sources, graph.Source.Compare))
}

func TestMergeSources(t *testing.T) {
	a, b, c := graph.Source{Input: "A"}, graph.Source{Input: "B"}, graph.Source{Input: "B", Hash: 1}
	have := []graph.Source{a, c}
	require.Equal(t, []graph.Source{a, b, c}, graph.MergeSources(have, []graph.Source{c, b, b}))
	require.Equal(t, []graph.Source{a, c}, have)
	same := graph.MergeSources(have, []graph.Source{c})
	require.Same(t, &have[0], &same[0], "nothing new: the list itself")
	require.Equal(t, []graph.Source{a}, graph.MergeSources(nil, []graph.Source{a, a}))
}

func TestBatchBuilder(t *testing.T) {
	var w graph.BatchBuilder
	u, d := graph.Ref{Kind: graph.Account, Key: "u1"}, graph.Ref{Kind: graph.Device, Key: "d1"}
	first, second, again := w.Ref(u), w.Ref(d), w.Ref(u)
	require.Equal(t, first, again)
	require.NotEqual(t, first, second)
	mine := []graph.Source{{Input: "A", Row: 1}, {Input: "A", Row: 2}}
	w.Attr(u, "country", "CN", 5, mine...)
	w.Link(u, d, graph.Link{Type: graph.UsedDevice, Props: []graph.Prop{{Name: "b"}, {Name: "a"}}}, mine[0])
	mine[0].Row = 99
	require.Equal(t, 2, w.Len())
	b := w.Take()
	require.Equal(t, []graph.Ref{u, d}, b.Refs)
	require.Equal(t, []graph.Source{{Input: "A", Row: 1}, {Input: "A", Row: 2}}, b.Attrs[0].Sources, "sources are copied")
	require.Equal(t, []graph.Prop{{Name: "a"}, {Name: "b"}}, b.Links[0].Props, "properties are sorted")
	require.NoError(t, b.Validate())

	require.Zero(t, w.Len(), "Take starts a new batch")
	w.Attr(d, "", "", 0, graph.Source{Input: "B"})
	require.Equal(t, []graph.Ref{d}, w.Take().Refs)
	require.Len(t, b.Refs, 2, "the batch that was taken is its taker's")
}

// TestSourcesDoNotRunTogether appends to the sources of one fact: they must not
// grow into those of the next, though they lie in one array.
func TestSourcesDoNotRunTogether(t *testing.T) {
	var w graph.BatchBuilder
	rng := rand.New(rand.NewPCG(1, 2))
	for row := range int64(100) {
		w.Attr(graph.Ref{Kind: graph.Account, Key: fmt.Sprint(rng.IntN(1000))}, "", "", 0, graph.Source{Input: "A", Row: row})
	}
	b := w.Take()
	for i := range b.Attrs {
		b.Attrs[i].Sources = append(b.Attrs[i].Sources, graph.Source{Input: "Z"})
	}
	for i := range b.Attrs {
		require.Equal(t, []graph.Source{{Input: "A", Row: int64(i)}, {Input: "Z"}}, b.Attrs[i].Sources)
	}
}

// Sorted references are each there once, and a sorted batch stays as it is.
func TestBatchSortOrdersReferences(t *testing.T) {
	at := graph.Source{Input: "A", Row: 1}
	ref := func(key string) graph.Ref { return graph.Ref{Kind: graph.Account, Key: key} }
	b := &graph.Batch{
		Refs:  []graph.Ref{ref("c"), ref("a"), ref("c"), ref("unused"), ref("b")},
		Attrs: []graph.Attr{{Node: 2, Name: "x", Sources: []graph.Source{at}}, {Node: 0, Name: "x", Sources: []graph.Source{at}}},
		Links: []graph.Link{
			{From: 4, To: 2, Type: graph.TransferredTo, Sources: []graph.Source{at}},
			{From: 1, To: 4, Type: graph.TransferredTo, Sources: []graph.Source{at}},
			{From: 4, To: 0, Type: graph.TransferredTo, Sources: []graph.Source{{Input: "B", Row: 2}}},
		},
	}
	b.Sort()
	require.Equal(t, []graph.Ref{ref("a"), ref("b"), ref("c"), ref("unused")}, b.Refs)
	require.Equal(t, []graph.Attr{{Node: 2, Name: "x", Sources: []graph.Source{at}}}, b.Attrs)
	require.Equal(t, []graph.Link{
		{From: 0, To: 1, Type: graph.TransferredTo, Sources: []graph.Source{at}},
		{From: 1, To: 2, Type: graph.TransferredTo, Sources: []graph.Source{at, {Input: "B", Row: 2}}},
	}, b.Links)
	refs, links := &b.Refs[0], &b.Links[0]
	b.Sort()
	require.Same(t, refs, &b.Refs[0])
	require.Same(t, links, &b.Links[0])
}

// The table of references gives each one place, however many there are and
// however they collide.
func TestBatchBuilderGivesEachReferenceOnePlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w graph.BatchBuilder
		for range 2 { // the second batch meets the table of the first
			want := make(map[graph.Ref]uint32)
			for _, n := range rapid.SliceOfN(rapid.IntRange(0, 300), 0, 600).Draw(t, "keys") {
				r := graph.Ref{Kind: []graph.Kind{graph.Account, graph.Device, "a1", "a2"}[n%4], Key: strconv.Itoa(n / 4)}
				if _, ok := want[r]; !ok {
					want[r] = uint32(len(want))
				}
				require.Equal(t, want[r], w.Ref(r))
			}
			require.Len(t, w.Take().Refs, len(want))
		}
	})
}

// A builder gives back the memory of a batch; what was taken from it before and
// is still in use stays as it was.
func TestBuilderReusesBatches(t *testing.T) {
	account := func(i int) graph.Ref { return graph.Ref{Kind: graph.Account, Key: fmt.Sprintf("u%03d", i)} }
	fill := func(w *graph.BatchBuilder, first int) {
		for i := first; i < first+200; i++ { // some groups of references, and a part of one
			w.Attr(account(i), "n", fmt.Sprint(i), 0, graph.Source{Input: "in", Row: int64(i)})
			w.Link(account(i), account(i+1), graph.Link{Type: graph.UsedDevice}, graph.Source{Input: "in", Row: int64(i)})
		}
	}
	batch := func(first int) []string {
		var w graph.BatchBuilder
		fill(&w, first)
		return text(w.Take())
	}
	var w graph.BatchBuilder
	fill(&w, 0)
	one := w.Take()
	fill(&w, 1000)
	w.Reuse(one)
	two := w.Take()
	require.Equal(t, batch(1000), text(two))
	fill(&w, 2000)
	three := w.Take()
	require.Same(t, &one.Links[0], &three.Links[0], "the memory of the first batch was taken anew")
	require.Equal(t, batch(2000), text(three))
	require.Equal(t, batch(1000), text(two), "a batch in use is left alone")
	w.Link(account(7), account(8), graph.Link{Type: graph.UsedDevice})
	require.Equal(t, []uint32{2, 0, 1}, []uint32{w.Ref(account(9)), w.Ref(account(7)), w.Ref(account(8))}, "in the order of first sight")
}
