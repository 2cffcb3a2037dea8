package graph_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"ringleader/graph"
)

func snapshot(t require.TestingT, o graph.BuildOptions, batches ...*graph.Batch) *graph.Snapshot {
	b := graph.NewBuilder(o)
	for _, batch := range batches {
		require.NoError(t, b.Add(batch))
	}
	s, err := b.Build(7)
	require.NoError(t, err)
	return s
}

// TestSnapshotKnowsNoOrder builds from facts shuffled, repeated and split into
// batches of any size: the same snapshot, to the last index.
func TestSnapshotKnowsNoOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		put := someFacts(t)
		o := graph.BuildOptions{AsOf: graph.Time(rapid.IntRange(0, 2).Draw(t, "as of"))}
		want := snapshot(t, o, together(put))
		other := rapid.Permutation(append(put, put...)).Draw(t, "order")
		var batches []*graph.Batch
		for len(other) > 0 {
			n := rapid.IntRange(1, len(other)).Draw(t, "split")
			b := together(other[:n])
			if rapid.Bool().Draw(t, "sorted") {
				b.Sort()
			}
			batches, other = append(batches, b), other[n:]
		}
		require.Equal(t, want, snapshot(t, o, batches...))
	})
}

// TestSnapshotAgainstBruteForce compares every look-up with a plain walk over
// the facts.
func TestSnapshotAgainstBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := together(someFacts(t))
		b.Sort()
		for i := range b.Links { // versions of events are a matter of their own
			b.Links[i].Event = ""
		}
		b.Sort()
		s := snapshot(t, graph.BuildOptions{}, b)
		checkVertices(t, s, b)
		checkLinks(t, s, b)
		checkAttrs(t, s, b)
	})
}

// TestTopology compares the ends, types and times that a snapshot keeps without
// the rest with those of the whole one.
func TestTopology(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := together(someFacts(t))
		for i := range b.Links { // what differs in these alone is joined
			l := &b.Links[i]
			l.Until, l.Weight, l.Money, l.Props = 0, 0, graph.Money{}, nil
			if l.Event != "" {
				l.Event = graph.Ref{Kind: "payment", Key: fmt.Sprint(l.Event, l.From, l.To, l.At)}.String() // no versions
			}
		}
		o := graph.BuildOptions{AsOf: graph.Time(rapid.IntRange(0, 2).Draw(t, "as of"))}
		ends := func(s *graph.Snapshot) (list []string) {
			for l := range graph.LinkID(s.Links()) {
				list = append(list, fmt.Sprint(s.Ref(s.From(l)), s.Types()[s.TypeOf(l)], s.Ref(s.To(l)), s.At(l)))
			}
			return list
		}
		whole := snapshot(t, o, b)
		o.Topology = true
		bare := snapshot(t, o, b)
		require.Equal(t, whole.Len(), bare.Len())
		require.Equal(t, ends(whole), ends(bare))
		for l := range graph.LinkID(bare.Links()) {
			require.Empty(t, bare.Event(l))
		}
	})
}

func checkVertices(t require.TestingT, s *graph.Snapshot, b *graph.Batch) {
	named := map[graph.Ref]bool{}
	for _, a := range b.Attrs {
		named[b.Refs[a.Node]] = true
	}
	for _, l := range b.Links {
		named[b.Refs[l.From]], named[b.Refs[l.To]] = true, true
	}
	require.Equal(t, len(named), s.Len())
	covered := 0
	for _, k := range s.Kinds() {
		lo, hi := s.OfKind(k)
		require.Less(t, lo, hi)
		covered += int(hi - lo)
		for v := lo; v < hi; v++ {
			require.Equal(t, k, s.Kind(v))
		}
	}
	require.Equal(t, s.Len(), covered)
	require.True(t, slices.IsSorted(s.Kinds()))
	for v := range graph.Vertex(s.Len()) {
		require.True(t, named[s.Ref(v)])
		if v > 0 {
			require.Negative(t, s.Ref(v-1).Compare(s.Ref(v)), "vertices are in the order of references")
		}
	}
	for _, kind := range []graph.Kind{"account", "device", "ip", "never"} {
		for _, key := range []string{"", "k", "k0", "k1", "k2", "k3", "z"} {
			r := graph.Ref{Kind: kind, Key: key}
			v, ok := s.Lookup(r)
			require.Equal(t, named[r], ok, "%v", r)
			if ok {
				require.Equal(t, r, s.Ref(v))
			}
		}
	}
}

func checkLinks(t require.TestingT, s *graph.Snapshot, b *graph.Batch) {
	require.Equal(t, len(b.Links), s.Links(), "a sorted batch holds each link once")
	out, in := 0, 0
	for v := range graph.Vertex(s.Len()) {
		lo, hi := s.Out(v)
		out += int(hi - lo)
		for l := lo; l < hi; l++ {
			require.Equal(t, v, s.From(l))
			require.Contains(t, s.In(s.To(l)), l)
		}
		in += len(s.In(v))
		require.True(t, slices.IsSorted(s.In(v)))
		for _, l := range s.In(v) {
			require.Equal(t, v, s.To(l))
		}
	}
	require.Equal(t, s.Links(), out)
	require.Equal(t, s.Links(), in)
	for i := range b.Links { // both are in the order of (from, type, to, content)
		want, l := &b.Links[i], graph.LinkID(i)
		require.Equal(t, b.Refs[want.From], s.Ref(s.From(l)))
		require.Equal(t, b.Refs[want.To], s.Ref(s.To(l)))
		require.Equal(t, want.Type, s.Type(l))
		require.Equal(t, want.Type, s.Types()[s.TypeOf(l)])
		index, ok := s.TypeIndex(want.Type)
		require.True(t, ok)
		require.Equal(t, s.TypeOf(l), index)
		require.Equal(t, want.At, s.At(l))
		require.Equal(t, want.Until, s.Until(l))
		require.Equal(t, want.Money, s.Money(l))
		require.Equal(t, want.Weight, s.Weight(l))
		require.Equal(t, want.Props, s.Props(l))
		require.Equal(t, want.Prop("auth"), s.Prop(l, "auth"))
		require.Empty(t, s.Prop(l, "never"))
	}
	_, ok := s.TypeIndex("NEVER")
	require.False(t, ok)
}

func checkAttrs(t require.TestingT, s *graph.Snapshot, b *graph.Batch) {
	for v := range graph.Vertex(s.Len()) {
		var history []graph.Attr
		best := map[string]graph.Attr{}
		for _, a := range b.Attrs {
			if b.Refs[a.Node] != s.Ref(v) || a.Name == "" {
				continue
			}
			a.Node, a.Sources = uint32(v), nil
			history = append(history, a)
			if old, ok := best[a.Name]; !ok || a.At > old.At || a.At == old.At && a.Value > old.Value {
				best[a.Name] = a
			}
		}
		require.Equal(t, history, slices.Collect(s.History(v)))
		for _, name := range []string{"a", "b", "never"} {
			got, ok := s.Attr(v, name)
			want, has := best[name]
			require.Equal(t, has, ok)
			require.Equal(t, want, got)
			require.Equal(t, want.Value, s.Value(v, name))
		}
	}
}

func TestEmptySnapshot(t *testing.T) {
	s := snapshot(t, graph.BuildOptions{})
	require.Zero(t, s.Len())
	require.Zero(t, s.Links())
	require.Empty(t, s.Kinds())
	lo, hi := s.OfKind(graph.Account)
	require.Equal(t, lo, hi)
	_, ok := s.Lookup(graph.Ref{Kind: graph.Account, Key: "u1"})
	require.False(t, ok)
}

func TestBuilderTakesObservedFactsOnly(t *testing.T) {
	for _, b := range []*graph.Batch{{Derived: true}, {Gone: true}, {Retract: graph.Retract{Inputs: []string{"A"}}}} {
		require.ErrorIs(t, graph.NewBuilder(graph.BuildOptions{}).Add(b), graph.ErrInvalid)
	}
	var w graph.BatchBuilder
	u := graph.Ref{Kind: graph.Account, Key: "u1"}
	for i := range 256 {
		w.Link(u, u, graph.Link{Type: graph.LinkType(fmt.Sprint("T", i))}, graph.Source{Input: "A"})
	}
	require.ErrorIs(t, graph.NewBuilder(graph.BuildOptions{}).Add(w.Take()), graph.ErrInvalid, "256 types are one too many")
}

// payment is one version of the payment P1.
func payment(minor int64, at graph.Time, to string) func(*graph.BatchBuilder) {
	return func(w *graph.BatchBuilder) {
		w.Link(graph.Ref{Kind: graph.Account, Key: "u1"}, graph.Ref{Kind: graph.Merchant, Key: to}, graph.Link{
			Type: graph.Paid, Event: "payment:P1", At: at, Money: graph.Money{Minor: minor, Exponent: 2, Known: true, Currency: "CNY"},
		}, graph.Source{Input: "A"})
	}
}

func TestOneVersionOfAnEventHolds(t *testing.T) {
	sighting := func(w *graph.BatchBuilder) {
		w.Link(graph.Ref{Kind: graph.Account, Key: "u1"}, graph.Ref{Kind: graph.Device, Key: "d1"},
			graph.Link{Type: graph.UsedDevice, Event: "payment:P1", At: 5}, graph.Source{Input: "A"})
	}
	s := snapshot(t, graph.BuildOptions{}, together([]func(*graph.BatchBuilder){
		payment(100, 5, "m"), payment(300, 5, "m"), payment(200, 9, "m"), payment(300, 5, "m"), sighting, sighting,
	}))
	require.Equal(t, 2, s.Links(), "one PAID, and the sighting that the same event states")
	require.Equal(t, []graph.Conflict{{Event: "payment:P1", Type: graph.Paid, Versions: 3}}, s.Conflicts)
	paid, _ := s.TypeIndex(graph.Paid)
	for l := range graph.LinkID(s.Links()) {
		require.Equal(t, "payment:P1", s.Event(l))
		if s.TypeOf(l) == paid {
			require.EqualValues(t, 300, s.Money(l).Minor, "the greatest body holds")
		}
	}

	// Bodies are equal: ends and times decide, and nothing else.
	s = snapshot(t, graph.BuildOptions{}, together([]func(*graph.BatchBuilder){payment(1, 5, "a"), payment(1, 9, "a"), payment(1, 5, "b")}))
	require.Equal(t, 1, s.Links())
	require.Equal(t, "merchant:b", s.Ref(s.To(0)).String())
	require.Equal(t, 3, s.Conflicts[0].Versions)
}

func TestAsOf(t *testing.T) {
	u, d := graph.Ref{Kind: graph.Account, Key: "u1"}, graph.Ref{Kind: graph.Device, Key: "d1"}
	source := graph.Source{Input: "A"}
	var w graph.BatchBuilder
	w.Attr(u, "two_factor", "no", 0, source)
	w.Attr(u, "two_factor", "yes", 20, source)
	w.Link(u, d, graph.Link{Type: graph.UsedDevice}, source)
	w.Link(u, d, graph.Link{Type: graph.UsedDevice, At: 10, Until: 30}, source)
	w.Link(u, d, graph.Link{Type: graph.UsedDevice, At: -5, Until: 30}, source)
	w.Link(u, graph.Ref{Kind: graph.Device, Key: "d2"}, graph.Link{Type: graph.UsedDevice, At: 21}, source)
	b := w.Take()

	all := snapshot(t, graph.BuildOptions{}, b)
	require.Equal(t, 4, all.Links())
	require.Equal(t, "yes", all.Value(0, "two_factor"))

	then := snapshot(t, graph.BuildOptions{AsOf: 20}, b)
	require.EqualValues(t, 20, then.AsOf)
	require.Equal(t, 3, then.Links(), "what happened later is not there")
	_, ok := then.Lookup(graph.Ref{Kind: graph.Device, Key: "d2"})
	require.False(t, ok, "nor is a device that was only seen later")
	require.Equal(t, "yes", then.Value(0, "two_factor"), "the moment itself counts")
	for l := range graph.LinkID(then.Links()) {
		require.Zero(t, then.Until(l), "an end that lay in the future is not known yet")
	}
	require.EqualValues(t, 30, snapshot(t, graph.BuildOptions{AsOf: 30}, b).Until(2))

	early := snapshot(t, graph.BuildOptions{AsOf: -5}, b)
	require.Equal(t, 2, early.Links(), "before 1970, too, facts without a time count")
	require.Equal(t, "no", early.Value(0, "two_factor"))
	require.Equal(t, 1, snapshot(t, graph.BuildOptions{AsOf: -6}, b).Links())
}

// TestAsOfJoinsWhatBecomesEqual has two sightings that differ in a future end.
func TestAsOfJoinsWhatBecomesEqual(t *testing.T) {
	u, d := graph.Ref{Kind: graph.Account, Key: "u1"}, graph.Ref{Kind: graph.Device, Key: "d1"}
	var w graph.BatchBuilder
	for _, until := range []graph.Time{0, 30, 40} {
		w.Link(u, d, graph.Link{Type: graph.UsedDevice, At: 10, Until: until}, graph.Source{Input: "A"})
	}
	b := w.Take()
	require.Equal(t, 3, snapshot(t, graph.BuildOptions{}, b).Links())
	require.Equal(t, 1, snapshot(t, graph.BuildOptions{AsOf: 20}, b).Links())
	require.Equal(t, 2, snapshot(t, graph.BuildOptions{AsOf: 30}, b).Links())
}
