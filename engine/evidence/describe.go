package evidence

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ringleader/graph"
)

// cite turns sources into what a reader can follow, and keeps their inputs.
func (c *collector) cite(sources []graph.Source) []Source {
	slices.SortFunc(sources, graph.Source.Compare)
	cited := make([]Source, 0, len(sources))
	for _, s := range sources {
		in := c.inputs[s.Input]
		if !c.used[s.Input] {
			c.used[s.Input] = true
			c.g.Inputs = append(c.g.Inputs, Input{ID: s.Input, File: in.Name, Content: in.Content, Loaded: in.Loaded})
		}
		cited = append(cited, Source{Input: s.Input, File: in.Name, Row: s.Row, Offset: s.Offset, Hash: fmt.Sprintf("%016x", s.Hash)})
	}
	return cited
}

// describe gives nodes their events and properties.
func (c *collector) describe(ctx context.Context) error {
	for i := range c.g.Nodes {
		n := &c.g.Nodes[i]
		holds, events, err := c.statements(ctx, n.Ref)
		if err != nil {
			return err
		}
		for _, a := range holds {
			n.Props = append(n.Props, graph.Prop{Name: a.Name, Value: a.Value})
		}
		for _, a := range events {
			n.Events = append(n.Events, Event{Type: a.Name[len(graph.EventPrefix):], At: a.At, Detail: a.Value, Sources: c.cite(a.Sources)})
		}
	}
	return nil
}

// describeEvents gives the links of a money event what was said of the event
// itself later: that it was disputed, and what came back.
func (c *collector) describeEvents(ctx context.Context) error {
	said := make(map[string][]graph.Attr)
	for i := range c.g.Edges {
		e := &c.g.Edges[i]
		event, err := graph.ParseRef(e.Event)
		if e.Amount == "" || err != nil {
			continue
		}
		if _, ok := said[e.Event]; !ok {
			if said[e.Event], _, err = c.statements(ctx, event); err != nil {
				return err
			}
		}
		props := slices.Clone(e.Props)
		for _, a := range said[e.Event] {
			props = append(props, graph.Prop{Name: a.Name, Value: a.Value})
			e.Sources = append(e.Sources, c.cite(a.Sources)...)
		}
		slices.SortStableFunc(props, func(a, b graph.Prop) int { return cmp.Compare(a.Name, b.Name) })
		e.Props = slices.CompactFunc(props, func(a, b graph.Prop) bool { return a.Name == b.Name })
		slices.SortFunc(e.Sources, func(a, b Source) int { return cmp.Or(cmp.Compare(a.Input, b.Input), cmp.Compare(a.Row, b.Row)) })
		e.Sources = slices.Compact(e.Sources)
	}
	return nil
}

// statements is what holds of a node at the run's moment, by name (of several
// statements of one name the latest, then the greatest), and its events, by
// time. A node that nothing is said of has neither.
func (c *collector) statements(ctx context.Context, r graph.Ref) (holds, events []graph.Attr, err error) {
	batch, err := c.store.Get(ctx, r)
	if errors.Is(err, graph.ErrNotFound) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("properties of a node of kind %s: %w", r.Kind, err)
	}
	for _, a := range batch.Attrs {
		a.Sources = c.known(a.Sources)
		if a.Name == "" || batch.Refs[a.Node] != r || c.run.AsOf.Known() && a.At > c.run.AsOf || len(a.Sources) == 0 {
			continue
		}
		if strings.HasPrefix(a.Name, graph.EventPrefix) {
			events = append(events, a)
		} else {
			holds = append(holds, a)
		}
	}
	slices.SortFunc(events, func(a, b graph.Attr) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value))
	})
	slices.SortFunc(holds, func(a, b graph.Attr) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(b.At, a.At), cmp.Compare(b.Value, a.Value))
	})
	return slices.CompactFunc(holds, func(a, b graph.Attr) bool { return a.Name == b.Name }), events, nil
}
