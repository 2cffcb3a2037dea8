package loaders

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"ringleader/graph"
)

// timeFormat reads the times of one column.
type timeFormat struct {
	layout string         // of package time; empty: any of the usual ones
	unix   bool           // seconds since 1970, however few
	millis bool           // milliseconds since 1970, however few
	epoch  graph.Time     // with unit: what step 0 is
	unit   time.Duration  // of a numeric step; 0: none
	zone   *time.Location // of times that name none
}

// Reasons of times. None quotes the value.
const (
	notATime   = "not a time: want RFC 3339, 2018-10-09, 2018-10-09 18:14[:05], or unix seconds or milliseconds"
	noSuchTime = "no such date or time of day"
)

// smallestUnix guards against counters and years taken for unix time: as
// seconds, it is March 1973.
const smallestUnix = 1e8

// lastMillis is the end of the year 9999.
const lastMillis = 253402300799999

// ParseTime reads a time in any of the forms that a column without a stated
// format may have: RFC 3339, a day, a day and a time of day, unix seconds or
// milliseconds. A time that names no zone is one of zone; an empty text is the
// unknown time. Errors wrap [graph.ErrInvalid].
func ParseTime(s string, zone *time.Location) (graph.Time, error) {
	if s = strings.TrimSpace(s); s == "" {
		return 0, nil
	}
	t, p := (&timeFormat{zone: zone}).parse(s)
	if p != nil {
		return 0, fmt.Errorf("%w time: %w", graph.ErrInvalid, p)
	}
	return t, nil
}

// parse reads a time, trimmed and not empty. Ambiguity is resolved by size:
// numbers from 10^11 on are milliseconds.
func (f *timeFormat) parse(s string) (graph.Time, *problem) {
	switch {
	case f.unit != 0:
		return f.step(s)
	case f.layout != "":
		return f.in(f.layout, s)
	}
	if !f.unix && !f.millis {
		if t, ok := parseClock(s, f.zone); ok {
			return t, nil
		}
	}
	numeric := strings.Trim(s, "0123456789.") == "" || s[0] == '-' && strings.Trim(s[1:], "0123456789.") == ""
	if numeric || f.unix || f.millis {
		return f.number(s)
	}
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return 0, &problem{reason: notATime}
	}
	if len(s) == 10 {
		return f.in("2006-01-02", s)
	}
	layout := "2006-01-02 15:04:05"
	if s[10] == 'T' {
		layout = "2006-01-02T15:04:05"
	}
	if len(s) < 19 || s[16] != ':' { // without seconds; a zone may follow
		layout = layout[:16]
	}
	if len(s) > len(layout) {
		if tail := strings.TrimLeft(s[len(layout):], ".0123456789"); tail != "" {
			layout += "Z07:00"
		}
	}
	return f.in(layout, s)
}

func (f *timeFormat) in(layout, s string) (graph.Time, *problem) {
	t, err := time.ParseInLocation(layout, s, f.zone)
	if err != nil {
		var pe *time.ParseError
		switch {
		case errors.As(err, &pe) && strings.Contains(pe.Message, "out of range"):
			return 0, &problem{reason: noSuchTime}
		case f.layout != "":
			return 0, &problem{reason: "not a time of the format that the mapping states"}
		}
		return 0, &problem{reason: notATime}
	}
	return checkRange(t.UnixMilli())
}

func (f *timeFormat) number(s string) (graph.Time, *problem) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil { // exact; a float is not, for milliseconds
		switch {
		case f.millis || !f.unix && (n >= 1e11 || n <= -1e11):
			return checkRange(n)
		case !f.unix && n < smallestUnix && n > -smallestUnix:
			return 0, &problem{reason: "too small for a unix time; a mapping can state a format, or an epoch and a unit"}
		case n > lastMillis/1000 || n < -lastMillis/1000:
			return 0, &problem{reason: noSuchTime}
		}
		return checkRange(n * 1000)
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(x) {
		return 0, &problem{reason: notATime}
	}
	small := math.Abs(x) < smallestUnix
	if !f.millis && (f.unix || math.Abs(x) < 1e11) {
		x *= 1000
	}
	if small && !f.unix && !f.millis {
		return 0, &problem{reason: "too small for a unix time; a mapping can state a format, or an epoch and a unit"}
	}
	if math.Abs(x) > lastMillis {
		return 0, &problem{reason: noSuchTime}
	}
	return checkRange(int64(math.Round(x)))
}

func (f *timeFormat) step(s string) (graph.Time, *problem) {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(n) {
		return 0, &problem{reason: "not a number, as a step of time is"}
	}
	ms := n * float64(f.unit/time.Millisecond)
	if math.Abs(ms) > lastMillis {
		return 0, &problem{reason: noSuchTime}
	}
	return checkRange(f.epoch.Millis() + int64(math.Round(ms)))
}

// firstMillis is the beginning of the year 1.
const firstMillis = -62135596800000

func checkRange(ms int64) (graph.Time, *problem) {
	if ms > lastMillis || ms < firstMillis {
		return 0, &problem{reason: noSuchTime}
	}
	return graph.Millis(ms), nil
}

// layoutWords translate the usual words of time formats into those of package
// time, longest first.
var layoutWords = strings.NewReplacer(
	"YYYY", "2006", "YY", "06", "MMM", "Jan", "MM", "01", "DD", "02",
	"HH", "15", "hh", "03", "mm", "04", "SSS", "000", "ss", "05", "AM", "PM", "PM", "PM", "ZZ", "Z07:00",
	"D", "2", "M", "1", "H", "15", "h", "3")

// newTimeFormat makes the reader of a time column. The format is empty, unix,
// unix_ms, or words such as "DD.MM.YYYY HH:mm:ss".
func newTimeFormat(c Column, zone *time.Location) (*timeFormat, error) {
	f := &timeFormat{zone: zone}
	if c.Zone != "" {
		z, err := time.LoadLocation(c.Zone)
		if err != nil {
			return nil, fmt.Errorf("%w zone: not the name of a time zone, such as Asia/Shanghai", graph.ErrInvalid)
		}
		f.zone = z
	}
	switch c.Format {
	case "":
	case "unix":
		f.unix = true
	case "unix_ms":
		f.millis = true
	default:
		f.layout = c.Format
		if !strings.Contains(c.Format, "2006") { // else it is in the words of package time already
			f.layout = layoutWords.Replace(c.Format)
		}
		if f.layout == c.Format && !strings.Contains(c.Format, "2006") {
			return nil, fmt.Errorf("%w time format: want unix, unix_ms, or words such as YYYY-MM-DD HH:mm:ss", graph.ErrInvalid)
		}
	}
	if (c.Epoch == "") != (c.Unit == "") {
		return nil, fmt.Errorf("%w time step: epoch and unit go together", graph.ErrInvalid)
	}
	if c.Epoch == "" {
		return f, nil
	}
	if c.Format != "" {
		return nil, fmt.Errorf("%w time step: it has no format", graph.ErrInvalid)
	}
	epoch, p := f.parse(c.Epoch)
	if p != nil {
		return nil, fmt.Errorf("%w epoch: %s", graph.ErrInvalid, p.reason)
	}
	unit, err := parseUnit(c.Unit)
	if err != nil {
		return nil, err
	}
	f.epoch, f.unit = epoch, unit
	return f, nil
}

// parseUnit reads a duration as package time does, and days: "1h", "7d".
func parseUnit(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseFloat(days, 64)
		if err == nil && n > 0 && n < 36500 {
			return time.Duration(n * 24 * float64(time.Hour)), nil
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < time.Millisecond {
		return 0, fmt.Errorf("%w unit: want a length of time from a millisecond up, such as 1h or 1d", graph.ErrInvalid)
	}
	return d, nil
}

// parseFlag makes yes or no of the usual words for them; other words, such as
// the way of a second factor, stay as they are.
func parseFlag(s string) string {
	switch strings.ToLower(s) {
	case "yes", "y", "true", "t", "1", "on", "enabled":
		return "yes"
	case "no", "n", "false", "f", "0", "off", "disabled", "none":
		return "no"
	}
	return s
}
