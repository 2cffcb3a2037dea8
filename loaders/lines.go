package loaders

import (
	"bytes"
	"io"
)

// maxRow is the longest row in bytes. A longer one is taken for a stray quote
// or a file that is no table, and is rejected by itself.
const maxRow = 1 << 20

// keptRaw is how much of an overlong row a reject keeps.
const keptRaw = 4 << 10

// lines is a window onto a stream that grows until it holds what a format
// needs, at most maxRow bytes and a little.
type lines struct {
	r     io.Reader
	buf   []byte
	start int   // of what is not yet taken
	at    int64 // stream offset of buf[start]
	err   error // of the stream, io.EOF included
}

func newLines(r io.Reader) *lines { return &lines{r: r, buf: make([]byte, 0, 1<<16)} }

// window is what has been read but not taken.
func (l *lines) window() []byte { return l.buf[l.start:] }

// take moves the window past n bytes.
func (l *lines) take(n int) {
	l.start += n
	l.at += int64(n)
}

// more reads on; it reports false at the end or failure of the stream. It
// moves bytes: slices of the window are void afterwards.
func (l *lines) more() bool {
	if l.err != nil {
		return false
	}
	if l.start > 0 {
		n := copy(l.buf, l.buf[l.start:])
		l.buf, l.start = l.buf[:n], 0
	}
	if len(l.buf) == cap(l.buf) {
		grown := make([]byte, len(l.buf), 2*cap(l.buf))
		copy(grown, l.buf)
		l.buf = grown
	}
	// A reader may return nothing for a while; a hundred times is a fault.
	for range 100 {
		n, err := l.r.Read(l.buf[len(l.buf):cap(l.buf)])
		l.buf = l.buf[:len(l.buf)+n]
		l.err = err
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	l.err = io.ErrNoProgress
	return false
}

// line is the length of the first line of the window with its end, or of all
// that is left. tooLong reports that the line does not end within maxRow.
func (l *lines) line() (n int, tooLong bool) {
	seen := 0
	for {
		w := l.window()
		if i := bytes.IndexByte(w[seen:], '\n'); i >= 0 {
			return seen + i + 1, seen+i > maxRow
		}
		if len(w) > maxRow {
			return len(w), true
		}
		seen = len(w)
		if !l.more() {
			return len(l.window()), false
		}
	}
}

// skipLine takes the rest of a line, however long.
func (l *lines) skipLine() {
	for {
		w := l.window()
		if i := bytes.IndexByte(w, '\n'); i >= 0 {
			l.take(i + 1)
			return
		}
		l.take(len(w))
		if !l.more() {
			return
		}
	}
}

// failed is the error of the stream, nil at its regular end.
func (l *lines) failed() error {
	if l.err == io.EOF {
		return nil
	}
	return l.err
}

// trimEnd cuts a line feed, with a carriage return before it.
func trimEnd(line []byte) []byte {
	line = bytes.TrimSuffix(line, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r"))
}
