package resolve

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ringleader/graph"
)

// Names of the properties of a MAY_BE link. That of a line is the field's.
const (
	propBits   = "bits"
	propPerson = "person"
	linePrefix = "on "
)

// Write puts the pairs of a result into the store as MAY_BE links, derived
// facts, in place of those that were there. It writes them whole or not at all.
// Memory: O(pairs).
func Write(ctx context.Context, store graph.Store, fence uint64, r *Result) error {
	var w graph.BatchBuilder
	texts := make(map[string]string) // many lines say the same
	for i := range r.Pairs {
		if i%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		p := &r.Pairs[i]
		props := []graph.Prop{{Name: propBits, Value: signed(p.Bits)}}
		if p.Person > 0 { // a number: a link must not name a record that it does not end at
			props = append(props, graph.Prop{Name: propPerson, Value: strconv.Itoa(p.Person)})
		}
		for _, l := range r.Lines(p) {
			text := signed(l.Bits) + " " + l.Text
			if have, ok := texts[text]; ok {
				text = have
			} else {
				texts[text] = text
			}
			props = append(props, graph.Prop{Name: linePrefix + l.Field, Value: text})
		}
		w.Link(p.A, p.B, graph.Link{Type: graph.MayBe, Props: props})
	}
	b := w.Take()
	b.Derived, b.Fence, b.Retract = true, fence, graph.Retract{Types: []graph.LinkType{graph.MayBe}}
	if _, err := store.Apply(ctx, b); err != nil {
		return fmt.Errorf("write %s links: %w", graph.MayBe, err)
	}
	return nil
}

// signed is bits in two decimals, the sign always there.
func signed(bits float64) string { return fmt.Sprintf("%+.2f", bits) }

// Match is a record that another may be, as the store has it.
type Match struct {
	Other  graph.Ref `json:"other"`
	Bits   float64   `json:"bits"`
	Person int       `json:"person,omitempty"` // number of the person that both belong to; 0: they do not
	Lines  []Line    `json:"lines"`            // the prior, then fields by name; they add up to bits
}

// Matches reads who a record may be, the strongest first, at most limit. Time:
// O(links of the record).
func Matches(ctx context.Context, store graph.Store, ref graph.Ref, limit int) ([]Match, error) {
	all := []Match{}
	q := graph.NeighborQuery{Types: []graph.LinkType{graph.MayBe}, Derived: true, Limit: 1000}
	for {
		page, next, err := store.Neighbors(ctx, ref, q)
		if err != nil {
			return nil, fmt.Errorf("%s links of %s: %w", graph.MayBe, ref, err)
		}
		for i := range page.Links {
			m, err := matchOf(page, &page.Links[i], ref)
			if err != nil {
				return nil, err
			}
			all = append(all, m)
		}
		if q.Cursor = next; next == "" {
			break
		}
	}
	slices.SortFunc(all, func(a, b Match) int {
		if a.Bits != b.Bits {
			if a.Bits > b.Bits {
				return -1
			}
			return 1
		}
		return a.Other.Compare(b.Other)
	})
	return all[:min(limit, len(all))], nil
}

func matchOf(page *graph.Batch, l *graph.Link, ref graph.Ref) (Match, error) {
	m := Match{Other: page.Refs[l.To]}
	if m.Other == ref {
		m.Other = page.Refs[l.From]
	}
	if number := l.Prop(propPerson); number != "" {
		n, err := strconv.Atoi(number)
		if err != nil {
			return m, fmt.Errorf("%w %s link of %s: the person is no number", graph.ErrInvalid, l.Type, ref)
		}
		m.Person = n
	}
	var err error
	if m.Bits, err = strconv.ParseFloat(l.Prop(propBits), 64); err != nil {
		return m, fmt.Errorf("%w %s link of %s: bits are no number", graph.ErrInvalid, l.Type, ref)
	}
	for _, p := range l.Props {
		field, ok := strings.CutPrefix(p.Name, linePrefix)
		if !ok {
			continue
		}
		bits, text, _ := strings.Cut(p.Value, " ")
		n, err := strconv.ParseFloat(bits, 64)
		if err != nil {
			return m, fmt.Errorf("%w %s link of %s: a line without bits", graph.ErrInvalid, l.Type, ref)
		}
		line := Line{field, text, n}
		if field == PriorField {
			m.Lines = slices.Insert(m.Lines, 0, line)
			continue
		}
		m.Lines = append(m.Lines, line)
	}
	return m, nil
}
