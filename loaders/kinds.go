package loaders

import (
	"strings"

	"ringleader/graph"
)

// knownKind is what rows ask of a kind, looked up once.
type knownKind struct {
	kind     graph.Kind
	sighting graph.LinkType // of the links to it; empty: the kind is too long for one
	named    bool           // its keys are names that the owner of the data gave, see identified
	derived  bool
}

func newKnownKind(k graph.Kind) *knownKind {
	known := &knownKind{kind: k, named: !identified(k), derived: k.Derived()}
	if t, err := graph.ParseLinkType(string(graph.SightingType(k))); err == nil {
		known.sighting = t
	}
	return known
}

// kindTable remembers kinds and types of links that rows name. Rows mostly name
// the two of the row before, so those are asked first.
type kindTable struct {
	last  [2]*knownKind
	kinds map[graph.Kind]*knownKind
	types map[string]graph.LinkType // in upper case, checked
}

// mostKnown bounds a table: rows may name any number of kinds.
const mostKnown = 4096

// known is a kind, nil for a text that is none.
func (t *kindTable) known(k graph.Kind) *knownKind {
	for _, have := range t.last {
		if have != nil && have.kind == k {
			return have
		}
	}
	have := t.kinds[k]
	if have == nil {
		if _, err := graph.ParseKind(string(k)); err != nil {
			return nil
		}
		k = graph.Kind(strings.Clone(string(k))) // values lie in large blocks
		have = newKnownKind(k)
		if t.kinds == nil || len(t.kinds) == mostKnown {
			t.kinds = make(map[graph.Kind]*knownKind)
		}
		t.kinds[k] = have
	}
	t.last[0], t.last[1] = have, t.last[0]
	return have
}

// linkType is the type that the rule or the row names, in upper case, or that of
// a sighting; empty if it is absent.
func (f *facts) linkType(l *linkPlan, to *knownKind, values []string) (graph.LinkType, *problem) {
	const notType = "not a type of links: want words such as HAS_PHONE, at most 64 bytes"
	if len(l.typ.parts) == 0 {
		if to.sighting == "" {
			return "", &problem{reason: notType}
		}
		return to.sighting, nil
	}
	text, ok := l.typ.text(values)
	if !ok {
		return "", nil
	}
	text = strings.ToUpper(text)
	if t, ok := f.kinds.types[text]; ok {
		return t, nil
	}
	t := graph.LinkType(strings.Clone(text))
	if _, err := graph.ParseLinkType(text); err != nil {
		return "", &problem{l.typ.first(), notType}
	}
	if t.Derived() {
		return "", &problem{l.typ.first(), "a derived type, which only a run makes"}
	}
	if f.kinds.types == nil || len(f.kinds.types) == mostKnown {
		f.kinds.types = make(map[string]graph.LinkType)
	}
	f.kinds.types[string(t)] = t
	return t, nil
}
