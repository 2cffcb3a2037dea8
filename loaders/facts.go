package loaders

import (
	"strings"
	"time"

	"ringleader/graph"
)

// facts turns the rows of one file into facts, by a compiled table, and puts
// them on a sheet. A row gives all of its facts or none.
type facts struct {
	plan      *compiled
	times     []graph.Time // of the row at hand, by column
	moneys    []graph.Money
	nums      []float64
	kinds     kindTable
	normal    *normaliser               // nil: keys stay as they stand
	zones     map[string]*time.Location // that rows have named
	texts     slab
	eventSays string   // the reference that was last made a text
	odd       []oddity // of the row at hand
	sheet     graph.Sheet
	row       graph.SheetMark // where the row at hand begins on the sheet
	labels    []Label
}

// use sets the table for the rows to come; columns is their number.
func (f *facts) use(plan *compiled, columns int) {
	f.plan = plan
	columns++ // rowColumn
	f.times = make([]graph.Time, columns)
	f.moneys = make([]graph.Money, columns)
	f.nums = make([]float64, columns)
}

// read puts the facts of a row on the sheet. keep is false for a row that the
// table leaves out.
func (f *facts) read(r *row) (keep bool, p *problem) {
	f.row, f.labels, f.odd = f.sheet.Mark(), f.labels[:0], f.odd[:0]
	keep, p = f.state(r)
	if p != nil {
		f.sheet.Cut(f.row)
	}
	return keep, p
}

func (f *facts) state(r *row) (keep bool, p *problem) {
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
	if f.sheet.Mark() == f.row && len(f.labels) == 0 {
		return true, &problem{reason: "states nothing: every value that could is empty"}
	}
	return true, nil
}

// edge reports whether a value that begins or ends with b may have space there.
func edge(b byte) bool { return b <= ' ' || b >= 0x80 }

// write adds the facts of the row to a batch and takes them off the sheet.
func (f *facts) write(b *graph.BatchBuilder, s ...graph.Source) {
	attrs, links := f.sheet.Since(f.row)
	for i := range attrs {
		a := &attrs[i]
		b.Attr(a.Of, a.Name, a.Value, a.At, s...)
	}
	for i := range links {
		l := &links[i]
		link := graph.Link{Type: l.Type, At: l.At}
		if d := f.sheet.Detail(l); d != nil {
			link.Until, link.Event, link.Weight, link.Money, link.Props = d.Until, d.Event, d.Weight, d.Money, d.Props
		}
		b.AddLink(l.From, l.To, &link, s...)
	}
	f.sheet.Cut(f.row)
}

// attr states something about a node.
func (f *facts) attr(of graph.Ref, name, value string, at graph.Time) {
	f.sheet.Attrs = append(f.sheet.Attrs, graph.SheetAttr{Of: of, Name: name, Value: value, At: at})
}

// exists states that a node is there.
func (f *facts) exists(of graph.Ref) { f.attr(of, "", "", 0) }

func (f *facts) node(n *nodePlan, values []string) *problem {
	if !allHold(n.when, values) {
		return nil
	}
	ref, kind, p := n.ref.ref(values, &f.kinds)
	if kind == nil {
		return p
	}
	ref, _ = f.identify(ref, kind)
	if n.exists {
		f.exists(ref)
	}
	stated := len(f.sheet.Attrs)
	f.properties(ref, n.props, f.at(n.at), values)
	if len(f.sheet.Attrs) == stated && !n.exists {
		f.exists(ref)
	}
	return nil
}

func (f *facts) properties(of graph.Ref, props []property, at graph.Time, values []string) {
	for i := range props {
		if v := f.propertyText(&props[i], values); v != "" {
			f.attr(of, props[i].name, v, at)
		}
	}
}

func (f *facts) link(l *linkPlan, values []string) *problem {
	if !allHold(l.when, values) {
		return nil
	}
	from, fromKind, p := l.from.ref(values, &f.kinds)
	if fromKind == nil {
		return p
	}
	to, toKind, p := l.to.ref(values, &f.kinds)
	if toKind == nil {
		return p
	}
	at, until := f.at(l.at), f.at(l.until)
	if until != 0 && until < at {
		return &problem{reason: "ends before it begins"}
	}
	typ, p := f.linkType(l, toKind, values)
	if typ == "" {
		return p
	}
	from, _ = f.identify(from, fromKind)
	to, placeholder := f.identify(to, toKind)
	if placeholder != "" && typ == toKind.sighting {
		f.odd = append(f.odd, oddity{toKind.kind, placeholder, true})
		f.exists(from)
		return nil
	}
	f.sheet.Links = append(f.sheet.Links, graph.SheetLink{From: from, To: to, Type: typ, At: at})
	return f.detail(l, until, values)
}

// detail states what the link just stated has besides.
func (f *facts) detail(l *linkPlan, until graph.Time, values []string) *problem {
	link := &f.sheet.Links[len(f.sheet.Links)-1]
	if until != 0 {
		f.sheet.NewDetail(link).Until = until
	}
	if l.hasEvent {
		event, kind, p := l.event.ref(values, &f.kinds)
		if p != nil {
			return p
		}
		if kind != nil {
			f.sheet.NewDetail(link).Event = f.eventText(event)
		}
	}
	if l.weight >= 0 && f.nums[l.weight] != 0 {
		f.sheet.NewDetail(link).Weight = f.nums[l.weight]
	}
	if l.amount >= 0 && f.moneys[l.amount] != (graph.Money{}) {
		f.sheet.NewDetail(link).Money = f.moneys[l.amount]
	}
	for i := range l.props {
		if v := f.propertyText(&l.props[i], values); v != "" {
			d := f.sheet.NewDetail(link)
			d.Props = append(d.Props, graph.Prop{Name: l.props[i].name, Value: v})
		}
	}
	return nil
}

// eventText is a reference as text. The links of a row mostly name one event.
func (f *facts) eventText(r graph.Ref) string {
	n := len(r.Kind)
	if s := f.eventSays; len(s) != n+1+len(r.Key) || s[:n] != string(r.Kind) || s[n] != ':' || s[n+1:] != r.Key {
		f.eventSays = f.texts.join(string(r.Kind), ":", r.Key)
	}
	return f.eventSays
}

func (f *facts) event(e *eventPlan, values []string) *problem {
	if !allHold(e.when, values) {
		return nil
	}
	of, kind, p := e.of.ref(values, &f.kinds)
	if kind == nil {
		return p
	}
	typ, ok := e.typ.text(values)
	if !ok {
		return nil
	}
	if len(typ) > 200 || strings.ContainsFunc(typ, func(r rune) bool { return r < ' ' || r == 0x7f || r == '�' }) {
		return &problem{e.typ.first(), "the type of an event is longer than 200 bytes or holds control characters"}
	}
	of, _ = f.identify(of, kind)
	detail, _ := e.detail.text(values)
	at := f.at(e.at)
	f.attr(of, graph.EventPrefix+typ, detail, at)
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
	account := graph.Ref{Kind: graph.Account, Key: strings.Clone(key)} // labels outlive the text of their rows
	if p := checkKey(key, l.account); p != nil {
		return p
	}
	says, ok := l.label.text(r.values)
	if !ok {
		return nil
	}
	if says != Fraud && says != Victim && says != Honest {
		return &problem{l.label.first(), "not one of fraud, victim, honest"}
	}
	label := Label{Account: account, Label: strings.Clone(says), At: f.at(l.at), Row: r.number}
	for i := range l.props {
		if v := f.propertyText(&l.props[i], r.values); v != "" {
			if label.Props == nil {
				label.Props = make(map[string]string)
			}
			label.Props[l.props[i].name] = strings.Clone(v)
		}
	}
	f.labels = append(f.labels, label)
	return nil
}
