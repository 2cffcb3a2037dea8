package sqlitestore

import (
	"context"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

func sound(t *testing.T, s *Store) {
	t.Helper()
	problems, err := s.Check(t.Context())
	require.NoError(t, err)
	require.Empty(t, problems)
}

// What a writer remembers of nodes must not outlive what another one does to
// them.
func TestKnownNodesFollowOtherWriters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "two.db")
	here, there := open(t, path, Options{}), open(t, path, Options{})
	apply(t, here, rowBatch("A", "u1", "d1", 1))
	apply(t, there, rowBatch("B", "u2", "d1", 1)) // makes u2, which the first does not know
	apply(t, here, rowBatch("C", "u2", "d2", 1))
	apply(t, there, &graph.Batch{Retract: graph.Retract{Inputs: []string{"A"}}}) // u1 dies
	apply(t, here, rowBatch("D", "u1", "d1", 2))                                 // and lives again
	sound(t, here)
	stats, err := here.Stats(t.Context())
	require.NoError(t, err)

	alone := open(t, filepath.Join(t.TempDir(), "alone.db"), Options{})
	for _, b := range []*graph.Batch{rowBatch("B", "u2", "d1", 1), rowBatch("C", "u2", "d2", 1), rowBatch("D", "u1", "d1", 2)} {
		apply(t, alone, b)
	}
	want, err := alone.Stats(t.Context())
	require.NoError(t, err)
	require.Equal(t, want.Nodes, stats.Nodes)
	require.Equal(t, dump(t, alone), dump(t, here))
}

func TestKnownNodesFollowOwnRetractions(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "own.db"), Options{})
	for range 3 {
		apply(t, s, rowBatch("A", "u1", "d1", 1))
		sound(t, s)
		apply(t, s, &graph.Batch{Retract: graph.Retract{Refs: []graph.Ref{{Kind: graph.Account, Key: "u1"}}}})
		sound(t, s)
	}
	apply(t, s, rowBatch("A", "u1", "d1", 1))
	sound(t, s)
}

// A write that is interrupted takes its nodes back, and what it had learned.
func TestKnownNodesFollowRollbacks(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "rolled.db"), Options{})
	apply(t, s, rowBatch("A", "u1", "d1", 1))
	var w graph.BatchBuilder
	for i := range 20_000 {
		w.Attr(graph.Ref{Kind: graph.Account, Key: strconv.Itoa(i)}, "", "", 0, graph.Source{Input: "B", Row: int64(i)})
	}
	b := w.Take()
	interrupted := 0
	for wait := 1; wait <= 8; wait++ {
		ctx, cancel := context.WithCancel(t.Context())
		stop := make(chan struct{})
		go func() { // ends the context once the transaction is on its way
			for {
				select {
				case <-stop:
					return
				default:
				}
				if len(s.writer) == 0 {
					cancel()
					return
				}
			}
		}()
		if _, err := s.Apply(ctx, b); err != nil {
			interrupted++
		}
		close(stop)
		cancel()
		sound(t, s)
	}
	require.Positive(t, interrupted)
	apply(t, s, b)
	sound(t, s)
}

// A small memory forgets and finds again.
func TestKnownNodesAreBounded(t *testing.T) {
	small, large := open(t, filepath.Join(t.TempDir(), "small.db"), Options{}), open(t, filepath.Join(t.TempDir(), "large.db"), Options{})
	small.known.most = 10
	for _, s := range []*Store{small, large} {
		for i := range int64(30) {
			account, device := "u"+strconv.FormatInt(i%20, 10), "d"+strconv.FormatInt(i%7, 10)
			apply(t, s, rowBatch("A", account, device, i))
		}
		sound(t, s)
	}
	require.LessOrEqual(t, small.known.keys.Len(), 10)
	require.False(t, small.known.whole, "it no longer knows every node")
	require.Equal(t, 27, large.known.keys.Len(), "20 accounts and 7 devices")
	require.True(t, large.known.whole)
	require.Equal(t, dump(t, large), dump(t, small))
}
