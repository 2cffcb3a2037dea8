package loaders

import (
	"fmt"
	"strconv"
	"strings"

	"ringleader/graph"
)

// condition compares the value of one column with a constant: "status !=
// void", "amount > 0". = and != compare texts; the others compare numbers, and
// do not hold for a value that is none.
type condition struct {
	column string
	index  int // -1 if the file lacks it: its value is empty
	op     string
	text   string
	number float64
}

func parseCondition(s string) (condition, error) {
	at := strings.IndexAny(s, "=!<>")
	if at <= 0 {
		return condition{}, fmt.Errorf("%w condition: want column, one of = != < <= > >=, and a value", graph.ErrInvalid)
	}
	c := condition{column: strings.TrimSpace(s[:at]), index: -1, op: s[at : at+1]}
	if rest := s[at+1:]; strings.HasPrefix(rest, "=") && c.op != "=" {
		c.op += "="
	}
	c.text = strings.Trim(strings.TrimSpace(s[at+len(c.op):]), `'"`)
	if c.column == "" || c.op == "!" {
		return condition{}, fmt.Errorf("%w condition: want column, one of = != < <= > >=, and a value", graph.ErrInvalid)
	}
	if c.op[0] == '<' || c.op[0] == '>' {
		n, err := strconv.ParseFloat(c.text, 64)
		if err != nil {
			return condition{}, fmt.Errorf("%w condition: %s compares numbers", graph.ErrInvalid, c.op)
		}
		c.number = n
	}
	return c, nil
}

func (c *condition) holds(values []string) bool {
	v := ""
	if c.index >= 0 {
		v = values[c.index]
	}
	switch c.op {
	case "=":
		return v == c.text
	case "!=":
		return v != c.text
	}
	n, err := strconv.ParseFloat(v, 64)
	if err != nil {
		return false
	}
	switch c.op {
	case "<":
		return n < c.number
	case "<=":
		return n <= c.number
	case ">":
		return n > c.number
	}
	return n >= c.number
}

func allHold(conditions []condition, values []string) bool {
	for i := range conditions {
		if !conditions[i].holds(values) {
			return false
		}
	}
	return true
}
