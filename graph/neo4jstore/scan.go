package neo4jstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"ringleader/graph"
)

// pageNodes is how many nodes a page of a scan holds. Their links come with
// them; a page of 2,000 accounts is some 10,000 facts.
const pageNodes = 2000

// Scan reads pages in the order of references. Each is a transaction of its own
// under the lock of writers, so that it holds whole commits only; what came
// after the first page is left out by its revision, and what went since is
// found among the tombstones. Memory: one page; for changes also the references
// of the nodes that changed.
//
// A whole scan without sources reads packs instead, which hold the same facts in
// a hundredth of the messages, unless they are not whole or the graph is not as
// they say: then somebody else has changed it, and it counts.
func (s *Store) Scan(ctx context.Context, q graph.ScanQuery, yield func(*graph.Batch) error) (graph.Revision, error) {
	sc := scanner{store: s, query: q, yield: yield}
	if q.Derived {
		sc.query.Since = 0 // derived facts have no revision: all of them may be changes
	}
	switch {
	case sc.query.Since > 0:
		return sc.run(ctx, sc.changes)
	case q.Derived || q.Sources:
		return sc.run(ctx, sc.all)
	}
	return sc.run(ctx, sc.packsOrAll)
}

func (sc *scanner) run(ctx context.Context, read func(context.Context) error) (graph.Revision, error) {
	if err := read(ctx); err != nil {
		return 0, err
	}
	return sc.rev, nil
}

// scanner is a scan under way.
type scanner struct {
	store  *Store
	query  graph.ScanQuery
	yield  func(*graph.Batch) error
	begun  bool
	purged int64          // tombstones up to this revision were gone when it began
	rev    graph.Revision // of the scan, set by the first page

	packings int64 // when it began, how often packs had been made anew

	// Tombstones written since the first page, and the number of the last one
	// that was read: facts that are still there for this scan.
	went     []went
	lastGone int64
}

// went is a tombstone, and the reference and the pack that its fact is found
// under.
type went struct {
	node string
	pack int64
	data []byte
}

// page is what one transaction brought.
type page struct {
	refs  []string
	facts []any // of each node, bytes
	links []pageLinks
	went  [][]byte // tombstones of facts that are still there for this scan
}

// pageLinks are relationships of one type: of node from[i], to the reference
// to[i].
type pageLinks struct {
	typ       graph.LinkType
	from      []any
	to, facts []any
}

func (sc *scanner) all(ctx context.Context) error {
	query := cypherPage
	if sc.query.Derived {
		query = cypherDerivedPage
	}
	after := ""
	for {
		p, err := sc.page(ctx, query, map[string]any{"after": after, "size": pageNodes, "none": none})
		if err != nil {
			return err
		}
		last := greatest
		if len(p.refs) == pageNodes {
			last = p.refs[pageNodes-1]
		}
		p.went = sc.wentFrom(func(w went) bool { return w.node > after && w.node <= last })
		if err := sc.emit(ctx, p); err != nil {
			return err
		}
		if last == greatest {
			return nil
		}
		after = last
	}
}

// greatest is a string that no reference lies beyond.
const greatest = "\U0010ffff"

// changes reads the nodes whose facts changed, then the tombstones.
func (sc *scanner) changes(ctx context.Context) error {
	var refs []string
	err := sc.locked(ctx, func(tx transaction, _ state) error {
		since := map[string]any{"since": int64(sc.query.Since)}
		v, err := tx.one(cypherChangedBefore, since)
		if err != nil {
			return err
		}
		refs = texts(v[0])
		if v, err = tx.one(cypherChanged, since); err != nil {
			return err
		}
		for _, list := range v[0].([]any) {
			if refs, err = unpackRefs(refs, list.([]byte)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.Sort(refs)
	refs = slices.Compact(refs)
	for part := range slices.Chunk(refs, pageNodes) {
		p, err := sc.page(ctx, cypherNodes, map[string]any{"refs": part, "none": none})
		if err != nil {
			return err
		}
		p.went = sc.wentFrom(func(w went) bool { return w.node >= part[0] && w.node <= part[len(part)-1] })
		if err := sc.emit(ctx, p); err != nil {
			return err
		}
	}
	return sc.tombstones(ctx)
}

// locked runs work under the lock of writers, and fixes the revision of the
// scan when it is first called.
func (sc *scanner) locked(ctx context.Context, work func(transaction, state) error) error {
	var at state
	err := sc.store.write(ctx, "scan", sc.store.config.BatchTimeout, func(tx transaction) error {
		now, err := lockState(tx)
		if err != nil {
			return err
		}
		at = now
		if err := sc.checkPurged(now); err != nil {
			return err
		}
		return work(tx, now)
	})
	if err == nil && !sc.begun {
		sc.begun, sc.rev, sc.lastGone, sc.purged = true, graph.Revision(at.revision), at.tombstones, at.purged
		sc.packings = at.packings
	}
	return err
}

// page reads nodes and their links, and the tombstones that are new.
func (sc *scanner) page(ctx context.Context, query string, params map[string]any) (*page, error) {
	var p *page
	err := sc.lockedPage(ctx, func(tx transaction, _ state) error {
		v, err := tx.one(query, params)
		if err != nil {
			return err
		}
		p = &page{refs: texts(v[1]), facts: v[2].([]any)}
		return sc.pageLinks(tx, v[0], p)
	})
	return p, err
}

// lockedPage is locked for reading a page; it learns of the facts that went
// between the first page and this one.
func (sc *scanner) lockedPage(ctx context.Context, work func(transaction, state) error) error {
	var gone []went
	last := sc.lastGone
	err := sc.locked(ctx, func(tx transaction, now state) error {
		if err := work(tx, now); err != nil {
			return err
		}
		gone, last = nil, now.tombstones
		if !sc.begun || sc.query.Derived || now.tombstones == sc.lastGone {
			return nil
		}
		v, err := tx.one(cypherWent, map[string]any{"after": sc.lastGone})
		if err != nil {
			return err
		}
		for i, data := range v[0].([]any) {
			r := entryReader{b: data.([]byte)}
			gone = append(gone, went{r.string(), v[1].([]any)[i].(int64), data.([]byte)})
		}
		return nil
	})
	if err != nil {
		return err
	}
	sc.lastGone = last
	sc.went = append(sc.went, gone...)
	return nil
}

// wentFrom are the tombstones of facts that a page would have, had they not gone
// after the first page.
func (sc *scanner) wentFrom(here func(went) bool) (data [][]byte) {
	for _, w := range sc.went {
		if here(w) {
			data = append(data, w.data)
		}
	}
	return data
}

func (sc *scanner) pageLinks(tx transaction, ids any, p *page) error {
	query := cypherPageLinks
	if sc.query.Derived {
		query = cypherDerivedLinks
	}
	rows, err := tx.rows(query, map[string]any{"ids": ids})
	if err != nil {
		return err
	}
	for _, r := range rows {
		t, err := graph.ParseLinkType(r.Values[0].(string))
		if err != nil {
			return fmt.Errorf("relationship in the database: %w", err)
		}
		p.links = append(p.links, pageLinks{t, r.Values[1].([]any), r.Values[2].([]any), r.Values[3].([]any)})
	}
	return nil
}

// emit hands a page on as batches. A node of the page is a reference by its
// place in it, so that only the other ends of links are looked up.
func (sc *scanner) emit(ctx context.Context, p *page) error {
	out := &emitter{scanner: sc, ctx: ctx, index: make(map[string]uint32, len(p.refs))}
	if sc.query.Sources {
		if err := sc.store.learnInputs(ctx); err != nil {
			return err
		}
	}
	for _, ref := range p.refs {
		if _, err := out.ref(ref); err != nil {
			return err
		}
	}
	for i := range p.refs {
		if err := out.statements(uint32(i), p.facts[i].([]byte)); err != nil {
			return err
		}
	}
	for _, l := range p.links {
		for i := range l.from {
			to, err := out.ref(l.to[i].(string))
			if err != nil {
				return err
			}
			if err := out.links(uint32(l.from[i].(int64)), l.typ, to, l.facts[i].([]byte)); err != nil {
				return err
			}
		}
	}
	for _, data := range p.went {
		if err := out.tombstone(data); err != nil {
			return err
		}
	}
	return out.flush()
}

// tombstones yields the facts that went since, unless they are there again.
// They are numbered in the order they went.
func (sc *scanner) tombstones(ctx context.Context) error {
	after := int64(-1)
	err := sc.store.read(ctx, "scan", sc.store.config.Timeout, func(tx transaction) error {
		v, err := tx.one(cypherFirstGone, map[string]any{"since": int64(sc.query.Since)})
		if err == nil && v[0] != nil {
			after = v[0].(int64) - 1
		}
		return err
	})
	if err != nil || after < 0 {
		return err
	}
	for more := true; more; {
		var v []any
		err := sc.locked(ctx, func(tx transaction, _ state) (err error) {
			v, err = tx.one(cypherGonePage, map[string]any{"after": after, "size": chunk})
			return err
		})
		if err != nil {
			return err
		}
		out := &emitter{scanner: sc, ctx: ctx, index: map[string]uint32{}}
		out.batch.Gone = true
		seqs := v[0].([]any)
		more = len(seqs) == chunk
		for i := range seqs {
			after = seqs[i].(int64)
			rev, back := graph.Revision(v[1].([]any)[i].(int64)), graph.Revision(v[2].([]any)[i].(int64))
			if rev > sc.rev {
				more = false
				break
			}
			if back != 0 && back <= sc.rev {
				continue
			}
			if err := out.tombstone(v[3].([]any)[i].([]byte)); err != nil {
				return err
			}
		}
		if err := out.flush(); err != nil {
			return err
		}
	}
	return nil
}

func texts(list any) []string {
	from := list.([]any)
	to := make([]string, len(from))
	for i := range from {
		to[i] = from[i].(string)
	}
	return to
}

// limit is the largest number of facts in a batch.
func (sc *scanner) limit() int { return cmp.Or(sc.query.Limit, chunk) }
