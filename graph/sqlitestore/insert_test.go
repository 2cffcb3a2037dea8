package sqlitestore

import (
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

// factsBatch is facts of so many rows, each of an account, a device and a statement; those of
// rows that skip says are left out.
func factsBatch(input string, rows int, skip func(row int) bool) *graph.Batch {
	var w graph.BatchBuilder
	for row := range rows {
		if skip != nil && skip(row) {
			continue
		}
		a := graph.Ref{Kind: graph.Account, Key: strconv.Itoa(row)}
		d := graph.Ref{Kind: graph.Device, Key: strconv.Itoa(row % 7)}
		s := graph.Source{Input: input, Row: int64(row), Hash: uint64(row)}
		l := graph.Link{Type: graph.UsedDevice, At: graph.Millis(int64(row))}
		if row%3 == 0 {
			l.Event = "payment:e" + strconv.Itoa(row)
		}
		w.Link(a, d, l, s)
		w.Attr(a, "name", strconv.Itoa(row%5), 0, s)
	}
	return w.Take()
}

// Batches of every number of rows around that of one statement, in which some
// facts are new, some stand with another source and some had gone, leave the
// same store as one fact at a time.
func TestRowsOfOneStatementMayBeThere(t *testing.T) {
	for _, rows := range []int{1, 2, 63, 64, 65, 127, 200} {
		thirds := func(n int) func(int) bool { return func(row int) bool { return row%3 != n } }
		gone := factsBatch("gone", rows, thirds(0))
		there := factsBatch("there", rows, thirds(1))
		all := factsBatch("all", rows, nil)

		at := open(t, filepath.Join(t.TempDir(), "at.db"), Options{})
		one := open(t, filepath.Join(t.TempDir(), "one.db"), Options{})
		for _, s := range []*Store{at, one} {
			apply(t, s, gone)
			apply(t, s, there)
			apply(t, s, &graph.Batch{Retract: graph.Retract{Inputs: []string{"gone"}}})
		}
		before := apply(t, at, &graph.Batch{})
		apply(t, at, all)
		for row := range rows {
			apply(t, one, factsBatch("all", rows, func(r int) bool { return r != row }))
		}
		sound(t, at)
		sound(t, one)
		require.Equal(t, dump(t, one), dump(t, at), "%d rows", rows)
		require.Equal(t, dumpSince(t, one, before), dumpSince(t, at, before), "%d rows", rows)

		stands := apply(t, at, all)
		require.Equal(t, stands, apply(t, at, all), "stating it again changes nothing")
		stats, err := at.Stats(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, rows, stats.Links[graph.UsedDevice])
		require.EqualValues(t, rows, stats.Attrs)
	}
}
