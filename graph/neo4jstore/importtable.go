package neo4jstore

import (
	"bufio"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"ringleader/graph"
)

// arrayMark stands between the elements of a list in a file for the import
// tool, which knows no way to write one inside an element.
const arrayMark = '\x1f'

// importTable is the file of one label or relationship type for Neo4j's import
// tool. Columns come as rows bring them: the header is a file of its own,
// written last, and a row that ends early lacks the rest.
type importTable struct {
	name    string // of the label, labels or type, as the tool wants them
	path    string // of the rows
	header  string // path of the header
	file    *os.File
	w       *bufio.Writer
	columns []string // as the header names them
	fixed   int      // how many of them every row gives
	index   map[string]int
	values  [][]byte // of the row at hand, by column; nil: absent
	row     []byte
	longest int // bytes of the longest row
	unnamed map[string]bool
}

func newImportTable(dir, stem, name string, fixed ...string) (*importTable, error) {
	t := &importTable{
		name: name, path: filepath.Join(dir, stem+".csv"), header: filepath.Join(dir, stem+".header.csv"),
		columns: fixed, fixed: len(fixed), index: make(map[string]int), unnamed: make(map[string]bool),
	}
	f, err := os.OpenFile(t.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	t.file, t.w = f, bufio.NewWriterSize(f, 1<<18)
	return t, nil
}

// add writes a row: the values of the fixed columns, then properties by name. A
// property of nil is absent.
func (t *importTable) add(fixed []string, properties map[string]any) error {
	for i := range t.values {
		t.values[i] = t.values[i][:0]
	}
	for i, v := range fixed {
		t.set(i, appendQuoted(nil, v))
	}
	if err := t.addColumns(properties); err != nil {
		return err
	}
	for name, v := range properties {
		i, ok := t.index[name]
		if v == nil || !ok {
			continue
		}
		for len(t.values) <= i {
			t.values = append(t.values, nil)
		}
		var err error
		if t.values[i], err = appendValue(t.values[i], v); err != nil {
			return err
		}
	}
	last := len(t.values)
	for last > 0 && len(t.values[last-1]) == 0 {
		last--
	}
	t.row = t.row[:0]
	for i, v := range t.values[:last] {
		if i > 0 {
			t.row = append(t.row, ',')
		}
		t.row = append(t.row, v...)
	}
	t.row = append(t.row, '\n')
	t.longest = max(t.longest, len(t.row))
	_, err := t.w.Write(t.row)
	return err
}

func (t *importTable) set(i int, v []byte) {
	for len(t.values) <= i {
		t.values = append(t.values, nil)
	}
	t.values[i] = append(t.values[i], v...)
}

// addColumns makes columns for properties that no row had, in the order of
// names.
func (t *importTable) addColumns(properties map[string]any) error {
	fresh := 0
	for name, v := range properties {
		if _, ok := t.index[name]; !ok && v != nil && !t.unnamed[name] {
			fresh++
		}
	}
	if fresh == 0 {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		v := properties[name]
		if _, ok := t.index[name]; ok || v == nil {
			continue
		}
		if strings.ContainsAny(name, "(){}") { // which the tool reads as groups and options
			t.unnamed[name] = true
			continue
		}
		typ, err := importType(v)
		if err != nil {
			return err
		}
		t.index[name] = len(t.columns)
		t.columns = append(t.columns, name+":"+typ)
	}
	return nil
}

// importType is what the header calls the type of a value.
func importType(v any) (string, error) {
	switch v.(type) {
	case string:
		return "string", nil
	case int, int64:
		return "long", nil
	case bool:
		return "boolean", nil
	case time.Time:
		return "datetime", nil
	case []byte:
		return "byte[]", nil
	case []int64:
		return "long[]", nil
	case []string:
		return "string[]", nil
	case []float64:
		return "double[]", nil
	}
	return "", fmt.Errorf("%w value of type %T for the import tool", graph.ErrInvalid, v)
}

func appendValue(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case string:
		return appendQuoted(dst, v), nil
	case int:
		return strconv.AppendInt(dst, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(dst, v, 10), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case time.Time:
		return v.UTC().AppendFormat(dst, "2006-01-02T15:04:05.999Z"), nil
	case []byte:
		return appendList(dst, v, func(dst []byte, b byte) []byte { return strconv.AppendInt(dst, int64(int8(b)), 10) }), nil
	case []int64:
		return appendList(dst, v, func(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }), nil
	case []float64:
		return appendList(dst, v, func(dst []byte, x float64) []byte { return strconv.AppendFloat(dst, x, 'g', -1, 64) }), nil
	case []string:
		for _, s := range v {
			if strings.ContainsRune(s, arrayMark) {
				return dst, fmt.Errorf("%w value: it holds the character U+001F, which the import tool needs between values; load over Bolt", graph.ErrInvalid)
			}
		}
		return appendQuoted(dst, strings.Join(v, string(arrayMark))), nil
	}
	return dst, fmt.Errorf("%w value of type %T for the import tool", graph.ErrInvalid, v)
}

func appendList[T any](dst []byte, list []T, one func([]byte, T) []byte) []byte {
	for i, v := range list {
		if i > 0 {
			dst = append(dst, arrayMark)
		}
		dst = one(dst, v)
	}
	return dst
}

// appendQuoted appends a text so that the tool takes it as it is: an empty text
// in quotes is a text, one without is absent.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := strings.IndexByte(s, '"'); i >= 0; i = strings.IndexByte(s, '"') {
		dst = append(append(dst, s[:i+1]...), '"')
		s = s[i+1:]
	}
	return append(append(dst, s...), '"')
}

// close ends the rows and writes the header.
func (t *importTable) close() error {
	if err := errors.Join(t.w.Flush(), t.file.Close()); err != nil {
		return err
	}
	var line []byte
	for i, c := range t.columns {
		if i > 0 {
			line = append(line, ',')
		}
		line = appendQuoted(line, c)
	}
	return os.WriteFile(t.header, append(line, '\n'), 0o600)
}
