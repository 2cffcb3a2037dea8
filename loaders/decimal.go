package loaders

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// plainDecimal rewrites an amount or number as people write it to a plain
// decimal with a dot: "1.234,56 €" with the decimal "," is 1234.56, "(12.50)"
// and "12.50-" are negative. What it cannot read it leaves for the parser to
// refuse.
func plainDecimal(s, decimal string) string {
	var b strings.Builder
	negative, digits, point := false, false, false
	for i, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
			digits = true
		case string(r) == decimal:
			if point {
				return s
			}
			b.WriteByte('.')
			point = true
		case r == '-' || r == '−' || r == '(':
			if negative {
				return s
			}
			negative = true
		case r == '.' || r == ',' || r == '\'' || r == '’':
			if point || !digits || !threeDigits(s[i+utf8.RuneLen(r):]) {
				return s // else 12.50 would be 1250
			}
		case r == '+' && !digits, r == ')' && negative, unicode.IsSpace(r), unicode.Is(unicode.Sc, r):
		case unicode.IsLetter(r): // EUR, kr, zł
		default:
			return s
		}
	}
	if !digits {
		return s
	}
	if negative {
		return "-" + b.String()
	}
	return b.String()
}

// threeDigits reports whether s begins with three digits and no fourth, as
// after a mark that parts thousands.
func threeDigits(s string) bool {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n == 3
}
