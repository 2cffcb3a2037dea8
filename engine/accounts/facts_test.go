package accounts

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/engine/synth"
	"ringleader/graph"
	"ringleader/loaders"
)

// fact is an attribute or a link, by the references of its ends.
type fact struct {
	from, to graph.Ref
	attr     bool
	name     string
	value    string
	at       graph.Time
	link     graph.Link
}

// everything is the facts of a made world that has all tables: people, what they
// use, pay, send, claim and write.
func everything(t testing.TB) []fact {
	dir := t.TempDir()
	_, err := synth.Generate(t.Context(), synth.Options{World: "mixed", Accounts: 500, Seed: 3, Dir: dir})
	require.NoError(t, err)
	var facts []fact
	_, err = loaders.Read(t.Context(), []string{dir}, loaders.Options{}, func(b *graph.Batch) error {
		for _, a := range b.Attrs {
			facts = append(facts, fact{from: b.Refs[a.Node], attr: true, name: a.Name, value: a.Value, at: a.At})
		}
		for _, l := range b.Links {
			facts = append(facts, fact{from: b.Refs[l.From], to: b.Refs[l.To], link: l})
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, len(facts), 5000)
	return facts
}

func snapshot(t testing.TB, facts []fact, batch int) *graph.Snapshot {
	return snapshotAsOf(t, facts, batch, 0)
}

// snapshotAsOf is the snapshot at a moment, of facts that come in batches.
func snapshotAsOf(t testing.TB, facts []fact, batch int, asOf graph.Time) *graph.Snapshot {
	b := graph.NewBuilder(graph.BuildOptions{AsOf: asOf})
	var w graph.BatchBuilder
	for i, f := range facts {
		src := graph.Source{Input: "facts", Row: int64(i + 1)}
		if f.attr {
			w.Attr(f.from, f.name, f.value, f.at, src)
		} else {
			l := f.link
			l.Props = slices.Clone(l.Props)
			l.Sources = nil
			w.Link(f.from, f.to, l, src)
		}
		if w.Len() >= batch || i == len(facts)-1 {
			require.NoError(t, b.Add(w.Take()))
		}
	}
	s, err := b.Build(1)
	require.NoError(t, err)
	return s
}
