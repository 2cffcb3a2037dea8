package neo4jstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"ringleader/graph"
)

// Search walks the index of references, kind by kind, for the order of kinds is
// not that of their text forms. Time: O(page) for a kind.
func (s *Store) Search(ctx context.Context, q graph.SearchQuery) ([]graph.Ref, string, error) {
	var after graph.Ref
	if q.Cursor != "" {
		var err error
		if after, err = graph.ParseRef(q.Cursor); err != nil {
			return nil, "", fmt.Errorf("search: cursor: %w", err)
		}
	}
	kinds := []graph.Kind{q.Kind}
	if q.Kind == "" {
		var err error
		if kinds, err = s.kinds(ctx); err != nil {
			return nil, "", err
		}
	} else if _, err := graph.ParseKind(string(q.Kind)); err != nil {
		return nil, "", fmt.Errorf("search: %w", err)
	}
	if !utf8.ValidString(q.Prefix) {
		return nil, "", fmt.Errorf("search: %w prefix: not UTF-8", graph.ErrInvalid)
	}
	limit := cmp.Or(q.Limit, defaultPage)
	var found []graph.Ref
	for _, k := range kinds {
		if k < after.Kind {
			continue
		}
		from := ""
		if k == after.Kind {
			from = q.Cursor
		}
		more, err := s.searchKind(ctx, k, q.Prefix, from, limit+1-len(found))
		if err != nil {
			return nil, "", err
		}
		found = append(found, more...)
		if len(found) > limit {
			return found[:limit], found[limit-1].String(), nil
		}
	}
	return found, "", nil
}

func (s *Store) searchKind(ctx context.Context, k graph.Kind, prefix, after string, limit int) ([]graph.Ref, error) {
	from := string(k) + ":" + prefix
	params := map[string]any{"from": from, "before": successor(from), "limit": limit}
	if after >= from {
		params["from"] = after + "\x00" // no reference holds it, so this one is the next
	}
	var found []graph.Ref
	err := s.read(ctx, "search", s.config.Timeout, func(tx transaction) error {
		found = found[:0]
		rows, err := tx.rows(cypherSearch, params)
		if err != nil {
			return err
		}
		for _, row := range rows {
			r, err := graph.ParseRef(row.Values[0].(string))
			if err != nil {
				return fmt.Errorf("node in the database: %w", err)
			}
			found = append(found, r)
		}
		return nil
	})
	return found, err
}

// successor is the least string above all that begin with s, in the order of
// code points. It wants a colon in s, so that there is one.
func successor(s string) string {
	runes := []rune(s)
	last := len(runes) - 1
	for runes[last] == utf8.MaxRune {
		last--
	}
	runes[last]++
	if runes[last] == 0xd800 {
		runes[last] = 0xe000 // no rune stands in between
	}
	return string(runes[:last+1])
}

// kinds are the kinds whose label the database knows, ascending. Labels of
// others that look like kinds do no harm: a search under them finds nothing.
func (s *Store) kinds(ctx context.Context) ([]graph.Kind, error) {
	var kinds []graph.Kind
	err := s.read(ctx, "search", s.config.Timeout, func(tx transaction) error {
		kinds = kinds[:0]
		v, err := tx.one(cypherLabels, nil)
		if err != nil {
			return err
		}
		for _, label := range texts(v[0]) {
			if k, err := graph.KindOfLabel(label); err == nil {
				kinds = append(kinds, k)
			}
		}
		slices.Sort(kinds)
		return nil
	})
	return kinds, err
}

// Inputs is what has been loaded, by ID.
func (s *Store) Inputs(ctx context.Context) ([]graph.Input, error) {
	var inputs []graph.Input
	err := s.read(ctx, "read inputs", s.config.Timeout, func(tx transaction) error {
		inputs = nil
		rows, err := tx.rows(cypherInputs, nil)
		if err != nil {
			return err
		}
		for _, row := range rows {
			v := row.Values
			inputs = append(inputs, graph.Input{
				ID: v[0].(string), Name: v[1].(string), Content: v[2].(string), Rows: v[3].(int64),
				Offset: v[4].(int64), Done: v[5].(bool), Loaded: graph.Time(v[6].(int64)),
			})
		}
		return nil
	})
	slices.SortFunc(inputs, func(x, y graph.Input) int { return cmp.Compare(x.ID, y.ID) })
	return inputs, err
}

// Stats counts by reading every node and relationship, on the server. Bytes is
// left at zero: Community Edition does not tell.
func (s *Store) Stats(ctx context.Context) (graph.Stats, error) {
	var stats graph.Stats
	err := s.read(ctx, "stats", s.config.BatchTimeout, func(tx transaction) error {
		stats = graph.Stats{Nodes: map[graph.Kind]int64{}, Links: map[graph.LinkType]int64{}}
		v, err := tx.one(cypherState, nil)
		if err != nil {
			return err
		}
		stats.Revision = graph.Revision(v[0].(int64))
		nodes, err := tx.rows(cypherCountNodes, nil)
		if err != nil {
			return err
		}
		for _, row := range nodes {
			if n := row.Values[1].(int64); n > 0 {
				stats.Nodes[graph.Kind(row.Values[0].(string))] = n
			}
			stats.Attrs += row.Values[2].(int64)
			stats.Derived += row.Values[3].(int64)
		}
		links, err := tx.rows(cypherCountLinks, nil)
		if err != nil {
			return err
		}
		for _, row := range links {
			if n := row.Values[1].(int64); n > 0 {
				stats.Links[graph.LinkType(row.Values[0].(string))] = n
			}
			stats.Derived += row.Values[2].(int64)
		}
		return nil
	})
	return stats, err
}
