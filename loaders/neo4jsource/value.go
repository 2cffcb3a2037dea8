package neo4jsource

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/neo4j/neo4j-go-driver/v5/neo4j/dbtype"

	"ringleader/graph"
)

// typeName is what Cypher calls the type of a value.
func typeName(v any) string {
	switch v.(type) {
	case nil:
		return "NULL"
	case bool:
		return "BOOLEAN"
	case int64:
		return "INTEGER"
	case float64:
		return "FLOAT"
	case string:
		return "STRING"
	case time.Time:
		return "ZONED DATETIME"
	case dbtype.LocalDateTime:
		return "LOCAL DATETIME"
	case dbtype.Date:
		return "DATE"
	case dbtype.Time:
		return "ZONED TIME"
	case dbtype.LocalTime:
		return "LOCAL TIME"
	case dbtype.Duration:
		return "DURATION"
	case dbtype.Node:
		return "NODE"
	case dbtype.Relationship:
		return "RELATIONSHIP"
	case dbtype.Path:
		return "PATH"
	case []any:
		return "LIST"
	case map[string]any:
		return "MAP"
	}
	return fmt.Sprintf("%T", v)
}

// appendValue appends a value as JSON: integers and floats exact, times as ISO
// 8601 writes them, bytes in hexadecimal. It fails on what is no value of a
// column.
func appendValue(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case int64:
		return strconv.AppendInt(dst, v, 10), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return appendText(dst, strconv.FormatFloat(v, 'g', -1, 64)), nil
		}
		return strconv.AppendFloat(dst, v, 'f', -1, 64), nil
	case string:
		return appendText(dst, v), nil
	case []byte:
		return appendText(dst, `\x`+hex.EncodeToString(v)), nil
	case time.Time:
		return appendText(dst, v.Format(time.RFC3339Nano)), nil
	case dbtype.LocalDateTime:
		if inGap(v.Time()) {
			return nil, fmt.Errorf("%w row: a LOCAL DATETIME near an hour that the time zone of this machine leaves out or has twice; run the program with TZ=UTC", graph.ErrInvalid)
		}
		return appendText(dst, v.Time().Format(layoutLocal)), nil
	case fmt.Stringer: // the other times, durations, and points
		switch v.(type) {
		case dbtype.Date, dbtype.Time, dbtype.LocalTime, dbtype.Duration, dbtype.Point2D, dbtype.Point3D:
			return appendText(dst, v.String()), nil
		}
	case []any:
		return appendList(dst, v)
	case map[string]any:
		return appendObject(dst, v)
	}
	return nil, fmt.Errorf("%w row: a column holds a %s; return its properties", graph.ErrInvalid, typeName(v))
}

// inGap reports whether the clock of this machine is put forward or back within
// a day of t. The driver looks for a local time on that clock, and an hour that
// is not there comes back as another one.
func inGap(t time.Time) bool {
	_, before := t.Add(-24 * time.Hour).Zone()
	_, after := t.Add(24 * time.Hour).Zone()
	return before != after
}

func appendList(dst []byte, list []any) ([]byte, error) {
	dst = append(dst, '[')
	for i, v := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = appendValue(dst, v); err != nil {
			return nil, err
		}
	}
	return append(dst, ']'), nil
}

func appendObject(dst []byte, object map[string]any) ([]byte, error) {
	dst = append(dst, '{')
	start := len(dst)
	for _, name := range slices.Sorted(maps.Keys(object)) {
		var err error
		if dst, err = appendColumn(dst, start, name, object[name]); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

// appendColumn appends a name and its value; null is left out. Start is where
// the object began.
func appendColumn(dst []byte, start int, name string, v any) ([]byte, error) {
	if v == nil {
		return dst, nil
	}
	if len(dst) > start {
		dst = append(dst, ',')
	}
	dst = append(appendText(dst, name), ':')
	return appendValue(dst, v)
}

// appendText appends a JSON string.
func appendText(dst []byte, s string) []byte {
	plain := func(r rune) bool { return r >= ' ' && r != '"' && r != '\\' && r < 0x7f }
	if strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return append(append(append(dst, '"'), s...), '"')
	}
	text, err := json.Marshal(s)
	if err != nil {
		return append(dst, `""`...) // a string always marshals
	}
	return append(dst, text...)
}

// labelsText is the labels of a node in one text.
func labelsText(v any) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	labels := make([]string, 0, len(list))
	for _, l := range list {
		if s, ok := l.(string); ok {
			labels = append(labels, s)
		}
	}
	slices.Sort(labels)
	return strings.Join(labels, ":")
}
