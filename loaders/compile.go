package loaders

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ringleader/graph"
)

// compiled is a table made ready for files of one header: names are indices,
// templates and conditions are parsed. It does not change while rows are read.
type compiled struct {
	rowID  bool // some template wants rowColumn, as one value more
	zone   zoneColumn
	typed  []typedColumn
	where  []condition
	nodes  []nodePlan
	links  []linkPlan
	events []eventPlan
	labels []labelPlan
}

// property is a column or a template under the name of a property.
type property struct {
	name     string
	index    int // of the column; -1: text
	typ      string
	template template
}

type nodePlan struct {
	ref    refTemplate
	exists bool
	at     int // index of a column, -1: none; so in the plans below
	props  []property
	when   []condition
}

type linkPlan struct {
	from, to  refTemplate
	typ       template
	event     refTemplate
	hasEvent  bool
	at, until int
	weight    int
	amount    int
	props     []property
	when      []condition
}

type eventPlan struct {
	of     refTemplate
	typ    template
	at     int
	detail template
	props  []property
	when   []condition
}

type labelPlan struct {
	account template
	label   template
	at      int
	props   []property
	when    []condition
}

// rowColumn is a column that every file has: an ID for rows of files that give
// them none, made of the file's content and the row's number. The same row in
// another file has another.
const rowColumn = "@row"

// compiler collects what the parts of a table refer to.
type compiler struct {
	table   *Table
	index   map[string]int // of the columns of the file, by their names here
	header  []string       // as renamed; nil: only check the table
	open    bool           // columns may come later
	columns map[string]Column
	used    map[string]bool
	rowID   bool
	zone    *time.Location
	err     *mapError // the first
}

// compile makes a table ready for a header. Without one it only checks.
func compile(t *Table, header []string, zone *time.Location) (*compiled, error) {
	return compileOpen(t, header, zone, header == nil)
}

// compileOpen is compile; open says that a column which is not there may come.
func compileOpen(t *Table, header []string, zone *time.Location, open bool) (*compiled, error) {
	c := &compiler{table: t, open: open, zone: zone, index: make(map[string]int), used: make(map[string]bool),
		columns: maps.Clone(t.Columns)}
	if c.columns == nil {
		c.columns = make(map[string]Column)
	}
	for from, to := range t.Rename {
		c.name("rename."+from, to)
	}
	for i, name := range header {
		name = cmp.Or(t.Rename[name], name)
		if _, ok := c.index[name]; ok {
			return nil, fmt.Errorf("%w header: two columns are named %q after renaming", graph.ErrInvalid, name)
		}
		c.index[name] = i
		c.header = append(c.header, name)
	}
	for name := range t.Columns {
		c.used[name] = true
	}
	c.checkReading()
	out := c.plans()
	out.typed = c.typedColumns()
	if c.err != nil {
		return nil, c.err
	}
	out.rowID = c.rowID
	c.stars(out)
	return out, nil
}

func (c *compiler) plans() *compiled {
	t, out := c.table, &compiled{zone: c.ownZone()}
	out.where = c.conditions("where", t.Where)
	for i := range t.Nodes {
		r, at := &t.Nodes[i], fmt.Sprintf("nodes[%d]", i)
		out.nodes = append(out.nodes, nodePlan{
			ref: c.ref(at+".ref", r.Ref), exists: r.Exists, at: c.typedIndex(at+".at", r.At, "time"),
			props: c.props(at, r.Props, r.Set), when: c.conditions(at+".when", r.When),
		})
	}
	for i := range t.Links {
		r, at := &t.Links[i], fmt.Sprintf("links[%d]", i)
		p := linkPlan{
			from: c.ref(at+".from", r.From), to: c.ref(at+".to", r.To), typ: c.linkType(at+".type", r.Type),
			at: c.typedIndex(at+".at", r.At, "time"), until: c.typedIndex(at+".until", r.Until, "time"),
			weight: c.typedIndex(at+".weight", r.Weight, "number"), amount: c.typedIndex(at+".amount", r.Amount, "amount"),
			props: c.props(at, r.Props, r.Set), when: c.conditions(at+".when", r.When),
		}
		if r.Event != "" {
			p.event, p.hasEvent = c.ref(at+".event", r.Event), true
		}
		out.links = append(out.links, p)
	}
	for i := range t.Events {
		r, at := &t.Events[i], fmt.Sprintf("events[%d]", i)
		out.events = append(out.events, eventPlan{
			of: c.ref(at+".of", r.Of), typ: c.needTemplate(at+".type", r.Type), at: c.typedIndex(at+".at", r.At, "time"),
			detail: c.template(at+".detail", r.Detail), props: c.props(at, r.Props, nil), when: c.conditions(at+".when", r.When),
		})
	}
	for i := range t.Labels {
		r, at := &t.Labels[i], fmt.Sprintf("labels[%d]", i)
		out.labels = append(out.labels, labelPlan{
			account: c.needTemplate(at+".account", r.Account), label: c.needTemplate(at+".label", r.Label),
			at: c.typedIndex(at+".at", r.At, "time"), props: c.props(at, r.Props, nil), when: c.conditions(at+".when", r.When),
		})
	}
	return out
}

// fail keeps the first error.
func (c *compiler) fail(path string, err error) {
	if c.err == nil && err != nil {
		c.err = &mapError{path, err}
	}
}

// column is the index of a column that something needs, -1 if the file may and
// does lack it.
func (c *compiler) column(path, name string) int {
	c.used[name] = true
	if name == rowColumn {
		c.rowID = true
		return len(c.header)
	}
	if i, ok := c.index[name]; ok {
		return i
	}
	if _, known := c.table.Columns[name]; !known && !c.open {
		c.missing(path, name)
	}
	return -1
}

// missing fails over a column that the file must have.
func (c *compiler) missing(path, name string) {
	hint := ""
	if len(c.header) == 1 {
		hint = "; it has one column only, so its delimiter may be another"
	}
	c.fail(path, fmt.Errorf("%w file: it has no column %q%s", graph.ErrInvalid, name, hint))
}

// typedIndex is the column of that name, which must be of a type or untyped.
func (c *compiler) typedIndex(path, name, typ string) int {
	if name == "" {
		return -1
	}
	column := c.columns[name]
	if column.Type == "" {
		column.Type = typ
		c.columns[name] = column
	}
	if column.Type != typ {
		c.fail(path, fmt.Errorf("%w column %q: it is of type %s, not %s", graph.ErrInvalid, name, column.Type, typ))
	}
	return c.column(path, name)
}

func (c *compiler) bind(path string, t template, err error) template {
	c.fail(path, err)
	for i := range t.parts {
		if t.parts[i].column != "" {
			t.parts[i].index = c.column(path, t.parts[i].column)
		}
	}
	return t
}

func (c *compiler) template(path, s string) template {
	t, err := parseTemplate(s)
	return c.bind(path, t, err)
}

func (c *compiler) needTemplate(path, s string) template {
	if s == "" {
		c.fail(path, fmt.Errorf("%w rule: it lacks this field", graph.ErrInvalid))
	}
	return c.template(path, s)
}

func (c *compiler) ref(path, s string) refTemplate {
	t, err := parseRefTemplate(s)
	t.kind = c.bind(path, t.kind, err)
	t.key = c.bind(path, t.key, nil)
	return t
}

func (c *compiler) linkType(path, s string) template {
	t := c.template(path, s)
	if text, fixed := t.constant(); fixed && text != "" {
		typ, err := graph.ParseLinkType(text)
		c.fail(path, err)
		if typ.Derived() {
			c.fail(path, fmt.Errorf("%w type %s: derived, only a run makes it", graph.ErrInvalid, typ))
		}
	}
	return t
}

func (c *compiler) conditions(path string, list []string) []condition {
	out := make([]condition, 0, len(list))
	for i, s := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		cond, err := parseCondition(s)
		if err != nil {
			c.fail(at, err)
			continue
		}
		used := c.used[cond.column]
		cond.index = c.column(at, cond.column)
		c.used[cond.column] = used // a condition does not keep the value
		out = append(out, cond)
	}
	return out
}

// star stands for all columns that nothing else names, until stars fills it in.
const star = "*"

func (c *compiler) props(path string, names []string, set map[string]string) []property {
	out := make([]property, 0, len(names)+len(set))
	for i, name := range names {
		if name == star {
			out = append(out, property{name: star})
			continue
		}
		at := fmt.Sprintf("%s.props[%d]", path, i)
		c.name(at, name)
		out = append(out, property{name: name, index: c.column(at, name)})
	}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		at := path + ".set." + name
		c.name(at, name)
		out = append(out, property{name: name, index: -1, template: c.template(at, set[name])})
	}
	slices.SortFunc(out, func(a, b property) int { return cmp.Compare(a.name, b.name) })
	for i := 1; i < len(out); i++ {
		if out[i].name == out[i-1].name {
			c.fail(path, fmt.Errorf("%w rule: it sets the property %q twice", graph.ErrInvalid, out[i].name))
		}
	}
	return out
}

// name checks the name of a property by the rules of nameColumns.
func (c *compiler) name(path, name string) {
	if strings.TrimSpace(name) != name || name == "" || name == star {
		c.fail(path, fmt.Errorf("%w name: empty, or spaces around it", graph.ErrInvalid))
		return
	}
	if err := nameColumns([]string{name}); err != nil {
		c.fail(path, errors.Join(err))
	}
}

// stars puts the columns that nothing names in place of "*", and drops
// properties whose column the file lacks.
func (c *compiler) stars(out *compiled) {
	var rest []property
	for i, name := range c.header {
		if !c.used[name] {
			rest = append(rest, property{name: name, index: i})
		}
	}
	fill := func(props []property) []property {
		filled := make([]property, 0, len(props)+len(rest))
		for _, p := range props {
			switch {
			case p.name == star:
				for _, r := range rest {
					if !slices.ContainsFunc(props, func(p property) bool { return p.name == r.name }) {
						filled = append(filled, r)
					}
				}
			case p.index >= 0:
				p.typ = c.columns[p.name].Type
				filled = append(filled, p)
			case len(p.template.parts) > 0:
				filled = append(filled, p)
			}
		}
		slices.SortFunc(filled, func(a, b property) int { return cmp.Compare(a.name, b.name) })
		return filled
	}
	for i := range out.nodes {
		out.nodes[i].props = fill(out.nodes[i].props)
	}
	for i := range out.links {
		out.links[i].props = fill(out.links[i].props)
	}
	for i := range out.events {
		out.events[i].props = fill(out.events[i].props)
	}
	for i := range out.labels {
		out.labels[i].props = fill(out.labels[i].props)
	}
}
