package graph

import (
	"fmt"
	"math"
	"time"
)

// Time is a moment in whole milliseconds, counted from the first of January of
// the year 1. The zero Time is "not known", which real data needs more often
// than that millisecond, and it sorts before every moment. Compare with < and
// ==.
type Time int64

// year1 is the first millisecond of the year 1, counted from 1970; one earlier
// is the zero Time.
const year1 = -62_135_596_800_000

// TimeOf converts t; a zero time.Time is the zero Time.
func TimeOf(t time.Time) Time {
	if t.IsZero() {
		return 0
	}
	return Millis(t.UnixMilli())
}

// Millis is the Time of a count of milliseconds since 1970 UTC. What lies before
// the year 1 becomes its first millisecond.
func Millis(ms int64) Time {
	switch {
	case ms < year1:
		return 1
	case ms > math.MaxInt64+year1-1:
		return math.MaxInt64
	}
	return Time(ms - year1 + 1)
}

// Millis is the count of milliseconds since 1970 UTC; undefined for zero.
func (t Time) Millis() int64 { return int64(t) + year1 - 1 }

// Known reports whether t is a moment at all.
func (t Time) Known() bool { return t != 0 }

// Std converts to time.Time in UTC; the zero Time gives a zero time.Time.
func (t Time) Std() time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.UnixMilli(t.Millis()).UTC()
}

// Add moves t by d; an unknown time stays unknown.
func (t Time) Add(d time.Duration) Time {
	if t == 0 {
		return 0
	}
	return Millis(t.Millis() + d.Milliseconds())
}

// Sub is t − u, at most 292 years either way: data says "for ever" as the year
// 9999. Both must be known.
func (t Time) Sub(u Time) time.Duration {
	const most = math.MaxInt64 / int64(time.Millisecond)
	return time.Duration(min(max(t.Millis()-u.Millis(), -most), most)) * time.Millisecond
}

// String is RFC 3339 in UTC, with milliseconds only where there are some;
// empty for zero.
func (t Time) String() string {
	if t == 0 {
		return ""
	}
	return t.Std().Format("2006-01-02T15:04:05.999Z07:00")
}

// MarshalText makes a Time an RFC 3339 string in JSON.
func (t Time) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (t *Time) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*t = 0
		return nil
	}
	s, err := time.Parse(time.RFC3339Nano, string(b))
	if err != nil {
		return fmt.Errorf("%w time: want RFC 3339 such as 2018-10-09T18:14:00Z", ErrInvalid)
	}
	*t = Millis(s.UnixMilli()) // not TimeOf, to which the first moment of year 1 is no moment
	return nil
}
