package loaders

import "bytes"

// delimiters are what may part values, the more usual first.
var delimiters = []byte{',', ';', '\t', '|'}

// delimiterLines is how many lines the choice of a delimiter looks at.
const delimiterLines = 20

// guessDelimiter is the delimiter that parts all of the first lines into the
// same number of values, the largest such number winning; where none does, the
// most frequent one of the first line. A comma inside quotes, or in "12,50",
// parts nothing. The text may end within a line.
func guessDelimiter(text []byte) byte {
	best, most := byte(0), 1
	for _, d := range delimiters {
		if n := constantWidth(text, d); n > most {
			best, most = d, n
		}
	}
	if best != 0 {
		return best
	}
	first, _, _ := bytes.Cut(text, []byte("\n"))
	best, most = ',', 0
	for _, d := range delimiters {
		if n := bytes.Count(first, []byte{d}); n > most {
			best, most = d, n
		}
	}
	return best
}

// constantWidth is the number of values of each line if all have the same, else
// 0. A line that the text cuts off does not count, unless it is the only one.
func constantWidth(text []byte, d byte) int {
	width, n, quoted, blank := 0, 1, false, true
	lines := 0
	for _, c := range text {
		switch {
		case c == '"':
			quoted, blank = !quoted, false
		case quoted:
		case c == d:
			n, blank = n+1, false
		case c == '\n':
			if !blank {
				if lines > 0 && n != width {
					return 0
				}
				width = n
				if lines++; lines == delimiterLines {
					return width
				}
			}
			n, blank = 1, true
		case c != '\r':
			blank = false
		}
	}
	if lines == 0 {
		return n
	}
	return width
}
