package loaders

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

func TestTimes(t *testing.T) {
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	tests := []struct {
		column Column
		zone   *time.Location
		in     string
		want   string // RFC 3339 in UTC, or a reason
	}{
		{in: "2018-10-09T18:14:00Z", want: "2018-10-09T18:14:00Z"},
		{in: "2018-10-09T18:14:00.25+08:00", want: "2018-10-09T10:14:00.25Z"},
		{in: "2018-10-09T18:14Z", want: "2018-10-09T18:14:00Z"},
		{in: "2018-10-09 18:14+08:00", want: "2018-10-09T10:14:00Z"},
		{in: "2018-10-09", want: "2018-10-09T00:00:00Z"},
		{in: "2018-10-09 18:14", want: "2018-10-09T18:14:00Z"},
		{in: "2018-10-09 18:14:05", want: "2018-10-09T18:14:05Z"},
		{in: "2018-10-09 18:14:05.123456", want: "2018-10-09T18:14:05.123Z"},
		{in: "2018-10-09", zone: shanghai, want: "2018-10-08T16:00:00Z"},
		{in: "2018-10-09T18:14:00Z", zone: shanghai, want: "2018-10-09T18:14:00Z"},
		{in: "1539108840", want: "2018-10-09T18:14:00Z"},
		{in: "1539108840.5", want: "2018-10-09T18:14:00.5Z"},
		{in: "1539108840123", want: "2018-10-09T18:14:00.123Z"},
		{in: "1630-08-01", want: "1630-08-01T00:00:00Z"},
		{in: "1970-01-01", want: "1970-01-01T00:00:00Z"},
		{in: "-1539108840", want: "1921-03-25T05:46:00Z"},
		{in: "2018", want: "too small for a unix time; a mapping can state a format, or an epoch and a unit"},
		{in: "20181009", want: "too small for a unix time; a mapping can state a format, or an epoch and a unit"},
		{in: "2018-02-29", want: noSuchTime},
		{in: "2018-10-09 25:00", want: noSuchTime},
		{in: "99999999999999999", want: noSuchTime},
		{in: "1e400", want: notATime},
		{in: "-", want: notATime},
		{in: "...", want: notATime},
		{in: "2018-10-09x", want: notATime},
		{in: "2018-10-9", want: notATime},
		{in: "yesterday", want: notATime},
		{column: Column{Format: "unix"}, in: "17", want: "1970-01-01T00:00:17Z"},
		{column: Column{Format: "unix"}, in: "1289241911.72836", want: "2010-11-08T18:45:11.728Z"},
		{column: Column{Format: "unix_ms"}, in: "17", want: "1970-01-01T00:00:00.017Z"},
		{column: Column{Format: "unix"}, in: "2018-10-09", want: notATime},
		{column: Column{Format: "DD.MM.YYYY HH:mm"}, in: "09.10.2018 18:14", want: "2018-10-09T18:14:00Z"},
		{column: Column{Format: "MM/DD/YYYY", Zone: "Asia/Shanghai"}, in: "10/09/2018", want: "2018-10-08T16:00:00Z"},
		{column: Column{Format: "YYYYMMDD"}, in: "20181009", want: "2018-10-09T00:00:00Z"},
		{column: Column{Format: "YYYYMMDD"}, in: "2018-10-09", want: "not a time of the format that the mapping states"},
		{column: Column{Format: "YYYYMMDD"}, in: "20181309", want: noSuchTime},
		{column: Column{Epoch: "2017-01-01", Unit: "1h"}, in: "25", want: "2017-01-02T01:00:00Z"},
		{column: Column{Epoch: "2017-01-01", Unit: "1d"}, in: "-1", want: "2016-12-31T00:00:00Z"},
		{column: Column{Epoch: "2017-01-01", Unit: "1d"}, in: "0.5", want: "2017-01-01T12:00:00Z"},
		{column: Column{Epoch: "2017-01-01", Unit: "1d"}, in: "1e12", want: noSuchTime},
		{column: Column{Epoch: "2017-01-01", Unit: "1d"}, in: "one", want: "not a number, as a step of time is"},
	}
	for _, tt := range tests {
		t.Run(tt.in+tt.column.Format, func(t *testing.T) {
			zone := tt.zone
			if zone == nil {
				zone = time.UTC
			}
			f, err := newTimeFormat(tt.column, zone)
			require.NoError(t, err)
			got, p := f.parse(tt.in)
			if p != nil {
				require.Equal(t, tt.want, p.reason)
				return
			}
			require.Equal(t, tt.want, got.String())
		})
	}
}

func TestBadTimeFormats(t *testing.T) {
	for name, c := range map[string]Column{
		"zone":             {Zone: "Asia/Nowhere"},
		"format":           {Format: "sometimes"},
		"epoch alone":      {Epoch: "2017-01-01"},
		"unit alone":       {Unit: "1d"},
		"epoch":            {Epoch: "17", Unit: "1d"},
		"unit":             {Epoch: "2017-01-01", Unit: "fortnight"},
		"negative unit":    {Epoch: "2017-01-01", Unit: "-1h"},
		"step with format": {Epoch: "2017-01-01", Unit: "1d", Format: "unix"},
	} {
		_, err := newTimeFormat(c, time.UTC)
		require.ErrorIs(t, err, graph.ErrInvalid, name)
	}
}

func TestFlags(t *testing.T) {
	for in, want := range map[string]string{"TRUE": "yes", "1": "yes", "No": "no", "off": "no", "sms": "sms"} {
		require.Equal(t, want, parseFlag(in))
	}
}

func TestConditions(t *testing.T) {
	tests := []struct {
		condition, value string
		want             bool
	}{
		{"status = void", "void", true}, {"status=void", "ok", false}, {"status != void", "", true}, {"status != ''", "x", true},
		{"n > 0", "1", true}, {"n > 0", "0", false}, {"n >= 0", "0", true}, {"n < -1.5", "-2", true}, {"n <= 3", "x", false},
	}
	for _, tt := range tests {
		c, err := parseCondition(tt.condition)
		require.NoError(t, err, tt.condition)
		c.index = 0
		require.Equal(t, tt.want, c.holds([]string{tt.value}), "%s for %q", tt.condition, tt.value)
	}
	for _, bad := range []string{"", "status", "= x", "n ! 3", "n > many"} {
		_, err := parseCondition(bad)
		require.ErrorIs(t, err, graph.ErrInvalid, bad)
	}
}

// No text makes a time that is out of range, or stops the parser.
func FuzzTime(f *testing.F) {
	for _, s := range []string{"2018-10-09T18:14:00Z", "1539108840", "-1.5", "2018-10-09 18:14:05.123", "....", "9999-12-31", "1e308"} {
		f.Add(s)
	}
	formats := []Column{{}, {Format: "unix"}, {Format: "unix_ms"}, {Format: "DD.MM.YYYY HH:mm"}, {Epoch: "2017-01-01", Unit: "1d"}}
	f.Fuzz(func(t *testing.T, s string) {
		if s == "" {
			return // never asked for
		}
		for _, c := range formats {
			format, err := newTimeFormat(c, time.UTC)
			require.NoError(t, err)
			got, p := format.parse(s)
			if p != nil {
				require.NotEmpty(t, p.reason)
				continue
			}
			require.True(t, got.Known())
			require.GreaterOrEqual(t, got.Millis(), int64(firstMillis))
			require.LessOrEqual(t, got.Millis(), int64(lastMillis))
			var back graph.Time
			require.NoError(t, back.UnmarshalText([]byte(got.String())))
			require.Equal(t, got, back)
		}
	})
}

// An amount is read exactly or refused, through the column that reads it.
func FuzzAmount(f *testing.F) {
	for _, s := range []string{"648.00", "0", "-1", ".5", "5.", "1e3", "9223372036854775807", "1.234567890123456789"} {
		f.Add(s, "CNY")
	}
	f.Fuzz(func(t *testing.T, amount, currency string) {
		plan, err := compile(&Table{Columns: map[string]Column{"a": {Type: "amount", Currency: "{c}"}, "c": {}},
			Nodes: []NodeRule{{Ref: "payment:x", Props: []string{"a"}}}}, []string{"a", "c"}, time.UTC)
		require.NoError(t, err)
		var facts facts
		facts.use(plan, 2)
		_, p := facts.read(&row{values: []string{amount, currency}})
		if p != nil {
			require.NotContains(t, p.reason, "\n")
			return
		}
		m := facts.moneys[0]
		require.GreaterOrEqual(t, m.Minor, int64(0))
		again, err := graph.ParseMoney(m.Amount(), m.Currency)
		require.NoError(t, err)
		require.Equal(t, m, again)
	})
}
