package loaders

import (
	"bytes"
	"strings"
	"unsafe"
)

// blocks turns the rows of a window into strings without one for each row: it
// copies all whole lines of the window at once, and rows are pieces of that. A
// value that is kept, such as the key of a reference, keeps its block, or is copied
// where blocks are lent.
type blocks struct {
	text  string
	at    int64 // stream offset of text
	clean bool  // all of text is UTF-8 without NUL
	plain bool  // and it holds no quote, so that a line is a row

	lent   *lending // nil: the collector sees to texts that nobody looks at any more
	memory []byte   // of text, if it is lent
}

// lending gives texts memory of earlier ones: a file is many times as long as what
// is looked at of it at a time, and memory that is used again lies in the caches.
type lending struct {
	free, past [][]byte // past: what the rows from now on do not lie in
}

// make copies bytes to be the text, in the place of the one before.
func (b *blocks) make(text []byte) string {
	if b.lent == nil {
		return string(text)
	}
	if b.memory != nil {
		b.lent.past = append(b.lent.past, b.memory)
	}
	b.memory = nil
	if n := len(b.lent.free); n > 0 {
		b.memory, b.lent.free = b.lent.free[n-1][:0], b.lent.free[:n-1]
	}
	b.memory = append(b.memory, text...)
	return unsafe.String(unsafe.SliceData(b.memory), len(b.memory))
}

// cut is the next n bytes of the window, before they are taken.
func (b *blocks) cut(in *lines, n int) string {
	from := in.at - b.at
	if from < 0 || from+int64(n) > int64(len(b.text)) {
		w := in.window()
		whole := max(n, bytes.LastIndexByte(w, '\n')+1) // what follows may be cut within a rune
		b.text, b.at, from = b.make(w[:whole]), in.at, 0
		b.clean = checkBytes(w[:whole]) == nil
		b.plain = b.clean && strings.IndexByte(b.text, '"') < 0
	}
	return b.text[from : from+int64(n)]
}

// line is the line that comes next, without its end, if it lies in a plain block
// already, and how long it is with it. A blank line and one that may be too long
// are left to the caller.
func (b *blocks) line(in *lines) (line string, n int) {
	from := in.at - b.at
	if !b.plain || from < 0 || from >= int64(len(b.text)) {
		return "", 0
	}
	line = b.text[from:]
	end := strings.IndexByte(line, '\n')
	if end < 0 || end > maxRow {
		return "", 0
	}
	return strings.TrimSuffix(line[:end], "\r"), end + 1
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
