package evidence

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"ringleader/graph"
)

// Format is one form of an evidence graph.
type Format struct {
	Name      string
	Extension string // with its dot
	MediaType string
	About     string // one line: what opens it
	write     func(io.Writer, *Graph) error
}

// Formats lists the forms that [Write] knows.
func Formats() []Format {
	return []Format{
		{"graphml", ".graphml", "application/graphml+xml", "Gephi, yEd, Cytoscape, networkx, igraph", writeGraphML},
		{"gexf", ".gexf", "application/gexf+xml", "Gephi", writeGEXF},
		{"cytoscape", ".cyjs", "application/json", "Cytoscape and Cytoscape.js", writeCytoscape},
		{"dot", ".dot", "text/vnd.graphviz", "Graphviz", writeDOT},
		{"csv", ".csv", "text/csv", "spreadsheets, pandas, Gephi: one row per link, with both of its ends", writeCSV},
		{"json", ".json", "application/json", "programs: everything, nested", writeJSON},
	}
}

// Write gives g the form of that name. Equal graphs make equal bytes. It fails
// with graph.ErrInvalid on a format that [Formats] does not list. Time:
// O(nodes + edges); DOT and GEXF hold the whole text in memory.
func Write(w io.Writer, g *Graph, format string) error {
	formats := Formats()
	i := slices.IndexFunc(formats, func(f Format) bool { return f.Name == format })
	if i < 0 {
		var names []string
		for _, f := range formats {
			names = append(names, f.Name)
		}
		return fmt.Errorf("%w format %q: want one of %s", graph.ErrInvalid, format, strings.Join(names, ", "))
	}
	if err := formats[i].write(w, g); err != nil {
		return fmt.Errorf("write evidence as %s: %w", format, err)
	}
	return nil
}

func writeJSON(w io.Writer, g *Graph) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(g)
}

// column is one attribute as the flat forms have it. Absent values are empty.
type column[T any] struct {
	name   string
	number bool // a decimal, else text
	value  func(*T) string
}

// nodeColumns are what the flat forms say of a node. Properties come behind
// them as prop_name, one column for each name in the graph.
func nodeColumns(g *Graph) []column[Node] {
	columns := []column[Node]{
		{"kind", false, func(n *Node) string { return string(n.Ref.Kind) }},
		{"key", false, func(n *Node) string { return n.Ref.Key }},
		{"role", false, func(n *Node) string { return string(n.Role) }},
		{"probability", true, func(n *Node) string { return optional(n.Probability) }},
		{"suspect_probability", true, func(n *Node) string { return optional(n.SuspectProbability) }},
		{"score", true, func(n *Node) string { return memberScore(n) }},
		{"since", false, func(n *Node) string { return n.Since.String() }},
		{"reasons", false, func(n *Node) string { return strings.Join(n.Reasons, "; ") }},
		{"events", false, eventText},
	}
	return append(columns, propColumns(g.Nodes, func(n *Node) []graph.Prop { return n.Props })...)
}

// edgeColumns are what the flat forms say of an edge.
func edgeColumns(g *Graph) []column[Edge] {
	columns := []column[Edge]{
		{"link_key", false, func(e *Edge) string { return e.Key }},
		{"type", false, func(e *Edge) string { return string(e.Type) }},
		{"at", false, func(e *Edge) string { return e.At.String() }},
		{"until", false, func(e *Edge) string { return e.Until.String() }},
		{"event", false, func(e *Edge) string { return e.Event }},
		{"amount", true, func(e *Edge) string { return e.Amount }},
		{"currency", false, func(e *Edge) string { return e.Currency }},
		{"weight", true, func(e *Edge) string { return nonZero(e.Weight) }},
		{"evidence", false, func(e *Edge) string { return mark(e.Evidence) }},
		{"sources", false, func(e *Edge) string { return sourceText(e.Sources) }},
	}
	return append(columns, propColumns(g.Edges, func(e *Edge) []graph.Prop { return e.Props })...)
}

func propColumns[T any](of []T, props func(*T) []graph.Prop) []column[T] {
	var names []string
	for i := range of {
		for _, p := range props(&of[i]) {
			names = append(names, p.Name)
		}
	}
	slices.Sort(names)
	var columns []column[T]
	for _, name := range slices.Compact(names) {
		columns = append(columns, column[T]{"prop_" + name, false, func(t *T) string {
			for _, p := range props(t) {
				if p.Name == name {
					return p.Value
				}
			}
			return ""
		}})
	}
	return columns
}

func optional(f *float64) string {
	if f == nil {
		return ""
	}
	return decimal(*f)
}

func nonZero(f float64) string {
	if f == 0 {
		return ""
	}
	return decimal(f)
}

// memberScore is empty for what is no member: it was not scored.
func memberScore(n *Node) string {
	if n.Role == "" {
		return ""
	}
	return decimal(n.Score)
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

func mark(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

// sourceText names the rows that state a link: file, row, byte offset, hash.
func sourceText(sources []Source) string {
	var parts []string
	for _, s := range sources {
		file := s.File
		if file == "" {
			file = "input " + s.Input
		}
		parts = append(parts, fmt.Sprintf("%s row %d offset %d hash %s", file, s.Row, s.Offset, s.Hash))
	}
	return strings.Join(parts, "; ")
}

func eventText(n *Node) string {
	var parts []string
	for _, e := range n.Events {
		parts = append(parts, strings.TrimSpace(strings.Join([]string{e.At.String(), e.Type, e.Detail}, " ")))
	}
	return strings.Join(parts, "; ")
}

// edgeLabel is what a drawing writes on an edge.
func edgeLabel(e *Edge) string {
	if e.Amount == "" {
		return string(e.Type)
	}
	return strings.TrimSpace(string(e.Type) + " " + e.Amount + " " + e.Currency)
}

// numbers gives each node its place, which the XML forms use as its ID.
func numbers(g *Graph) map[graph.Ref]int {
	at := make(map[graph.Ref]int, len(g.Nodes))
	for i := range g.Nodes {
		at[g.Nodes[i].Ref] = i
	}
	return at
}
