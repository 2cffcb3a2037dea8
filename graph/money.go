package graph

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Money is an exact amount: Minor units at a decimal Exponent, so 648.00 is
// {64800, 2}. The zero Money is "no amount"; an amount of nothing has Known
// set. Currency may be empty where the data names none.
type Money struct {
	Minor    int64
	Exponent uint8
	Known    bool
	Currency string
}

// exponents are the currencies of ISO 4217 whose minor unit is not a hundredth.
var exponents = map[string]uint8{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0,
	"PYG": 0, "RWF": 0, "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3, "CLF": 4, "UYW": 4,
}

// ParseMoney reads a decimal with a dot, kept exact. The exponent becomes the
// currency's own, or more where the amount needs it, so that 648, 648.0 and
// 648.00 are one amount. An empty amount is no Money.
func ParseMoney(amount, currency string) (Money, error) {
	if amount == "" {
		return Money{}, nil
	}
	bad := func(why string) (Money, error) {
		return Money{}, fmt.Errorf("%w amount: %s; want a decimal such as 648.00", ErrInvalid, why)
	}
	sign, digits := "", amount
	if digits[0] == '-' || digits[0] == '+' {
		sign, digits = digits[:1], digits[1:]
	}
	whole, frac, _ := strings.Cut(digits, ".")
	if whole == "" && frac == "" {
		return bad("no digits")
	}
	for _, c := range []byte(whole + frac) {
		if c < '0' || c > '9' {
			return bad("not a number")
		}
	}
	exp, ok := exponents[currency]
	if !ok {
		exp = 2
	}
	for len(frac) > int(exp) && frac[len(frac)-1] == '0' {
		frac = frac[:len(frac)-1]
	}
	if len(frac) > 18 {
		return bad("more than 18 decimals")
	}
	if len(frac) < int(exp) {
		frac += strings.Repeat("0", int(exp)-len(frac))
	}
	n, err := strconv.ParseInt(sign+"0"+whole+frac, 10, 64)
	if err != nil {
		return bad("out of range")
	}
	return Money{Minor: n, Exponent: uint8(len(frac)), Known: true, Currency: currency}, nil
}

// Amount is the decimal without the currency: "648.00". Empty for no Money.
func (m Money) Amount() string {
	if !m.Known {
		return ""
	}
	sign, n := "", uint64(m.Minor)
	if m.Minor < 0 {
		sign, n = "-", -n
	}
	s := strconv.FormatUint(n, 10)
	e := int(m.Exponent)
	if e == 0 {
		return sign + s
	}
	if len(s) <= e {
		s = strings.Repeat("0", e-len(s)+1) + s
	}
	return sign + s[:len(s)-e] + "." + s[len(s)-e:]
}

func (m Money) String() string {
	if m.Currency == "" {
		return m.Amount()
	}
	return m.Amount() + " " + m.Currency
}

// Float is the amount as a float64, for ratios and logarithms, never for sums.
func (m Money) Float() float64 {
	return float64(m.Minor) / math.Pow10(int(m.Exponent))
}

// Add is m + o, exact, in the finer of the two exponents. It fails on two
// different currencies and on overflow.
func (m Money) Add(o Money) (Money, error) {
	switch {
	case !m.Known:
		return o, nil
	case !o.Known:
		return m, nil
	case m.Currency != o.Currency:
		return Money{}, fmt.Errorf("%w sum of %s and %s", ErrInvalid, m.Currency, o.Currency)
	}
	for m.Exponent < o.Exponent {
		if m.Minor > math.MaxInt64/10 || m.Minor < math.MinInt64/10 {
			return Money{}, fmt.Errorf("%w sum: out of range", ErrInvalid)
		}
		m.Minor *= 10
		m.Exponent++
	}
	if o.Exponent < m.Exponent {
		return o.Add(m)
	}
	sum := m.Minor + o.Minor
	if (sum > m.Minor) != (o.Minor > 0) && o.Minor != 0 {
		return Money{}, fmt.Errorf("%w sum: out of range", ErrInvalid)
	}
	m.Minor = sum
	return m, nil
}

// Neg is −m.
func (m Money) Neg() Money {
	m.Minor = -m.Minor
	return m
}
