package neo4jstore

import (
	"context"
	"fmt"

	neo "github.com/neo4j/neo4j-go-driver/v5/neo4j"

	"ringleader/graph"
)

// refuseForeign fails if the database holds a node that is not ours.
func (s *Store) refuseForeign(ctx context.Context) error {
	var foreign int64
	err := s.read(ctx, "look for data of others", s.config.Timeout, func(tx transaction) error {
		v, err := tx.one(cypherForeign, nil)
		if err != nil {
			return err
		}
		foreign = v[0].(int64)
		return nil
	})
	if err != nil {
		return err
	}
	if foreign != 0 {
		return fmt.Errorf("%w: database %q at %s holds %d nodes that ringleader did not make; take an empty database, or say that it is shared (--shared): then they are left alone",
			graph.ErrConflict, s.config.Database, s.config.URI, foreign)
	}
	return nil
}

// migrate runs the steps that the database has not seen. Each can be run again,
// so a step that broke off, or two openers at once, do no harm.
func (s *Store) migrate(ctx context.Context) error {
	layout, err := s.layout(ctx)
	if err != nil {
		return err
	}
	if layout > int64(len(migrations)) {
		return fmt.Errorf("%w: the store at %s has layout %d, this program knows %d; take a newer ringleader", graph.ErrConflict, s.config.URI, layout, len(migrations))
	}
	if layout == 0 { // new, or made by the import tool, which makes no constraints
		if err := s.schema(ctx, cypherStateConstraint); err != nil {
			return err
		}
	}
	for ; layout < int64(len(migrations)); layout++ {
		for _, statement := range migrations[layout] {
			if err := s.schema(ctx, statement); err != nil {
				return err
			}
		}
		if err := s.schema(ctx, cypherAwaitIndexes); err != nil {
			return err
		}
		err := s.write(ctx, "record the layout", s.config.Timeout, func(tx transaction) error {
			return tx.do(cypherSetLayout, map[string]any{"layout": layout + 1})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// layout is the version of the layout in the database, 0 for a new one. Most
// openings find the state node there and write nothing.
func (s *Store) layout(ctx context.Context) (layout int64, err error) {
	found := false
	err = s.read(ctx, "read the layout", s.config.Timeout, func(tx transaction) error {
		rows, err := tx.rows(cypherLayout, nil)
		if err != nil || len(rows) == 0 {
			return err
		}
		layout, found = rows[0].Values[0].(int64), true
		return nil
	})
	if err != nil || found {
		return layout, err
	}
	if err := s.schema(ctx, cypherStateConstraint); err != nil {
		return 0, err
	}
	err = s.write(ctx, "make the state node", s.config.Timeout, func(tx transaction) error {
		v, err := tx.one(cypherMakeState, nil)
		if err != nil {
			return err
		}
		layout = v[0].(int64)
		return nil
	})
	return layout, err
}

// schema runs one statement that changes the schema; it cannot share a
// transaction with data.
func (s *Store) schema(ctx context.Context, statement string) error {
	_, err := neo.ExecuteQuery(ctx, s.driver, statement, nil, neo.EagerResultTransformer,
		neo.ExecuteQueryWithDatabase(s.config.Database))
	if err != nil {
		return s.failed(ctx, "change the schema", err)
	}
	return nil
}
