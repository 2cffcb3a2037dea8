package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"ringleader/graph"
)

// appendTries bounds how often an append yields to other writers of a stream.
const appendTries = 100

// appendRecord adds a record wherever the stream now ends.
func appendRecord(ctx context.Context, log graph.Log, stream, kind string, at graph.Time, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("record for %s: %w", stream, err)
	}
	return appendRecords(ctx, log, stream, graph.Record{Type: kind, At: at, Data: text})
}

// appendRecords adds records, all or none, wherever the stream now ends.
func appendRecords(ctx context.Context, log graph.Log, stream string, records ...graph.Record) error {
	for try := 0; ; try++ {
		tail, err := log.Tail(ctx, stream)
		if err == nil {
			err = log.Append(ctx, stream, tail.Seq, records...)
		}
		if err == nil {
			return nil
		}
		if !errors.Is(err, graph.ErrConflict) || try == appendTries {
			return fmt.Errorf("record for %s: %w", stream, err)
		}
	}
}
