package neo4jstore

import (
	"context"
	"fmt"

	"ringleader/graph"
)

// Pack makes the packs anew that whole scans read: of a store of an earlier
// layout, which has none, of one whose graph others have changed, and of one
// where many small batches left many small packs. It fails with ErrConflict if
// the store changes meanwhile; then scans read the graph, as before it.
// Time: O(facts). Memory: one pack.
func (s *Store) Pack(ctx context.Context) error {
	var begin state
	err := s.inState(ctx, func(_ transaction, now *state) error {
		now.whole, now.packed = false, now.revision
		now.packings++
		begin = *now
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.dropPacks(ctx, begin.packs); err != nil {
		return err
	}
	facts, attrs := int64(0), int64(0)
	same := func(now *state) error {
		if now.revision != begin.revision || now.tombstones != begin.tombstones || now.packings != begin.packings {
			return fmt.Errorf("pack: %w: the store changed meanwhile; try again", graph.ErrConflict)
		}
		return nil
	}
	p := packing{write: func(some []packedFact) error {
		return s.inState(ctx, func(tx transaction, now *state) error {
			if err := same(now); err != nil {
				return err
			}
			return now.fresh(tx, begin.revision, some)
		})
	}}
	sc := scanner{store: s, yield: func(b *graph.Batch) error {
		facts, attrs = facts+int64(b.Len()), attrs+int64(len(b.Attrs))
		return p.addBatch(b)
	}}
	if _, err := sc.run(ctx, sc.all); err != nil {
		return err
	}
	if err := p.flush(); err != nil {
		return err
	}
	return s.inState(ctx, func(tx transaction, now *state) error {
		if err := same(now); err != nil {
			return err
		}
		v, err := tx.one(cypherCount(nil), nil)
		if err != nil {
			return err
		}
		rows, err := tx.rows(cypherCountStamped, nil)
		if err != nil {
			return err
		}
		now.whole, now.facts, now.attrs, now.nodes = true, facts, attrs, v[0].(int64)
		clear(now.links)
		for _, row := range rows {
			now.links[graph.LinkType(row.Values[0].(string))] = row.Values[1].(int64)
		}
		return nil
	})
}

// addBatch takes the facts of a batch.
func (p *packing) addBatch(b *graph.Batch) error {
	for i := range b.Attrs {
		t := &b.Attrs[i]
		if err := p.add(pair{from: b.Refs[t.Node]}, &entry{at: t.At, name: t.Name, body: t.Value}); err != nil {
			return err
		}
	}
	for i := range b.Links {
		l := &b.Links[i]
		e := entry{at: l.At, until: l.Until, name: l.Event, body: string(l.AppendBody(nil))}
		if err := p.add(pair{b.Refs[l.From], l.Type, b.Refs[l.To]}, &e); err != nil {
			return err
		}
	}
	return nil
}

// inState runs work under the lock of writers and writes what it made of the
// state.
func (s *Store) inState(ctx context.Context, work func(transaction, *state) error) error {
	return s.write(ctx, "pack", s.config.BatchTimeout, func(tx transaction) error {
		now, err := lockState(tx)
		if err != nil {
			return err
		}
		a := applier{transaction: tx, state: now, was: now.clone()}
		if err := work(tx, &a.state); err != nil {
			return err
		}
		return a.setState()
	})
}

// packsAtOnce is how many packs, of up to a megabyte or so, one transaction
// deletes.
const packsAtOnce = 20

// dropPacks deletes packs up to a number.
func (s *Store) dropPacks(ctx context.Context, last int64) error {
	for left := true; left; {
		err := s.inState(ctx, func(tx transaction, _ *state) error {
			v, err := tx.one(cypherDropPacks, map[string]any{"last": last, "size": packsAtOnce})
			if err == nil {
				left = v[0].(int64) == packsAtOnce
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
