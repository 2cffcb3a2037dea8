package resolve

import (
	"slices"
	"strings"
	"unicode"
)

// JaroWinkler is the similarity of two texts between 0 and 1 by characters:
// Jaro's share of common characters and transpositions, raised by a tenth of
// what is missing for each of up to four common first characters (Winkler
// 1990, "String comparator metrics and enhanced decision rules in the
// Fellegi-Sunter model of record linkage"; without his threshold of 0.7).
// Two empty texts are alike. Time: O(|a|·window).
func JaroWinkler(a, b string) float64 { return jaroWinkler([]rune(a), []rune(b)) }

// flags of characters that are taken; longer texts than this are cut. Names are
// shorter by far, and a bound keeps hostile input from costing time.
const maxRunes = 128

func jaroWinkler(a, b []rune) float64 {
	a, b = a[:min(len(a), maxRunes)], b[:min(len(b), maxRunes)]
	if len(a) == 0 && len(b) == 0 {
		return 1
	}
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	var takenA, takenB [maxRunes]bool
	window := max(max(len(a), len(b))/2-1, 0)
	common := 0
	for i, r := range a {
		for j := max(0, i-window); j < min(len(b), i+window+1); j++ {
			if !takenB[j] && b[j] == r {
				takenA[i], takenB[j] = true, true
				common++
				break
			}
		}
	}
	if common == 0 {
		return 0
	}
	out, j := 0, 0 // characters out of order
	for i := range a {
		if !takenA[i] {
			continue
		}
		for !takenB[j] {
			j++
		}
		if a[i] != b[j] {
			out++
		}
		j++
	}
	m := float64(common)
	jaro := (m/float64(len(a)) + m/float64(len(b)) + (m-float64(out/2))/m) / 3
	prefix := 0
	for prefix < min(4, len(a), len(b)) && a[prefix] == b[prefix] {
		prefix++
	}
	return jaro + float64(prefix)*.1*(1-jaro)
}

// DamerauLevenshtein is the least number of characters to insert, delete,
// replace or swap with a neighbour that turns a into b (Damerau 1964,
// doi:10.1145/363958.363994). Swapped characters may be edited again, so it is
// a metric. Time and memory: O(|a|·|b|).
func DamerauLevenshtein(a, b string) int {
	x, y := []rune(a), []rune(b)
	// Lowrance and Wagner 1975, doi:10.1145/321879.321880; the rows and columns
	// 0 stand for "before the text", which costs more than any edit.
	far := len(x) + len(y)
	width := len(y) + 2
	d := make([]int, (len(x)+2)*width)
	at := func(i, j int) *int { return &d[(i+1)*width+j+1] }
	*at(-1, -1) = far
	for i := 0; i <= len(x); i++ {
		*at(i, -1), *at(i, 0) = far, i
	}
	for j := 0; j <= len(y); j++ {
		*at(-1, j), *at(0, j) = far, j
	}
	last := make(map[rune]int) // the last row with a character
	for i := 1; i <= len(x); i++ {
		lastMatch := 0 // the last column of this row with an equal character
		for j := 1; j <= len(y); j++ {
			row, column := last[y[j-1]], lastMatch
			cost := 1
			if x[i-1] == y[j-1] {
				cost, lastMatch = 0, j
			}
			*at(i, j) = min(
				*at(i-1, j-1)+cost,
				*at(i, j-1)+1,
				*at(i-1, j)+1,
				*at(row-1, column-1)+(i-row-1)+1+(j-column-1))
		}
		last[x[i-1]] = i
	}
	return *at(len(x), len(y))
}

// oneEdit reports whether two texts are at most one edit apart in the sense of
// [DamerauLevenshtein]. Time: O(|a|).
func oneEdit(a, b []rune) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return slices.Equal(a[i:], b[i+1:])
	}
	if i == len(a) || slices.Equal(a[i+1:], b[i+1:]) {
		return true
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && slices.Equal(a[i+2:], b[i+2:])
}

// fold is a text as it is compared: lower case, accents of Latin letters gone,
// everything but letters and digits one space.
func fold(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range s {
		r = unicode.ToLower(r)
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			if plain, ok := plainLetters[r]; ok {
				b.WriteString(plain)
			} else {
				b.WriteRune(r)
			}
		case unicode.Is(unicode.Mn, r) || r == '\'' || r == '’':
			// a combining accent, or the mark in O'Neill
		default:
			gap = true
		}
	}
	return b.String()
}

// plainLetters are Latin letters without their marks, lower case.
var plainLetters = func() map[rune]string {
	plain := map[rune]string{'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'ı': "i"}
	for base, marked := range map[string]string{
		"a": "àáâãäåāăą", "c": "çćĉċč", "d": "ď", "e": "èéêëēĕėęě", "g": "ĝğġģ", "h": "ĥħ", "i": "ìíîïĩīĭį",
		"j": "ĵ", "k": "ķ", "l": "ĺļľŀ", "n": "ñńņňŉ", "o": "òóôõöōŏő", "r": "ŕŗř", "s": "śŝşšș", "t": "ţťŧț",
		"u": "ùúûüũūŭůűų", "w": "ŵ", "y": "ýÿŷ", "z": "źżž",
	} {
		for _, r := range marked {
			plain[r] = base
		}
	}
	return plain
}()

// digits is the digits of a text.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}
