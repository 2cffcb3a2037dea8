package sqlitestore

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"ringleader/graph"
)

// defaultPage is the length of a page where the query names none.
const defaultPage = 100

// nodeID finds the node of a live reference; zero if there is none.
func nodeID(conn *sqlite.Conn, words *dictionary, r graph.Ref) (id, live int64, err error) {
	kind, ok, err := words.find(string(r.Kind))
	if err != nil || !ok {
		return 0, 0, err
	}
	err = sqlitex.Execute(conn, "select id, live from nodes where kind = ? and key = ? and live > 0", &sqlitex.ExecOptions{
		Args: []any{kind, r.Key},
		ResultFunc: func(st *sqlite.Stmt) error {
			id, live = st.ColumnInt64(0), st.ColumnInt64(1)
			return nil
		},
	})
	return id, live, err
}

// Get implements graph.Store: the observed statements about a node, or the
// derived ones of a node that only a run named, by name, time and value. A
// node that only links name has none. Time: O(statements).
func (s *Store) Get(ctx context.Context, r graph.Ref) (*graph.Batch, error) {
	b := &graph.Batch{Refs: []graph.Ref{r}}
	err := s.read(ctx, "get", func(conn *sqlite.Conn, words *dictionary) error {
		id, live, err := nodeID(conn, words, r)
		if err != nil {
			return err
		}
		if id == 0 {
			return fmt.Errorf("get %s: %w", r.Kind, graph.ErrNotFound)
		}
		b.Derived = live&(1<<observed) == 0
		c := newScanner(conn, words, graph.ScanQuery{Derived: b.Derived, Sources: true}, nil)
		query := scanAttrsSource + " where derived = ? and node = ? and rev >= 0"
		return c.run(query, func(st *sqlite.Stmt) error {
			name, err := c.word(st.ColumnInt64(1))
			if err != nil {
				return err
			}
			sources, err := c.source(st, 4)
			b.Attrs = append(b.Attrs, graph.Attr{Name: name, At: graph.Time(st.ColumnInt64(2)), Value: st.ColumnText(3), Sources: sources})
			return err
		}, c.class, id)
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(b.Attrs, func(x, y graph.Attr) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.At, y.At), cmp.Compare(x.Value, y.Value))
	})
	return b, nil
}

// Search implements graph.Store. The cursor is the last reference of the page
// before. Time: O(page + dead nodes passed) with the index.
func (s *Store) Search(ctx context.Context, q graph.SearchQuery) (refs []graph.Ref, next string, err error) {
	limit := q.Limit
	if limit <= 0 {
		limit = defaultPage
	}
	var after graph.Ref
	if q.Cursor != "" {
		if after, err = graph.ParseRef(q.Cursor); err != nil {
			return nil, "", fmt.Errorf("search: cursor: %w", err)
		}
	}
	err = s.read(ctx, "search", func(conn *sqlite.Conn, words *dictionary) error {
		kinds, err := searchKinds(conn, words, q.Kind, after.Kind)
		if err != nil {
			return err
		}
		for _, kind := range kinds {
			id, _, err := words.find(string(kind))
			if err != nil {
				return err
			}
			from := ""
			if kind == after.Kind {
				from = after.Key
			}
			if refs, err = searchKind(conn, refs, id, kind, q.Prefix, from, limit+1); err != nil {
				return err
			}
			if len(refs) > limit {
				break
			}
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	if len(refs) > limit {
		refs = refs[:limit]
		next = refs[limit-1].String()
	}
	return refs, next, nil
}

// searchKinds are the kinds to look at, ascending: only one, or all from the
// cursor's on. It jumps from kind to kind in the index of nodes.
func searchKinds(conn *sqlite.Conn, words *dictionary, only, from graph.Kind) (kinds []graph.Kind, err error) {
	for id := int64(0); ; {
		if id, err = queryInt(conn, "select min(kind) from nodes where kind > ?", id); err != nil {
			return nil, err
		}
		if id == 0 {
			slices.Sort(kinds)
			return kinds, nil
		}
		word, err := words.word(id)
		if err != nil {
			return nil, err
		}
		if k := graph.Kind(word); k >= from && (only == "" || k == only) {
			kinds = append(kinds, k)
		}
	}
}

// searchKind appends live nodes of a kind, in the order of their keys, until
// refs holds limit. It stops at the first key past the prefix.
func searchKind(conn *sqlite.Conn, refs []graph.Ref, id int64, kind graph.Kind, prefix, after string, limit int) ([]graph.Ref, error) {
	st, err := conn.Prepare("select key from nodes where kind = ? and key >= ? and key > ? and live > 0 order by key")
	if err != nil {
		return refs, err
	}
	st.BindInt64(1, id)
	st.BindText(2, prefix)
	st.BindText(3, after)
	for len(refs) < limit {
		more, err := st.Step()
		if err != nil {
			return refs, err
		}
		if !more {
			break
		}
		key := st.ColumnText(0)
		if !strings.HasPrefix(key, prefix) {
			break
		}
		refs = append(refs, graph.Ref{Kind: kind, Key: key})
	}
	return refs, st.Reset()
}

// Inputs implements graph.Store.
func (s *Store) Inputs(ctx context.Context) (inputs []graph.Input, err error) {
	err = s.read(ctx, "inputs", func(conn *sqlite.Conn, _ *dictionary) error {
		return sqlitex.Execute(conn, `select word, name, content, rows, offset, done, loaded
			from inputs join words using (id) order by word`, &sqlitex.ExecOptions{
			ResultFunc: func(st *sqlite.Stmt) error {
				inputs = append(inputs, graph.Input{
					ID: st.ColumnText(0), Name: st.ColumnText(1), Content: st.ColumnText(2),
					Rows: st.ColumnInt64(3), Offset: st.ColumnInt64(4), Done: st.ColumnBool(5), Loaded: graph.Time(st.ColumnInt64(6)),
				})
				return nil
			},
		})
	})
	return inputs, err
}

// Stats implements graph.Store. Nodes are those that an observed fact names.
// Time: O(kinds + types), for the counts are kept.
func (s *Store) Stats(ctx context.Context) (graph.Stats, error) {
	stats := graph.Stats{Nodes: make(map[graph.Kind]int64), Links: make(map[graph.LinkType]int64)}
	err := s.read(ctx, "stats", func(conn *sqlite.Conn, words *dictionary) error {
		rev, err := queryInt(conn, "select value from meta where name = 'revision'")
		if err != nil {
			return err
		}
		stats.Revision = graph.Revision(rev)
		return sqlitex.Execute(conn, "select what, word, n from counts where n <> 0", &sqlitex.ExecOptions{
			ResultFunc: func(st *sqlite.Stmt) error {
				n := st.ColumnInt64(2)
				switch st.ColumnInt64(0) {
				case countAttrs:
					stats.Attrs = n
					return nil
				case countDerived:
					stats.Derived = n
					return nil
				}
				word, err := words.word(st.ColumnInt64(1))
				if st.ColumnInt64(0) == countNodes {
					stats.Nodes[graph.Kind(word)] = n
				} else {
					stats.Links[graph.LinkType(word)] = n
				}
				return err
			},
		})
	})
	if err != nil {
		return graph.Stats{}, err
	}
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(s.path + suffix); err == nil {
			stats.Bytes += info.Size()
		} else if !os.IsNotExist(err) {
			return graph.Stats{}, fmt.Errorf("%w: size of store %s: %w", graph.ErrUnavailable, s.path, err)
		}
	}
	return stats, nil
}
