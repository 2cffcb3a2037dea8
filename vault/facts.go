package vault

import (
	"context"
	"errors"
	"fmt"

	"ringleader/graph"
)

// pageLinks is how many links of a node are read at once.
const pageLinks = 1000

// known is all that a store knows of one node, of one class of facts.
type known struct {
	attrs []graph.Attr
	links []*graph.Batch // pages
}

// readKnown reads the facts of a class about a node; nothing of one that is not
// there. Memory: its facts.
func readKnown(ctx context.Context, store graph.Store, r graph.Ref, derived bool) (*known, error) {
	k := new(known)
	facts, err := store.Get(ctx, r)
	if errors.Is(err, graph.ErrNotFound) {
		return k, nil
	}
	if err != nil {
		return nil, err
	}
	if facts.Derived == derived {
		for _, a := range facts.Attrs {
			if facts.Refs[a.Node] == r {
				k.attrs = append(k.attrs, a)
			}
		}
	}
	return k, eachPage(ctx, store, r, derived, func(page *graph.Batch) (bool, error) {
		k.links = append(k.links, page)
		return true, nil
	})
}

// eachPage yields the links of a node until told to stop.
func eachPage(ctx context.Context, store graph.Store, r graph.Ref, derived bool, yield func(*graph.Batch) (more bool, err error)) error {
	for cursor := ""; ; {
		page, next, err := store.Neighbors(ctx, r, graph.NeighborQuery{Derived: derived, Limit: pageLinks, Cursor: cursor})
		if err != nil {
			return fmt.Errorf("links of a %s: %w", r.Kind, err)
		}
		more := true
		if len(page.Links) > 0 {
			if more, err = yield(page); err != nil {
				return err
			}
		}
		if next == "" || !more {
			return nil
		}
		cursor = next
	}
}

// under is the facts again with references renamed, as a batch.
func (k *known) under(r graph.Ref, rename func(graph.Ref) graph.Ref, value func(graph.Attr) string) *graph.Batch {
	var w graph.BatchBuilder
	for _, a := range k.attrs {
		w.Attr(rename(r), a.Name, value(a), a.At, a.Sources...)
	}
	for _, page := range k.links {
		for _, l := range page.Links {
			w.Link(rename(page.Refs[l.From]), rename(page.Refs[l.To]), l, l.Sources...)
		}
	}
	return w.Take()
}
