package eval

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/engine"
	"ringleader/engine/policy"
	"ringleader/engine/synth"
	"ringleader/graph"
	"ringleader/loaders"
)

// facts is a world as loaders state it, to be told differently.
type facts struct {
	dir     string
	batches []*graph.Batch
}

func readFacts(t *testing.T, o synth.Options) *facts {
	t.Helper()
	o.Dir = filepath.Join(t.TempDir(), "world")
	_, err := synth.Generate(context.Background(), o)
	require.NoError(t, err)
	f := &facts{dir: o.Dir}
	_, err = loaders.Read(context.Background(), []string{o.Dir}, loaders.Options{Strict: true}, func(b *graph.Batch) error {
		f.batches = append(f.batches, &graph.Batch{Refs: slices.Clone(b.Refs), Attrs: slices.Clone(b.Attrs), Links: slices.Clone(b.Links)})
		return nil
	})
	require.NoError(t, err)
	return f
}

// teller changes facts; what it leaves nil stays.
type teller struct {
	ref   func(graph.Ref) graph.Ref
	money func(graph.Money) graph.Money
	time  func(graph.Time) graph.Time
}

// Names of statements and properties whose values are references, amounts or
// moments. The engine's names for them are not exported.
var (
	namesOfEvents = []string{"refund_of"}
	amountNames   = []string{"refunded"}
	momentNames   = []string{"opened_at"}
)

// tell builds the snapshot of the facts as changed.
func (f *facts) tell(t *testing.T, by teller, keep func(graph.Time) bool) *graph.Snapshot {
	t.Helper()
	b := graph.NewBuilder(graph.BuildOptions{})
	for _, batch := range f.batches {
		var w graph.BatchBuilder
		for _, a := range batch.Attrs {
			if keep == nil || keep(a.At) {
				w.Attr(by.refOf(batch.Refs[a.Node]), a.Name, by.value(t, a.Name, a.Value), by.timeOf(a.At))
			}
		}
		for i := range batch.Links {
			l := batch.Links[i]
			if keep != nil && !keep(l.At) {
				continue
			}
			from, to := by.refOf(batch.Refs[l.From]), by.refOf(batch.Refs[l.To])
			if keep != nil && !keep(l.Until) {
				l.Until = 0 // an end that nobody knew
			}
			l.At, l.Until, l.Sources = by.timeOf(l.At), by.timeOf(l.Until), nil
			if l.Event != "" {
				r, err := graph.ParseRef(l.Event)
				require.NoError(t, err)
				l.Event = by.refOf(r).String()
			}
			if l.Money.Known && by.money != nil {
				l.Money = by.money(l.Money)
			}
			l.Props = slices.Clone(l.Props)
			for i := range l.Props {
				l.Props[i].Value = by.value(t, l.Props[i].Name, l.Props[i].Value)
			}
			w.Link(from, to, l)
		}
		require.NoError(t, b.Add(w.Take()))
	}
	g, err := b.Build(1)
	require.NoError(t, err)
	return g
}

func (by *teller) refOf(r graph.Ref) graph.Ref {
	if by.ref == nil {
		return r
	}
	return by.ref(r)
}

func (by *teller) timeOf(at graph.Time) graph.Time {
	if by.time == nil || !at.Known() {
		return at
	}
	return by.time(at)
}

func (by *teller) value(t *testing.T, name, value string) string {
	switch {
	case value == "":
	case slices.Contains(namesOfEvents, name):
		return by.refOf(graph.Ref{Kind: graph.Payment, Key: value}).Key
	case slices.Contains(momentNames, name):
		var at graph.Time
		require.NoError(t, at.UnmarshalText([]byte(value)))
		return by.timeOf(at).String()
	case slices.Contains(amountNames, name) && by.money != nil:
		amount, currency, _ := strings.Cut(value, " ")
		m, err := graph.ParseMoney(amount, currency)
		require.NoError(t, err)
		return by.money(m).String()
	}
	return value
}

// parted is the accounts of each ring, its typology before them.
func parted(run *engine.Run, back map[string]string) []string {
	var out []string
	for i := range run.Rings {
		var keys []string
		for _, m := range run.Rings[i].Members {
			if m.Ref.Kind != graph.Account || m.Role == engine.RoleBystander {
				continue
			}
			key := m.Ref.Key
			if was, ok := back[key]; ok {
				key = was
			}
			keys = append(keys, key)
		}
		slices.Sort(keys)
		out = append(out, string(run.Rings[i].Typology)+": "+strings.Join(keys, " "))
	}
	slices.Sort(out)
	return out
}

// TestSameRingsHoweverAWorldIsTold: other names for everything, amounts × 7.3,
// three years later, in another time zone, and under another max_component.
func TestSameRingsHoweverAWorldIsTold(t *testing.T) {
	p, err := policy.Default()
	require.NoError(t, err)
	holder, err := p.PlaceholderTest()
	require.NoError(t, err)
	for _, seed := range []uint64{3, 4} {
		f := readFacts(t, synth.Options{World: "mixed", Accounts: 2000, Seed: seed})
		find := func(g *graph.Snapshot, p *policy.Policy, back map[string]string) []string {
			run, err := engine.Detect(context.Background(), g, engine.Scope{}, nil, engine.Options{Policy: p})
			require.NoError(t, err)
			return parted(run, back)
		}
		as := f.tell(t, teller{}, nil)
		want := find(as, nil, nil)
		require.Greater(t, len(want), 5)

		back := make(map[string]string)
		names := teller{ref: func(r graph.Ref) graph.Ref {
			if holder(r) != "" {
				return r // names of nothing keep their meaning
			}
			sum := sha256.Sum256([]byte("other " + r.String()))
			to := graph.Ref{Kind: r.Kind, Key: "k" + hex.EncodeToString(sum[:8])}
			if r.Kind == graph.Account {
				back[to.Key] = r.Key
			}
			return to
		}}
		require.Equal(t, want, find(f.tell(t, names, nil), nil, back), "other names")

		amounts := teller{money: func(m graph.Money) graph.Money {
			m.Minor, m.Exponent = m.Minor*73, m.Exponent+1
			return m
		}}
		require.Equal(t, want, find(f.tell(t, amounts, nil), nil, nil), "other amounts")

		for name, by := range map[string]time.Duration{"three years": 3 * 365 * 24 * time.Hour, "another time zone": 8 * time.Hour, "half an hour": -30 * time.Minute} {
			times := teller{time: func(at graph.Time) graph.Time { return at.Add(by) }}
			require.Equal(t, want, find(f.tell(t, times, nil), nil, nil), name)
		}
		other := *p
		other.MaxComponent = 1500
		require.Equal(t, want, find(as, &other, nil), "another max_component")
	}
}
