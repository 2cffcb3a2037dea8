package neo4jsource

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	neo "github.com/neo4j/neo4j-go-driver/v5/neo4j"

	"ringleader/graph"
	"ringleader/loaders"
)

// Rows implements loaders.Database. Rows of a label or a type come in the order
// of internal IDs, those of a query alone as it orders them.
func (s *Source) Rows(ctx context.Context, q loaders.Request, yield func([]byte) error) (string, error) {
	r := &run{Source: s, q: q, yield: yield}
	var err error
	if r.after, err = parseMark(q.After); err != nil {
		return "", err
	}
	if r.upTo, err = parseMark(q.UpTo); err != nil {
		return "", err
	}
	r.most.value = r.after
	if t, each := thingOf(q); each {
		err = r.pages(ctx, t)
	} else {
		err = r.stream(ctx)
	}
	if err != nil {
		return "", err
	}
	return r.most.text()
}

// run is one request under way.
type run struct {
	*Source
	q           loaders.Request
	yield       func([]byte) error
	after, upTo any
	most        greatest
	buffer      []byte
}

// pages reads IDs, then the rows of some of them at a time.
func (r *run) pages(ctx context.Context, t thing) error {
	columns := extras(r.q)
	if r.q.Query != "" {
		var err error
		if columns, err = r.Columns(ctx, r.q); err != nil {
			return err
		}
	}
	most := mostIDs
	if r.q.Limit > 0 {
		most = min(most, r.q.Limit)
	}
	params := map[string]any{"last": int64(-1), "most": most, "after": r.after}
	for {
		ids, err := r.list(ctx, t.cypherIDs(r.q), params)
		if err != nil {
			return err
		}
		for page := range slices.Chunk(ids, pageRows) {
			rows, err := r.list(ctx, t.cypherPage(r.q, columns), map[string]any{"ids": page, "mark": r.after})
			if err != nil {
				return err
			}
			for _, row := range rows {
				if err := r.page(row, columns); err != nil {
					return err
				}
			}
		}
		if len(ids) < most || r.q.Limit > 0 {
			return nil
		}
		params["last"] = ids[len(ids)-1]
	}
}

// page hands on one row of a page: mark, properties, values of columns.
func (r *run) page(row any, columns []string) error {
	values, ok := row.([]any)
	if !ok || len(values) != len(columns)+2 {
		return fmt.Errorf("%w answer of Neo4j: a row of another form than asked for", graph.ErrInvalid)
	}
	if r.known(values[0]) {
		return nil
	}
	if err := r.most.see(values[0]); err != nil {
		return err
	}
	properties, _ := values[1].(map[string]any)
	return r.row(properties, columns, values[2:])
}

func (r *run) row(properties map[string]any, columns []string, values []any) error {
	b, err := appendObject(r.buffer[:0], properties)
	if err != nil {
		return err
	}
	b = b[:len(b)-1] // the brace
	for i, c := range columns {
		v := values[i]
		if r.q.Query == "" && strings.HasSuffix(c, labelsColumn) {
			v = labelsText(v)
		}
		if _, twice := properties[c]; twice {
			return fmt.Errorf("%w read: a property is named %q, as one of the ends' or of labels is", graph.ErrInvalid, c)
		}
		if b, err = appendColumn(b, 1, c, v); err != nil {
			return err
		}
	}
	r.buffer = append(b, '}')
	return r.yield(r.buffer)
}

// stream reads a query, one record a row. It is not tried again, for its rows
// have been handed on. Rows up to the mark of an earlier load are passed over
// here; the query may do that itself, by $mark, which is null in a first load.
func (r *run) stream(ctx context.Context) error {
	call, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(r.config.BatchTimeout, func() { cancel(context.DeadlineExceeded) })
	defer silence.Stop()
	session := r.driver.NewSession(call, neo.SessionConfig{DatabaseName: r.config.Database, AccessMode: neo.AccessModeRead, FetchSize: fetch})
	defer func() { _ = session.Close(call) }()
	err := r.streamIn(call, session, silence)
	if err != nil && errors.Is(context.Cause(call), context.DeadlineExceeded) {
		err = context.DeadlineExceeded
	}
	return r.failed(ctx, err)
}

func (r *run) streamIn(ctx context.Context, session neo.SessionWithContext, silence *time.Timer) error {
	tx, err := session.BeginTransaction(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Close(ctx) }()
	result, err := tx.Run(ctx, r.q.Statement(), map[string]any{"mark": r.after})
	if err != nil {
		return err
	}
	columns, err := result.Keys()
	if err != nil {
		return err
	}
	mark := slices.Index(columns, r.q.Mark)
	rows := 0
	for seen := 1; result.Next(ctx); seen++ {
		if seen%1024 == 0 {
			silence.Reset(r.config.BatchTimeout)
		}
		values := result.Record().Values
		if mark >= 0 {
			if r.known(values[mark]) {
				continue
			}
			if err := r.most.see(values[mark]); err != nil {
				return err
			}
		}
		if err := r.row(nil, columns, values); err != nil {
			return err
		}
		if rows++; rows == r.q.Limit {
			return nil
		}
	}
	return result.Err()
}

// known reports whether a mark lies outside the span that is asked for. One that
// does not compare is never known.
func (r *run) known(mark any) bool {
	if c, ok := compareMarks(mark, r.after); ok && c <= 0 {
		return true
	}
	c, ok := compareMarks(mark, r.upTo)
	return ok && c > 0
}
