package neo4jstore

import (
	"context"
	"errors"
	"fmt"

	"ringleader/graph"
)

// Check looks for what does not fit: nodes under our label that we did not
// stamp, relationships between our nodes that hold no facts of ours (somebody
// drew them by hand; they are left alone and no run sees them), nodes without a
// fact, counts that differ from the facts, gaps in the Log. It returns one line
// for each kind of finding, none if all is well. Time: reads everything once.
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
	return append(found, wrong...), nil
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
