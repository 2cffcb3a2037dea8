package graphtest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

// Subject is one store under test.
type Subject interface {
	graph.Store
	graph.Log
}

// Open opens the store under test. The same name gives the same store again,
// as another process would open it, also while it is open; a new name gives an
// empty store. The suite closes what it opened and never returns to a name
// after it has asked for another one, so an Open may wipe one database for each
// new name. Close is called at least once and may be called again. Names hold
// letters, digits, '-' and '_' only.
type Open func(t testing.TB, name string) Subject

// timeLimit ends a case that hangs, long before go test would: a case takes
// well under a minute on any store.
const timeLimit = 3 * time.Minute

// Run runs the whole suite, one subtest a case, one after the other.
func Run(t *testing.T, open Open) {
	for _, group := range [][]conformance{
		applyCases, valueCases, retractCases, scanCases, lookupCases,
		purgeCases, logCases, leaseCases, concurrencyCases, lifecycleCases, walkCases,
	} {
		for _, c := range group {
			t.Run(c.name, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), timeLimit)
				defer cancel()
				k := &kit{T: t, ctx: ctx, open: open, name: storeName(t.Name())}
				k.Subject = k.reopen()
				c.run(k)
				k.checkWhole()
			})
		}
	}
}

// conformance is one case: a name in words with hyphens and what must hold.
type conformance struct {
	name string
	run  func(*kit)
}

// storeName makes a subtest's name one that any store can use for a file.
func storeName(test string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		}
		return '_'
	}, test)
}

// kit is what a case works with: the store, and shorthands that fail the test.
type kit struct {
	*testing.T
	Subject
	ctx  context.Context
	open Open
	name string
}

// reopen opens the store of the case (once more). It is closed at the end.
func (k *kit) reopen() Subject {
	k.Helper()
	s := k.open(k.T, k.name)
	require.NotNil(k, s, "open %s", k.name)
	k.Cleanup(func() { _ = s.Close() })
	return s
}

// apply writes a batch that must be accepted.
func (k *kit) apply(b *graph.Batch) graph.Revision {
	k.Helper()
	rev, err := k.Apply(k.ctx, b)
	require.NoError(k, err)
	return rev
}

// refuse applies a batch that must fail with want and change nothing.
func (k *kit) refuse(b *graph.Batch, want error, why string) {
	k.Helper()
	before := k.dump()
	_, err := k.Apply(k.ctx, b)
	require.ErrorIs(k, err, want, why)
	require.Equal(k, before, k.dump(), "a refused batch leaves nothing: %s", why)
}

// revision is where the store stands.
func (k *kit) revision() graph.Revision {
	k.Helper()
	stats, err := k.Stats(k.ctx)
	require.NoError(k, err)
	return stats.Revision
}

// dump is the whole store as text.
func (k *kit) dump() string {
	k.Helper()
	text, err := Dump(k.ctx, k.Subject)
	require.NoError(k, err)
	return text
}

// scan collects what a scan yields, by content.
func (k *kit) scan(q graph.ScanQuery) (*facts, graph.Revision) {
	k.Helper()
	f := newFacts()
	rev, err := k.Scan(k.ctx, q, f.take)
	require.NoError(k, err)
	return f, rev
}

// holds requires the observed facts of the store, with their sources, to be
// exactly those of the batches.
func (k *kit) holds(batches ...*graph.Batch) {
	k.Helper()
	got, _ := k.scan(graph.ScanQuery{Sources: true})
	require.Equal(k, factsOf(batches...).lines(), got.lines())
}
