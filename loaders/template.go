package loaders

import (
	"fmt"
	"strings"

	"ringleader/graph"
)

// template makes a text from the values of a row: "account:{account}",
// "{name}|{born}", "{currency|EUR}". A column in braces is its value, a text
// after the bar stands in for an absent one. Where a value is absent and
// nothing stands in, the whole text is.
type template struct {
	parts []part
}

type part struct {
	text   string // constant, if column is empty; else what stands in
	column string
	index  int // of the column, -1 if the file has none
}

func parseTemplate(s string) (template, error) {
	var t template
	rest := s
	for rest != "" {
		open := strings.IndexAny(rest, "{}")
		if open < 0 {
			t.parts = append(t.parts, part{text: rest, index: -1})
			break
		}
		if open > 0 {
			t.parts = append(t.parts, part{text: rest[:open], index: -1})
		}
		end := strings.IndexAny(rest[open+1:], "{}")
		if rest[open] == '}' || end < 0 || rest[open+1+end] != '}' {
			return t, fmt.Errorf("%w template: braces do not match", graph.ErrInvalid)
		}
		column, text, _ := strings.Cut(rest[open+1:open+1+end], "|")
		if column == "" {
			return t, fmt.Errorf("%w template: no column between the braces", graph.ErrInvalid)
		}
		t.parts = append(t.parts, part{text: text, column: column, index: -1})
		rest = rest[open+end+2:]
	}
	return t, nil
}

// constant is the text of a template without columns.
func (t template) constant() (string, bool) {
	switch {
	case len(t.parts) == 0:
		return "", true
	case len(t.parts) == 1 && t.parts[0].column == "":
		return t.parts[0].text, true
	}
	return "", false
}

// text is the template filled in; ok is false if it is absent.
func (t template) text(values []string) (s string, ok bool) {
	for i := range t.parts {
		p := &t.parts[i]
		v := p.text
		if p.index >= 0 && values[p.index] != "" {
			v = values[p.index]
		}
		if v == "" {
			return "", false
		}
		if len(t.parts) == 1 {
			return v, true
		}
		s += v
	}
	return s, s != ""
}

// refTemplate makes a reference. The kind is what stands before the first
// colon outside braces; without a colon, the text is a whole reference. A kind
// with a question mark, "payment?:{event}", is for a bare key only: a text that
// is a reference already stays as it is.
type refTemplate struct {
	kind  template
	key   template
	whole bool       // key is a whole reference
	bare  bool       // kind is for bare keys only
	fixed *knownKind // the kind, where no column has a part in it
}

func parseRefTemplate(s string) (refTemplate, error) {
	depth, colon := 0, -1
	for i := 0; i < len(s) && colon < 0; i++ {
		switch s[i] {
		case '{':
			depth++
		case '}':
			depth--
		case ':':
			if depth == 0 {
				colon = i
			}
		}
	}
	var t refTemplate
	var err error
	if colon < 0 {
		t.whole = true
		t.key, err = parseTemplate(s)
		if _, fixed := t.key.constant(); err == nil && fixed {
			err = fmt.Errorf("%w reference: want kind:key, such as account:{id}", graph.ErrInvalid)
		}
		return t, err
	}
	kind, bare := strings.CutSuffix(s[:colon], "?")
	t.bare = bare
	if t.kind, err = parseTemplate(kind); err != nil {
		return t, err
	}
	if t.key, err = parseTemplate(s[colon+1:]); err != nil {
		return t, err
	}
	if k, fixed := t.kind.constant(); fixed {
		if k, err := graph.ParseKind(k); err != nil {
			return t, err
		} else if k.Derived() {
			return t, fmt.Errorf("%w kind %s: derived, only a run makes it", graph.ErrInvalid, k)
		} else if !t.bare {
			t.fixed = newKnownKind(k)
		}
	}
	if len(t.key.parts) == 0 {
		return t, fmt.Errorf("%w reference: no key after the colon", graph.ErrInvalid)
	}
	return t, nil
}

// ref is the reference filled in, and what is known of its kind: nil if the
// reference is absent.
func (t *refTemplate) ref(values []string, kinds *kindTable) (graph.Ref, *knownKind, *problem) {
	key, ok := t.key.text(values)
	if !ok {
		return graph.Ref{}, nil, nil
	}
	if t.fixed != nil {
		return checkRef(t.fixed, key, t.key)
	}
	if t.whole || t.bare {
		kind, rest, found := strings.Cut(key, ":")
		var known *knownKind
		if found {
			known = kinds.known(graph.Kind(kind))
		}
		switch {
		case known != nil:
			return checkRef(known, rest, t.key)
		case t.whole:
			return graph.Ref{}, nil, &problem{t.key.first(), "not a reference kind:key, such as account:u17"}
		}
	}
	kind, ok := t.kind.text(values)
	if !ok {
		return graph.Ref{}, nil, nil
	}
	known := kinds.known(graph.Kind(kind))
	if known == nil {
		return graph.Ref{}, nil, &problem{t.kind.first(), "not a kind: want lower snake case such as device, at most 64 bytes"}
	}
	return checkRef(known, key, t.key)
}

// checkRef makes a reference and checks what the check of a row's bytes has not.
func checkRef(kind *knownKind, key string, from template) (graph.Ref, *knownKind, *problem) {
	if p := checkKey(key, from); p != nil {
		return graph.Ref{}, nil, p
	}
	if kind.derived {
		return graph.Ref{}, nil, &problem{from.first(), "of a derived kind, which only a run makes"}
	}
	return graph.Ref{Kind: kind.kind, Key: key}, kind, nil
}

// checkKey checks the length of a key.
func checkKey(key string, from template) *problem {
	switch {
	case key == "":
		return &problem{from.first(), "an empty key"}
	case len(key) > graph.MaxKey:
		return &problem{from.first(), "a key longer than 512 bytes"}
	}
	return nil
}

// first is the first column of a template, to say where a problem lies.
func (t template) first() string {
	for _, p := range t.parts {
		if p.column != "" {
			return p.column
		}
	}
	return ""
}
