package loaders

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"ringleader/graph"
)

// WriterOptions say how a [Writer] writes.
type WriterOptions struct {
	// Gzip writes accounts.csv.gz instead of accounts.csv, and so on.
	Gzip bool
	// Parquet writes accounts.parquet and so on, every column a string. It
	// goes before Gzip.
	Parquet bool
}

// Writer writes the canonical layout into a folder. A file comes to be with
// its first row; equal rows in equal order make equal bytes. Errors are kept
// and returned by Close too, so a caller may check there only. It is not safe
// for concurrent use.
type Writer struct {
	dir      string
	opts     WriterOptions
	tables   map[string]*TableWriter
	order    []*TableWriter
	entities []Entity
	err      error
}

// NewWriter makes the folder dir, if it is not there, and writes into it.
func NewWriter(dir string, o WriterOptions) (*Writer, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("write layout: %w", err)
	}
	return &Writer{dir: dir, opts: o, tables: make(map[string]*TableWriter)}, nil
}

// Table is the file of a name without extension, such as "accounts" or
// "truth/traps", and its columns, which only the first call sets. It serves
// tables that have no typed row.
func (w *Writer) Table(name string, columns ...string) (*TableWriter, error) {
	if t, ok := w.tables[name]; ok {
		return t, nil
	}
	if w.err != nil {
		return nil, w.err
	}
	path := filepath.Join(w.dir, filepath.FromSlash(name))
	switch {
	case w.opts.Parquet:
		path += ".parquet"
	case w.opts.Gzip:
		path += ".csv.gz"
	default:
		path += ".csv"
	}
	t, err := createTable(path, w.opts, columns)
	if err != nil {
		w.err = fmt.Errorf("write layout: %w", err)
		return nil, w.err
	}
	w.tables[name] = t
	w.order = append(w.order, t)
	return t, nil
}

func (w *Writer) row(name string, columns []string, values ...string) error {
	t, err := w.Table(name, columns...)
	if err != nil {
		return err
	}
	return t.Row(values...)
}

// Close writes what is buffered and closes every file. It returns the first
// error of the writer's life.
func (w *Writer) Close() error {
	if len(w.entities) > 0 {
		w.writeEntities()
	}
	err := w.err
	for _, t := range w.order {
		err = errors.Join(err, t.close())
	}
	w.tables, w.order, w.entities = nil, nil, nil
	return err
}

// writeEntities comes last, because its header is the union of the properties
// of all rows.
func (w *Writer) writeEntities() {
	names := make(map[string]int)
	for _, e := range w.entities {
		for _, p := range e.Props {
			names[p.Name] = 0
		}
	}
	columns := make([]string, 0, len(names)+2)
	for name := range names {
		columns = append(columns, name)
	}
	slices.Sort(columns)
	for i, name := range columns {
		names[name] = i + 1
	}
	columns = append(append([]string{"ref"}, columns...), "as_of")
	for _, e := range w.entities {
		values := make([]string, len(columns))
		values[0], values[len(columns)-1] = e.Ref.String(), e.AsOf.String()
		for _, p := range e.Props {
			values[names[p.Name]] = p.Value
		}
		if err := w.row("entities", columns, values...); err != nil {
			w.err = errors.Join(w.err, err)
			return
		}
	}
}

// TableWriter writes one file of the layout.
type TableWriter struct {
	path    string
	columns int
	csv     *csv.Writer
	parquet *parquetTable  // instead of csv
	closers []func() error // innermost first
	err     error
}

func createTable(path string, o WriterOptions, columns []string) (*TableWriter, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	t := &TableWriter{path: path, columns: len(columns)}
	buffered := bufio.NewWriterSize(f, 1<<16)
	var out io.Writer = buffered
	t.closers = []func() error{buffered.Flush, f.Close}
	if o.Parquet {
		t.parquet = newParquetTable(buffered, columns)
		t.closers = append([]func() error{t.parquet.out.Close}, t.closers...)
		return t, nil
	}
	if o.Gzip {
		z := gzip.NewWriter(buffered) // its header has no time: equal rows, equal bytes
		out = z
		t.closers = append([]func() error{z.Close}, t.closers...)
	}
	t.csv = csv.NewWriter(out)
	return t, t.Row(columns...)
}

// NewTable writes one table to w, as CSV or as Parquet with every column a
// string. The caller closes it, and w after it.
func NewTable(w io.Writer, columns []string, asParquet bool) (*TableWriter, error) {
	t := &TableWriter{path: "table", columns: len(columns)}
	if asParquet {
		t.parquet = newParquetTable(w, columns)
		t.closers = []func() error{t.parquet.out.Close}
		return t, nil
	}
	t.csv = csv.NewWriter(w)
	return t, t.Row(columns...)
}

// Close ends a table of [NewTable]. Those of a [Writer] end with it.
func (t *TableWriter) Close() error { return t.close() }

// Row writes the values of the columns that the table was made with.
func (t *TableWriter) Row(values ...string) error {
	if t.err != nil {
		return t.err
	}
	if len(values) != t.columns {
		t.err = fmt.Errorf("%w row for %s: %d values for %d columns", graph.ErrInvalid, filepath.Base(t.path), len(values), t.columns)
		return t.err
	}
	var err error
	if t.parquet != nil {
		err = t.parquet.write(values)
	} else {
		err = t.csv.Write(values)
	}
	if err != nil {
		t.err = fmt.Errorf("write %s: %w", t.path, err)
	}
	return t.err
}

func (t *TableWriter) close() error {
	err := t.err
	if t.csv != nil {
		t.csv.Flush()
		if err == nil && t.csv.Error() != nil {
			err = fmt.Errorf("write %s: %w", t.path, t.csv.Error())
		}
	}
	for _, c := range t.closers {
		if e := c(); e != nil && err == nil {
			err = fmt.Errorf("write %s: %w", t.path, e)
		}
	}
	return err
}

// number is n in decimal, empty for zero: in the layout, empty is absent.
func number(n float64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}
