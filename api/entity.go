package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"ringleader/engine"
	"ringleader/engine/resolve"
	"ringleader/graph"
)

// Entity is everything on one node: what is stated about it, its links, the
// rings it is in.
type Entity struct {
	Ref        graph.Ref            `json:"ref"`
	Attributes []Attribute          `json:"attributes"` // by name, then date
	Links      []EntityLink         `json:"links"`      // by type, then other end and time
	Next       string               `json:"next,omitempty"`
	Rings      []Membership         `json:"rings"`  // by the order of the run
	MayBe      []resolve.Match      `json:"may_be"` // other records of one person, perhaps; strongest first
	Score      *engine.AccountScore `json:"score,omitempty"`
}

// Attribute is one dated statement about a node.
type Attribute struct {
	Name  string     `json:"name"`
	Value string     `json:"value"`
	At    graph.Time `json:"at,omitzero"`
}

// EntityLink is one link, seen from the node asked about.
type EntityLink struct {
	Type      graph.LinkType    `json:"type"`
	Direction string            `json:"direction" enum:"out,in"`
	Other     graph.Ref         `json:"other"`
	At        graph.Time        `json:"at,omitzero"`
	Until     graph.Time        `json:"until,omitzero"`
	Event     string            `json:"event,omitempty"`
	Amount    string            `json:"amount,omitempty"`
	Currency  string            `json:"currency,omitempty"`
	Weight    float64           `json:"weight,omitempty"`
	Props     map[string]string `json:"props,omitempty"`
}

// Membership is a place in a ring.
type Membership struct {
	Ring            string          `json:"ring"`
	Typology        engine.Typology `json:"typology"`
	RingProbability float64         `json:"ring_probability"`
	Role            engine.Role     `json:"role"`
	Score           float64         `json:"score"`
	Reasons         []string        `json:"reasons"`
}

// EntityQuery bounds what is read of a node.
type EntityQuery struct {
	Types  []graph.LinkType // none: all
	Limit  int              // links; 0: 100
	Cursor string           // Next of the page before
}

// ReadEntity reads one node from the store and its rings from run, which may
// be nil. It fails with [graph.ErrNotFound] where the store does not know the
// node. Time: O(attributes + limit + members of the run).
func ReadEntity(ctx context.Context, store graph.Store, run *engine.Run, ref graph.Ref, q EntityQuery) (*Entity, error) {
	facts, err := store.Get(ctx, ref)
	if err != nil {
		return nil, fmt.Errorf("entity %s: %w", ref, err)
	}
	page, next, err := store.Neighbors(ctx, ref, graph.NeighborQuery{Types: q.Types, Limit: q.Limit, Cursor: q.Cursor})
	if err != nil {
		return nil, fmt.Errorf("links of %s: %w", ref, err)
	}
	e := &Entity{Ref: ref, Next: next, Attributes: []Attribute{}, Links: []EntityLink{}, Rings: []Membership{}}
	for _, a := range facts.Attrs {
		if a.Name != "" && a.Name != graph.PropSealed && facts.Refs[a.Node] == ref {
			e.Attributes = append(e.Attributes, Attribute{a.Name, a.Value, a.At})
		}
	}
	slices.SortFunc(e.Attributes, func(a, b Attribute) int {
		return compare(a.Name, b.Name, a.At, b.At, a.Value, b.Value)
	})
	for i := range page.Links {
		e.Links = append(e.Links, linkOf(page, &page.Links[i], ref))
	}
	slices.SortStableFunc(e.Links, func(a, b EntityLink) int {
		return compare(string(a.Type)+a.Direction, string(b.Type)+b.Direction, a.At, b.At, a.Other.String(), b.Other.String())
	})
	if e.MayBe, err = resolve.Matches(ctx, store, ref, cmp.Or(q.Limit, 100)); err != nil {
		return nil, err
	}
	if run == nil {
		return e, nil
	}
	e.Rings = memberships(run, ref)
	if ref.Kind == graph.Account {
		switch score, err := FindScore(run, ref.Key); {
		case err == nil:
			e.Score = &score
		case !errors.Is(err, graph.ErrNotFound):
			return nil, err
		}
	}
	return e, nil
}

func compare(a1, b1 string, a2, b2 graph.Time, a3, b3 string) int {
	switch {
	case a1 != b1 && a1 < b1, a1 == b1 && a2 < b2, a1 == b1 && a2 == b2 && a3 < b3:
		return -1
	case a1 == b1 && a2 == b2 && a3 == b3:
		return 0
	}
	return 1
}

func linkOf(page *graph.Batch, l *graph.Link, ref graph.Ref) EntityLink {
	out := EntityLink{
		Type: l.Type, Direction: "out", Other: page.Refs[l.To], At: l.At, Until: l.Until,
		Event: l.Event, Amount: l.Money.Amount(), Currency: l.Money.Currency, Weight: l.Weight,
	}
	if page.Refs[l.From] != ref {
		out.Direction, out.Other = "in", page.Refs[l.From]
	}
	if len(l.Props) > 0 {
		out.Props = make(map[string]string, len(l.Props))
		for _, p := range l.Props {
			out.Props[p.Name] = p.Value
		}
	}
	return out
}

func memberships(run *engine.Run, ref graph.Ref) []Membership {
	in := []Membership{}
	for i := range run.Rings {
		r := &run.Rings[i]
		for _, m := range r.Members {
			if m.Ref == ref {
				in = append(in, Membership{r.ID, r.Typology, r.Probability, m.Role, m.Score, m.Reasons})
			}
		}
	}
	return in
}

type entityInput struct {
	Ref    string   `path:"ref" doc:"kind:key, the key percent-encoded" example:"device:dev-9f"`
	Types  []string `query:"types" doc:"only links of these types"`
	Limit  int      `query:"limit" default:"100" minimum:"1" maximum:"1000"`
	Cursor string   `query:"cursor"`
}

type entityOutput struct{ Body *Entity }

func (s *server) getEntity(ctx context.Context, in *entityInput) (*entityOutput, error) {
	ref, err := graph.ParseRef(in.Ref)
	if err != nil {
		return nil, problem(err)
	}
	types, err := ParseLinkTypes(in.Types)
	if err != nil {
		return nil, problem(err)
	}
	run, err := s.runs.get(ctx, "")
	if err != nil && !errors.Is(err, graph.ErrNotFound) {
		return nil, problem(err)
	}
	entity, err := ReadEntity(ctx, s.store, run, ref, EntityQuery{types, in.Limit, in.Cursor})
	if err != nil {
		return nil, problem(err)
	}
	return &entityOutput{entity}, nil
}

// ParseLinkTypes checks names of link types.
func ParseLinkTypes(names []string) ([]graph.LinkType, error) {
	var types []graph.LinkType
	for _, name := range names {
		t, err := graph.ParseLinkType(name)
		if err != nil {
			return nil, err
		}
		types = append(types, t)
	}
	return types, nil
}
