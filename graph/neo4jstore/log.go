package neo4jstore

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ringleader/graph"
)

// Append locks the stream's node, compares, and writes. Streams do not wait for
// one another, nor for loads.
func (s *Store) Append(ctx context.Context, stream string, after uint64, records ...graph.Record) error {
	if err := checkStream(stream); err != nil {
		return err
	}
	rows := make([]any, len(records))
	now := graph.TimeOf(time.Now())
	for i, r := range records {
		if len(r.Data) > graph.MaxRecord {
			return fmt.Errorf("append to %s: %w record of %d bytes, at most %d", stream, graph.ErrInvalid, len(r.Data), graph.MaxRecord)
		}
		at := r.At
		if at == 0 {
			at = now
		}
		data := r.Data
		if data == nil {
			data = none
		}
		rows[i] = map[string]any{
			"seq": int64(after) + int64(i) + 1, "at": int64(at), "type": r.Type, "data": data, "size": len(data),
		}
	}
	return s.write(ctx, "append to "+stream, s.config.Timeout, func(tx transaction) error {
		if err := tx.do(cypherLockStream, map[string]any{"stream": stream}); err != nil {
			return err
		}
		v, err := tx.one(cypherStreamTail, map[string]any{"stream": stream})
		if err != nil {
			return err
		}
		if last := v[0].(int64); uint64(last) != after {
			return fmt.Errorf("%w: stream %s stands at %d, not at %d", graph.ErrConflict, stream, last, after)
		}
		if len(rows) == 0 {
			return nil
		}
		if err := tx.do(cypherAppend, map[string]any{"stream": stream, "rows": rows}); err != nil {
			return err
		}
		return tx.do(cypherSetStreamTail, map[string]any{"stream": stream, "seq": int64(after) + int64(len(rows))})
	})
}

// Rewrite replaces what one record says.
func (s *Store) Rewrite(ctx context.Context, stream string, seq uint64, data []byte) error {
	if err := checkStream(stream); err != nil {
		return err
	}
	if len(data) > graph.MaxRecord {
		return fmt.Errorf("rewrite %s: %w record of %d bytes, at most %d", stream, graph.ErrInvalid, len(data), graph.MaxRecord)
	}
	if data == nil {
		data = none
	}
	return s.write(ctx, "rewrite "+stream, s.config.Timeout, func(tx transaction) error {
		v, err := tx.one(cypherRewrite, map[string]any{"stream": stream, "seq": int64(min(seq, 1<<62)), "data": data, "size": len(data)})
		if err == nil && v[0].(int64) == 0 {
			err = fmt.Errorf("rewrite %s: record %d %w", stream, seq, graph.ErrNotFound)
		}
		return err
	})
}

// checkStream holds names of streams to [a-z0-9][a-z0-9/_.-]*, at most 200
// bytes.
func checkStream(name string) error {
	bad := name == "" || len(name) > 200 || strings.ContainsRune("/_.-", rune(name[0])) ||
		strings.ContainsFunc(name, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("/_.-", r)
		})
	if bad {
		return fmt.Errorf("%w name of a stream: want lower case letters, digits and /_.-, at most 200 bytes", graph.ErrInvalid)
	}
	return nil
}

// A page of the Log ends after so many records or bytes, whichever is first.
const (
	pageRecords = 1000
	pageBytes   = 16 << 20
)

// Read asks for the sizes of the next records, then for as many as fit a page.
func (s *Store) Read(ctx context.Context, stream string, from uint64, yield func(graph.Record) error) error {
	if err := checkStream(stream); err != nil {
		return err
	}
	for {
		page, err := s.recordPage(ctx, stream, from)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, r := range page {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("read %s: %w", stream, err)
			}
			if err := yield(r); err != nil {
				return err
			}
		}
		from = page[len(page)-1].Seq
	}
}

func (s *Store) recordPage(ctx context.Context, stream string, from uint64) (page []graph.Record, err error) {
	err = s.read(ctx, "read "+stream, s.config.Timeout, func(tx transaction) error {
		page = nil
		v, err := tx.one(cypherRecordSizes, map[string]any{"stream": stream, "from": int64(from), "limit": pageRecords})
		if err != nil {
			return err
		}
		seqs, sizes := v[0].([]any), v[1].([]any)
		if len(seqs) == 0 {
			return nil
		}
		to, bytes := seqs[0], int64(0)
		for i := range seqs {
			if bytes += sizes[i].(int64); i > 0 && bytes > pageBytes {
				break
			}
			to = seqs[i]
		}
		rows, err := tx.rows(cypherRecords, map[string]any{"stream": stream, "from": int64(from), "to": to})
		for _, row := range rows {
			page = append(page, recordOf(row.Values))
		}
		return err
	})
	return page, err
}

func recordOf(v []any) graph.Record {
	data, ok := v[3].([]byte)
	if !ok { // the import tool keeps no empty list
		data = none
	}
	return graph.Record{Seq: uint64(v[0].(int64)), At: graph.Time(v[1].(int64)), Type: v[2].(string), Data: data}
}

// Tail is the last record of a stream.
func (s *Store) Tail(ctx context.Context, stream string) (last graph.Record, err error) {
	if err := checkStream(stream); err != nil {
		return last, err
	}
	err = s.read(ctx, "read "+stream, s.config.Timeout, func(tx transaction) error {
		last = graph.Record{}
		rows, err := tx.rows(cypherLast, map[string]any{"stream": stream})
		if err == nil && len(rows) == 1 {
			last = recordOf(rows[0].Values)
		}
		return err
	})
	return last, err
}

// Streams lists the streams that hold a record.
func (s *Store) Streams(ctx context.Context, prefix string) (names []string, err error) {
	err = s.read(ctx, "list streams", s.config.Timeout, func(tx transaction) error {
		v, err := tx.one(cypherStreams, map[string]any{"prefix": prefix})
		if err != nil {
			return err
		}
		names = texts(v[0])
		slices.Sort(names)
		return nil
	})
	return names, err
}
