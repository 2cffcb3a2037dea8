package evidence

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"ringleader/engine"
	"ringleader/graph"
)

// Subgraph reads the evidence graph of a ring: its members, the identifiers
// that its evidence names, the links among all of these, and every link that a
// line of evidence rests on, as of the run's moment. Very large rings are cut
// at 5,000 nodes, 50,000 links and 20,000 links read of one node; Limits says
// what a cut left out. Time and memory: O(links of the members).
func Subgraph(ctx context.Context, store graph.Store, run *engine.Run, ring *engine.Ring) (*Graph, error) {
	g, err := subgraph(ctx, store, run, ring, defaultLimits)
	if err != nil {
		return nil, fmt.Errorf("evidence of ring %s: %w", ring.ID, err)
	}
	return g, nil
}

func subgraph(ctx context.Context, store graph.Store, run *engine.Run, ring *engine.Ring, bounds limits) (*Graph, error) {
	inputs, err := store.Inputs(ctx)
	if err != nil {
		return nil, err
	}
	c := &collector{store: store, run: &run.Info, max: bounds, inputs: make(map[string]graph.Input), used: make(map[string]bool),
		nodes: make(map[graph.Ref]int), basis: make(map[string]bool), seen: make(map[string]bool),
		g: &Graph{Ring: ring.ID, Run: run.Info.ID, AsOf: run.Info.AsOf, KnownAt: run.Info.KnownAt, Typology: ring.Typology,
			Probability: ring.Probability, Calibrated: ring.Calibrated, Nodes: []Node{}, Edges: []Edge{}, Inputs: []Input{}, Limits: []string{}}}
	for _, in := range inputs {
		c.inputs[in.ID] = in
	}
	c.seed(ring)
	if err := c.readLinks(ctx); err != nil {
		return nil, err
	}
	c.resolve()
	c.keepEdges()
	if err := c.describe(ctx); err != nil {
		return nil, err
	}
	if err := c.describeEvents(ctx); err != nil {
		return nil, err
	}
	c.g.sort()
	return c.g, nil
}

// collector gathers one graph.
type collector struct {
	store  graph.Store
	run    *engine.RunInfo
	max    limits
	inputs map[string]graph.Input
	used   map[string]bool   // inputs that some edge leads back to
	nodes  map[graph.Ref]int // index into g.Nodes
	basis  map[string]bool   // keys of the links that evidence rests on
	seen   map[string]bool   // identities of links
	links  []link
	g      *Graph
}

// link is a link outside its batch.
type link struct {
	graph.Link
	from, to graph.Ref
}

// seed takes the members and what the evidence names.
func (c *collector) seed(ring *engine.Ring) {
	for _, m := range ring.Members {
		c.add(Node{Ref: m.Ref, Role: m.Role, Probability: m.Probability, SuspectProbability: m.SuspectProbability,
			Score: m.Score, Since: m.Since, Reasons: m.Reasons})
	}
	left := 0
	for _, e := range ring.Evidence {
		for _, r := range e.Refs {
			if !c.add(Node{Ref: r}) {
				left++
			}
		}
		for _, key := range e.Links {
			c.basis[key] = true
		}
	}
	if len(ring.Members) > c.max.nodes {
		left += len(ring.Members) - c.max.nodes
	}
	if left > 0 {
		c.limit("%d nodes are left out: the graph is cut at %d", left, c.max.nodes)
	}
}

// add takes a node, unless the graph is full.
func (c *collector) add(n Node) bool {
	if _, ok := c.nodes[n.Ref]; ok {
		return true
	}
	if len(c.g.Nodes) >= c.max.nodes {
		return false
	}
	c.nodes[n.Ref] = len(c.g.Nodes)
	c.g.Nodes = append(c.g.Nodes, n)
	return true
}

func (c *collector) limit(format string, values ...any) {
	c.g.Limits = append(c.g.Limits, fmt.Sprintf(format, values...))
}

// readLinks reads the links of every node that is in so far, accounts first:
// nearly every link is found from an account, so a hub's limit costs little.
func (c *collector) readLinks(ctx context.Context) error {
	refs := make([]graph.Ref, 0, len(c.g.Nodes))
	for _, n := range c.g.Nodes {
		refs = append(refs, n.Ref)
	}
	slices.SortFunc(refs, func(a, b graph.Ref) int {
		return cmp.Or(compareBool(b.Kind == graph.Account, a.Kind == graph.Account), a.Compare(b))
	})
	for _, r := range refs {
		if err := c.readLinksOf(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func (c *collector) readLinksOf(ctx context.Context, r graph.Ref) error {
	cursor, read := "", 0
	for {
		batch, next, err := c.store.Neighbors(ctx, r, graph.NeighborQuery{Limit: c.max.page, Cursor: cursor})
		if errors.Is(err, graph.ErrNotFound) {
			c.limit("%s is no longer in the store", r.Kind)
			return nil
		}
		if err != nil {
			return fmt.Errorf("links of a node of kind %s: %w", r.Kind, err)
		}
		for i := range batch.Links {
			c.take(batch, &batch.Links[i])
		}
		read += len(batch.Links)
		if next == "" {
			return nil
		}
		if read >= c.max.links {
			c.limit("only %d links of %s were read: it has more", read, r)
			return nil
		}
		cursor = next
	}
}

// take keeps a link if it belongs: both ends are in, or evidence rests on it.
func (c *collector) take(batch *graph.Batch, l *graph.Link) {
	from, to := batch.Refs[l.From], batch.Refs[l.To]
	if c.run.AsOf.Known() && l.At > c.run.AsOf {
		return
	}
	kept := link{Link: *l, from: from, to: to}
	if c.run.AsOf.Known() && l.Until > c.run.AsOf {
		kept.Until = 0
	}
	kept.Sources = c.known(l.Sources)
	if len(kept.Sources) == 0 {
		return
	}
	_, in := c.nodes[from]
	_, out := c.nodes[to]
	if (!in || !out) && !c.basis[kept.key()] {
		return
	}
	if id := kept.identity(); !c.seen[id] {
		c.seen[id] = true
		c.links = append(c.links, kept)
	}
}

// known leaves the sources that had been loaded by the run's known-at.
func (c *collector) known(s []graph.Source) []graph.Source {
	kept := make([]graph.Source, 0, len(s))
	for _, source := range s {
		if in, ok := c.inputs[source.Input]; ok && c.run.KnownAt.Known() && in.Loaded > c.run.KnownAt {
			continue
		}
		kept = append(kept, source)
	}
	return kept
}

// key names the link as the evidence of a ring does, see engine.LinkKey.
func (l *link) key() string {
	if l.Event != "" {
		return l.Event
	}
	key := l.from.String() + ">" + string(l.Type) + ">" + l.to.String()
	if l.At.Known() {
		key += "@" + l.At.String()
	}
	return key
}

// identity is all of a link's content.
func (l *link) identity() string {
	var b []byte
	for _, s := range []string{l.from.String(), string(l.Type), l.to.String(), l.Event} {
		b = append(strconv.AppendInt(b, int64(len(s)), 10), s...)
	}
	b = strconv.AppendInt(append(b, ' '), int64(l.At), 10)
	b = strconv.AppendInt(append(b, ' '), int64(l.Until), 10)
	return string(l.AppendBody(append(b, ' ')))
}

func (l *link) compare(o *link) int {
	return cmp.Or(l.from.Compare(o.from), cmp.Compare(l.Type, o.Type), l.to.Compare(o.to), l.CompareContent(&o.Link))
}

// resolve keeps one version of each event, the one that a snapshot keeps, and
// says how many had several.
func (c *collector) resolve() {
	slices.SortFunc(c.links, func(a, b link) int {
		return cmp.Or(cmp.Compare(a.Event, b.Event), cmp.Compare(a.Type, b.Type),
			bytes.Compare(a.AppendBody(nil), b.AppendBody(nil)), a.compare(&b))
	})
	several, kept := 0, c.links[:0]
	for i := range c.links {
		last := i+1 == len(c.links)
		if c.links[i].Event != "" && !last && c.links[i+1].Event == c.links[i].Event && c.links[i+1].Type == c.links[i].Type {
			several++
			continue
		}
		kept = append(kept, c.links[i])
	}
	c.links = kept
	if several > 0 {
		c.limit("%d older or conflicting versions of events are left out: the one that the run used is shown", several)
	}
	slices.SortFunc(c.links, func(a, b link) int { return a.compare(&b) })
}

// keepEdges makes the edges, and nodes of what only evidence leads to.
func (c *collector) keepEdges() {
	left := 0
	for i := range c.links {
		l := &c.links[i]
		if len(c.g.Edges) >= c.max.edges || !c.add(Node{Ref: l.from}) || !c.add(Node{Ref: l.to}) {
			left++
			continue
		}
		e := Edge{Key: l.key(), From: l.from, To: l.to, Type: l.Type, At: l.At, Until: l.Until, Event: l.Event,
			Amount: l.Money.Amount(), Currency: l.Money.Currency, Weight: l.Weight, Props: l.Props, Sources: c.cite(l.Sources)}
		e.Evidence = c.basis[e.Key]
		c.g.Edges = append(c.g.Edges, e)
	}
	if left > 0 {
		c.limit("%d links are left out: the graph is cut at %d nodes and %d links", left, c.max.nodes, c.max.edges)
	}
}
