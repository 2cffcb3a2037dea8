package neo4jstore

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"

	"ringleader/graph"
)

// Check looks for what does not fit: nodes under our label that we did not
// stamp, relationships between our nodes that hold no facts of ours (somebody
// drew them by hand; they are left alone and no run sees them), nodes without a
// fact, counts that differ from the facts, packs that differ from the graph, gaps
// in the Log. It returns one line for each kind of finding, none if all is well.
// Time: reads everything once.
func (s *Store) Check(ctx context.Context) ([]string, error) {
	var found []string
	counts := []struct{ query, words string }{
		{cypherUnstampedNodes, "%d nodes carry our label but not our stamp; they were not made by ringleader"},
		{cypherWrongLabels, "%d nodes have lost the label of their kind"},
		{cypherBareNodes, "%d nodes have no fact"},
		{cypherStrayLinks, "%d relationships with our stamp end at a node that is not ours"},
	}
	err := s.read(ctx, "check", s.config.BatchTimeout, func(tx transaction) error {
		found = nil
		for _, c := range counts {
			v, err := tx.one(c.query, nil)
			if err != nil {
				return err
			}
			if n := v[0].(int64); n > 0 {
				found = append(found, fmt.Sprintf(c.words, n))
			}
		}
		links, err := tx.rows(cypherUnstampedLinks, nil)
		if err != nil {
			return err
		}
		for _, row := range links {
			found = append(found, fmt.Sprintf("%d relationships of type %s between our nodes hold no facts of ours; load them with a mapping if they should count",
				row.Values[1], row.Values[0]))
		}
		heads, err := tx.rows(cypherLogHeads, nil)
		for _, row := range heads {
			found = append(found, fmt.Sprintf("stream %s has gaps", row.Values[0]))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	wrong, err := s.checkFacts(ctx)
	if err != nil {
		return nil, err
	}
	found = append(found, wrong...)
	wrong, err = s.checkPacks(ctx)
	if err != nil {
		return nil, err
	}
	return append(found, wrong...), nil
}

// checkPacks compares the facts of the packs with those of the graph. A store
// whose packs are not whole has nothing to compare: its graph is read.
func (s *Store) checkPacks(ctx context.Context) ([]string, error) {
	const advice = "\"ringleader store migrate\" packs anew what the graph has"
	var whole, same bool
	err := s.read(ctx, "check", s.config.BatchTimeout, func(tx transaction) error {
		now, err := readState(tx)
		if err != nil {
			return err
		}
		whole = now.whole
		same, err = asPacked(tx, now)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case !whole:
		return nil, nil
	case !same:
		return []string{"the graph has other numbers of nodes or relationships of ours than were written: somebody else deleted or made some; it is read as it is, without packs, until " + advice}, nil
	}
	seed := maphash.MakeSeed()
	graphSum, rev, err := s.digest(ctx, seed, graph.ScanQuery{Sources: true})
	if err != nil {
		return nil, err
	}
	packSum, packRev, err := s.digest(ctx, seed, graph.ScanQuery{})
	if errors.Is(err, graph.ErrInvalid) {
		return []string{err.Error()}, nil
	}
	if err != nil || rev != packRev || graphSum == packSum {
		return nil, err
	}
	return []string{"the facts in the packs differ from those in the graph: somebody else has changed one of them; " + advice}, nil
}

// digest is a sum over the facts of a scan that does not depend on their order.
func (s *Store) digest(ctx context.Context, seed maphash.Seed, q graph.ScanQuery) (sum uint64, rev graph.Revision, err error) {
	var key []byte
	rev, err = s.Scan(ctx, q, func(b *graph.Batch) error {
		for i := range b.Attrs {
			a := &b.Attrs[i]
			key = appendContent(appendPair(key[:0], pair{from: b.Refs[a.Node]}), &entry{at: a.At, name: a.Name, body: a.Value})
			sum += maphash.Bytes(seed, key)
		}
		for i := range b.Links {
			l := &b.Links[i]
			e := entry{at: l.At, until: l.Until, name: l.Event, body: string(l.AppendBody(nil))}
			key = appendContent(appendPair(key[:0], pair{b.Refs[l.From], l.Type, b.Refs[l.To]}), &e)
			sum += maphash.Bytes(seed, key)
		}
		return nil
	})
	return sum, rev, err
}

// checkFacts decodes every fact and compares their number with the counts that
// Stats reads.
func (s *Store) checkFacts(ctx context.Context) ([]string, error) {
	var found []string
	var attrs, links, derived int64
	for _, runs := range []bool{false, true} {
		_, err := s.Scan(ctx, graph.ScanQuery{Derived: runs, Sources: true}, func(b *graph.Batch) error {
			if runs {
				derived += int64(b.Len())
				return nil
			}
			attrs, links = attrs+int64(len(b.Attrs)), links+int64(len(b.Links))
			return nil
		})
		if errors.Is(err, graph.ErrInvalid) {
			found = append(found, err.Error())
		} else if err != nil {
			return nil, err
		}
	}
	stats, err := s.Stats(ctx)
	if err != nil {
		return nil, err
	}
	stated := int64(0)
	for _, n := range stats.Links {
		stated += n
	}
	if attrs != stats.Attrs || links != stated || derived != stats.Derived {
		found = append(found, fmt.Sprintf("the facts (%d statements, %d links, %d derived) differ from their counts (%d, %d, %d)",
			attrs, links, derived, stats.Attrs, stated, stats.Derived))
	}
	return found, nil
}
