package graph

import (
	"context"
	"fmt"
	"slices"
)

// ReadSnapshot scans the observed facts of a store into a snapshot.
func ReadSnapshot(ctx context.Context, store Store, o BuildOptions) (*Snapshot, error) {
	b := NewBuilder(o)
	query, add := ScanQuery{}, b.Add
	if o.KnownAt != 0 {
		inputs, err := store.Inputs(ctx)
		if err != nil {
			return nil, fmt.Errorf("read snapshot: %w", err)
		}
		known := make(map[string]bool, len(inputs))
		for _, in := range inputs {
			known[in.ID] = in.Loaded <= o.KnownAt
		}
		query.Sources = true
		add = func(batch *Batch) error { return b.Add(keepKnown(batch, known)) }
	}
	rev, err := store.Scan(ctx, query, add)
	if err != nil {
		return nil, fmt.Errorf("read snapshot: %w", err)
	}
	return b.Build(rev)
}

// keepKnown leaves the facts with a source among the known inputs.
func keepKnown(batch *Batch, known map[string]bool) *Batch {
	unknown := func(s []Source) bool {
		return !slices.ContainsFunc(s, func(s Source) bool { return known[s.Input] })
	}
	b := *batch
	b.Attrs = slices.DeleteFunc(b.Attrs, func(a Attr) bool { return unknown(a.Sources) })
	b.Links = slices.DeleteFunc(b.Links, func(l Link) bool { return unknown(l.Sources) })
	return &b
}
