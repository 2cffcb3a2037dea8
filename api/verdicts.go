package api

import (
	"context"
	"fmt"
	"sync"

	"ringleader/engine"
	"ringleader/graph"
)

// verdictCache keeps the verdicts that stand until somebody gives another.
type verdictCache struct {
	log graph.Log

	mu    sync.Mutex
	seq   uint64 // of the last record of the stream of verdicts that was looked at
	audit uint64 // of the last record of the audit: what was erased is in no verdict any more
	last  []engine.Verdict
}

// get is the verdicts that stand, by ring. Finding out that there is no newer
// one costs reading the ends of two streams.
func (c *verdictCache) get(ctx context.Context) ([]engine.Verdict, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	tail, err := c.log.Tail(ctx, graph.StreamVerdicts)
	if err != nil {
		return nil, fmt.Errorf("look for verdicts: %w", err)
	}
	audit, err := c.log.Tail(ctx, graph.StreamAudit)
	if err != nil {
		return nil, fmt.Errorf("look for what was erased: %w", err)
	}
	if tail.Seq == c.seq && audit.Seq == c.audit {
		return c.last, nil
	}
	verdicts, err := engine.Verdicts(ctx, c.log, 0)
	if err != nil {
		return nil, err
	}
	c.seq, c.audit, c.last = tail.Seq, audit.Seq, verdicts
	return verdicts, nil
}

// decided is a copy of rings, which may be those of a cached run, with what was
// decided of them.
func (s *server) decided(ctx context.Context, rings ...engine.Ring) ([]engine.Ring, error) {
	verdicts, err := s.verdicts.get(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]engine.Ring, len(rings))
	copy(out, rings)
	engine.ShowVerdicts(out, verdicts)
	return out, nil
}
