package loaders

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Explain says in sentences what a mapping makes of each row.
func (m *Mapping) Explain() string {
	var b strings.Builder
	fmt.Fprintf(&b, "mapping %s\n", m.Name)
	for line := range strings.Lines(strings.TrimSpace(m.About)) {
		fmt.Fprintf(&b, "  %s\n", strings.TrimSpace(line))
	}
	for i := range m.Tables {
		b.WriteByte('\n')
		m.Tables[i].explain(&b)
	}
	return b.String()
}

func (t *Table) explain(b *strings.Builder) {
	fmt.Fprintf(b, "table %s: files of this name, CSV, JSONL or Parquet\n", t.File)
	line := func(format string, args ...any) { fmt.Fprintf(b, "  "+format+"\n", args...) }
	if t.Read != nil {
		line("or of a database: %s", t.Read.explain())
	}
	if t.Skip > 0 {
		line("the first %d lines are passed over", t.Skip)
	}
	for _, j := range t.Joins {
		var on []string
		for _, here := range slices.Sorted(maps.Keys(j.On)) {
			on = append(on, here+" = "+j.On[here])
		}
		line("columns of file %s join each row where %s", j.File, strings.Join(on, ", "))
	}
	for _, name := range slices.Sorted(maps.Keys(t.Derive)) {
		line("%s is made of %s", name, t.Derive[name])
	}
	for _, name := range slices.Sorted(maps.Keys(t.Rename)) {
		line("column %s is called %s", name, t.Rename[name])
	}
	for _, name := range slices.Sorted(maps.Keys(t.Columns)) {
		if said := t.Columns[name].explain(); said != "" {
			line("%s: %s", name, said)
		}
	}
	for _, w := range t.Where {
		line("only rows where %s", w)
	}
	for _, r := range t.Nodes {
		line("states %s%s%s%s", r.Ref, listed(" with ", r.Props, r.Set), at(r.At), when(r.When))
	}
	for _, r := range t.Links {
		amount := ""
		if r.Amount != "" {
			amount = " of the amount " + r.Amount
		}
		event := ""
		if r.Event != "" {
			event = ", the event " + r.Event
		}
		line("links %s to %s as %s%s%s%s%s%s", r.From, r.To, cmp.Or(r.Type, "a sighting"), amount, at(r.At), event, listed(" with ", r.Props, r.Set), when(r.When))
	}
	for _, r := range t.Events {
		line("says that %s happened to %s%s%s", r.Type, r.Of, at(r.At), when(r.When))
	}
	for _, r := range t.Labels {
		line("labels account:%s as %s%s%s", r.Account, r.Label, at(r.At), when(r.When))
	}
}

func (c Column) explain() string {
	var says []string
	add := func(yes bool, format string, args ...any) {
		if yes {
			says = append(says, fmt.Sprintf(format, args...))
		}
	}
	add(c.Required, "required")
	add(c.Type != "", "%s", c.Type)
	add(c.Format != "", "written %s", c.Format)
	add(c.Zone != "", "in the zone %s", c.Zone)
	add(c.Unit != "", "counted in %s from %s", c.Unit, c.Epoch)
	add(c.Currency != "", "in %s", c.Currency)
	add(c.Decimal != "", "decimals after %q", c.Decimal)
	add(c.Absolute, "without its sign")
	add(c.OneOf != nil, "one of %s", strings.Join(c.OneOf, ", "))
	for _, from := range slices.Sorted(maps.Keys(c.Values)) {
		add(true, "%s means %s", from, cmp.Or(c.Values[from], "nothing"))
	}
	return strings.Join(says, ", ")
}

func at(column string) string {
	if column == "" {
		return ""
	}
	return " at " + column
}

func when(conditions []string) string {
	if len(conditions) == 0 {
		return ""
	}
	return " where " + strings.Join(conditions, " and ")
}

func listed(before string, props []string, set map[string]string) string {
	var all []string
	for _, p := range props {
		if p == star {
			p = "every other column"
		}
		all = append(all, p)
	}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		all = append(all, name+" = "+set[name])
	}
	if len(all) == 0 {
		return ""
	}
	return before + strings.Join(all, ", ")
}
