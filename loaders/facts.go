package loaders

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"ringleader/graph"
)

// facts turns the rows of one file into facts, by a compiled table. A row
// gives all of its facts or none.
type facts struct {
	plan      *compiled
	times     []graph.Time // of the row at hand, by column
	moneys    []graph.Money
	nums      []float64
	types     map[string]graph.LinkType // checked types, and sighting types of kinds
	normal    *normaliser               // nil: keys stay as they stand
	zones     map[string]*time.Location // that rows have named
	texts     slab
	eventOf   graph.Ref // last made a text
	eventSays string
	odd       []oddity // of the row at hand
	attrs     []pendingAttr
	links     []pendingLink
	labels    []Label
}

type pendingAttr struct {
	of          graph.Ref
	name, value string
	at          graph.Time
}

type pendingLink struct {
	from, to graph.Ref
	link     graph.Link
}

// use sets the table for the rows to come; columns is their number.
func (f *facts) use(plan *compiled, columns int) {
	f.plan = plan
	columns++ // rowColumn
	f.times = make([]graph.Time, columns)
	f.moneys = make([]graph.Money, columns)
	f.nums = make([]float64, columns)
	if f.types == nil {
		f.types = make(map[string]graph.LinkType)
	}
}

// read prepares the facts of a row. keep is false for a row that the table
// leaves out.
func (f *facts) read(r *row) (keep bool, p *problem) {
	f.attrs, f.links, f.labels, f.odd = f.attrs[:0], f.links[:0], f.labels[:0], f.odd[:0]
	for i, v := range r.values {
		if n := len(v); n > 0 && (edge(v[0]) || edge(v[n-1])) {
			r.values[i] = strings.TrimSpace(v)
		}
	}
	if !allHold(f.plan.where, r.values) {
		return false, nil
	}
	for i := range f.plan.typed {
		if p := f.value(&f.plan.typed[i], r.values); p != nil {
			return true, p
		}
	}
	for i := range f.plan.nodes {
		if p := f.node(&f.plan.nodes[i], r.values); p != nil {
			return true, p
		}
	}
	for i := range f.plan.links {
		if p := f.link(&f.plan.links[i], r.values); p != nil {
			return true, p
		}
	}
	for i := range f.plan.events {
		if p := f.event(&f.plan.events[i], r.values); p != nil {
			return true, p
		}
	}
	for i := range f.plan.labels {
		if p := f.label(&f.plan.labels[i], r); p != nil {
			return true, p
		}
	}
	if len(f.attrs)+len(f.links)+len(f.labels) == 0 {
		return true, &problem{reason: "states nothing: every value that could is empty"}
	}
	return true, nil
}

// edge reports whether a value that begins or ends with b may have space there.
func edge(b byte) bool { return b <= ' ' || b >= 0x80 }

// write adds the facts of the row to a batch.
func (f *facts) write(b *graph.BatchBuilder, s ...graph.Source) {
	for i := range f.attrs {
		a := &f.attrs[i]
		b.Attr(a.of, a.name, a.value, a.at, s...)
	}
	for i := range f.links {
		l := &f.links[i]
		b.AddLink(l.from, l.to, &l.link, s...)
	}
}

// value checks one value and parses it into its column's place.
func (f *facts) value(c *typedColumn, values []string) *problem {
	if c.index >= 0 {
		switch c.Type {
		case "time":
			f.times[c.index] = 0
		case "amount":
			f.moneys[c.index] = graph.Money{}
		case "number":
			f.nums[c.index] = 0
		}
	}
	if c.index < 0 || values[c.index] == "" {
		if c.Required {
			return &problem{c.name, "required, but absent"}
		}
		return nil
	}
	v := &values[c.index]
	if c.Values != nil {
		to, ok := c.Values[*v]
		if !ok {
			return &problem{c.name, "not one of " + strings.Join(slices.Sorted(maps.Keys(c.Values)), ", ")}
		}
		*v = to
	}
	if c.OneOf != nil && !slices.Contains(c.OneOf, *v) {
		return &problem{c.name, "not one of " + strings.Join(c.OneOf, ", ")}
	}
	if *v == "" {
		return nil // translated to absent
	}
	if c.Decimal != "" {
		*v = plainDecimal(*v, c.Decimal)
	}
	if c.Absolute {
		*v = strings.TrimPrefix(*v, "-")
	}
	switch c.Type {
	case "time":
		format, p := f.inOwnZone(c.time, values)
		if p != nil {
			return p
		}
		t, p := format.parse(*v)
		if p != nil {
			return &problem{c.name, p.reason}
		}
		f.times[c.index] = t
	case "amount":
		return f.amount(c, values)
	case "number":
		n, err := strconv.ParseFloat(*v, 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			return &problem{c.name, "not a number"}
		}
		f.nums[c.index] = n
	case "flag":
		*v = parseFlag(*v)
	}
	return nil
}

func (f *facts) amount(c *typedColumn, values []string) *problem {
	currency, _ := c.currency.text(values)
	m, err := graph.ParseMoney(values[c.index], strings.ToUpper(currency))
	if err != nil {
		return &problem{c.name, err.Error()} // it names the rule, not the value
	}
	if m.Minor < 0 {
		return &problem{c.name, "a negative amount; if it is money given back, state it as a refund: status refunded, the amount without its sign"}
	}
	f.moneys[c.index] = m
	return nil
}

// at is the time of a column, unknown for no column.
func (f *facts) at(index int) graph.Time {
	if index < 0 {
		return 0
	}
	return f.times[index]
}

// propertyText is the value of a property as it is stored: times in RFC 3339,
// amounts with their currency.
func (f *facts) propertyText(p *property, values []string) string {
	if p.index < 0 {
		s, _ := p.template.text(values)
		return s
	}
	if values[p.index] == "" {
		return ""
	}
	switch p.typ {
	case "time":
		return f.times[p.index].String()
	case "amount":
		return f.moneys[p.index].String()
	}
	return values[p.index]
}

func (f *facts) node(n *nodePlan, values []string) *problem {
	if !allHold(n.when, values) {
		return nil
	}
	ref, ok, p := n.ref.ref(values)
	if !ok || p != nil {
		return p
	}
	ref, _ = f.identify(ref)
	if n.exists {
		f.attrs = append(f.attrs, pendingAttr{of: ref})
	}
	stated := len(f.attrs)
	f.properties(ref, n.props, f.at(n.at), values)
	if len(f.attrs) == stated && !n.exists {
		f.attrs = append(f.attrs, pendingAttr{of: ref})
	}
	return nil
}

func (f *facts) properties(of graph.Ref, props []property, at graph.Time, values []string) {
	for i := range props {
		if v := f.propertyText(&props[i], values); v != "" {
			f.attrs = append(f.attrs, pendingAttr{of, props[i].name, v, at})
		}
	}
}

func (f *facts) link(l *linkPlan, values []string) *problem {
	if !allHold(l.when, values) {
		return nil
	}
	from, ok, p := l.from.ref(values)
	if !ok || p != nil {
		return p
	}
	to, ok, p := l.to.ref(values)
	if !ok || p != nil {
		return p
	}
	at, until := f.at(l.at), f.at(l.until)
	if until != 0 && until < at {
		return &problem{reason: "ends before it begins"}
	}
	typ, ok, p := f.linkType(l, to.Kind, values)
	if !ok || p != nil {
		return p
	}
	from, _ = f.identify(from)
	to, placeholder := f.identify(to)
	if placeholder != "" && typ == graph.SightingType(to.Kind) {
		f.odd = append(f.odd, oddity{to.Kind, placeholder, true})
		f.attrs = append(f.attrs, pendingAttr{of: from})
		return nil
	}
	link := f.addLink(from, to)
	link.Type, link.At, link.Until = typ, at, until
	if l.hasEvent {
		event, ok, p := l.event.ref(values)
		if p != nil {
			return p
		}
		if ok {
			link.Event = f.eventText(event)
		}
	}
	if l.weight >= 0 {
		link.Weight = f.nums[l.weight]
	}
	if l.amount >= 0 {
		link.Money = f.moneys[l.amount]
	}
	for i := range l.props {
		if v := f.propertyText(&l.props[i], values); v != "" {
			link.Props = append(link.Props, graph.Prop{Name: l.props[i].name, Value: v})
		}
	}
	return nil
}

// addLink is a link of the row, to be filled in where it stands: it is large.
func (f *facts) addLink(from, to graph.Ref) *graph.Link {
	n := len(f.links)
	f.links = slices.Grow(f.links, 1)[:n+1]
	f.links[n] = pendingLink{from: from, to: to}
	return &f.links[n].link
}

// eventText is a reference as text. The links of a row mostly name one event.
func (f *facts) eventText(r graph.Ref) string {
	if r != f.eventOf {
		f.eventOf, f.eventSays = r, f.texts.join(string(r.Kind), ":", r.Key)
	}
	return f.eventSays
}

// linkType is the type that the rule or the row names, in upper case, or that
// of a sighting. ok is false if it is absent.
func (f *facts) linkType(l *linkPlan, to graph.Kind, values []string) (graph.LinkType, bool, *problem) {
	key := string(to)
	if len(l.typ.parts) > 0 {
		text, ok := l.typ.text(values)
		if !ok {
			return "", false, nil
		}
		key = strings.ToUpper(text)
	}
	if t, ok := f.types[key]; ok {
		return t, true, nil
	}
	t := graph.SightingType(to)
	if len(l.typ.parts) > 0 {
		t = graph.LinkType(key)
	}
	if _, err := graph.ParseLinkType(string(t)); err != nil {
		return "", false, &problem{l.typ.first(), "not a type of links: want words such as HAS_PHONE, at most 64 bytes"}
	}
	if t.Derived() {
		return "", false, &problem{l.typ.first(), "a derived type, which only a run makes"}
	}
	if len(f.types) < 4096 { // rows may name any number of types
		f.types[key] = t
	}
	return t, true, nil
}

func (f *facts) event(e *eventPlan, values []string) *problem {
	if !allHold(e.when, values) {
		return nil
	}
	of, ok, p := e.of.ref(values)
	if !ok || p != nil {
		return p
	}
	typ, ok := e.typ.text(values)
	if !ok {
		return nil
	}
	if len(typ) > 200 || strings.ContainsFunc(typ, func(r rune) bool { return r < ' ' || r == 0x7f || r == '�' }) {
		return &problem{e.typ.first(), "the type of an event is longer than 200 bytes or holds control characters"}
	}
	of, _ = f.identify(of)
	detail, _ := e.detail.text(values)
	at := f.at(e.at)
	f.attrs = append(f.attrs, pendingAttr{of, graph.EventPrefix + typ, detail, at})
	f.properties(of, e.props, at, values)
	return nil
}

func (f *facts) label(l *labelPlan, r *row) *problem {
	if !allHold(l.when, r.values) {
		return nil
	}
	key, ok := l.account.text(r.values)
	if !ok {
		return nil
	}
	account := graph.Ref{Kind: graph.Account, Key: key}
	if p := checkRef(account, l.account); p != nil {
		return p
	}
	says, ok := l.label.text(r.values)
	if !ok {
		return nil
	}
	if says != Fraud && says != Victim && says != Honest {
		return &problem{l.label.first(), "not one of fraud, victim, honest"}
	}
	label := Label{Account: account, Label: says, At: f.at(l.at), Row: r.number}
	for i := range l.props {
		if v := f.propertyText(&l.props[i], r.values); v != "" {
			if label.Props == nil {
				label.Props = make(map[string]string)
			}
			label.Props[l.props[i].name] = v
		}
	}
	f.labels = append(f.labels, label)
	return nil
}
