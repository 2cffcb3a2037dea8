package loaders

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	pq "github.com/parquet-go/parquet-go/format"

	"ringleader/graph"
)

// parquetMagic begins every Parquet file.
const parquetMagic = "PAR1"

// maxUnpacked is the largest Parquet file that is read from a stream: it must
// be held in memory, because it is read from its end.
const maxUnpacked = 1 << 30

// parquetRows reads Parquet by the names of its columns. A nested column is
// named by its path, "owner.name"; a repeated one is a JSON list. Times become
// RFC 3339, decimals stay exact. The raw bytes of a row are a JSON object, and
// its offset is its number from 0, for a row has no one place in such a file.
type parquetRows struct {
	groups []parquet.RowGroup
	open   parquet.Rows
	names  []string
	text   []func(parquet.Value) string
	many   []bool // by column: repeated
	buffer []parquet.Row
	ready  []parquet.Row
	number int64
	lists  [][]string
}

func openParquet(r io.Reader) (rows, error) {
	var at io.ReaderAt
	var size int64
	if s, ok := r.(*stream); ok && s.plain {
		info, err := s.file.Stat()
		if err != nil {
			return nil, err
		}
		at, size = readerAtFunc(func(p []byte, off int64) (int, error) {
			n, err := s.file.ReadAt(p, off)
			s.taken = max(s.taken, off+int64(n))
			return n, err
		}), info.Size()
	} else {
		data, err := io.ReadAll(io.LimitReader(r, maxUnpacked+1))
		if err != nil {
			return nil, err
		}
		if len(data) > maxUnpacked {
			return nil, fmt.Errorf("%w file: compressed Parquet of more than 1 GiB; unpack it first", graph.ErrInvalid)
		}
		at, size = bytes.NewReader(data), int64(len(data))
	}
	p := new(parquetRows)
	if err := guarded(func() error { return p.start(at, size) }); err != nil {
		return nil, fmt.Errorf("%w file: not readable as Parquet: %w", graph.ErrInvalid, err)
	}
	return p, nameColumns(p.names)
}

func (p *parquetRows) start(at io.ReaderAt, size int64) error {
	f, err := parquet.OpenFile(at, size, parquet.SkipBloomFilters(true), parquet.SkipPageIndex(true))
	if err != nil {
		return err
	}
	p.groups = f.RowGroups()
	for _, path := range f.Schema().Columns() {
		leaf, ok := f.Schema().Lookup(path...)
		if !ok {
			return errors.New("its schema names a column that it lacks")
		}
		// Writers wrap lists: tags.list.element is the column tags.
		name := strings.TrimSuffix(strings.TrimSuffix(strings.Join(path, "."), ".list.element"), ".array")
		p.names = append(p.names, name)
		p.many = append(p.many, leaf.MaxRepetitionLevel > 0)
		p.text = append(p.text, textOf(leaf.Node.Type()))
	}
	p.buffer = make([]parquet.Row, 256)
	p.lists = make([][]string, len(p.names))
	return nil
}

func (p *parquetRows) columns() []string { return p.names }
func (p *parquetRows) fixed() bool       { return true }
func (p *parquetRows) offset() int64     { return p.number }

func (p *parquetRows) next(r *row) error {
	for len(p.ready) == 0 {
		if err := guarded(p.more); err == io.EOF {
			return io.EOF
		} else if err != nil {
			return fmt.Errorf("%w file: damaged Parquet data after row %d: %w", graph.ErrInvalid, p.number, err)
		}
	}
	values := p.ready[0]
	p.ready = p.ready[1:]
	r.number, r.offset = p.number+1, p.number
	p.number++
	r.values = append(r.values[:0], make([]string, len(p.names))...)
	clear(p.lists)
	for _, v := range values {
		c := v.Column()
		if c < 0 || c >= len(p.names) || v.IsNull() {
			continue
		}
		if r.values[c] = p.text[c](v); p.many[c] {
			p.lists[c] = append(p.lists[c], r.values[c])
		}
	}
	for c, list := range p.lists {
		if p.many[c] && list != nil {
			data, err := json.Marshal(list)
			if err != nil {
				return &problem{p.names[c], "a list that cannot be written as JSON"}
			}
			r.values[c] = string(data)
		}
	}
	return p.finish(r)
}

// finish gives the row its bytes and checks them.
func (p *parquetRows) finish(r *row) error {
	object := make(map[string]string, len(p.names))
	for i, v := range r.values {
		if v != "" {
			object[p.names[i]] = v
		}
		if !utf8.ValidString(v) || strings.IndexByte(v, 0) >= 0 {
			return &problem{p.names[i], "not UTF-8 text, or holds a NUL byte"}
		}
	}
	raw, err := json.Marshal(object) // in the order of names
	if err != nil {
		return &problem{reason: "cannot be written as JSON"}
	}
	if len(raw) > maxRow {
		r.raw = raw[:keptRaw]
		return &problem{reason: "longer than 1 MiB"}
	}
	r.raw = raw
	return nil
}

// more reads the next rows, going from one group of rows to the next.
func (p *parquetRows) more() error {
	for {
		if p.open == nil {
			if len(p.groups) == 0 {
				return io.EOF
			}
			p.open, p.groups = p.groups[0].Rows(), p.groups[1:]
		}
		n, err := p.open.ReadRows(p.buffer)
		p.ready = p.buffer[:n]
		if err == io.EOF {
			err = p.open.Close()
			p.open = nil
		}
		if n > 0 || err != nil {
			return err
		}
	}
}

// guarded turns a panic of the Parquet library over a damaged file into an
// error.
func guarded(do func() error) (err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = errors.New("its pages contradict each other")
		}
	}()
	return do()
}

// textOf is how values of a column are written in CSV.
func textOf(t parquet.Type) func(parquet.Value) string {
	if l := t.LogicalType(); l != nil {
		switch v := l.Value.(type) {
		case *pq.TimestampType:
			return timestampText(v)
		case *pq.DateType:
			return func(v parquet.Value) string {
				return time.Unix(int64(v.Int32())*86400, 0).UTC().Format(time.DateOnly)
			}
		case *pq.DecimalType:
			return func(x parquet.Value) string { return decimalText(x, int(v.Scale)) }
		case *pq.UUIDType:
			return func(v parquet.Value) string { return uuidText(v.ByteArray()) }
		}
	}
	switch t.Kind() {
	case parquet.Boolean:
		return func(v parquet.Value) string { return strconv.FormatBool(v.Boolean()) }
	case parquet.Int32:
		return func(v parquet.Value) string { return strconv.FormatInt(int64(v.Int32()), 10) }
	case parquet.Int64:
		return func(v parquet.Value) string { return strconv.FormatInt(v.Int64(), 10) }
	case parquet.Int96:
		return int96Text
	case parquet.Float:
		return func(v parquet.Value) string { return strconv.FormatFloat(float64(v.Float()), 'f', -1, 32) }
	case parquet.Double:
		return func(v parquet.Value) string { return strconv.FormatFloat(v.Double(), 'f', -1, 64) }
	}
	return func(v parquet.Value) string { return string(v.ByteArray()) }
}

// timestampText writes a time in RFC 3339. A local time names no zone, so that
// the zone of the load applies.
func timestampText(t *pq.TimestampType) func(parquet.Value) string {
	perSecond := int64(1e3)
	switch t.Unit.Value.(type) {
	case *pq.MicroSeconds:
		perSecond = 1e6
	case *pq.NanoSeconds:
		perSecond = 1e9
	}
	layout := "2006-01-02T15:04:05.999999999"
	if t.IsAdjustedToUTC {
		layout += "Z07:00"
	}
	return func(v parquet.Value) string {
		n := v.Int64()
		seconds, part := n/perSecond, n%perSecond
		return time.Unix(seconds, part*(1e9/perSecond)).UTC().Format(layout)
	}
}

// int96Text writes the old form of timestamps: nanoseconds of a Julian day.
func int96Text(v parquet.Value) string {
	x := v.Int96()
	const epoch = 2440588 // Julian day of 1970-01-01
	nanos := int64(x[1])<<32 | int64(x[0])
	return time.Unix((int64(x[2])-epoch)*86400, nanos).UTC().Format(time.RFC3339Nano)
}

func decimalText(v parquet.Value, scale int) string {
	n := new(big.Int)
	switch v.Kind() {
	case parquet.Int32:
		n.SetInt64(int64(v.Int32()))
	case parquet.Int64:
		n.SetInt64(v.Int64())
	default: // two's complement, big-endian
		b := v.ByteArray()
		n.SetBytes(b)
		if len(b) > 0 && b[0]&0x80 != 0 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
		}
	}
	digits, sign := new(big.Int).Abs(n).String(), ""
	if n.Sign() < 0 {
		sign = "-"
	}
	if scale <= 0 || scale > 1000 {
		return sign + digits
	}
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale-len(digits)+1) + digits
	}
	return sign + digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
}

func uuidText(b []byte) string {
	if len(b) != 16 {
		return fmt.Sprintf("%x", b)
	}
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// readerAtFunc is an io.ReaderAt in one function.
type readerAtFunc func([]byte, int64) (int, error)

func (f readerAtFunc) ReadAt(p []byte, off int64) (int, error) { return f(p, off) }
