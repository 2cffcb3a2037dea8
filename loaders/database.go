package loaders

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"ringleader/graph"
)

// Database is a source of rows that is no file. It is asked and never written
// to. Its calls end in time and fail with ErrUnavailable where it cannot be
// reached and with ErrInvalid where it refuses what it is asked; errors hold
// nothing of rows, and no secret.
type Database interface {
	// Name is its address without user and password, such as
	// postgres://localhost:5432/shop.
	Name() string
	// Columns names the columns that a request will give, without reading
	// rows; nil where they are known only from the rows. It refuses a query
	// that would write.
	Columns(ctx context.Context, q Request) ([]string, error)
	// Rows hands on each row as a JSON object on one line, good until the next:
	// numbers exact, times in RFC 3339, null for what is absent. It returns the
	// greatest mark among them, in a form that is good for After and UpTo, and
	// empty if no row has one. The same rows come in the same order as far as
	// the database keeps one.
	Rows(ctx context.Context, q Request, yield func(row []byte) error) (mark string, err error)
	// Reads is what there is to be read, each as a table of its own, for
	// [Infer].
	Reads(ctx context.Context) ([]ReadRule, error)
	// Close ends the connection.
	Close() error
}

// Request is one question to a database.
type Request struct {
	*ReadRule
	Used  []string // columns that the rules of the table use
	After string   // only rows with a greater mark; empty: all
	UpTo  string   // and none with a greater one; empty: no limit
	Limit int      // a sample of so many rows; 0: all
}

// IsDatabase reports whether a path is the address of a database: Options.Open
// opens it, or there is none.
func IsDatabase(path string) bool { return strings.Contains(path, "://") }

// open opens a database.
func (s *sources) open(ctx context.Context, address string) (Database, error) {
	if s.opts.Open == nil {
		return nil, fmt.Errorf("%w path: addresses of databases cannot be read here", graph.ErrInvalid)
	}
	return s.opts.Open(ctx, address)
}

// addDatabase keeps the rows of every table that is read from a database in a
// file of the spool, so that from there on they are a file's: its content is
// known before its first row is loaded, and the database is let go of soon.
func (s *sources) addDatabase(ctx context.Context, address string) (err error) {
	db, err := s.open(ctx, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	found := false
	for i := range s.mapping.Tables {
		t := &s.mapping.Tables[i]
		if t.Read == nil {
			continue
		}
		found = true
		if err := s.addTable(ctx, db, t); err != nil {
			return fmt.Errorf("load %s: %s: %w", db.Name(), t.Read.Where(), err)
		}
	}
	if !found {
		return fmt.Errorf("load %s: %w mapping: no table of %s says under read which rows of a database it is", db.Name(), graph.ErrInvalid, s.mapping.Name)
	}
	return nil
}

// addTable reads what of a table is new.
func (s *sources) addTable(ctx context.Context, db Database, t *Table) error {
	if len(t.Joins) > 0 {
		return fmt.Errorf("%w table %s: joins are of files; let the query join", graph.ErrInvalid, t.File)
	}
	q := Request{ReadRule: t.Read, Used: usedColumns(t)}
	columns, err := db.Columns(ctx, q)
	if err == nil && columns != nil {
		err = checkColumns(t, columns, s.opts)
	}
	if err != nil {
		return err
	}
	of := s.opts.readID(db, t)
	for _, span := range s.marks.next(of, t.Read, s.opts.Full) {
		q.After, q.UpTo = span.After, span.UpTo
		if err := s.spoolRows(ctx, db, q, t, span); err != nil {
			return err
		}
	}
	return nil
}

// checkColumns finds columns that the table needs and the database lacks, and
// names that no column may have.
func checkColumns(t *Table, columns []string, o *Options) error {
	if err := nameColumns(columns); err != nil {
		return err
	}
	for name := range t.Derive {
		columns = append(slices.Clone(columns), name)
	}
	_, err := compile(t, columns, o.Location)
	return err
}

// usedColumns is the columns that rules of a table use, by their names in its
// rows, ascending.
func usedColumns(t *Table) []string {
	c := &compiler{table: t, open: true, index: map[string]int{}, used: map[string]bool{}, columns: map[string]Column{}}
	maps.Copy(c.columns, t.Columns)
	c.checkReading()
	c.plans()
	for _, w := range t.allConditions() {
		if cond, err := parseCondition(w); err == nil {
			c.used[cond.column] = true
		}
	}
	for from, to := range t.Rename {
		if c.used[to] {
			c.used[from] = true
		}
	}
	for name := range t.Columns {
		c.used[name] = true
	}
	return slices.Sorted(maps.Keys(c.used))
}

func (t *Table) allConditions() []string {
	all := slices.Clone(t.Where)
	for i := range t.Nodes {
		all = append(all, t.Nodes[i].When...)
	}
	for i := range t.Links {
		all = append(all, t.Links[i].When...)
	}
	for i := range t.Events {
		all = append(all, t.Events[i].When...)
	}
	for i := range t.Labels {
		all = append(all, t.Labels[i].When...)
	}
	return all
}

// spoolRows reads the rows of one span into a file that only this user may
// read.
func (s *sources) spoolRows(ctx context.Context, db Database, q Request, t *Table, span Span) error {
	name := db.Name() + "#" + t.File
	f, err := s.spoolTemp("rows")
	if err != nil {
		return err
	}
	w, rows := bufio.NewWriterSize(f, 1<<18), int64(0)
	mark, err := db.Rows(ctx, q, func(row []byte) error {
		if rows++; rows%1024 == 0 && s.opts.Progress != nil {
			s.opts.Progress(Progress{File: name, Rows: rows})
		}
		if _, err := w.Write(row); err != nil {
			return err
		}
		return w.WriteByte('\n')
	})
	if err = errors.Join(err, w.Flush(), f.Close()); err != nil {
		return err
	}
	if t.Read.Mark != "" {
		span.UpTo = mark
		if mark == "" {
			span.UpTo = span.After // nothing new
		}
	}
	info, err := os.Stat(f.Name())
	if err != nil {
		return err
	}
	s.list = append(s.list, source{
		name: name, path: f.Name(), format: formatJSONL, table: t, size: info.Size(), modified: info.ModTime(), span: span,
	})
	return nil
}

// spoolTemp makes a file in the spool.
func (s *sources) spoolTemp(name string) (*os.File, error) {
	if err := s.spoolFolder(); err != nil {
		return nil, err
	}
	return os.CreateTemp(s.spool, name+"-*.jsonl")
}
