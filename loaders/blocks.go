package loaders

import (
	"bytes"
	"strings"
)

// blocks turns the rows of a window into strings without one for each row: it
// copies all whole lines of the window at once, and rows are pieces of that. A
// value that is kept, such as the key of a reference, keeps its block.
type blocks struct {
	text  string
	at    int64 // stream offset of text
	clean bool  // all of text is UTF-8 without NUL
}

// cut is the next n bytes of the window, before they are taken.
func (b *blocks) cut(in *lines, n int) string {
	from := in.at - b.at
	if from < 0 || from+int64(n) > int64(len(b.text)) {
		w := in.window()
		whole := max(n, bytes.LastIndexByte(w, '\n')+1) // what follows may be cut within a rune
		b.text, b.at, from = string(w[:whole]), in.at, 0
		b.clean = checkBytes(w[:whole]) == nil
	}
	return b.text[from : from+int64(n)]
}

// slab makes texts that rows do not hold without an allocation for each: they
// are pieces of one larger text.
type slab struct{ b strings.Builder }

const slabSize = 1 << 15

// join is the parts one after the other.
func (s *slab) join(a, b, c string) string {
	n := len(a) + len(b) + len(c)
	if s.b.Cap()-s.b.Len() < n {
		s.b = strings.Builder{}
		s.b.Grow(max(n, slabSize))
	}
	from := s.b.Len()
	s.b.WriteString(a)
	s.b.WriteString(b)
	s.b.WriteString(c)
	return s.b.String()[from:]
}
