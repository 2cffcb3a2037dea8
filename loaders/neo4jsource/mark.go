package neo4jsource

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/neo4j/neo4j-go-driver/v5/neo4j/dbtype"

	"ringleader/graph"
)

// Layouts of times in marks.
const (
	layoutLocal = "2006-01-02T15:04:05.999999999"
	layoutDate  = "2006-01-02"
)

// markText writes a mark as Cypher would: 42, "abc",
// datetime("2018-10-09T18:14:00Z"). It fails on a value of a type that has no
// order to rely on.
func markText(v any) (string, error) {
	switch v := v.(type) {
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			break
		}
		s := strconv.FormatFloat(v, 'g', -1, 64)
		if !strings.ContainsAny(s, ".e") {
			s += ".0"
		}
		return s, nil
	case string:
		text, err := json.Marshal(v)
		return string(text), err
	case time.Time:
		return `datetime("` + v.UTC().Format(time.RFC3339Nano) + `")`, nil
	case dbtype.LocalDateTime:
		return `localdatetime("` + v.Time().Format(layoutLocal) + `")`, nil
	case dbtype.Date:
		return `date("` + v.Time().Format(layoutDate) + `")`, nil
	}
	return "", fmt.Errorf("%w mark: a value of type %s; want integers, numbers, texts, or times with a date", graph.ErrInvalid, typeName(v))
}

// parseMark is the inverse of markText; nil for an empty text.
func parseMark(s string) (any, error) {
	if s == "" {
		return nil, nil
	}
	bad := fmt.Errorf("%w mark of an earlier load; read from the beginning with --full", graph.ErrInvalid)
	if s[0] == '"' {
		var text string
		if json.Unmarshal([]byte(s), &text) != nil {
			return nil, bad
		}
		return text, nil
	}
	for _, kind := range []string{"datetime", "localdatetime", "date"} {
		text, ok := strings.CutPrefix(s, kind+`("`)
		if !ok || !strings.HasSuffix(text, `")`) {
			continue
		}
		text = strings.TrimSuffix(text, `")`)
		layout := map[string]string{"datetime": time.RFC3339Nano, "localdatetime": layoutLocal, "date": layoutDate}[kind]
		zone := time.UTC
		if kind == "localdatetime" {
			zone = time.Local // where the driver looks for its wall clock
		}
		t, err := time.ParseInLocation(layout, text, zone)
		switch {
		case err != nil:
			return nil, bad
		case kind == "date":
			return dbtype.Date(t), nil
		case kind == "localdatetime":
			return dbtype.LocalDateTime(t), nil
		}
		return t.UTC(), nil
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, nil
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return nil, bad
	}
	return x, nil
}

// compareMarks orders two marks; ok is false where they are of types that have
// no common order.
func compareMarks(a, b any) (c int, ok bool) {
	switch a := a.(type) {
	case int64:
		switch b := b.(type) {
		case int64:
			return cmp.Compare(a, b), true
		case float64:
			return cmp.Compare(float64(a), b), true
		}
	case float64:
		switch b := b.(type) {
		case int64:
			return cmp.Compare(a, float64(b)), true
		case float64:
			return cmp.Compare(a, b), true
		}
	case string:
		b, ok := b.(string)
		return cmp.Compare(a, b), ok
	case time.Time:
		b, ok := b.(time.Time)
		return a.Compare(b), ok
	case dbtype.LocalDateTime:
		b, ok := b.(dbtype.LocalDateTime)
		return a.Time().Compare(b.Time()), ok
	case dbtype.Date:
		b, ok := b.(dbtype.Date)
		return a.Time().Compare(b.Time()), ok
	}
	return 0, false
}

// greatest keeps the greatest of the marks it is shown.
type greatest struct{ value any }

// see fails where marks are of types without a common order: later loads could
// not tell what is new.
func (g *greatest) see(v any) error {
	if v == nil {
		return nil
	}
	if g.value == nil {
		if _, err := markText(v); err != nil {
			return err
		}
		g.value = v
		return nil
	}
	c, ok := compareMarks(v, g.value)
	if !ok {
		return fmt.Errorf("%w mark: values of type %s and of type %s; want one type", graph.ErrInvalid, typeName(g.value), typeName(v))
	}
	if c > 0 {
		g.value = v
	}
	return nil
}

func (g *greatest) text() (string, error) {
	if g.value == nil {
		return "", nil
	}
	return markText(g.value)
}
