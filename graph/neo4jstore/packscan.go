package neo4jstore

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"ringleader/graph"
)

// Limits of a page of packs: what is read under one lock, and held here.
const (
	pagePackBytes = 4 << 20
	pagePacks     = 500
)

// packsOrAll is a whole scan without sources.
func (sc *scanner) packsOrAll(ctx context.Context) error {
	var seqs, sizes []any
	err := sc.locked(ctx, func(tx transaction, now state) (err error) {
		seqs, sizes = nil, nil
		whole, err := asPacked(tx, now)
		if err != nil || !whole {
			return err
		}
		v, err := tx.one(cypherPackSizes, nil)
		if err == nil && v[2].(int64) == now.facts {
			seqs, sizes = v[0].([]any), v[1].([]any)
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(seqs) == 0 {
		return sc.all(ctx)
	}
	out := newPackEmitter(ctx, sc)
	for first := 0; first < len(seqs); {
		end, size := first, int64(0)
		for end < len(seqs) && end-first < pagePacks && (end == first || size+sizes[end].(int64) <= pagePackBytes) {
			size += sizes[end].(int64)
			end++
		}
		if err := sc.packs(ctx, out, seqs[first].(int64), seqs[end-1].(int64)); err != nil {
			return err
		}
		first = end
	}
	return nil
}

// asPacked reports whether packs hold everything, and the graph has as many
// nodes and relationships as were written.
func asPacked(tx transaction, now state) (bool, error) {
	if !now.whole {
		return false, nil
	}
	nodes, links, err := drift(tx, now)
	if err != nil || nodes != 0 {
		return false, err
	}
	for t, n := range links {
		if n == 0 {
			continue
		}
		// Others have drawn some of this type from our nodes, or deleted some.
		stamped, err := tx.one(cypherCountStampedOf(t), nil)
		if err != nil || stamped[0].(int64) != now.links[t] {
			return false, err
		}
	}
	return true, nil
}

// drift is by how many our nodes, and relationships that begin at them, are more
// than were written: what others have made there, or deleted.
func drift(tx transaction, now state) (nodes int64, links map[graph.LinkType]int64, err error) {
	types := slices.Sorted(maps.Keys(now.links))
	v, err := tx.one(cypherCount(types), nil)
	if err != nil {
		return 0, nil, err
	}
	links = make(map[graph.LinkType]int64, len(types))
	for i, t := range types {
		links[t] = v[i+1].(int64) - now.links[t]
	}
	return v[0].(int64) - now.nodes, links, nil
}

// packs reads a page: packs by their numbers, from first to last.
func (sc *scanner) packs(ctx context.Context, out *packEmitter, first, last int64) error {
	var packs [][]byte
	err := sc.lockedPage(ctx, func(tx transaction, now state) error {
		packs = nil
		if now.packings != sc.packings {
			return fmt.Errorf("%w: the store was packed anew while it was read; read it again", graph.ErrConflict)
		}
		rows, err := tx.rows(cypherPacks, map[string]any{"first": first, "last": last})
		for _, row := range rows {
			packs = append(packs, row.Values[0].([]byte))
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, data := range packs {
		if err := out.emit(data); err != nil {
			return err
		}
	}
	return sc.emit(ctx, &page{went: sc.wentFrom(func(w went) bool { return w.pack >= first && w.pack <= last })})
}

// packEmitter makes batches of packs, in the memory of the one before.
type packEmitter struct {
	ctx   context.Context
	limit int
	yield func(*graph.Batch) error
	batch graph.Batch
}

func newPackEmitter(ctx context.Context, sc *scanner) *packEmitter {
	return &packEmitter{ctx: ctx, limit: cmp.Or(sc.query.Limit, packFacts), yield: sc.yield}
}

func (o *packEmitter) emit(data []byte) error {
	r, err := openPack(data)
	if err != nil {
		return err
	}
	o.batch.Refs = r.refs
	for r.next() {
		f := &r.fact
		if f.typ == "" {
			o.batch.Attrs = append(o.batch.Attrs, graph.Attr{Node: f.from, Name: f.name, Value: f.body, At: f.at})
		} else {
			l := graph.Link{From: f.from, To: f.to, Type: f.typ, At: f.at, Until: f.until, Event: f.name}
			if f.body != "" {
				if err := l.SetBody([]byte(f.body)); err != nil {
					return err
				}
			}
			o.batch.Links = append(o.batch.Links, l)
		}
		if o.batch.Len() == o.limit {
			if err := o.flush(); err != nil {
				return err
			}
		}
	}
	if err := r.err(); err != nil {
		return err
	}
	return o.flush()
}

// flush hands on what there is and keeps the references.
func (o *packEmitter) flush() error {
	if o.batch.Len() == 0 {
		return nil
	}
	if err := o.ctx.Err(); err != nil {
		return err
	}
	out := o.batch
	if err := o.yield(&out); err != nil {
		return err
	}
	o.batch.Attrs, o.batch.Links = o.batch.Attrs[:0], o.batch.Links[:0]
	return nil
}
