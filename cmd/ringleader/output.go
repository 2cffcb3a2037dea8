package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// column is one field of a listing, in tables and in CSV.
type column[T any] struct {
	name  string
	value func(*T) string
	right bool // numbers stand to the right
}

// listing is what a command found, in every format that --output names.
type listing[T any] struct {
	whole   any // the JSON document
	items   []T // the lines of jsonl and csv, the rows of a table
	columns []column[T]
	table   []column[T] // fewer columns for a terminal; nil: columns
	first   int         // rows of a table before "and N more"; 0: all
	more    string      // what to type to see the rest
	empty   string      // what to say where there is nothing
}

// write prints the listing on standard output.
func (l listing[T]) write(a *app) error {
	w := bufio.NewWriterSize(a.stdout, 1<<16)
	var err error
	switch a.Output {
	case "json":
		err = writeJSON(w, l.whole)
	case "jsonl":
		err = l.writeLines(w)
	case "csv":
		err = l.writeCSV(w)
	default:
		err = l.writeTable(a, w)
	}
	if err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	return nil
}

func (l listing[T]) writeLines(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for i := range l.items {
		if err := enc.Encode(&l.items[i]); err != nil {
			return err
		}
	}
	return nil
}

func (l listing[T]) writeCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	record := make([]string, len(l.columns))
	for i, c := range l.columns {
		record[i] = c.name
	}
	if err := out.Write(record); err != nil {
		return err
	}
	for i := range l.items {
		for j, c := range l.columns {
			record[j] = c.value(&l.items[i])
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func (l listing[T]) writeTable(a *app, w io.Writer) error {
	columns := l.table
	if columns == nil {
		columns = l.columns
	}
	if len(l.items) == 0 {
		_, err := fmt.Fprintln(w, l.empty)
		return err
	}
	shown := len(l.items)
	if l.first > 0 {
		shown = min(shown, l.first)
	}
	t := a.newTable()
	header := make(table.Row, len(columns))
	configs := make([]table.ColumnConfig, len(columns))
	for i, c := range columns {
		header[i] = strings.ReplaceAll(c.name, "_", " ")
		configs[i].Number = i + 1
		if c.right {
			configs[i].Align, configs[i].AlignHeader = text.AlignRight, text.AlignRight
		}
	}
	t.AppendHeader(header)
	t.SetColumnConfigs(configs)
	for i := range l.items[:shown] {
		row := make(table.Row, len(columns))
		for j, c := range columns {
			row[j] = printable(c.value(&l.items[i]))
		}
		t.AppendRow(row)
	}
	if _, err := fmt.Fprintln(w, t.Render()); err != nil {
		return err
	}
	if rest := len(l.items) - shown; rest > 0 {
		_, err := fmt.Fprintf(w, "… and %s more; %s\n", count(rest), l.more)
		return err
	}
	return nil
}

// newTable is a table without lines: columns, a header, nothing else.
func (a *app) newTable() table.Writer {
	t := table.NewWriter()
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Format.Header = text.FormatDefault
	style.Color = table.ColorOptions{}
	if a.stdoutTerminal && !a.NoColor {
		style.Color.Header = text.Colors{text.Faint}
	}
	t.SetStyle(style)
	t.SuppressTrailingSpaces()
	return t
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// printable keeps data from steering the terminal: control characters become
// the replacement character.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '\ufffd'
		}
		return r
	}, s)
}

// count writes a whole number with separators: 24,011.
func count[N int | int64](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// decimal writes a float in its shortest exact form, for programs.
func decimal(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// bits writes a score for people.
func bits(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }

// probability writes a probability for people, who take 1.00 for certainty.
func probability(p float64) string {
	if p > .995 {
		return ">.99"
	}
	return strconv.FormatFloat(p, 'f', 2, 64)
}
