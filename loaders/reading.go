package loaders

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"ringleader/graph"
)

// chunk is a stretch of the rows of one file: what is applied at once.
type chunk struct {
	source   int // index into the list of sources
	batch    *graph.Batch
	sheet    *graph.Sheet // in place of batch, see asSheets
	texts    [][]byte     // that no chunk after this one looks at, see lending
	labels   []Label
	rejects  []reject
	odd      map[oddity]rowCount
	links    int // facts stated, before equal ones are joined
	attrs    int
	rows     int64 // in this stretch, good and bad
	leftOut  int64
	erased   []int64 // rows that name what was erased
	already  int64   // rows that an earlier load had taken
	taken    int64   // rows of the file up to here
	offset   int64   // decompressed
	position int64   // bytes of the file as it lies
	done     bool
	failed   error // why the file cannot be read further
}

// addOdd counts a row with an identifier that is not what its kind says.
func (c *chunk) addOdd(o oddity, row int64) {
	if c.odd == nil {
		c.odd = make(map[oddity]rowCount)
	}
	n := c.odd[o]
	if n.rows == 0 {
		n.first = row
	}
	n.rows++
	c.odd[o] = n
}

// reject is a bad row and its bytes.
type reject struct {
	RowError
	raw []byte
}

// errTooMany ends a load that has met too many bad rows.
type errTooMany struct{ limit int64 }

func (e *errTooMany) Error() string { return fmt.Sprintf("more than %d bad rows", e.limit) }
func (e *errTooMany) Unwrap() error { return graph.ErrInvalid }

// reader makes chunks of all sources, one file after the other.
type reader struct {
	opts   *Options
	list   []source
	before map[string]graph.Input // how far earlier loads have come, and files of this one that are through
	bad    int64
	form   form
	out    chan<- *chunk
	spent  <-chan *chunk // what has been applied, for its memory
}

func (r *reader) run(ctx context.Context) error {
	for i := range r.list {
		f := &fileReader{reader: r, source: &r.list[i], chunk: &chunk{source: i}}
		if err := f.run(ctx); err != nil {
			return err
		}
	}
	return nil
}

// fileReader reads one file.
type fileReader struct {
	*reader
	source  *source
	stream  *stream
	rows    rows
	columns int // that facts is ready for
	facts   facts
	builder graph.BatchBuilder
	lent    lending // of texts, where nobody keeps them
	hasher  RowHasher
	gone    map[graph.Ref]bool // whether references were erased, where anything was
	chunk   *chunk
}

// run reads a file to its end. A file of no use is reported in its last chunk,
// and the load goes on with the next; an error ends the load.
func (f *fileReader) run(ctx context.Context) error {
	if in := f.before[f.source.input]; in.Done {
		f.chunk.already, f.chunk.taken, f.chunk.offset, f.chunk.done = in.Rows, in.Rows, in.Offset, true
		f.chunk.position = f.source.size
		return f.flush(ctx)
	}
	err := f.open()
	if err == nil {
		defer f.stream.Close()
		err = f.resume(ctx)
	}
	if err == nil {
		err = f.read(ctx)
	}
	if err == nil {
		err = f.source.unchanged()
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var bad *RowError
	var many *errTooMany
	switch {
	case err == nil:
		f.chunk.done = true
		f.before[f.source.input] = graph.Input{Rows: f.chunk.taken, Offset: f.chunk.offset, Done: true}
		return f.flush(ctx)
	case errors.As(err, &bad), errors.As(err, &many): // the limits of the options: what was good is kept
		return errors.Join(f.flush(ctx), err)
	}
	f.chunk.failed = fmt.Errorf("load %s: %w", f.source.name, err)
	if err := f.flush(ctx); err != nil {
		return err
	}
	if f.opts.Strict {
		return f.chunk.failed
	}
	return nil
}

func (f *fileReader) open() error {
	s, err := openStream(f.source.path)
	if err != nil {
		return err
	}
	f.stream = s
	if f.rows, err = openTable(f.source, s); err != nil {
		return errors.Join(err, s.Close())
	}
	if table, ok := f.rows.(*csvRows); ok && f.form == asSheets {
		table.text.lent = &f.lent
	}
	f.hasher = rowHasher(f.opts)
	if err := f.compile(); err != nil {
		return errors.Join(err, s.Close())
	}
	return nil
}

// compile makes the table ready for the columns known so far.
func (f *fileReader) compile() error {
	columns := f.rows.columns()
	plan, err := compileOpen(f.source.table, columns, f.opts.Location, !f.rows.fixed())
	if err != nil {
		return err
	}
	f.facts.use(plan, len(columns))
	if f.facts.normal == nil {
		f.facts.normal = newNormaliser(f.opts)
	}
	f.columns = len(columns)
	return nil
}

// resume skips what an earlier load has taken.
func (f *fileReader) resume(ctx context.Context) error {
	in := f.before[f.source.input]
	var r row
	for r.number < in.Rows {
		if r.number%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		var p *problem
		err := f.rows.next(&r)
		if err != nil && !errors.As(err, &p) {
			return err
		}
		if err == nil {
			if err := f.recallErased(&r); err != nil {
				return err
			}
		}
	}
	if in.Rows > 0 && f.rows.offset() != in.Offset {
		return fmt.Errorf("%w: row %d ends at byte %d, an earlier load found it at %d; revert that load first",
			graph.ErrConflict, in.Rows, f.rows.offset(), in.Offset)
	}
	f.chunk.already, f.chunk.taken, f.chunk.offset = in.Rows, in.Rows, in.Offset
	return nil
}

func (f *fileReader) read(ctx context.Context) error {
	var r row
	for {
		err := f.rows.next(&r)
		if err == io.EOF {
			return nil
		}
		var p *problem
		if err != nil {
			if p, _ = errors.AsType[*problem](err); p == nil {
				return err
			}
		}
		if p == nil {
			if len(f.rows.columns()) != f.columns {
				if err := f.compile(); err != nil {
					return err
				}
			}
			p = f.take(&r)
		}
		if p != nil {
			if err := f.reject(&r, p); err != nil {
				return err
			}
		}
		c := f.chunk
		c.rows++
		c.taken, c.offset = r.number, f.rows.offset()
		if c.rows >= int64(f.opts.BatchRows) {
			if err := f.flush(ctx); err != nil {
				return err
			}
		}
	}
}

// numberRow gives a row its ID, where a template of the table wants one.
func (f *fileReader) numberRow(r *row) {
	if f.facts.plan.rowID {
		r.values = append(r.values, f.source.input[:12]+"-"+strconv.FormatInt(r.number, 10))
	}
}

// take adds the facts of a row to the chunk.
func (f *fileReader) take(r *row) *problem {
	f.numberRow(r)
	keep, p := f.facts.read(r)
	if p != nil {
		return p
	}
	if !keep {
		f.chunk.leftOut++
		return nil
	}
	if f.opts.Vault != nil && f.opts.Vault.HasErased() && f.dropErased(r.number) {
		return nil
	}
	if f.form != asSheets {
		f.facts.write(&f.builder, graph.Source{
			Input: f.source.input, Row: r.number, Offset: r.offset, Hash: f.hasher.Sum(r.raw),
		})
	}
	f.chunk.labels = append(f.chunk.labels, f.facts.labels...)
	for _, o := range f.facts.odd {
		f.chunk.addOdd(o, r.number)
	}
	return nil
}

// reject keeps a bad row, or ends the load if that is one too many.
func (f *fileReader) reject(r *row, p *problem) error {
	e := RowError{File: f.source.name, Row: r.number, Offset: r.offset, Column: p.column, Reason: p.reason}
	if f.opts.Strict {
		return &e
	}
	f.bad++
	if f.opts.MaxErrors > 0 && f.bad > f.opts.MaxErrors {
		return &errTooMany{f.opts.MaxErrors}
	}
	f.chunk.rejects = append(f.chunk.rejects, reject{e, bytes.Clone(r.raw)})
	return nil
}

// flush hands the chunk over and starts the next.
func (f *fileReader) flush(ctx context.Context) error {
	c := f.chunk
	f.chunk = &chunk{source: c.source, taken: c.taken, offset: c.offset}
	if f.stream != nil {
		c.position = f.stream.taken
	}
	spent := &chunk{}
	select {
	case spent = <-f.spent:
	default:
	}
	if f.form == asSheets {
		f.takeSheet(c, spent.sheet)
		c.texts, f.lent.past = f.lent.past, nil
		f.lent.free = append(f.lent.free, spent.texts...)
	} else {
		f.builder.Reuse(spent.batch)
		c.batch = f.builder.Take()
		c.links, c.attrs = len(c.batch.Links), len(c.batch.Attrs)
	}
	select {
	case f.out <- c:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// takeSheet puts the facts so far into a chunk and goes on in the memory of a
// sheet that nobody looks at any more, if there is one.
func (f *fileReader) takeSheet(c *chunk, spent *graph.Sheet) {
	sheet := f.facts.sheet
	c.sheet, c.links, c.attrs = &sheet, len(sheet.Links), len(sheet.Attrs)
	f.facts.sheet = graph.Sheet{}
	if spent != nil {
		spent.Cut(graph.SheetMark{})
		f.facts.sheet = *spent
	}
}
