package neo4jstore

import (
	"context"
	"fmt"

	"ringleader/graph"
)

// Purge deletes the tombstones, in transactions of bounded size. What the
// server's own files keep of deleted records, and its transaction logs, are the
// server's: SECURITY.md says how they are cleared.
func (s *Store) Purge(ctx context.Context) error {
	err := s.write(ctx, "purge", s.config.Timeout, func(tx transaction) error {
		if _, err := lockState(tx); err != nil {
			return err
		}
		return tx.do(cypherSetPurged, nil)
	})
	for left := true; left && err == nil; {
		err = s.write(ctx, "purge", s.config.BatchTimeout, func(tx transaction) error {
			if _, err := lockState(tx); err != nil {
				return err
			}
			v, err := tx.one(cypherPurge, map[string]any{"size": chunk})
			if err == nil {
				left = v[0].(int64) == chunk
			}
			return err
		})
	}
	return err
}

// checkPurged refuses a scan whose tombstones are gone: changes from before a
// purge, and any scan that one overtook.
func (sc *scanner) checkPurged(now state) error {
	switch {
	case sc.begun && now.purged != sc.purged:
		return fmt.Errorf("%w: the store was purged while it was read; read it again", graph.ErrConflict)
	case sc.query.Since > 0 && int64(sc.query.Since) < now.purged:
		return fmt.Errorf("%w: what went before revision %d was purged; read the store whole", graph.ErrConflict, now.purged)
	}
	return nil
}
