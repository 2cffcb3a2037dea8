package resolve

import "strings"

// date is a birth date as it was written down: digits of year, month and day. A
// month of 22 stays: it is a mistake that says how it was made. Zero parts are
// not known.
type date struct{ year, month, day int }

// parseDate reads 1961-08-30, 19610830, 30.08.1961, 30/08/1961, 1961-08 and
// 1961, with a time behind it or not. Of two numbers before the year the first
// is the day; where that is wrong everywhere it is wrong alike.
func parseDate(s string) (d date, ok bool) {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "T")
	s, _, _ = strings.Cut(s, " ")
	parts := strings.FieldsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	number := func(s string) int {
		n := 0
		for i := 0; i < len(s); i++ {
			n = n*10 + int(s[i]-'0')
		}
		return n
	}
	for _, p := range parts {
		if len(p) > 8 {
			return date{}, false
		}
	}
	switch {
	case len(parts) == 1 && len(parts[0]) == 8:
		p := parts[0]
		d = date{number(p[:4]), number(p[4:6]), number(p[6:])}
	case len(parts) == 1 && len(parts[0]) == 4:
		d = date{year: number(parts[0])}
	case len(parts) == 2 && len(parts[0]) == 4:
		d = date{year: number(parts[0]), month: number(parts[1])}
	case len(parts) == 3 && len(parts[0]) == 4:
		d = date{number(parts[0]), number(parts[1]), number(parts[2])}
	case len(parts) == 3 && len(parts[2]) == 4:
		d = date{number(parts[2]), number(parts[1]), number(parts[0])}
	default:
		return date{}, false
	}
	return d, d.year > 0 && d.month < 100 && d.day < 100
}

// whole reports whether year, month and day are known.
func (d date) whole() bool { return d.month > 0 && d.day > 0 }

// text is the eight digits of a date.
func (d date) text() []rune {
	t := make([]rune, 8)
	n := d.year%10000*10000 + d.month*100 + d.day
	for i := 7; i >= 0; i-- {
		t[i] = rune('0' + n%10)
		n /= 10
	}
	return t
}
