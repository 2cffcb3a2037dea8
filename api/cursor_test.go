package api

import (
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

// FuzzParseCursor: a cursor is refused, or it is one that makeCursor makes.
func FuzzParseCursor(f *testing.F) {
	for _, seed := range []string{"", "***", makeCursor("run-1", 50), "eHh4", "LTEgeA"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		run, offset, err := parseCursor(cursor)
		if err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
			return
		}
		require.NotEmpty(t, run)
		require.GreaterOrEqual(t, offset, 0)
		again, same, err := parseCursor(makeCursor(run, offset))
		require.NoError(t, err)
		require.Equal(t, run, again)
		require.Equal(t, offset, same)
	})
}
