package neo4jsource

import (
	"slices"
	"strings"

	"ringleader/loaders"
)

// Sizes of pages.
const (
	mostIDs  = 1_000_000 // IDs of one record: 9 MB on the way
	pageRows = 5_000     // nodes or relationships of one record of rows
	fetch    = 10_000    // records of a stream that the server sends at once
)

const cypherLabels = "CALL db.labels() YIELD label RETURN collect(label)"

// thing is what a table reads one of for each row or rows: nodes or
// relationships.
type thing struct {
	name  string // variable: n or r
	all   string // MATCH of all of them
	byID  string // MATCH of the one with the internal ID i
	scope string // variables that a query sees
}

func thingOf(q loaders.Request) (t thing, ok bool) {
	switch {
	case q.Label != "":
		return thing{"n", "MATCH (n:" + quote(q.Label) + ")", "MATCH (n) WHERE id(n) = i", "n"}, true
	case q.Type != "":
		return thing{"r", "MATCH (a)-[r:" + quote(q.Type) + "]->(b)", "MATCH (a)-[r]->(b) WHERE id(r) = i", "a, r, b"}, true
	}
	return thing{}, false
}

// quote makes a name of any text.
func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// cypherIDs is the next internal IDs of what may be new. What has no mark, or one
// of another type, compares as null. Cypher tells two times of one moment in two
// zones apart; whoever reads the rows does not, and takes the decision.
func (t thing) cypherIDs(q loaders.Request) string {
	var b strings.Builder
	b.WriteString(t.all + " WHERE id(" + t.name + ") > $last")
	if q.After != "" {
		b.WriteString(" AND coalesce(" + t.name + "." + quote(q.Mark) + " > $after, true)")
	}
	b.WriteString(" WITH id(" + t.name + ") AS i ORDER BY i LIMIT $most RETURN collect(i)")
	return b.String()
}

// cypherKeys asks for the columns that a query gives, when explained.
func (t thing) cypherKeys(q loaders.Request) string {
	return t.all + " CALL (" + t.scope + ") {\n" + q.Statement() + "\n} RETURN *"
}

// cypherPage is the rows of some internal IDs: lists of the mark, a map of
// properties or null, and the values of columns.
func (t thing) cypherPage(q loaders.Request, columns []string) string {
	mark := "null"
	if q.Mark != "" {
		mark = t.name + "." + quote(q.Mark)
	}
	items := []string{mark}
	call := ""
	if q.Query != "" {
		call = " CALL (" + t.scope + ") {\n" + q.Statement() + "\n}"
		items = append(items, "null")
		for _, c := range columns {
			items = append(items, quote(c))
		}
	} else {
		items = append(items, t.properties(q))
		for _, c := range columns {
			items = append(items, t.value(c))
		}
	}
	return "UNWIND $ids AS i " + t.byID + call + " RETURN collect([" + strings.Join(items, ", ") + "])"
}

func (t thing) properties(q loaders.Request) string {
	if len(q.Properties) == 0 {
		return "properties(" + t.name + ")"
	}
	names := make([]string, len(q.Properties))
	for i, p := range q.Properties {
		names[i] = "." + quote(p)
	}
	return t.name + " {" + strings.Join(names, ", ") + "}"
}

// Columns beside properties.
const (
	labelsColumn = "@labels"
	fromEnd      = "from."
	toEnd        = "to."
)

// extras is the columns beside properties that rules use, ascending.
func extras(q loaders.Request) []string {
	var out []string
	for _, c := range q.Used {
		if q.Label != "" && c == labelsColumn || q.Type != "" && (strings.HasPrefix(c, fromEnd) || strings.HasPrefix(c, toEnd)) {
			out = append(out, c)
		}
	}
	slices.Sort(out)
	return out
}

// value is the expression of such a column.
func (t thing) value(column string) string {
	node, name := t.name, column
	if rest, ok := strings.CutPrefix(column, fromEnd); ok {
		node, name = "a", rest
	} else if rest, ok := strings.CutPrefix(column, toEnd); ok {
		node, name = "b", rest
	}
	if name == labelsColumn {
		return "labels(" + node + ")"
	}
	return node + "." + quote(name)
}
