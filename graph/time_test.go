package graph_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"ringleader/graph"
)

// anyMillis draws milliseconds from year 1 to year 9999, often near 1970.
func anyMillis() *rapid.Generator[int64] {
	return rapid.OneOf(rapid.Int64Range(-3, 3), rapid.Int64Range(-62135596800000+1, 253402300799999))
}

func TestTimeKeepsMillisecondsAndOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyMillis().Draw(t, "a"), anyMillis().Draw(t, "b")
		x, y := graph.Millis(a), graph.Millis(b)
		require.Equal(t, a, x.Millis())
		require.True(t, x.Known(), "every moment is known, the first of 1970 too")
		require.Equal(t, a < b, x < y)
		require.Equal(t, a == b, x == y)
		require.Equal(t, x, graph.TimeOf(x.Std()))
		require.Equal(t, time.UnixMilli(a).UTC(), x.Std())

		var back graph.Time
		text, err := x.MarshalText()
		require.NoError(t, err)
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, x, back)
		d := time.Duration(rapid.Int64Range(-1e15, 1e15).Draw(t, "ms")) * time.Millisecond / 1000
		const first = -62_135_596_800_000 // the year 1, where sums stop
		require.Equal(t, max(a+d.Milliseconds(), first), x.Add(d).Millis())
	})
}

func TestTimeNotKnown(t *testing.T) {
	var zero graph.Time
	require.False(t, zero.Known())
	require.Empty(t, zero.String())
	require.True(t, zero.Std().IsZero())
	require.Zero(t, zero.Add(time.Hour), "an unknown time stays unknown")
	require.Zero(t, graph.TimeOf(time.Time{}))
	text, err := json.Marshal(struct{ At graph.Time }{})
	require.NoError(t, err)
	require.JSONEq(t, `{"At":""}`, string(text))
	var back struct{ At graph.Time }
	require.NoError(t, json.Unmarshal(text, &back))
	require.Zero(t, back.At)
}

func TestTimeText(t *testing.T) {
	for text, ms := range map[string]int64{
		"2018-10-09T18:14:00Z": 1539108840000, "1970-01-01T00:00:00Z": 0, "1969-12-31T23:59:59.999Z": -1, "2018-10-09T18:14:00.5Z": 1539108840500,
	} {
		require.Equal(t, text, graph.Millis(ms).String())
		var at graph.Time
		require.NoError(t, at.UnmarshalText([]byte(text)))
		require.Equal(t, ms, at.Millis())
	}
	var at graph.Time
	require.NoError(t, at.UnmarshalText([]byte("2018-10-10T02:14:00+08:00")))
	require.Equal(t, "2018-10-09T18:14:00Z", at.String())
	for _, bad := range []string{"2018-10-09", "yesterday", "1539108840", "2018-13-09T18:14:00Z"} {
		require.ErrorIs(t, at.UnmarshalText([]byte(bad)), graph.ErrInvalid)
	}
}

func TestTimeSub(t *testing.T) {
	a, b := graph.Millis(1_500_000_000_000), graph.Millis(-1_000)
	require.Equal(t, 1_500_000_001*time.Second, a.Sub(b))
	require.Equal(t, -1_500_000_001*time.Second, b.Sub(a))
	require.Equal(t, time.Millisecond, graph.Millis(0).Sub(graph.Millis(-1)), "no gap at 1970")

	forever := graph.Millis(253402300799999) // 9999-12-31
	require.Greater(t, forever.Sub(a), 290*365*24*time.Hour, "a span that does not fit stays long")
	require.Less(t, a.Sub(forever), -290*365*24*time.Hour)
	require.Positive(t, graph.Millis(math.MaxInt64), "the last moment does not wrap")
}

func FuzzTimeText(f *testing.F) {
	for _, s := range []string{"2018-10-09T18:14:00Z", "", "1969-12-31T23:59:59.999999999Z", "0001-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var at graph.Time
		if err := at.UnmarshalText([]byte(s)); err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
			return
		}
		if y := at.Std().Year(); y < 0 || y > 9999 {
			return // a zone can carry the first and last day out of what RFC 3339 writes
		}
		var back graph.Time
		require.NoError(t, back.UnmarshalText([]byte(at.String())))
		require.Equal(t, at, back)
	})
}
