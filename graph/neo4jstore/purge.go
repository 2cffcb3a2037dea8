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
	if err != nil {
		return err
	}
	if err := s.forgetTouched(ctx); err != nil {
		return err
	}
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

// forgetTouched deletes the lists of what revisions up to the purge changed:
// they name nodes, and no scan asks for them any more.
func (s *Store) forgetTouched(ctx context.Context) error {
	for left := true; left; {
		err := s.write(ctx, "purge", s.config.BatchTimeout, func(tx transaction) error {
			now, err := lockState(tx)
			if err != nil {
				return err
			}
			v, err := tx.one(cypherForgetTouched, map[string]any{"rev": now.purged, "size": touchedAtOnce})
			if err == nil {
				left = v[0].(int64) == touchedAtOnce
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// touchedAtOnce is how many lists, of up to chunk references, one transaction
// deletes.
const touchedAtOnce = 100

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
