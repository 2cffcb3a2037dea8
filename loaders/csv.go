package loaders

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"ringleader/graph"
)

// csvRows reads comma-separated values: RFC 4180, with quotes inside unquoted
// values taken as they are, rows of any line end, and blank lines left out. A
// row that cannot be read costs its first line; reading goes on with the next.
// encoding/csv would give neither the bytes of a row nor that recovery.
type csvRows struct {
	in     *lines
	comma  byte
	header []string
	number int64
	ends   []field
	text   blocks
}

// field is one value within the text of a row.
type field struct {
	from, to int
	escaped  bool // holds doubled quotes
}

// openCSV reads the header, or takes the given one for a file without. A zero
// comma is found from the first lines, see guessDelimiter.
func openCSV(r io.Reader, comma byte, header []string) (*csvRows, error) {
	c := &csvRows{in: newLines(r), comma: comma}
	if err := checkText(c.in); err != nil {
		return nil, err
	}
	if c.comma == 0 {
		for len(c.in.window()) < 1<<14 && c.in.more() {
		}
		c.comma = guessDelimiter(c.in.window())
	}
	if header != nil {
		c.header = slices.Clone(header)
		return c, nil
	}
	var first row
	if err := c.next(&first); err == io.EOF {
		return nil, fmt.Errorf("%w file: empty, without even a header", graph.ErrInvalid)
	} else if err != nil {
		return nil, fmt.Errorf("%w header: %w", graph.ErrInvalid, err)
	}
	c.number, c.header = 0, slices.Clone(first.values)
	return c, nameColumns(c.header)
}

// nameColumns trims names in place, names the nameless by position and refuses
// a name that stands twice.
func nameColumns(header []string) error {
	seen := make(map[string]int, len(header))
	for i, name := range header {
		name = strings.TrimSpace(name)
		if name == "" {
			name = fmt.Sprintf("column_%d", i+1)
		}
		if j, ok := seen[name]; ok {
			return fmt.Errorf("%w header: columns %d and %d have the same name", graph.ErrInvalid, j+1, i+1)
		}
		if len(name) > 256 {
			return fmt.Errorf("%w header: the name of column %d is longer than 256 bytes", graph.ErrInvalid, i+1)
		}
		if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError }) {
			return fmt.Errorf("%w header: the name of column %d holds control characters", graph.ErrInvalid, i+1)
		}
		seen[name], header[i] = i, name
	}
	return nil
}

// checkText looks at the beginning of a file, takes a byte order mark and
// refuses what is not UTF-8 text.
func checkText(in *lines) error {
	for len(in.window()) < 512 && in.more() {
	}
	if err := in.failed(); err != nil && len(in.window()) == 0 {
		return err
	}
	head := in.window()
	head = head[:min(len(head), 512)]
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		in.take(3)
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return fmt.Errorf("%w file: UTF-16 that was not decoded; its table states another encoding", graph.ErrInvalid)
	case bytes.IndexByte(head, 0) >= 0:
		return fmt.Errorf("%w file: binary data, not a table of text", graph.ErrInvalid)
	}
	return nil
}

func (c *csvRows) columns() []string { return c.header }
func (c *csvRows) fixed() bool       { return true }
func (c *csvRows) offset() int64     { return c.in.at }

func (c *csvRows) next(r *row) error {
	if line, n := c.text.line(c.in); line != "" {
		c.number++
		r.number, r.offset, r.raw = c.number, c.in.at, c.in.window()[:len(line)]
		c.in.take(n)
		c.splitPlain(r, line)
		return c.check(r)
	}
	for {
		n, tooLong := c.in.line()
		if n == 0 {
			if err := c.in.failed(); err != nil {
				return err
			}
			return io.EOF
		}
		line := trimEnd(c.in.window()[:n])
		if len(line) == 0 {
			c.in.take(n)
			continue
		}
		if err := c.in.failed(); err != nil && c.in.window()[n-1] != '\n' {
			return err // the stream broke inside this row
		}
		c.number++
		r.number, r.offset, r.values = c.number, c.in.at, r.values[:0]
		if tooLong {
			r.raw = bytes.Clone(line[:min(len(line), keptRaw)])
			c.in.skipLine()
			return &problem{reason: "longer than 1 MiB"}
		}
		if bytes.IndexByte(line, '"') < 0 {
			r.raw = line
			text := c.text.cut(c.in, len(line))
			c.in.take(n)
			c.splitPlain(r, text)
			return c.check(r)
		}
		return c.nextQuoted(r, n)
	}
}

func (c *csvRows) splitPlain(r *row, text string) {
	values := r.values[:0]
	for {
		i := strings.IndexByte(text, c.comma)
		if i < 0 {
			r.values = append(values, text)
			return
		}
		values = append(values, text[:i])
		text = text[i+1:]
	}
}

// nextQuoted reads a row whose first line, of n bytes, holds a quote: it may go
// on over line ends. The window doubles until the row is whole.
func (c *csvRows) nextQuoted(r *row, n int) error {
	first := n
	for {
		last := c.in.err == io.EOF && n == len(c.in.window())
		length, p := c.splitQuoted(c.in.window()[:n], last)
		if p == nil {
			text := c.text.cut(c.in, length)
			r.raw = trimEnd(c.in.window()[:length])
			for _, f := range c.ends {
				v := text[f.from:f.to]
				if f.escaped {
					v = strings.ReplaceAll(v, `""`, `"`)
				}
				r.values = append(r.values, v)
			}
			c.in.take(length)
			return c.check(r)
		}
		want := 2 * n
		for len(c.in.window()) < want && c.in.more() {
		}
		ended := !last && c.in.err == io.EOF // only now known, so that a line end is not missed
		if p == errOpenQuote && n <= maxRow && (n < len(c.in.window()) || ended) {
			n = min(want, len(c.in.window()))
			continue
		}
		if err := c.in.failed(); err != nil && p == errOpenQuote {
			return err
		}
		r.raw = trimEnd(c.in.window()[:first])
		c.in.take(first)
		return p
	}
}

var (
	errOpenQuote  = &problem{reason: "a quote is opened and not closed"}
	errAfterQuote = &problem{reason: "text after a closing quote; a quote inside a quoted value is written twice"}
)

// splitQuoted finds the values of the first row of b and its length with its
// line end. errOpenQuote may mean that b ends too early, unless b is the last
// of the file.
func (c *csvRows) splitQuoted(b []byte, last bool) (int, *problem) {
	c.ends = c.ends[:0]
	for i := 0; ; {
		if i < len(b) && b[i] == '"' {
			f := field{from: i + 1}
			for i++; ; i += 2 {
				q := bytes.IndexByte(b[i:], '"')
				if q < 0 {
					return 0, errOpenQuote
				}
				i += q
				if i+1 >= len(b) || b[i+1] != '"' {
					break
				}
				f.escaped = true
			}
			f.to = i
			i++
			c.ends = append(c.ends, f)
		} else {
			from := i
			for i < len(b) && b[i] != c.comma && b[i] != '\n' {
				i++
			}
			to := i
			if i < len(b) && b[i] == '\n' || i == len(b) {
				to = from + len(bytes.TrimSuffix(b[from:i], []byte("\r")))
			}
			c.ends = append(c.ends, field{from: from, to: to})
		}
		switch rest := b[i:]; {
		case len(rest) == 0 && !last:
			return 0, errOpenQuote
		case len(rest) == 0:
			return i, nil
		case rest[0] == c.comma:
			i++
		case rest[0] == '\n':
			return i + 1, nil
		case rest[0] == '\r' && len(rest) == 1:
			if !last {
				return 0, errOpenQuote
			}
			return i + 1, nil
		case rest[0] == '\r' && rest[1] == '\n':
			return i + 2, nil
		default:
			return 0, errAfterQuote
		}
	}
}

func (c *csvRows) check(r *row) error {
	if !c.text.clean {
		if p := checkBytes(r.raw); p != nil {
			return p
		}
	}
	if c.header != nil && len(r.values) != len(c.header) {
		return &problem{reason: fmt.Sprintf("%d values, the header names %d", len(r.values), len(c.header))}
	}
	return nil
}

func checkBytes(raw []byte) *problem {
	switch {
	case !utf8.Valid(raw):
		return &problem{reason: "not UTF-8"}
	case bytes.IndexByte(raw, 0) >= 0:
		return &problem{reason: "holds a NUL byte"}
	}
	return nil
}
