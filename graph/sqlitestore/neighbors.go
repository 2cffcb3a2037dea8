package sqlitestore

import (
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

// Neighbors implements graph.Store: links from and to a node, by type, the
// references of their ends, at, until, event and body. A page looks once at
// each neighbour of the types it shows and reads no links but its own. Time:
// O(n + page log page) for n neighbours by these types; memory: a page.
func (s *Store) Neighbors(ctx context.Context, r graph.Ref, q graph.NeighborQuery) (*graph.Batch, string, error) {
	if q.Limit <= 0 {
		q.Limit = defaultPage
	}
	var after *place
	if q.Cursor != "" {
		var err error
		if after, err = decodeCursor(q.Cursor); err != nil {
			return nil, "", fmt.Errorf("neighbors of %s: %w", r.Kind, err)
		}
	}
	b, next := &graph.Batch{}, ""
	err := s.read(ctx, "neighbors", func(conn *sqlite.Conn, words *dictionary) error {
		id, _, err := nodeID(conn, words, r)
		if err != nil {
			return err
		}
		if id == 0 {
			return fmt.Errorf("neighbors of %s: %w", r.Kind, graph.ErrNotFound)
		}
		c := newScanner(conn, words, graph.ScanQuery{Derived: q.Derived, Sources: true}, nil)
		p := &neighborPage{scanner: c, node: id, after: after, limit: q.Limit}
		if err := p.read(q.Types); err != nil {
			return err
		}
		b, next = &c.batch, p.next
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	return b, next, nil
}

// place is a link in the order of Neighbors.
type place struct {
	typ       graph.LinkType
	from, to  graph.Ref
	at, until int64
	event     string
	body      []byte
}

// cursor is the place after p, as text.
func (p *place) cursor() string {
	var b []byte
	for _, s := range []string{string(p.typ), p.from.String(), p.to.String(), p.event, string(p.body)} {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	b = binary.AppendVarint(binary.AppendVarint(b, p.at), p.until)
	return base64.RawURLEncoding.EncodeToString(b)
}

// decodeCursor is the inverse of cursor.
func decodeCursor(s string) (*place, error) {
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
	p := &place{typ: graph.LinkType(part[0]), event: part[3], body: []byte(part[4])}
	for _, t := range []*int64{&p.at, &p.until} {
		v, k := binary.Varint(b)
		if k <= 0 {
			return nil, bad
		}
		*t, b = v, b[k:]
	}
	var errFrom, errTo error
	p.from, errFrom = graph.ParseRef(part[1])
	p.to, errTo = graph.ParseRef(part[2])
	if errFrom != nil || errTo != nil || len(b) > 0 {
		return nil, bad
	}
	return p, nil
}

// neighborPage fills the scanner's batch with the links after a place.
type neighborPage struct {
	*scanner
	node  int64
	after *place // nil: the first page
	limit int
	last  place  // of the link added last
	next  string // cursor; empty if nothing follows
}

// pair is two ends of links of one type.
type pair struct {
	src, dst int64
	from, to graph.Ref
}

func (p *pair) compare(from, to graph.Ref) int {
	return cmp.Or(p.from.Compare(from), p.to.Compare(to))
}

// read goes through the types in order until the page is full.
func (p *neighborPage) read(only []graph.LinkType) error {
	types, err := p.types(only)
	if err != nil {
		return err
	}
	for _, t := range types {
		if p.after != nil && t.name < p.after.typ {
			continue
		}
		start, within := p.after, true
		if start != nil && t.name > start.typ {
			start = nil
		}
		// Pairs come a page at a time; one may hold tombstones only.
		for more := true; more; {
			pairs, err := p.pairs(t, start, within)
			if err != nil {
				return err
			}
			if more = len(pairs) > p.limit; more {
				pairs = pairs[:p.limit]
			}
			for i := range pairs {
				if err := p.addPair(t, &pairs[i]); err != nil || p.next != "" {
					return err
				}
				start, within = &place{from: pairs[i].from, to: pairs[i].to}, false
			}
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

// pairs are the first limit+1 pairs of a type from a place on (after it unless
// within), ascending.
func (p *neighborPage) pairs(t namedType, start *place, within bool) (pairs []pair, err error) {
	keep := func(src, dst int64) error {
		from, err := p.nodes.get(src)
		if err != nil {
			return err
		}
		to, err := p.nodes.get(dst)
		if err != nil {
			return err
		}
		one := pair{src, dst, from.ref, to.ref}
		if start != nil {
			if c := one.compare(start.from, start.to); c < 0 || c == 0 && !within {
				return nil
			}
		}
		i := sort.Search(len(pairs), func(i int) bool { return pairs[i].compare(one.from, one.to) > 0 })
		switch {
		case i > p.limit:
			return nil
		case len(pairs) > p.limit:
			pairs = pairs[:p.limit]
		}
		pairs = slices.Insert(pairs, i, one)
		return nil
	}
	err = p.run("select distinct dst from links where derived = ? and src = ? and type = ?", func(st *sqlite.Stmt) error {
		return keep(p.node, st.ColumnInt64(0))
	}, p.class, p.node, t.id)
	if err != nil {
		return nil, err
	}
	err = p.run("select src from inbound where derived = ?1 and dst = ?2 and type = ?3 and src <> ?2", func(st *sqlite.Stmt) error {
		return keep(st.ColumnInt64(0), p.node)
	}, p.class, p.node, t.id)
	return pairs, err
}

// addPair adds the links of a pair, which lie in the order of their content,
// until the page is full.
func (p *neighborPage) addPair(t namedType, ends *pair) error {
	var skip *place // links up to it were on the page before
	from := int64(-1 << 63)
	if a := p.after; a != nil && a.typ == t.name && ends.compare(a.from, a.to) == 0 {
		skip, from = a, a.at
	}
	st, err := p.conn.Prepare(scanLinksSource + " where derived = ? and src = ? and type = ? and dst = ? and at >= ? and rev >= 0")
	if err != nil {
		return err
	}
	for i, v := range []int64{p.class, ends.src, t.id, ends.dst, from} {
		st.BindInt64(i+1, v)
	}
	for {
		more, err := st.Step()
		if err != nil || !more {
			return err
		}
		here := place{t.name, ends.from, ends.to, st.ColumnInt64(3), st.ColumnInt64(4), st.ColumnText(5), columnBytes(st, 6)}
		if skip != nil && here.compareContent(skip) <= 0 {
			continue
		}
		if len(p.batch.Links) == p.limit {
			p.next = p.last.cursor()
			return st.Reset()
		}
		p.last = here
		if err := p.addLink(st); err != nil {
			return err
		}
	}
}

// compareContent orders places of one type and pair.
func (p *place) compareContent(o *place) int {
	return cmp.Or(cmp.Compare(p.at, o.at), cmp.Compare(p.until, o.until), cmp.Compare(p.event, o.event), slices.Compare(p.body, o.body))
}
