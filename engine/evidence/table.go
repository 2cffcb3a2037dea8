package evidence

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"

	"ringleader/graph"
)

// writeCSV writes one long table: a row per link with what is known of it and
// of both of its ends, so that one file opens anywhere and says everything. A
// node without a link has a row without a target. Properties are JSON objects.
func writeCSV(w io.Writer, g *Graph) error {
	ends, links := fixed(nodeColumns(g)), fixed(edgeColumns(g))
	header := []string{"source", "target"}
	for _, c := range links {
		header = append(header, c.name)
	}
	header = append(header, "props")
	for _, end := range []string{"source_", "target_"} {
		for _, c := range ends {
			header = append(header, end+c.name)
		}
		header = append(header, end+"props")
	}
	table := csv.NewWriter(w)
	write := func(row []string) error {
		for i := range row {
			row[i] = plainCell(row[i])
		}
		return table.Write(row)
	}
	if err := write(header); err != nil {
		return err
	}
	at, linked := numbers(g), make([]bool, len(g.Nodes))
	for i := range g.Edges {
		e := &g.Edges[i]
		row := append([]string{e.From.String(), e.To.String()}, cells(e, links, e.Props)...)
		for _, end := range []int{at[e.From], at[e.To]} {
			linked[end] = true
			row = append(row, cells(&g.Nodes[end], ends, g.Nodes[end].Props)...)
		}
		if err := write(row); err != nil {
			return err
		}
	}
	for i := range g.Nodes {
		if linked[i] {
			continue
		}
		n := &g.Nodes[i]
		row := append([]string{n.Ref.String()}, make([]string, 2+len(links))...)
		row = append(row, cells(n, ends, n.Props)...)
		if err := write(append(row, make([]string, len(header)-len(row))...)); err != nil {
			return err
		}
	}
	table.Flush()
	return table.Error()
}

// fixed leaves the columns that every graph has.
func fixed[T any](columns []column[T]) []column[T] {
	var list []column[T]
	for _, c := range columns {
		if !strings.HasPrefix(c.name, "prop_") {
			list = append(list, c)
		}
	}
	return list
}

func cells[T any](of *T, columns []column[T], props []graph.Prop) []string {
	var row []string
	for _, c := range columns {
		row = append(row, c.value(of))
	}
	if len(props) == 0 {
		return append(row, "")
	}
	named := make(map[string]string, len(props))
	for _, p := range props {
		named[p.Name] = p.Value
	}
	text, err := json.Marshal(named)
	if err != nil { // strings always marshal
		return append(row, "")
	}
	return append(row, string(text))
}

// plainCell keeps a spreadsheet from running a cell as a formula. Numbers keep
// their sign.
func plainCell(s string) string {
	if s == "" || !strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return s
	}
	if strings.Trim(s[1:], "0123456789.e") == "" && s[0] == '-' {
		return s
	}
	return "'" + s
}
