package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"ringleader/graph"
)

func newStoreCopy(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "copy FROM TO",
		Short: "Move facts, runs and decisions into another store",
		Long: "Copy everything into another store: facts with their sources, what was loaded,\n" +
			"runs and decisions. Pilot on a file, grow into Neo4j. A copy that was interrupted\n" +
			"is continued by the same command.",
		Example: "  ringleader store copy ringleader.db neo4j://neo4j@localhost:7687",
		Args:    takes("FROM", "TO"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] == args[1] {
				return usagef("FROM and TO are the same store")
			}
			ctx := cmd.Context()
			return a.withStoreAt(ctx, args[0], toRead, func(from store) error {
				return a.withStoreAt(ctx, args[1], toCreate, func(to store) error {
					bar := a.newProgress("copying", "facts")
					defer bar.done()
					var c copied
					err := a.job(ctx, to, "store copy", func(ctx context.Context, fence uint64) (err error) {
						c, err = copyStore(ctx, from, to, fence, func(facts int64) { bar.set("copying", facts, 0) })
						return err
					})
					if err != nil {
						return fmt.Errorf("copy %s to %s: %w", args[0], args[1], err)
					}
					bar.done()
					a.sayKeyOfCopy(ctx, to, args)
					a.say("copied %s facts, %s inputs, %s records in %s streams to %s",
						count(c.facts), count(c.inputs), count(c.records), count(c.streams), args[1])
					return nil
				})
			})
		},
	}
}

// copied counts what a copy moved.
type copied struct {
	facts                    int64
	inputs, streams, records int
}

// copyStore moves all of one store into another. Inputs come after the facts
// that name them, and streams last, so that a copy cut short shows neither a
// load nor a run that is not whole. Doing it again changes nothing.
func copyStore(ctx context.Context, from, to store, fence uint64, progress func(facts int64)) (copied, error) {
	var c copied
	move := func(b *graph.Batch) error {
		b.Fence = fence
		if _, err := to.Apply(ctx, b); err != nil {
			return err
		}
		c.facts += int64(b.Len())
		progress(c.facts)
		return nil
	}
	// First of all: a store with another key must not get a single fact.
	if _, err := copyStream(ctx, from, to, graph.StreamSecrets); err != nil {
		return c, fmt.Errorf("key of the store: %w", err)
	}
	if _, err := from.Scan(ctx, graph.ScanQuery{Sources: true}, move); err != nil {
		return c, fmt.Errorf("facts: %w", err)
	}
	if _, err := from.Scan(ctx, graph.ScanQuery{Derived: true}, move); err != nil {
		return c, fmt.Errorf("rings: %w", err)
	}
	inputs, err := from.Inputs(ctx)
	if err != nil {
		return c, fmt.Errorf("inputs: %w", err)
	}
	for i := range inputs {
		if _, err := to.Apply(ctx, &graph.Batch{Input: &inputs[i], Fence: fence}); err != nil {
			return c, fmt.Errorf("input %s: %w", inputs[i].ID, err)
		}
		c.inputs++
	}
	names, err := from.Streams(ctx, "")
	if err != nil {
		return c, fmt.Errorf("streams: %w", err)
	}
	for _, name := range runsLast(names) {
		n, err := copyStream(ctx, from, to, name)
		if err != nil {
			return c, fmt.Errorf("stream %s: %w", name, err)
		}
		c.streams++
		c.records += n
	}
	return c, nil
}

// runsLast leaves out the lease, which is the other store's own, and puts the
// list of runs behind the documents that it names.
func runsLast(names []string) []string {
	var out []string
	runs := false
	for _, name := range names {
		switch name {
		case graph.StreamLease:
		case graph.StreamRuns:
			runs = true
		default:
			out = append(out, name)
		}
	}
	if runs {
		out = append(out, graph.StreamRuns)
	}
	return out
}

// errOtherHistory: appending would mix two histories.
var errOtherHistory = errors.New("the other store has a history of its own; copy into an empty one")

// copyStream appends what the other store does not have yet. It fails with
// ErrConflict where the other has gone its own way.
func copyStream(ctx context.Context, from, to store, name string) (int, error) {
	last, err := to.Tail(ctx, name)
	if err != nil {
		return 0, err
	}
	var pending []graph.Record
	size, n, read := 0, 0, uint64(0)
	flush := func() error {
		if len(pending) == 0 {
			return nil
		}
		if err := to.Append(ctx, name, pending[0].Seq-1, pending...); err != nil {
			return err
		}
		n += len(pending)
		pending, size = pending[:0], 0
		return nil
	}
	err = from.Read(ctx, name, 0, func(r graph.Record) error {
		if r.Seq == last.Seq && (r.At != last.At || !bytes.Equal(r.Data, last.Data)) {
			return fmt.Errorf("%w: %w", graph.ErrConflict, errOtherHistory)
		}
		read = r.Seq
		if r.Seq <= last.Seq {
			return nil
		}
		r.Data = bytes.Clone(r.Data)
		pending = append(pending, r)
		if size += len(r.Data); size < graph.MaxRecord/4 && len(pending) < 1000 {
			return nil
		}
		return flush()
	})
	if err == nil && read < last.Seq {
		err = fmt.Errorf("%w: %w", graph.ErrConflict, errOtherHistory)
	}
	if err == nil {
		err = flush()
	}
	return n, err
}
