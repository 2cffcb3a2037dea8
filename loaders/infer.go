package loaders

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"ringleader/graph"
)

// Inference is a mapping that was made by looking at files, and why it is what
// it is.
type Inference struct {
	Mapping *Mapping
	YAML    []byte // the mapping as a file, with the reasons as comments
	Tables  []TableGuess
}

// TableGuess is what one table was taken for.
type TableGuess struct {
	File    string        `json:"file"`
	Kind    string        `json:"kind"` // accounts, uses, payments, transfers, events, links, entities, canonical, nothing
	Why     string        `json:"why"`
	Rows    int           `json:"rows"` // looked at
	Columns []ColumnGuess `json:"columns"`
	Doubts  []string      `json:"doubts,omitempty"` // what a person should look at
}

// ColumnGuess is what one column was taken for.
type ColumnGuess struct {
	Name  string `json:"name"`
	Means string `json:"means"`
	Why   string `json:"why"`
}

// inferRows is how many rows of a file are looked at.
const inferRows = 20_000

// sample is the beginning of a file as inference sees it.
type sample struct {
	source  source
	stem    string
	like    []string // stems of files with the same header
	header  []string
	columns []*profile
	rows    int
	guess   []meaning // by column

	skip     int    // lines before the header
	unnamed  bool   // it has no header
	stated   string // delimiter, if lines before the header hide it
	language map[string]int
}

// Infer looks at the first rows of files, and of the tables of databases, and proposes a mapping that loads
// them. Files of the canonical layout keep it. What a column means is decided
// by its header (in several languages), by the shape of its values, and by
// whether they are keys of another file. It fails with ErrInvalid where a file
// cannot be read or nothing in it names an account or another thing.
// Time: O(rows looked at).
func Infer(ctx context.Context, paths []string, o Options) (*Inference, error) {
	o.Mapping = &Mapping{Name: "any", Tables: []Table{{File: "*"}}}
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	words, err := readVocabulary()
	if err != nil {
		return nil, err
	}
	found := &sources{opts: &o, mapping: o.Mapping, seen: make(map[string]bool)}
	defer found.Close()
	for _, p := range paths {
		add := found.add
		if IsDatabase(p) {
			add = found.addSamples
		}
		if err := add(ctx, p); err != nil {
			return nil, err
		}
	}
	var samples []*sample
	for i := range found.list {
		s := found.list[i]
		if strings.HasSuffix(s.name, ".txt") && !slices.Contains(paths, s.name) {
			continue // a folder's README is no table
		}
		one, err := takeSample(ctx, s)
		if err != nil {
			return nil, fmt.Errorf("infer %s: %w", s.name, err)
		}
		if same := slices.IndexFunc(samples, func(x *sample) bool {
			return slices.Equal(x.header, one.header) && x.skip == one.skip && x.stem != one.stem
		}); same >= 0 && one.header != nil && s.read == nil {
			samples[same].like = append(samples[same].like, one.stem)
			continue
		}
		samples = append(samples, one)
	}
	if len(samples) == 0 {
		return nil, fmt.Errorf("%w paths: they hold no table to look at", graph.ErrInvalid)
	}
	return propose(samples, words)
}

// takeSample reads the first rows of a file.
func takeSample(ctx context.Context, s source) (*sample, error) {
	one := &sample{source: s, language: make(map[string]int)}
	one.stem, _, _ = splitName(filepath.Base(s.name)) // its path may be that of a spooled copy
	switch {
	case s.name == "-":
		one.stem = "-"
	case s.read != nil:
		one.stem = s.read.stem()
	}
	table, err := one.layout()
	if err != nil {
		return nil, err
	}
	s.table = table
	in, err := openStream(s.path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	r, err := openTable(&s, in)
	if err != nil {
		return nil, err
	}
	var line row
	for one.rows < inferRows {
		if one.rows%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		err := r.next(&line)
		var p *problem
		if errors.As(err, &p) {
			continue // the load will report it
		}
		if err != nil && (err == io.EOF || one.rows > 0) {
			break
		} else if err != nil {
			return nil, err
		}
		one.add(r.columns(), line.values)
	}
	one.header = slices.Clone(r.columns())
	if one.rows == 0 {
		return nil, fmt.Errorf("%w file: it has no rows to look at", graph.ErrInvalid)
	}
	return one, nil
}

func (s *sample) add(columns, values []string) {
	for len(s.columns) < len(columns) { // a name that comes late was absent before
		s.columns = append(s.columns, &profile{
			name: columns[len(s.columns)], rows: s.rows, shapes: make(map[shape]int), values: make(map[string]int),
		})
	}
	s.rows++
	for i, p := range s.columns {
		v := ""
		if i < len(values) {
			v = strings.TrimSpace(values[i])
		}
		p.add(v)
	}
}

// layout finds lines before the header, and whether there is a header at all.
func (s *sample) layout() (*Table, error) {
	t := new(Table)
	if s.source.format != formatCSV && s.source.format != formatTSV {
		return t, nil
	}
	in, err := openStream(s.source.path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	text, err := decodeText(in, "")
	if err != nil {
		return nil, err
	}
	l := newLines(text)
	for len(l.window()) < 1<<14 && l.more() {
	}
	if err := checkText(l); err != nil {
		return nil, err
	}
	s.preamble(l.window(), t)
	for range t.Skip {
		l.skipLine()
	}
	first, err := openCSV(strings.NewReader(string(l.window())), t.delimiter(), []string{})
	if err != nil {
		return nil, err
	}
	var head row
	_ = first.next(&head) // a ragged row still has values
	if names := looksUnnamed(head.values); names != nil {
		s.unnamed, t.Header = true, names
	}
	return t, nil
}

// preamble finds lines of prose before a table: the fewest, each with fewer
// values than the table has columns, after which all lines have the same number
// of values.
func (s *sample) preamble(text []byte, t *Table) {
	const most = 30
	skipped := make([]int, len(delimiters)) // the most values of a skipped line
	for skip := 0; skip <= most && len(text) > 0; skip++ {
		for i, d := range delimiters {
			if w := constantWidth(text, d); w < 2 || w <= skipped[i] {
				continue
			}
			if skip > 0 {
				t.Skip, t.Delimiter = skip, string(d)
				s.skip, s.stated = skip, string(d)
			}
			return
		}
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		for i, d := range delimiters {
			skipped[i] = max(skipped[i], bytes.Count(line, []byte{d})+1)
		}
		text = rest
	}
}

// looksUnnamed makes names for the columns of a file whose first row holds
// data, nil if it holds names: numbers, dates and addresses name nothing.
func looksUnnamed(values []string) []string {
	data := 0
	for _, v := range values {
		v = strings.TrimSpace(v)
		p := profile{samples: []string{v}}
		switch shapeOf(v) {
		case shapeEmail, shapeIP, shapeUUID, shapeIMEI, shapeIBAN, shapeCard, shapeDot, shapeComma:
			data++
		case shapeInteger:
			if len(v) > 4 {
				data++
			}
		default:
			if _, ok := p.times(true); ok && v != "" {
				data++
			}
		}
	}
	if data == 0 {
		return nil
	}
	names := make([]string, len(values))
	for i := range names {
		names[i] = fmt.Sprintf("column_%d", i+1)
	}
	return names
}

// pattern is the name of the table for a sample and the files like it.
func (s *sample) pattern() string {
	escape := strings.NewReplacer(`\`, `\\`, "[", `\[`, "*", `\*`, "?", `\?`)
	if len(s.like) == 0 {
		return escape.Replace(s.stem)
	}
	common := s.stem
	for _, stem := range s.like {
		for !strings.HasPrefix(stem, common) {
			common = common[:len(common)-1]
		}
	}
	common = strings.TrimRight(strings.ToValidUTF8(common, ""), "0123456789")
	return escape.Replace(common) + "*"
}

// fits reports whether the sample has the columns that a table requires of
// files of its name.
func (s *sample) fits(t *Table) bool {
	if t == nil {
		return false
	}
	if ok, _ := path.Match(t.File, s.stem); !ok {
		return false
	}
	for name, c := range t.Columns {
		if c.Required && !slices.Contains(s.header, name) {
			return false
		}
	}
	return true
}

// IsCanonical reports whether paths can be read as the canonical layout: folders
// and archives that hold a file of it, files and standard input with its names
// and columns. A file of its name that lacks less than half of what is required
// is of it and faulty, so that the load can say what is missing.
func IsCanonical(ctx context.Context, paths []string, o Options) (bool, error) {
	o.Mapping = nil
	o, err := o.withDefaults()
	if err != nil {
		return false, err
	}
	found := &sources{opts: &o, mapping: o.Mapping, seen: make(map[string]bool)}
	defer found.Close()
	if slices.ContainsFunc(paths, IsDatabase) {
		return false, nil // its tables are named by a mapping only
	}
	for _, p := range paths {
		before := len(found.list)
		if err := found.add(ctx, p); errors.Is(err, graph.ErrInvalid) {
			return false, nil
		} else if err != nil {
			return false, err
		}
		if len(found.list) == before && len(found.skipped) > 0 {
			return false, nil
		}
		for i := before; i < len(found.list); i++ {
			if s := &found.list[i]; s.name == p && p != "-" && foreign(s) {
				return false, nil
			}
		}
	}
	return true, nil
}

// foreign reports whether a file has only the name of the table that would read
// it. A file that cannot be opened is for the load to report.
func foreign(s *source) bool {
	in, err := openStream(s.path)
	if err != nil {
		return false
	}
	defer in.Close()
	r, err := openTable(s, in)
	if err != nil || !r.fixed() {
		return false
	}
	required, there := 0, 0
	for name, c := range s.table.Columns {
		if c.Required {
			required++
			if slices.Contains(r.columns(), name) {
				there++
			}
		}
	}
	return there*2 < required
}
