package loaders

import (
	"bytes"
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
