package loaders

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"ringleader/graph"
)

// openTable starts reading a file the way its table says: encoding, delimiter,
// lines before the header, columns from other files and derived ones.
func openTable(s *source, r io.Reader) (rows, error) {
	t := s.table
	text := s.format != formatParquet
	if text {
		decoded, err := decodeText(r, t.Encoding)
		if err != nil {
			return nil, err
		}
		r = decoded
	}
	skipped := int64(0)
	if text && t.Skip > 0 {
		l := newLines(r)
		for range t.Skip {
			l.skipLine()
		}
		skipped, r = l.at, io.MultiReader(strings.NewReader(string(l.window())), readerFunc(l.rest))
	}
	inner, err := openDecoded(s.format, r, t.Header, t.delimiter())
	if err != nil {
		return nil, err
	}
	if skipped == 0 && len(t.Joins)+len(t.Derive) == 0 {
		return inner, nil
	}
	e := &extendedRows{inner: inner, skipped: skipped}
	for i := range t.Joins {
		if err := e.join(s, &t.Joins[i]); err != nil {
			return nil, fmt.Errorf("join with %s: %w", t.Joins[i].File, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Derive)) {
		text, err := parseTemplate(t.Derive[name])
		if err != nil {
			return nil, fmt.Errorf("derived column %q: %w", name, err)
		}
		e.names = append(e.names, name)
		e.derived = append(e.derived, text)
	}
	return e, nil
}

// rest reads on behind the window of l.
func (l *lines) rest(p []byte) (int, error) {
	if l.err != nil {
		return 0, l.err
	}
	return l.r.Read(p)
}

// delimiter is the stated delimiter, 0 if it is to be found.
func (t *Table) delimiter() byte {
	if t.Delimiter == "" {
		return 0
	}
	return t.Delimiter[0]
}

// checkReading checks how a table says that its files are read.
func (c *compiler) checkReading() {
	t := c.table
	if t.Skip < 0 || t.Skip > 1000 {
		c.fail("skip", fmt.Errorf("%w skip: want 0 to 1,000 lines", graph.ErrInvalid))
	}
	if len(t.Delimiter) > 1 || t.Delimiter == "\"" || t.Delimiter == "\n" || t.Delimiter == "\r" {
		c.fail("delimiter", fmt.Errorf("%w delimiter: want one character of ASCII", graph.ErrInvalid))
	}
	if t.Encoding != "" {
		_, err := namedEncoding(t.Encoding)
		c.fail("encoding", err)
	}
	for i := range t.Joins {
		j, at := &t.Joins[i], fmt.Sprintf("joins[%d]", i)
		if j.File == "" || len(j.On) == 0 {
			c.fail(at, fmt.Errorf("%w join: want file, and on with the columns that are equal", graph.ErrInvalid))
		}
		if _, err := path.Match(j.File, ""); err != nil {
			c.fail(at+".file", fmt.Errorf("%w join: not a pattern of names", graph.ErrInvalid))
		}
		for _, here := range slices.Sorted(maps.Keys(j.On)) {
			c.used[cmp.Or(t.Rename[here], here)] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Derive)) {
		c.name("derive."+name, name)
		text, err := parseTemplate(t.Derive[name])
		c.fail("derive."+name, err)
		for _, p := range text.parts {
			c.used[cmp.Or(t.Rename[p.column], p.column)] = true
		}
	}
}

// extendedRows puts columns of other files and derived columns before those of
// a file: they stay in place if the file's own columns grow.
type extendedRows struct {
	inner   rows
	skipped int64 // bytes before the header
	joins   []joined
	names   []string // of the added columns: of joins, then derived
	derived []template

	all    []string // names, then the columns of inner
	bound  int      // columns of inner that all holds
	values []string
}

func (e *extendedRows) fixed() bool   { return e.inner.fixed() }
func (e *extendedRows) offset() int64 { return e.skipped + e.inner.offset() }

func (e *extendedRows) columns() []string {
	own := e.inner.columns()
	if e.all == nil || len(own) != e.bound {
		e.all, e.bound = slices.Concat(e.names, own), len(own)
		e.bind()
	}
	return e.all
}

// bind finds the columns that joins and derived columns need. A derived column
// sees the file's own columns and the joined ones.
func (e *extendedRows) bind() {
	find := func(name string) int {
		for i := len(e.all) - 1; i >= 0; i-- {
			if e.all[i] == name && (i >= len(e.names) || i < len(e.names)-len(e.derived)) {
				return i
			}
		}
		return -1
	}
	for i := range e.joins {
		for k, here := range e.joins[i].here {
			e.joins[i].index[k] = find(here)
		}
	}
	for i := range e.derived {
		for k := range e.derived[i].parts {
			if p := &e.derived[i].parts[k]; p.column != "" {
				p.index = find(p.column)
			}
		}
	}
}

func (e *extendedRows) next(r *row) error {
	err := e.inner.next(r)
	r.offset += e.skipped
	if err != nil {
		return err
	}
	all := e.columns()
	e.values = append(append(e.values[:0], make([]string, len(e.names))...), r.values...)
	e.values = append(e.values, make([]string, max(0, len(all)-len(e.values)))...)
	for i := len(e.names); i < len(e.values); i++ {
		e.values[i] = strings.TrimSpace(e.values[i])
	}
	at := 0
	for i := range e.joins {
		copy(e.values[at:], e.joins[i].find(e.values))
		at += e.joins[i].width
	}
	for i := range e.derived {
		e.values[at+i], _ = e.derived[i].text(e.values)
	}
	r.values = append(r.values[:0], e.values...)
	return nil
}

// joined is another file held in memory by its key.
type joined struct {
	here  []string // columns of the file at hand whose values are the key
	index []int    // their places, -1 for one that is not there
	rows  map[string][]string
	width int
}

func (j *joined) find(values []string) []string {
	key := make([]string, len(j.index))
	for i, at := range j.index {
		if at < 0 || values[at] == "" {
			return nil
		}
		key[i] = values[at]
	}
	return j.rows[strings.Join(key, "\x00")]
}

// join reads the other file. A bad row of it is an error: what it would have
// added is not known. Of rows with one key the first holds.
func (e *extendedRows) join(s *source, j *Join) error {
	file, f, err := s.joinFile(j)
	if err != nil {
		return err
	}
	in, err := openStream(file)
	if err != nil {
		return err
	}
	defer in.Close()
	other, err := openRows(f, in, nil)
	if err != nil {
		return err
	}
	out := joined{rows: make(map[string][]string)}
	var there []string
	for _, here := range slices.Sorted(maps.Keys(j.On)) {
		out.here, there = append(out.here, here), append(there, j.On[here])
	}
	out.index = make([]int, len(out.here))
	wanted := j.Columns
	var r row
	for {
		err := other.next(&r)
		if err == io.EOF {
			break
		}
		var p *problem
		if errors.As(err, &p) {
			return &RowError{File: file, Row: r.number, Offset: r.offset, Column: p.column, Reason: p.reason}
		}
		if err != nil {
			return err
		}
		columns := other.columns()
		if wanted == nil {
			wanted = slices.DeleteFunc(slices.Clone(columns), func(c string) bool { return slices.Contains(there, c) })
		}
		key, ok := pick(columns, r.values, there)
		if !ok && other.fixed() {
			return fmt.Errorf("%w join: it lacks a column of the key: %s", graph.ErrInvalid, strings.Join(there, ", "))
		}
		values, ok := pick(columns, r.values, wanted)
		if !ok && other.fixed() {
			return fmt.Errorf("%w join: it lacks one of the columns %s", graph.ErrInvalid, strings.Join(wanted, ", "))
		}
		if _, twice := out.rows[strings.Join(key, "\x00")]; !twice {
			out.rows[strings.Join(key, "\x00")] = values
		}
	}
	out.width = len(wanted)
	for _, name := range wanted {
		e.names = append(e.names, j.Prefix+name)
	}
	e.joins = append(e.joins, out)
	return nil
}

// pick is the values of some columns; ok is false if one is not there.
func pick(columns, values, names []string) (picked []string, ok bool) {
	ok = true
	for _, name := range names {
		i := slices.Index(columns, name)
		if i < 0 || i >= len(values) {
			picked, ok = append(picked, ""), false
			continue
		}
		picked = append(picked, strings.TrimSpace(values[i]))
	}
	return picked, ok
}
