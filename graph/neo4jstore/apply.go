package neo4jstore

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"ringleader/graph"
)

// Apply writes a batch in one transaction: it reads the nodes and relationships
// that the batch touches, merges the facts into them, and writes back those
// that differ. A revert reads every node and relationship of the database once.
// Memory: what the batch touches, here and on the server, twice.
func (s *Store) Apply(ctx context.Context, b *graph.Batch) (graph.Revision, error) {
	if err := b.Validate(); err != nil {
		return 0, fmt.Errorf("apply: %w", err)
	}
	if b.Input != nil && b.Input.ID == "" {
		return 0, fmt.Errorf("apply: %w batch: an input without an ID", graph.ErrInvalid)
	}
	b.Sort()
	var done *applier
	err := s.write(ctx, "apply", s.config.BatchTimeout, func(tx transaction) error {
		done = &applier{
			transaction: tx, batch: b,
			nodes: make(map[graph.Ref]*node, len(b.Refs)),
			links: make(map[pair]*link, len(b.Links)),
		}
		return done.run()
	})
	if err != nil {
		return 0, err
	}
	s.learn(done.numbers)
	return graph.Revision(done.state.revision), nil
}

// applier is one attempt to apply one batch.
type applier struct {
	transaction
	batch   *graph.Batch
	state   state
	was     state
	numbers map[string]uint64 // inputs that the batch names
	nodes   map[graph.Ref]*node
	links   map[pair]*link

	// What is worked on, in the order it was met.
	nodeList []*node
	linkList []*link

	packOf map[string]int64 // of facts that went, by their factKey: the pack that had them
}

// state is what the state node counts.
type state struct {
	revision, fence, inputs, tombstones int64

	purged int64 // the revision up to which tombstones are gone

	packState
}

type node struct {
	record
	ref     graph.Ref
	touched bool // a link from here changed: scans of changes must come by
	lost    bool // a fact about it went: it may be gone
	made    bool // created by this transaction
}

// pair is what one relationship stands for.
type pair struct {
	from graph.Ref
	typ  graph.LinkType
	to   graph.Ref
}

type link struct {
	record
	pair
	a, b *node
}

func (a *applier) run() error {
	if err := a.lock(); err != nil {
		return err
	}
	if err := a.numberInputs(); err != nil {
		return err
	}
	if err := a.retract(); err != nil {
		return err
	}
	if err := a.merge(); err != nil {
		return err
	}
	return a.write()
}

// lock takes the lock of writers first and reads the state afterwards, in a
// query of its own: a value read before the lock could be old.
func (a *applier) lock() (err error) {
	if a.state, err = lockState(a.transaction); err != nil {
		return err
	}
	a.was = a.state.clone()
	if f := int64(a.batch.Fence); f != 0 {
		if f < a.state.fence {
			return fmt.Errorf("%w: lease %d was followed by lease %d; another job writes now", graph.ErrConflict, f, a.state.fence)
		}
		a.state.fence = f
	}
	return nil
}

func lockState(tx transaction) (state, error) {
	if err := tx.do(cypherLock, nil); err != nil {
		return state{}, err
	}
	return readState(tx)
}

func readState(tx transaction) (state, error) {
	v, err := tx.one(cypherState, nil)
	if err != nil {
		return state{}, err
	}
	links, counts := map[graph.LinkType]int64{}, v[13].([]any)
	for i, t := range texts(v[12]) {
		if i < len(counts) {
			links[graph.LinkType(t)] = counts[i].(int64)
		}
	}
	return state{v[0].(int64), v[1].(int64), v[2].(int64), v[3].(int64), v[4].(int64), packState{
		v[5].(bool), v[6].(int64), v[7].(int64), v[8].(int64), v[9].(int64), v[10].(int64), v[11].(int64), links,
	}}, nil
}

// numberInputs gives each input of the batch its number.
func (a *applier) numberInputs() error {
	names := map[string]bool{}
	note := func(sources []graph.Source) {
		for i := range sources {
			if i == 0 || sources[i].Input != sources[i-1].Input {
				names[sources[i].Input] = true
			}
		}
	}
	for i := range a.batch.Attrs {
		note(a.batch.Attrs[i].Sources)
	}
	for i := range a.batch.Links {
		note(a.batch.Links[i].Sources)
	}
	if a.batch.Input != nil {
		names[a.batch.Input.ID] = true
	}
	ids := slices.Sorted(maps.Keys(names))
	var err error
	if a.numbers, err = findInputs(a.transaction, ids); err != nil {
		return err
	}
	var rows []any
	for _, id := range ids {
		if _, known := a.numbers[id]; known {
			continue
		}
		a.state.inputs++
		a.numbers[id] = uint64(a.state.inputs)
		rows = append(rows, map[string]any{"id": id, "number": a.state.inputs})
	}
	return a.chunks(cypherMakeInputs, "rows", rows, nil)
}

func findInputs(tx transaction, ids []string) (map[string]uint64, error) {
	numbers := make(map[string]uint64, len(ids))
	if len(ids) == 0 {
		return numbers, nil
	}
	v, err := tx.one(cypherFindInputs, map[string]any{"ids": ids})
	if err != nil {
		return nil, err
	}
	for i, id := range v[0].([]any) {
		numbers[id.(string)] = uint64(v[1].([]any)[i].(int64))
	}
	return numbers, nil
}

// merge states the facts of the batch.
func (a *applier) merge() error {
	b := a.batch
	used := make([]bool, len(b.Refs))
	for i := range b.Attrs {
		used[b.Attrs[i].Node] = true
	}
	for i := range b.Links {
		used[b.Links[i].From], used[b.Links[i].To] = true, true
	}
	var refs []graph.Ref
	for i, r := range b.Refs {
		if used[i] {
			refs = append(refs, r)
		}
	}
	if err := a.loadNodes(refs, true); err != nil {
		return err
	}
	var pairs []pair
	for i := range b.Links {
		p := pair{b.Refs[b.Links[i].From], b.Links[i].Type, b.Refs[b.Links[i].To]}
		if len(pairs) == 0 || pairs[len(pairs)-1] != p {
			pairs = append(pairs, p) // links are sorted by their ends
		}
	}
	if err := a.loadLinks(pairs, true); err != nil {
		return err
	}
	rev := graph.Revision(a.was.revision + 1)
	if b.Derived {
		rev = 0
	}
	for i := range b.Attrs {
		t := &b.Attrs[i]
		a.nodes[b.Refs[t.Node]].add(entry{rev, t.At, 0, t.Name, t.Value, a.sources(t.Sources)}, b.Derived)
	}
	var body []byte
	for i := range b.Links {
		l := &b.Links[i]
		body = l.AppendBody(body[:0])
		a.links[pair{b.Refs[l.From], l.Type, b.Refs[l.To]}].add(
			entry{rev, l.At, l.Until, l.Event, string(body), a.sources(l.Sources)}, b.Derived)
	}
	return nil
}

func (a *applier) sources(from []graph.Source) []source { return numbered(from, a.numbers) }

// numbered translates sources, sorted.
func numbered(from []graph.Source, numbers map[string]uint64) []source {
	if len(from) == 0 {
		return nil
	}
	to := make([]source, len(from))
	for i, s := range from {
		to[i] = source{numbers[s.Input], s.Row, s.Offset, s.Hash}
	}
	if len(to) > 1 {
		slices.SortFunc(to, compareSources)
		to = slices.Compact(to)
	}
	return to
}

// none stands for a missing byte string in lists that the server collects: it
// leaves nulls out.
var none = []byte{}

// loadNodes reads nodes that were not read yet. Those that are not there are
// made, if create, or left out.
func (a *applier) loadNodes(refs []graph.Ref, create bool) error {
	for part := range slices.Chunk(refs, chunk) {
		var wanted []graph.Ref
		var names []string
		for _, r := range part {
			if _, known := a.nodes[r]; !known {
				wanted, names = append(wanted, r), append(names, r.String())
			}
		}
		if len(wanted) == 0 {
			continue
		}
		v, err := a.one(cypherFindNodes, map[string]any{"refs": names, "none": none})
		if err != nil {
			return err
		}
		for j, i := range v[0].([]any) {
			n := &node{ref: wanted[i.(int64)]}
			if a.nodes[n.ref] != nil {
				continue // the same reference under two indices
			}
			if err := decodeRecord(&n.record, v[1].([]any)[j].(int64), v[2].([]any)[j].([]byte), v[3].([]any)[j].([]byte)); err != nil {
				return err
			}
			a.addNode(n)
		}
		for _, r := range wanted {
			if create && a.nodes[r] == nil {
				a.addNode(&node{ref: r, record: record{id: notThere, dirty: true}})
			}
		}
	}
	return nil
}

func (a *applier) addNode(n *node) {
	a.nodes[n.ref] = n
	a.nodeList = append(a.nodeList, n)
}

// loadLinks reads the relationships of pairs whose nodes are loaded.
func (a *applier) loadLinks(pairs []pair, create bool) error {
	wanted := map[graph.LinkType][]*link{}
	for _, p := range pairs {
		from, to := a.nodes[p.from], a.nodes[p.to]
		if a.links[p] != nil || from == nil || to == nil {
			continue
		}
		l := &link{pair: p, a: from, b: to, record: record{id: notThere}}
		if create {
			a.addLink(l)
		}
		if from.id >= 0 && to.id >= 0 {
			wanted[p.typ] = append(wanted[p.typ], l)
		}
	}
	for _, t := range slices.Sorted(maps.Keys(wanted)) {
		for part := range slices.Chunk(wanted[t], chunk) {
			if err := a.loadLinksOf(t, part, create); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *applier) loadLinksOf(t graph.LinkType, part []*link, known bool) error {
	rows := make([]any, len(part))
	for i, l := range part {
		rows[i] = []int64{l.a.id, l.b.id}
	}
	v, err := a.one(cypherFindLinks(t), map[string]any{"rows": rows, "none": none})
	if err != nil {
		return err
	}
	for j, i := range v[0].([]any) {
		l := part[i.(int64)]
		if err := decodeRecord(&l.record, v[1].([]any)[j].(int64), v[2].([]any)[j].([]byte), v[3].([]any)[j].([]byte)); err != nil {
			return err
		}
		if !known {
			a.addLink(l)
		}
	}
	return nil
}

func (a *applier) addLink(l *link) {
	a.links[l.pair] = l
	a.linkList = append(a.linkList, l)
}

// chunks runs a query for each part of a long list.
func (a *applier) chunks(query, name string, rows []any, more map[string]any) error {
	for part := range slices.Chunk(rows, chunk) {
		params := map[string]any{name: part}
		maps.Copy(params, more)
		if err := a.do(query, params); err != nil {
			return err
		}
	}
	return nil
}

// compareNodes is the order of writing, which makes equal batches equal work.
func compareNodes(x, y *node) int { return x.ref.Compare(y.ref) }

func compareLinks(x, y *link) int { return x.pair.compare(y.pair) }

func (p pair) compare(o pair) int {
	return cmp.Or(p.from.Compare(o.from), cmp.Compare(p.typ, o.typ), p.to.Compare(o.to))
}
