package loaders

import (
	"time"

	"ringleader/graph"
)

// parseClock reads the usual form of a time without package time, which takes
// ten times as long: 2018-10-09T18:14:05 with T or a space, a fraction of a
// second of up to three digits, and Z; without Z if the zone is UTC. ok is false
// for any other form and for a time that is not there, so that the caller's
// own way of reading decides and says what is wrong.
func parseClock(s string, zone *time.Location) (t graph.Time, ok bool) {
	if len(s) < 19 || s[4] != '-' || s[7] != '-' || s[10] != 'T' && s[10] != ' ' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	century, year, month, day := pair(s[0], s[1]), pair(s[2], s[3]), pair(s[5], s[6]), pair(s[8], s[9])
	hour, minute, second := pair(s[11], s[12]), pair(s[14], s[15]), pair(s[17], s[18])
	if century|year|month|day|hour|minute|second < 0 || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	year += 100 * century
	if year < 1 || month < 1 || month > 12 || day < 1 || day > 28 && day > daysIn(year, month) {
		return 0, false
	}
	millis, rest := 0, s[19:]
	if len(rest) > 1 && rest[0] == '.' {
		n, scale := 1, 100
		for ; n < len(rest) && rest[n]-'0' <= 9; n++ {
			millis += int(rest[n]-'0') * scale
			scale /= 10
		}
		if n == 1 || n > 4 {
			return 0, false
		}
		rest = rest[n:]
	}
	if rest != "Z" && (rest != "" || zone != time.UTC) {
		return 0, false
	}
	seconds := int64(hour*3600+minute*60+second) + 86400*daysSince1970(year, month, day)
	return graph.Millis(seconds*1000 + int64(millis)), true
}

// pair is the number that two digits write, else negative.
func pair(tens, ones byte) int {
	t, o := int(tens)-'0', int(ones)-'0'
	return (10*t + o) | ((9-t)|(9-o)|t|o)>>8 // all ones if either is no digit
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// daysSince1970 counts days of the Gregorian calendar from years that begin in
// March, so that the leap day is a year's last. See H. Hinnant, "chrono-compatible
// low-level date algorithms", days_from_civil.
func daysSince1970(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	yearOfEra := year % 400
	dayOfYear := (153*(month-3)+2)/5 + day - 1
	dayOfEra := yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear
	return int64(year/400)*146097 + int64(dayOfEra) - 719468
}
