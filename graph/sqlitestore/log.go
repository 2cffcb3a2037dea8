package sqlitestore

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"ringleader/graph"
)

var streamName = regexp.MustCompile(`^[a-z0-9][a-z0-9/_.-]{0,199}$`)

// Append implements graph.Log. It waits for a batch under way, not for a load.
func (s *Store) Append(ctx context.Context, stream string, after uint64, records ...graph.Record) error {
	if !streamName.MatchString(stream) {
		return fmt.Errorf("append: %w stream name: want lower case letters, digits and / _ . -, at most 200 bytes", graph.ErrInvalid)
	}
	for i := range records {
		if n := len(records[i].Data); n > graph.MaxRecord {
			return fmt.Errorf("append to %s: %w record of %d bytes, at most %d", stream, graph.ErrInvalid, n, graph.MaxRecord)
		}
	}
	return s.write(ctx, "append to "+stream, func(conn *sqlite.Conn, _ *dictionary) error {
		last, err := queryInt(conn, "select max(seq) from log where stream = ?", stream)
		if err != nil {
			return err
		}
		if uint64(last) != after {
			return fmt.Errorf("append to %s: %w: its last record is %d, not %d", stream, graph.ErrConflict, last, after)
		}
		for i := range records {
			r := &records[i]
			r.Seq = after + uint64(i) + 1
			if r.At == 0 {
				r.At = graph.TimeOf(time.Now())
			}
			st, err := conn.Prepare("insert into log (stream, seq, at, type, data) values (?, ?, ?, ?, ?)")
			if err != nil {
				return err
			}
			st.BindText(1, stream)
			st.BindInt64(2, int64(r.Seq))
			st.BindInt64(3, int64(r.At))
			st.BindText(4, r.Type)
			st.BindBytes(5, r.Data)
			if err := step(st); err != nil {
				return err
			}
		}
		return nil
	})
}

// Rewrite implements graph.Log.
func (s *Store) Rewrite(ctx context.Context, stream string, seq uint64, data []byte) error {
	if n := len(data); n > graph.MaxRecord {
		return fmt.Errorf("rewrite %s: %w record of %d bytes, at most %d", stream, graph.ErrInvalid, n, graph.MaxRecord)
	}
	return s.write(ctx, "rewrite "+stream, func(conn *sqlite.Conn, _ *dictionary) error {
		st, err := conn.Prepare("update log set data = ? where stream = ? and seq = ?")
		if err != nil {
			return err
		}
		st.BindBytes(1, data)
		st.BindText(2, stream)
		st.BindInt64(3, int64(min(seq, 1<<62)))
		if err := step(st); err != nil {
			return err
		}
		if conn.Changes() == 0 {
			return fmt.Errorf("rewrite %s: record %d %w", stream, seq, graph.ErrNotFound)
		}
		return nil
	})
}

// readPage is how many records are read before they are yielded: nobody's
// callback holds a read transaction open.
const readPage = 64

// Read implements graph.Log.
func (s *Store) Read(ctx context.Context, stream string, from uint64, yield func(graph.Record) error) error {
	for {
		page, err := s.records(ctx, "select seq, at, type, data from log where stream = ? and seq > ? order by seq limit ?",
			stream, int64(min(from, 1<<62)), readPage)
		if err != nil {
			return err
		}
		for _, r := range page {
			if err := yield(r); err != nil {
				return err
			}
			from = r.Seq
		}
		if len(page) == 0 {
			return nil
		}
	}
}

// Tail implements graph.Log.
func (s *Store) Tail(ctx context.Context, stream string) (graph.Record, error) {
	page, err := s.records(ctx, "select seq, at, type, data from log where stream = ? order by seq desc limit 1", stream)
	if err != nil || len(page) == 0 {
		return graph.Record{}, err
	}
	return page[0], nil
}

func (s *Store) records(ctx context.Context, query, stream string, args ...any) (page []graph.Record, err error) {
	size := 0
	err = s.read(ctx, "read "+stream, func(conn *sqlite.Conn, _ *dictionary) error {
		return sqlitex.Execute(conn, query, &sqlitex.ExecOptions{
			Args: append([]any{stream}, args...),
			ResultFunc: func(st *sqlite.Stmt) error {
				if size > 2*graph.MaxRecord {
					return nil // the next page has it
				}
				r := graph.Record{
					Seq: uint64(st.ColumnInt64(0)), At: graph.Time(st.ColumnInt64(1)),
					Type: st.ColumnText(2), Data: columnBytes(st, 3),
				}
				size += len(r.Data)
				page = append(page, r)
				return nil
			},
		})
	})
	return page, err
}

// Streams implements graph.Log. Time: O(streams that begin with the prefix).
func (s *Store) Streams(ctx context.Context, prefix string) (names []string, err error) {
	err = s.read(ctx, "streams", func(conn *sqlite.Conn, _ *dictionary) error {
		st, err := conn.Prepare("select min(stream) from log where stream >= ? and stream > ?")
		if err != nil {
			return err
		}
		for last := ""; ; last = names[len(names)-1] {
			st.BindText(1, prefix)
			st.BindText(2, last)
			next, err := sqlitex.ResultText(st)
			if err != nil {
				return err
			}
			if next == "" || len(next) < len(prefix) || next[:len(prefix)] != prefix {
				return nil
			}
			names = append(names, next)
		}
	})
	return names, err
}
