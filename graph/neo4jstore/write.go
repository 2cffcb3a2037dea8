package neo4jstore

import (
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"reflect"
	"slices"

	"ringleader/graph"
)

// write brings what the merge changed into the database.
func (a *applier) write() error {
	changed := false
	for _, l := range a.linkList {
		l.settle()
		if l.changed {
			l.a.touched, changed = true, true
		}
		if len(l.gone) > 0 || l.dirty && l.empty() {
			l.a.lost, l.b.lost = true, true
		}
	}
	for _, n := range a.nodeList {
		n.settle()
		changed = changed || n.changed
		if n.id >= 0 && n.dirty && n.empty() {
			n.lost = true
		}
	}
	if changed {
		a.state.revision++
	}
	slices.SortFunc(a.nodeList, compareNodes)
	slices.SortFunc(a.linkList, compareLinks)
	steps := []func() error{a.makeNodes, a.setNodes, a.makeLinks, a.setLinks, a.dropLinks, a.dropNodes, a.keepTouched,
		a.takeFromPacks, a.packFresh, a.keepTombstones, a.recordInput, a.setState}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// makeNodes creates nodes by kind, for a label is part of the query.
func (a *applier) makeNodes() error {
	byKind := map[graph.Kind][]*node{}
	for _, n := range a.nodeList {
		if n.id == notThere {
			byKind[n.ref.Kind] = append(byKind[n.ref.Kind], n)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(byKind)) {
		for part := range slices.Chunk(byKind[k], chunk) {
			bare, stated := split(part, func(n *node) bool { return n.empty() })
			if err := a.makeBareNodes(k, bare); err != nil {
				return err
			}
			if err := a.makeStatedNodes(k, stated); err != nil {
				return err
			}
		}
	}
	return nil
}

// split is the elements that fit and the others, in their order.
func split[T any](list []T, fits func(T) bool) (yes, no []T) {
	for _, v := range list {
		if fits(v) {
			yes = append(yes, v)
		} else {
			no = append(no, v)
		}
	}
	return yes, no
}

// makeBareNodes creates nodes that only links name, which most identifiers are.
func (a *applier) makeBareNodes(k graph.Kind, part []*node) error {
	if len(part) == 0 {
		return nil
	}
	refs, keys := make([]string, len(part)), make([]string, len(part))
	for i, n := range part {
		refs[i], keys[i] = n.ref.String(), n.ref.Key
	}
	v, err := a.one(cypherMakeBareNodes(k), map[string]any{"refs": refs, "keys": keys})
	if err == nil {
		a.noteMade(part, v)
	}
	return err
}

func (a *applier) makeStatedNodes(k graph.Kind, part []*node) error {
	if len(part) == 0 {
		return nil
	}
	rows := make([]any, len(part))
	for i, n := range part {
		m := n.nodeProperties(n.ref)
		m["ref"] = n.ref.String()
		rows[i] = m
	}
	v, err := a.one(cypherMakeNodes(k), map[string]any{"rows": rows})
	if err == nil {
		a.noteMade(part, v)
	}
	return err
}

// noteMade takes the ids of new nodes from the answer to their query.
func (a *applier) noteMade(part []*node, v []any) {
	a.state.nodes += int64(len(part))
	for j, i := range v[0].([]any) {
		n := part[i.(int64)]
		n.id, n.made = v[1].([]any)[j].(int64), true
	}
}

// setNodes writes nodes that were there before.
func (a *applier) setNodes() error {
	var rows []any
	for _, n := range a.nodeList {
		if n.dirty && !n.made {
			m := n.stored()
			n.replace(m, viewNode)
			rows = append(rows, []any{n.id, m})
		}
	}
	return a.chunks(cypherSetNodes, "rows", rows, nil)
}

// keepTouched lists the nodes whose facts this revision changed, for scans of
// changes. A property of each node with an index over it did the same, for a
// quarter of the time of a load.
func (a *applier) keepTouched() error {
	var refs []string
	for _, n := range a.nodeList {
		if n.changed || n.touched {
			refs = append(refs, n.ref.String())
		}
	}
	slices.Sort(refs)
	var rows []any
	for part := range slices.Chunk(refs, chunk) {
		rows = append(rows, map[string]any{"rev": a.state.revision, "refs": packRefs(part)})
	}
	return a.chunks(cypherMakeTouched, "rows", rows, nil)
}

func (a *applier) makeLinks() error {
	byType := map[graph.LinkType][]*link{}
	for _, l := range a.linkList {
		if l.id == notThere && !l.empty() {
			byType[l.typ] = append(byType[l.typ], l)
		}
	}
	for _, t := range slices.Sorted(maps.Keys(byType)) {
		if err := a.ahead(cypherMakeLinks(t), byType[t]); err != nil {
			return err
		}
		a.state.links[t] += int64(len(byType[t]))
	}
	return nil
}

// ahead creates links in parts and prepares each part while the server works
// on the one before.
func (a *applier) ahead(query string, links []*link) error {
	parts := make(chan []any, 1)
	go func() {
		defer close(parts)
		for part := range slices.Chunk(links, chunk) {
			rows := make([]any, len(part))
			for i, l := range part {
				rows[i] = []any{l.a.id, l.b.id, l.linkProperties()}
			}
			parts <- rows
		}
	}()
	var err error
	for rows := range parts { // to the end also after a failure: the other side reads the links
		if err == nil {
			err = a.do(query, map[string]any{"rows": rows})
		}
	}
	return err
}

func (a *applier) setLinks() error {
	var rows []any
	for _, l := range a.linkList {
		if l.id >= 0 && l.dirty && !l.empty() {
			m := l.stored()
			l.replace(m, viewLink)
			rows = append(rows, []any{l.id, m})
		}
	}
	return a.chunks(cypherSetLinks, "rows", rows, nil)
}

func (a *applier) dropLinks() error {
	var ids []any
	for _, l := range a.linkList {
		if l.id >= 0 && l.dirty && l.empty() {
			ids = append(ids, l.id)
			a.state.links[l.typ]--
		}
	}
	return a.chunks(cypherDropLinks, "ids", ids, nil)
}

// dropNodes removes nodes of which no fact is left.
func (a *applier) dropNodes() error {
	var ids []any
	for _, n := range a.nodeList {
		if n.lost && n.empty() {
			ids = append(ids, n.id)
		}
	}
	for _, query := range []string{cypherDropNodes, cypherLeaveNodes} {
		for part := range slices.Chunk(ids, chunk) {
			v, err := a.one(query, map[string]any{"ids": part})
			if err != nil {
				return err
			}
			a.state.nodes -= v[0].(int64)
		}
	}
	return nil
}

// keepTombstones writes one for each observed fact that went, and marks those
// of facts that came back.
func (a *applier) keepTombstones() error {
	var back, rows []any
	note := func(p pair, r *record) {
		if a.state.tombstones > 0 {
			for i := range r.fresh {
				back = append(back, factID(p, &r.fresh[i]))
			}
		}
		for i := range r.gone {
			e := &r.gone[i]
			rows = append(rows, map[string]any{
				"fact": factID(p, e), "rev": a.state.revision, "pack": a.packOf[factKey(p, e)],
				"data": appendEntry(appendPair(nil, p), e),
			})
		}
	}
	for _, n := range a.nodeList {
		note(pair{from: n.ref}, &n.record)
	}
	for _, l := range a.linkList {
		note(l.pair, &l.record)
	}
	if err := a.chunks(cypherReturnGone, "facts", back, map[string]any{"rev": a.state.revision}); err != nil {
		return err
	}
	for _, row := range rows {
		a.state.tombstones++
		row.(map[string]any)["seq"] = a.state.tombstones
	}
	return a.chunks(cypherMakeGone, "rows", rows, nil)
}

// recordInput notes how far a load has come.
func (a *applier) recordInput() error {
	in := a.batch.Input
	if in == nil {
		return nil
	}
	return a.do(cypherRecordInput, map[string]any{
		"id": in.ID, "name": in.Name, "content": in.Content, "rows": in.Rows,
		"offset": in.Offset, "done": in.Done, "loaded": int64(in.Loaded),
	})
}

func (a *applier) setState() error {
	if reflect.DeepEqual(a.state, a.was) {
		return nil
	}
	types, links := a.state.counts()
	return a.do(cypherSetState, map[string]any{
		"revision": a.state.revision, "fence": a.state.fence,
		"inputs": a.state.inputs, "tombstones": a.state.tombstones,
		"whole": a.state.whole, "packed": a.state.packed, "packings": a.state.packings, "packs": a.state.packs,
		"facts": a.state.facts, "attrs": a.state.attrs, "nodes": a.state.nodes, "types": types, "links": links,
	})
}

// appendPair appends what a fact is about: the reference of a node, and the
// type and other end of a link, both empty for a statement.
func appendPair(dst []byte, p pair) []byte {
	dst = appendString(dst, p.from.String())
	dst = appendString(dst, string(p.typ))
	if p.typ == "" {
		return appendString(dst, "")
	}
	return appendString(dst, p.to.String())
}

// factKey is the content of a fact and what it is about: what makes it the fact
// that it is.
func factKey(p pair, e *entry) string { return string(appendContent(appendPair(nil, p), e)) }

// factID is a short name of a fact for an index: 16 bytes of the SHA-256 of
// its content.
func factID(p pair, e *entry) string {
	sum := sha256.Sum256(appendContent(appendPair(nil, p), e))
	return base64.RawStdEncoding.EncodeToString(sum[:16])
}
