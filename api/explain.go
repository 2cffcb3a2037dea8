package api

import (
	"context"
	"fmt"
	"sync"
	"time"

	"ringleader/engine"
	"ringleader/engine/policy"
	"ringleader/graph"
)

// explainer finds the ties of the store when somebody first asks what the policy
// makes of something, and again when the facts have changed. On a large store
// that takes longer than a request may: it goes on behind it, and the next one
// finds it done.
type explainer struct {
	store  graph.Store
	read   func(context.Context) (*graph.Snapshot, error)
	policy *policy.Policy

	mu  sync.Mutex
	now *explaining

	asking sync.Mutex // one goroutine at a time asks an engine.Explainer
}

// explaining is the ties of one revision, found or being found.
type explaining struct {
	revision graph.Revision
	done     chan struct{}
	facts    *graph.Snapshot // these three once done is closed
	engine   *engine.Explainer
	err      error
	gone     bool // facts is closed; under asking
}

// longestExplaining bounds the work that goes on behind a request.
const longestExplaining = 15 * time.Minute

// of is the explanation of one node.
func (e *explainer) of(ctx context.Context, ref graph.Ref, limit int) (*engine.Explanation, error) {
	for {
		stats, err := e.store.Stats(ctx)
		if err != nil {
			return nil, fmt.Errorf("explain: %w", err)
		}
		x := e.at(ctx, stats.Revision)
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("explain: the ties are still being found: %w", ctx.Err())
		case <-x.done:
		}
		if x.err != nil {
			return nil, fmt.Errorf("explain: %w", x.err)
		}
		if answer, ok, err := e.ask(x, ref, limit); ok {
			return answer, err
		}
	}
}

// ask is not ok where newer ties have taken the place of these meanwhile.
func (e *explainer) ask(x *explaining, ref graph.Ref, limit int) (answer *engine.Explanation, ok bool, err error) {
	e.asking.Lock()
	defer e.asking.Unlock()
	if x.gone {
		return nil, false, nil
	}
	answer, err = x.engine.Explain(ref, limit)
	return answer, true, err
}

// drop lets go of what newer ties have taken the place of.
func (e *explainer) drop(x *explaining) {
	if x == nil {
		return
	}
	<-x.done
	e.asking.Lock()
	defer e.asking.Unlock()
	if x.facts != nil && !x.gone {
		_ = x.facts.Close() // it was only read
	}
	x.gone = true
}

// at is the ties of a revision. What failed is tried again.
func (e *explainer) at(ctx context.Context, revision graph.Revision) *explaining {
	e.mu.Lock()
	defer e.mu.Unlock()
	if x := e.now; x != nil && x.revision == revision {
		select {
		case <-x.done:
			if x.err == nil {
				return x
			}
		default:
			return x
		}
	}
	old := e.now
	x := &explaining{revision: revision, done: make(chan struct{})}
	e.now = x
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), longestExplaining)
		defer cancel()
		e.drop(old)
		defer close(x.done)
		if x.facts, x.err = e.read(ctx); x.err == nil {
			x.engine, x.err = engine.NewExplainer(ctx, x.facts, e.policy, 0)
		}
	}()
	return x
}

type explainInput struct {
	Ref   string `path:"ref" doc:"kind:key of an identifier or account, the key percent-encoded" example:"ip:203.0.113.9"`
	Limit int    `query:"limit" default:"20" minimum:"1" maximum:"500" doc:"at most so many accounts or identifiers of one list"`
}

type explainOutput struct{ Body *engine.Explanation }

func (s *server) explainPolicy(ctx context.Context, in *explainInput) (*explainOutput, error) {
	ref, err := graph.ParseRef(in.Ref)
	if err != nil {
		return nil, problem(err)
	}
	e, err := s.explain.of(ctx, ref, in.Limit)
	if err != nil {
		return nil, problem(err)
	}
	return &explainOutput{e}, nil
}
