package loaders

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
)

// jsonRows reads one JSON object a line. Its columns are the names met so far;
// a nested value is kept as its JSON text, null is absent.
type jsonRows struct {
	in     *lines
	names  []string
	index  map[string]int
	number int64
}

func openJSONL(r io.Reader) (*jsonRows, error) {
	j := &jsonRows{in: newLines(r), index: make(map[string]int)}
	return j, checkText(j.in)
}

func (j *jsonRows) columns() []string { return j.names }
func (j *jsonRows) fixed() bool       { return false }
func (j *jsonRows) offset() int64     { return j.in.at }

func (j *jsonRows) next(r *row) error {
	for {
		n, tooLong := j.in.line()
		if n == 0 {
			if err := j.in.failed(); err != nil {
				return err
			}
			return io.EOF
		}
		line := bytes.TrimSpace(j.in.window()[:n])
		if len(line) == 0 {
			j.in.take(n)
			continue
		}
		if err := j.in.failed(); err != nil && j.in.window()[n-1] != '\n' {
			return err
		}
		j.number++
		r.number, r.offset, r.raw = j.number, j.in.at, line
		r.values = append(r.values[:0], make([]string, len(j.names))...)
		if tooLong {
			r.raw = bytes.Clone(line[:min(len(line), keptRaw)])
			j.in.skipLine()
			return &problem{reason: "longer than 1 MiB"}
		}
		j.in.take(n)
		if p := checkBytes(line); p != nil {
			return p
		}
		return j.parse(r)
	}
}

func (j *jsonRows) parse(r *row) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(r.raw, &object); err != nil || object == nil {
		return &problem{reason: "not a JSON object"}
	}
	fresh := make([]string, 0, 4)
	for name := range object {
		if _, ok := j.index[name]; !ok {
			fresh = append(fresh, name)
		}
	}
	slices.Sort(fresh) // the order of columns must not depend on that of a map
	for _, name := range fresh {
		if len(j.names) >= 1000 {
			return &problem{reason: "more than 1,000 different names in one file"}
		}
		if err := nameColumns([]string{name}); err != nil || strings.TrimSpace(name) != name || name == "" {
			return &problem{reason: "a name is empty, too long, or holds spaces around it or control characters"}
		}
		j.index[name] = len(j.names)
		j.names = append(j.names, name)
		r.values = append(r.values, "")
	}
	for name, value := range object {
		text, ok := jsonText(value)
		if !ok {
			return &problem{column: name, reason: "holds a NUL character"}
		}
		r.values[j.index[name]] = text
	}
	return nil
}

// jsonText is a value as a CSV file would have it.
func jsonText(v json.RawMessage) (string, bool) {
	switch {
	case v[0] == '"':
		var s string
		if json.Unmarshal(v, &s) != nil || strings.IndexByte(s, 0) >= 0 {
			return "", false
		}
		return s, true
	case string(v) == "null":
		return "", true
	}
	return string(v), true
}
