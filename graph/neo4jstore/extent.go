package neo4jstore

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"ringleader/graph"
)

// Extent is how much a store holds, from counters: [Store.Stats] looks at every
// node and relationship to say more.
type Extent struct {
	Revision graph.Revision
	Nodes    int64 // those that only runs know as well
	Links    int64
	Attrs    int64

	// Mark tells the observed facts of this moment from those of another, and of
	// another store, as far as counts do. It is another one when somebody else has
	// deleted nodes or relationships.
	Mark string
}

// Extent reads counters, which takes the same time for any store. It fails with
// ErrNotFound where packs are not whole, for then nobody has counted.
func (s *Store) Extent(ctx context.Context) (*Extent, error) {
	var e *Extent
	err := s.read(ctx, "count", s.config.Timeout, func(tx transaction) error {
		now, err := readState(tx)
		if err != nil {
			return err
		}
		if !now.whole {
			return fmt.Errorf("%w: counts of a store whose facts are not packed", graph.ErrNotFound)
		}
		nodes, links, err := drift(tx, now)
		e = &Extent{Revision: graph.Revision(now.revision), Nodes: now.nodes, Links: now.facts - now.attrs, Attrs: now.attrs,
			Mark: fmt.Sprint(now.revision, now.tombstones, now.facts, now.attrs, nodes)}
		for _, t := range slices.Sorted(maps.Keys(links)) {
			if links[t] != 0 {
				e.Mark += fmt.Sprint(" ", t, links[t])
			}
		}
		return err
	})
	return e, err
}
