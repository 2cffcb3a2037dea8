package loaders

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

// clockByTime reads what parseClock takes, by package time.
func clockByTime(s string, zone *time.Location) (graph.Time, error) {
	layout := "2006-01-02T15:04:05"
	if len(s) > 10 && s[10] == ' ' {
		layout = "2006-01-02 15:04:05"
	}
	if s != "" && s[len(s)-1] == 'Z' {
		layout += "Z07:00"
	}
	t, err := time.ParseInLocation(layout, s, zone)
	return graph.Millis(t.UnixMilli()), err
}

// FuzzParseClock holds the short way against package time: it takes nothing
// that package time refuses, and says the same of what it takes.
func FuzzParseClock(f *testing.F) {
	for _, s := range []string{
		"2018-10-09T18:14:05Z", "2018-10-09 18:14:05", "2000-02-29T00:00:00.5Z", "1900-02-29T00:00:00Z", "2018-04-31T00:00:00Z",
		"0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "2018-10-09T24:00:00Z", "2018-10-09T18:14:60Z", "2018-10-09T18:14:05.1234Z",
		"2018-10-09T18:14:05.Z", "2018-10-09T18:14:05+08:00", "2018-1a-09T18:14:05Z", "2;00-10-01 00:00:00", "2018-10-0/T18:14:05Z", "1969-12-31T23:59:59.999Z",
	} {
		f.Add(s, true)
		f.Add(s, false)
	}
	shanghai := time.FixedZone("CST", 8*3600)
	f.Fuzz(func(t *testing.T, s string, utc bool) {
		zone := shanghai
		if utc {
			zone = time.UTC
		}
		if got, ok := parseClock(s, zone); ok {
			want, err := clockByTime(s, zone)
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
	})
}

func TestPairOfDigits(t *testing.T) {
	digit := func(b int) bool { return b >= '0' && b <= '9' }
	for tens := range 256 {
		for ones := range 256 {
			got := pair(byte(tens), byte(ones))
			if digit(tens) && digit(ones) {
				require.Equal(t, 10*(tens-'0')+ones-'0', got)
			} else if got >= 0 {
				require.Negative(t, got, "%q%q", tens, ones)
			}
		}
	}
}

func TestParseClockTakesEveryDay(t *testing.T) {
	for day := time.Date(1, 1, 1, 23, 59, 58, 70e6, time.UTC); day.Year() < 10_000; day = day.AddDate(0, 0, 1) {
		got, ok := parseClock(fmt.Sprintf("%04d-%02d-%02dT23:59:58.07Z", day.Year(), day.Month(), day.Day()), time.UTC)
		if !ok || got != graph.TimeOf(day) {
			require.True(t, ok, day)
			require.Equal(t, graph.TimeOf(day), got)
		}
	}
	for _, s := range []string{"", "2018-02-29T00:00:00Z", "2018-10-09T18:14:05", "2018-10-09"} {
		_, ok := parseClock(s, time.FixedZone("CST", 8*3600))
		require.False(t, ok, "%q is for package time", s)
	}
}
