package api

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"ringleader/engine"
	"ringleader/graph"
)

// runCache keeps the runs that were asked for last: the latest one, which
// nearly every request wants, and the one before, on which somebody may still
// be paging.
type runCache struct {
	log graph.Log

	mu    sync.Mutex
	seq   uint64 // of the last record of the stream of runs that was looked at
	last  string // ID of the latest run then
	kept  []*engine.Run
	audit uint64 // of the last record of the audit: what was erased is in no run any more
}

const keptRuns = 2

func newRunCache(log graph.Log) *runCache { return &runCache{log: log} }

// get is the run with an ID, or the latest for an empty one. Finding out that
// nothing is newer, and that nothing was erased, costs reading the ends of two
// streams.
func (c *runCache) get(ctx context.Context, id string) (*engine.Run, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if audit, err := c.log.Tail(ctx, graph.StreamAudit); err != nil {
		return nil, fmt.Errorf("look for what was erased: %w", err)
	} else if audit.Seq != c.audit {
		c.audit, c.last, c.kept = audit.Seq, "", nil
	}
	if id == "" {
		tail, err := c.log.Tail(ctx, graph.StreamRuns)
		if err != nil {
			return nil, fmt.Errorf("look for the latest run: %w", err)
		}
		if tail.Seq != c.seq || c.last == "" {
			run, err := ReadRun(ctx, c.log, "")
			if err != nil {
				return nil, err
			}
			c.seq, c.last = tail.Seq, run.Info.ID
			c.keep(run)
			return run, nil
		}
		id = c.last
	}
	for _, run := range c.kept {
		if run.Info.ID == id {
			return run, nil
		}
	}
	run, err := ReadRun(ctx, c.log, id)
	if err != nil {
		return nil, err
	}
	c.keep(run)
	return run, nil
}

// keep puts run first and forgets the oldest.
func (c *runCache) keep(run *engine.Run) {
	kept := []*engine.Run{run}
	for _, old := range c.kept {
		if old.Info.ID != run.Info.ID && len(kept) < keptRuns {
			kept = append(kept, old)
		}
	}
	c.kept = kept
}

// errNoRun: nothing has been detected in this store.
var errNoRun = fmt.Errorf("latest run %w", graph.ErrNotFound)

// ReadRun is a run of the store, the latest for an empty ID. Where there is
// none, the error says what to do; it wraps [graph.ErrNotFound].
func ReadRun(ctx context.Context, log graph.Log, id string) (*engine.Run, error) {
	run, err := engine.ReadRun(ctx, log, id)
	switch {
	case errors.Is(err, graph.ErrNotFound) && id == "":
		return nil, fmt.Errorf("%w: run \"ringleader detect\" first", errNoRun)
	case err != nil:
		return nil, fmt.Errorf("read run %s: %w", id, err)
	}
	return run, nil
}

type runsOutput struct {
	Body struct {
		Runs []engine.RunInfo `json:"runs"`
	}
}

func (s *server) listRuns(ctx context.Context, _ *struct{}) (*runsOutput, error) {
	runs, err := engine.Runs(ctx, s.log)
	if err != nil {
		return nil, problem(err)
	}
	out := &runsOutput{}
	out.Body.Runs = make([]engine.RunInfo, 0, len(runs))
	for i := len(runs) - 1; i >= 0; i-- {
		out.Body.Runs = append(out.Body.Runs, runs[i].Info)
	}
	return out, nil
}
