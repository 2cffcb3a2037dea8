package sqlitestore

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"sort"

	"zombiezen.com/go/sqlite"

	"ringleader/graph"
)

// Neighbors implements graph.Store: links from and to a node, by type, at,
// until, event and body, then by the references of their ends. A page reads
// the node's links of the types it shows and keeps no more than a page of
// them. Time: O(d log page) for d links of these types; memory: a page.
func (s *Store) Neighbors(ctx context.Context, r graph.Ref, q graph.NeighborQuery) (*graph.Batch, string, error) {
	if q.Limit <= 0 {
		q.Limit = defaultPage
	}
	var after *neighbor
	if q.Cursor != "" {
		var err error
		if after, err = decodeCursor(q.Cursor); err != nil {
			return nil, "", err
		}
	}
	b, next := &graph.Batch{Derived: q.Derived}, ""
	err := s.read(ctx, "neighbors", func(conn *sqlite.Conn, words *dictionary) error {
		id, _, err := nodeID(conn, words, r)
		if err != nil {
			return err
		}
		if id == 0 {
			return fmt.Errorf("neighbors of %s: %w", r.Kind, graph.ErrNotFound)
		}
		c := newScanner(conn, words, graph.ScanQuery{Derived: q.Derived, Sources: true}, nil)
		p := &neighborPage{scanner: c, node: id, after: after, limit: q.Limit + 1}
		if err := p.read(q.Types); err != nil {
			return err
		}
		if len(p.links) > q.Limit {
			p.links = p.links[:q.Limit]
			next = p.links[q.Limit-1].cursor()
		}
		return p.fill(b)
	})
	if err != nil {
		return nil, "", err
	}
	return b, next, nil
}

// neighbor is a link in the order of its content.
type neighbor struct {
	typ       graph.LinkType
	at, until int64
	event     string
	body      []byte
	from, to  graph.Ref
	row       linkRow
}

func (n *neighbor) compare(o *neighbor) int {
	return cmp.Or(cmp.Compare(n.typ, o.typ), cmp.Compare(n.at, o.at), cmp.Compare(n.until, o.until),
		cmp.Compare(n.event, o.event), bytes.Compare(n.body, o.body), n.from.Compare(o.from), n.to.Compare(o.to))
}

// cursor is the place after n, as text.
func (n *neighbor) cursor() string {
	var b []byte
	for _, s := range []string{string(n.typ), n.event, string(n.body), n.from.String(), n.to.String()} {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	b = binary.AppendVarint(binary.AppendVarint(b, n.at), n.until)
	return base64.RawURLEncoding.EncodeToString(b)
}

// decodeCursor is the inverse of cursor.
func decodeCursor(s string) (*neighbor, error) {
	bad := fmt.Errorf("%w cursor: not one that this store gave", graph.ErrInvalid)
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil, bad
	}
	var part [5]string
	for i := range part {
		n, k := binary.Uvarint(b)
		if k <= 0 || n > uint64(len(b)-k) {
			return nil, bad
		}
		part[i], b = string(b[k:k+int(n)]), b[k+int(n):]
	}
	n := &neighbor{typ: graph.LinkType(part[0]), event: part[1], body: []byte(part[2])}
	for _, t := range []*int64{&n.at, &n.until} {
		v, k := binary.Varint(b)
		if k <= 0 {
			return nil, bad
		}
		*t, b = v, b[k:]
	}
	var errFrom, errTo error
	n.from, errFrom = graph.ParseRef(part[3])
	n.to, errTo = graph.ParseRef(part[4])
	if errFrom != nil || errTo != nil || len(b) > 0 {
		return nil, bad
	}
	return n, nil
}

// neighborPage collects the first links after a place.
type neighborPage struct {
	*scanner
	node  int64
	after *neighbor
	limit int
	links []neighbor // ascending, at most limit
}

// read goes through the types in order and stops at the first at which the
// page is full.
func (p *neighborPage) read(only []graph.LinkType) error {
	types, err := p.types(only)
	if err != nil {
		return err
	}
	for _, t := range types {
		if p.after != nil && t.name < p.after.typ {
			continue
		}
		for _, query := range []string{
			"select " + linkColumns + " from links l where derived = ? and src = ? and type = ? and rev >= 0",
			"select " + linkColumns + ` from inbound i join links l using (derived, src, type, dst)
				where i.derived = ? and i.dst = ? and i.type = ? and i.src <> i.dst and l.rev >= 0`,
		} {
			err := p.run(query, func(st *sqlite.Stmt) error { return p.add(t.name, st) }, p.class, p.node, t.id)
			if err != nil {
				return err
			}
		}
		if len(p.links) >= p.limit {
			return nil
		}
	}
	return nil
}

type namedType struct {
	id   int64
	name graph.LinkType
}

// types are the types of the node's links, by name, jumping from one to the
// next in the two indexes.
func (p *neighborPage) types(only []graph.LinkType) (types []namedType, err error) {
	for _, query := range []string{
		"select min(type) from links where derived = ? and src = ? and type > ?",
		"select min(type) from inbound where derived = ? and dst = ? and type > ?",
	} {
		for id := int64(0); ; {
			if id, err = queryInt(p.conn, query, p.class, p.node, id); err != nil {
				return nil, err
			}
			if id == 0 {
				break
			}
			name, err := p.word(id)
			if err != nil {
				return nil, err
			}
			if t := graph.LinkType(name); len(only) == 0 || slices.Contains(only, t) {
				types = append(types, namedType{id, t})
			}
		}
	}
	slices.SortFunc(types, func(a, b namedType) int { return cmp.Compare(a.name, b.name) })
	return slices.Compact(types), nil
}

// add keeps the link of a row if it is among the first after the place.
func (p *neighborPage) add(typ graph.LinkType, st *sqlite.Stmt) error {
	n := neighbor{typ: typ, at: st.ColumnInt64(4)}
	last := len(p.links) - 1
	if len(p.links) == p.limit && (typ > p.links[last].typ || typ == p.links[last].typ && n.at > p.links[last].at) {
		return nil
	}
	if p.after != nil && typ == p.after.typ && n.at < p.after.at {
		return nil
	}
	n.row.scan(st)
	n.until, n.event, n.body = n.row.until, n.row.event, n.row.body
	from, err := p.nodes.get(n.row.src)
	if err != nil {
		return err
	}
	to, err := p.nodes.get(n.row.dst)
	if err != nil {
		return err
	}
	n.from, n.to = from.ref, to.ref
	if p.after != nil && n.compare(p.after) <= 0 {
		return nil
	}
	i := sort.Search(len(p.links), func(i int) bool { return p.links[i].compare(&n) > 0 })
	if i == p.limit {
		return nil
	}
	if len(p.links) == p.limit {
		p.links = p.links[:last]
	}
	p.links = slices.Insert(p.links, i, n)
	return nil
}

// fill makes the batch of a page, with sources.
func (p *neighborPage) fill(b *graph.Batch) error {
	var w graph.BatchBuilder
	for i := range p.links {
		n := &p.links[i]
		_, blob, err := n.row.find(p.conn)
		if err != nil {
			return err
		}
		sources, err := readSources(nil, blob, p.words)
		if err != nil {
			return err
		}
		l := graph.Link{Type: n.typ, At: graph.Time(n.at), Until: graph.Time(n.until), Event: n.event}
		if err := l.SetBody(n.body); err != nil {
			return err
		}
		w.Link(n.from, n.to, l, sources...)
	}
	page := w.Take()
	b.Refs, b.Links = page.Refs, page.Links
	return nil
}
