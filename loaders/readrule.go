package loaders

import (
	"fmt"
	"strings"

	"ringleader/graph"
)

// ReadRule says which rows of a database a table is: those of a table or a query
// of PostgreSQL; the nodes of a label or the relationships of a type of Neo4j,
// or what a query makes of each of them, or of a query alone. Queries only read:
// one that writes is refused.
type ReadRule struct {
	// Table of PostgreSQL, such as shop.payments. Its columns are those of the rows.
	Table string `yaml:"table,omitempty" json:"table,omitempty"`
	// Label of Neo4j: a row is a node, its properties are the columns. A table that
	// uses the column @labels gets all labels of the node, A:B, ascending.
	Label string `yaml:"label,omitempty" json:"label,omitempty"`
	// Type of Neo4j: a row is a relationship, its properties are the columns.
	// Those of its ends are from.id, to.id, to.@labels and so on, as far as rules
	// use them.
	Type string `yaml:"type,omitempty" json:"type,omitempty"`
	// Properties to read of nodes or relationships; none: all.
	Properties []string `yaml:"properties,omitempty" json:"properties,omitempty"`
	// Query in SQL or Cypher. Beside Label it sees the node as n; beside Type the
	// relationship as r and its ends as a and b; it gives the rows of each. Alone
	// it gives all rows.
	Query string `yaml:"query,omitempty" json:"query,omitempty"`
	// Mark is a column, or a property of what Label or Type reads, that only
	// grows: an ID or the time of a change. A later load takes the rows whose mark
	// is greater than all before; rows without a mark are read each time.
	Mark string `yaml:"mark,omitempty" json:"mark,omitempty"`

	at string // where the mapping says so: file, line and path
}

// check checks a read by itself. The path is that of what is wrong.
func (r *ReadRule) check() *mapError {
	bad := func(path, format string, args ...any) *mapError {
		return &mapError{path, fmt.Errorf("%w read: "+format, append([]any{graph.ErrInvalid}, args...)...)}
	}
	what := 0
	for _, s := range []string{r.Table, r.Label, r.Type} {
		if s != "" {
			what++
		}
	}
	switch {
	case what > 1:
		return bad("read", "want one of table, label and type")
	case what == 0 && strings.TrimSpace(r.Query) == "":
		return bad("read", "want table, label, type or query")
	case r.Table != "" && r.Query != "":
		return bad("read.query", "a query reads its own tables; leave out table")
	case len(r.Properties) > 0 && (r.Label == "" && r.Type == "" || r.Query != ""):
		return bad("read.properties", "they go with a label or a type, and without a query")
	}
	for path, s := range map[string]string{"read.table": r.Table, "read.label": r.Label, "read.type": r.Type, "read.query": r.Query, "read.mark": r.Mark} {
		if strings.ContainsRune(s, 0) || strings.TrimSpace(s) != s && path != "read.query" {
			return bad(path, "spaces around it, or a NUL character")
		}
	}
	return nil
}

// Where is the place of a read in its mapping file, for errors.
func (r *ReadRule) Where() string {
	if r.at == "" {
		return "read"
	}
	return r.at
}

// Statement is the query without a semicolon at its end.
func (r *ReadRule) Statement() string {
	return strings.TrimRight(strings.TrimSpace(r.Query), "; \t\r\n")
}

// part is the field that an error of the database is most likely about.
func (r *ReadRule) part() string {
	switch {
	case r.Query != "":
		return "read.query"
	case r.Table != "":
		return "read.table"
	case r.Label != "":
		return "read.label"
	}
	return "read.type"
}

func (r *ReadRule) explain() string {
	var s string
	switch {
	case r.Table != "":
		s = "the rows of table " + r.Table
	case r.Label != "":
		s = "the nodes labelled " + r.Label
	case r.Type != "":
		s = "the relationships of type " + r.Type
	}
	if r.Query != "" {
		query := strings.Join(strings.Fields(r.Query), " ")
		if s == "" {
			s = "the rows of the query " + query
		} else {
			s += ", each as the query " + query
		}
	}
	if r.Mark != "" {
		s += "; a later load takes only those with a greater " + r.Mark
	}
	return s
}
