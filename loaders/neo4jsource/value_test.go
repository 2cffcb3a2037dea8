package neo4jsource

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/neo4j/neo4j-go-driver/v5/neo4j/dbtype"
	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

// A mark that is written and read again is the same mark.
func TestMarksAreReadAgain(t *testing.T) {
	at := time.Date(2018, 10, 9, 18, 14, 0, 123456789, time.FixedZone("Offset", 7200))
	for _, v := range []any{int64(42), int64(math.MinInt64), 1.5, 2.0, 1e300, "a \"b\" 中", "", at,
		dbtype.LocalDateTime(time.Date(2018, 10, 9, 18, 14, 0, 5, time.Local)), dbtype.Date(time.Date(2018, 10, 9, 0, 0, 0, 0, time.UTC))} {
		text, err := markText(v)
		require.NoError(t, err)
		again, err := parseMark(text)
		require.NoError(t, err)
		c, ok := compareMarks(v, again)
		require.True(t, ok, text)
		require.Zero(t, c, text)
	}
	for _, v := range []any{true, []any{int64(1)}, math.NaN(), dbtype.Duration{}} {
		_, err := markText(v)
		require.ErrorIs(t, err, graph.ErrInvalid)
	}
}

// Whatever stands in a log as a mark is one, or is refused; what is one stays
// the same.
func FuzzParseMark(f *testing.F) {
	for _, s := range []string{"42", "1.5", `"x"`, `datetime("2018-10-09T18:14:00Z")`, `localdatetime("2018-10-09T18:14:00.5")`, `date("2018-10-09")`, "1e9", "NaN"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := parseMark(s)
		if err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
			return
		}
		if v == nil {
			require.Empty(t, s)
			return
		}
		text, err := markText(v)
		require.NoError(t, err)
		again, err := parseMark(text)
		require.NoError(t, err)
		c, ok := compareMarks(v, again)
		require.True(t, ok)
		require.Zero(t, c)
	})
}

// Any property is a JSON object on one line that says the same.
func FuzzAppendObject(f *testing.F) {
	f.Add("name", "value", 0.1, int64(1))
	f.Add("a \"b\"\n", "\\ \x00 中", 1e21, int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, name, text string, x float64, n int64) {
		line, err := appendObject(nil, map[string]any{name: text, "list": []any{text, x, n, nil, true}})
		require.NoError(t, err)
		require.NotContains(t, string(line), "\n")
		var back map[string]any
		require.NoError(t, json.Unmarshal(line, &back), "%s", line)
		require.Contains(t, back, "list")
	})
}

// A local time that the clock of this machine may have moved is refused, not
// given away wrong.
func TestLocalTimeInAGap(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	_, err = appendValue(nil, dbtype.LocalDateTime(time.Date(2018, 3, 25, 2, 30, 0, 0, berlin))) // that hour was left out
	require.ErrorIs(t, err, graph.ErrInvalid)
	b, err := appendValue(nil, dbtype.LocalDateTime(time.Date(2018, 3, 28, 2, 30, 0, 0, berlin)))
	require.NoError(t, err)
	require.Equal(t, `"2018-03-28T02:30:00"`, string(b))
}
