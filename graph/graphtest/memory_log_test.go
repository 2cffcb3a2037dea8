package graphtest

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"ringleader/graph"
)

var streamName = regexp.MustCompile(`^[a-z0-9][a-z0-9/_.-]{0,199}$`)

func (m *memory) Append(ctx context.Context, stream string, after uint64, records ...graph.Record) error {
	if err := m.ready(ctx); err != nil {
		return err
	}
	if !streamName.MatchString(stream) {
		return fmt.Errorf("%w stream name", graph.ErrInvalid)
	}
	m.shelf.mu.Lock()
	defer m.shelf.mu.Unlock()
	have := m.shelf.streams[stream]
	if uint64(len(have)) != after {
		return fmt.Errorf("%w: stream %s is at %d, not %d", graph.ErrConflict, stream, len(have), after)
	}
	for i, r := range records {
		if len(r.Data) > graph.MaxRecord {
			return fmt.Errorf("%w record of %d bytes", graph.ErrInvalid, len(r.Data))
		}
		r.Seq, r.Data = after+uint64(i)+1, slices.Clone(r.Data)
		if r.At == 0 {
			r.At = graph.TimeOf(time.Now())
		}
		have = append(have, r)
	}
	m.shelf.streams[stream] = have
	return nil
}

func (m *memory) Rewrite(ctx context.Context, stream string, seq uint64, data []byte) error {
	if err := m.ready(ctx); err != nil {
		return err
	}
	m.shelf.mu.Lock()
	defer m.shelf.mu.Unlock()
	have := m.shelf.streams[stream]
	if seq == 0 || seq > uint64(len(have)) {
		return fmt.Errorf("%w: record %d", graph.ErrNotFound, seq)
	}
	if len(data) > graph.MaxRecord {
		return fmt.Errorf("%w record of %d bytes", graph.ErrInvalid, len(data))
	}
	have[seq-1].Data = slices.Clone(data)
	return nil
}

func (m *memory) records(ctx context.Context, stream string) ([]graph.Record, error) {
	if err := m.ready(ctx); err != nil {
		return nil, err
	}
	m.shelf.mu.RLock()
	defer m.shelf.mu.RUnlock()
	return slices.Clone(m.shelf.streams[stream]), nil
}

func (m *memory) Read(ctx context.Context, stream string, from uint64, yield func(graph.Record) error) error {
	all, err := m.records(ctx, stream)
	if err != nil {
		return err
	}
	for _, r := range all[min(from, uint64(len(all))):] {
		if err := yield(r); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) Tail(ctx context.Context, stream string) (graph.Record, error) {
	all, err := m.records(ctx, stream)
	if err != nil || len(all) == 0 {
		return graph.Record{}, err
	}
	return all[len(all)-1], nil
}

func (m *memory) Streams(ctx context.Context, prefix string) ([]string, error) {
	if err := m.ready(ctx); err != nil {
		return nil, err
	}
	m.shelf.mu.RLock()
	defer m.shelf.mu.RUnlock()
	names := slices.Sorted(maps.Keys(m.shelf.streams))
	return slices.DeleteFunc(names, func(s string) bool { return !strings.HasPrefix(s, prefix) }), nil
}
