package loaders

import (
	"strings"
	"time"
)

// profile is what the values of a column look like.
type profile struct {
	name     string
	rows     int
	filled   int
	shapes   map[shape]int
	values   map[string]int
	samples  []string // the first values
	negative int
}

// keptSamples is how many values of a column are looked at one by one.
const keptSamples = 2000

func (p *profile) add(v string) {
	p.rows++
	if v == "" {
		return
	}
	p.filled++
	p.values[v]++
	if len(p.samples) < keptSamples {
		p.samples = append(p.samples, v)
		p.shapes[shapeOf(v)]++
		if strings.HasPrefix(v, "-") || strings.HasPrefix(v, "(") || strings.HasSuffix(v, "-") {
			p.negative++
		}
	}
}

// share is the part of the values that have one of some shapes.
func (p *profile) share(of ...shape) float64 {
	n := 0
	for _, s := range of {
		n += p.shapes[s]
	}
	return float64(n) / float64(max(len(p.samples), 1))
}

// mostly reports whether nearly all values have one of some shapes: a few bad
// ones are no reason to misunderstand a column.
func (p *profile) mostly(of ...shape) bool { return len(p.samples) > 0 && p.share(of...) >= .9 }

// unique reports whether each row has a value of its own.
func (p *profile) unique() bool {
	return p.rows > 1 && p.filled == p.rows && len(p.values) == p.rows
}

// numeric reports whether the values are numbers, and with which mark before
// the decimals, empty for a plain dot or none.
func (p *profile) numeric() (decimal string, ok bool) {
	if !p.mostly(shapeInteger, shapeDot, shapeComma, shapePhone, shapeCard, shapeIMEI) {
		return "", false
	}
	comma, written := p.shapes[shapeComma], 0
	for _, v := range p.samples {
		if strings.Trim(v, "+-.0123456789") != "" {
			written++
		}
	}
	switch {
	case comma > 0 && comma >= p.shapes[shapeDot]:
		return ",", true
	case written > 0:
		return ".", true
	}
	return "", true
}

// sign is the currency whose sign all values bear, empty if there is none or it
// is that of several currencies.
func (p *profile) sign() string {
	for sign, currency := range map[string]string{"€": "EUR", "£": "GBP", "₹": "INR", "₽": "RUB", "R$": "BRL", "EUR": "EUR", "USD": "USD", "GBP": "GBP", "CHF": "CHF", "CNY": "CNY", "BRL": "BRL"} {
		n := 0
		for _, v := range p.samples {
			if strings.Contains(v, sign) {
				n++
			}
		}
		if n > 0 && n == len(p.samples) {
			return currency
		}
	}
	return ""
}

// timeGuess is how the times of a column are written.
type timeGuess struct {
	format string // as in Column.Format; empty: one of the usual ways
	doubt  bool   // day and month may be the other way round
}

// timeWords are the ways of writing days, then times of the day, that are
// tried. A guess must read nearly all values.
var (
	dayFirst   = []string{"D.M.YYYY", "D/M/YYYY", "D-M-YYYY", "D.M.YY", "D/M/YY", "D-M-YY"}
	monthFirst = []string{"M/D/YYYY", "M-D-YYYY", "M/D/YY", "M-D-YY"}
	otherDays  = []string{"YYYY/M/D", "YYYY.M.D", "YYYY-M-D", "YYYY年M月D日", "D MMM YYYY", "MMM D, YYYY", "D-MMM-YYYY", "D-MMM-YY", "YYYYMMDD"}
	clocks     = []string{"", " HH:mm", " HH:mm:ss", "THH:mm:ss", " h:mm PM", " h:mm:ss PM", ", HH:mm", ", HH:mm:ss", " - HH:mm", "HHmmss", " HHhmm", " HH:mm:ssZZ", "THH:mm:ssZZ", " HH时mm分ss秒", " HH.mm"}
)

// times guesses how a column writes times; dayFirstCustom says that the day
// comes first where the values leave it open.
func (p *profile) times(dayFirstCustom bool) (timeGuess, bool) {
	if len(p.samples) == 0 {
		return timeGuess{}, false
	}
	if !p.datelike() {
		return timeGuess{}, false
	}
	usual := &timeFormat{zone: time.UTC}
	if p.reads(usual) == len(p.samples) {
		return timeGuess{}, true
	}
	first, nFirst := p.bestFormat(dayFirst)
	second, nSecond := p.bestFormat(monthFirst)
	other, nOther := p.bestFormat(otherDays)
	enough := len(p.samples) - len(p.samples)/20 // nine in ten and a half
	switch {
	case nOther >= enough && nOther >= max(nFirst, nSecond):
		return timeGuess{format: other}, true
	case nFirst >= enough && nFirst == nSecond:
		if dayFirstCustom {
			return timeGuess{first, true}, true
		}
		return timeGuess{second, true}, true
	case nFirst >= enough && nFirst > nSecond:
		return timeGuess{format: first}, true
	case nSecond >= enough:
		return timeGuess{format: second}, true
	}
	if n := p.reads(usual); n >= enough {
		return timeGuess{}, true
	}
	return timeGuess{}, false
}

// datelike reports whether values have the length and the digits of times, which
// spares most columns the trial of every format.
func (p *profile) datelike() bool {
	n := 0
	for _, v := range p.samples {
		digits := 0
		for i := range len(v) {
			if v[i] >= '0' && v[i] <= '9' {
				digits++
			}
		}
		if len(v) >= 6 && len(v) <= 40 && digits >= 3 && (digits < len(v) || digits >= 8) {
			n++
		}
	}
	return n*10 >= len(p.samples)*9
}

func (p *profile) bestFormat(days []string) (best string, most int) {
	for _, day := range days {
		for _, clock := range clocks {
			f, err := newTimeFormat(Column{Format: day + clock}, time.UTC)
			if err != nil {
				continue
			}
			if _, bad := f.parse(p.samples[0]); bad != nil && most > 0 {
				continue
			}
			if n := p.reads(f); n > most {
				best, most = day+clock, n
			}
		}
	}
	return best, most
}

// reads counts the values that a format can read as a plausible year.
func (p *profile) reads(f *timeFormat) int {
	n := 0
	for i, v := range p.samples {
		if t, bad := f.parse(v); bad == nil && t.Std().Year() >= 1900 && t.Std().Year() < 2200 {
			n++
		} else if i > 40 && n == 0 {
			return 0
		}
	}
	return n
}
