package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// Scope is the part of the graph to look at.
type Scope struct {
	// Accounts restricts the run to the components of these accounts. None:
	// everything.
	Accounts []graph.Ref
}

// Options of [Detect]. The zero value detects with the default policy.
type Options struct {
	Policy  *policy.Policy // nil: the default
	Model   *Model         // nil: the one that ships; see [NoModel]
	Seed    uint64
	Threads int // 0: all; the result does not depend on it

	// AsOf and KnownAt say which moment the snapshot was built for. Either
	// makes the run a replay, which never becomes the latest.
	AsOf, KnownAt graph.Time

	// Calibration turns scores into probabilities; nil: they are estimates.
	// VerdictNote is what is to be said of it in the run's notes. See [Calibrate].
	Calibration *Calibration
	VerdictNote string
	// Accounts is what is known of accounts besides rings.
	Accounts AccountScoring

	// Progress, if set, hears how far the run is. It may be called from
	// several goroutines.
	Progress func(Progress)

	Version string // of the program, for the run's meta
}

// Progress is how far a stage of a run is.
type Progress struct {
	Stage       string // ties, components, rings
	Done, Total int
}

// Detect finds the rings of a snapshot. prev, the run before, gives rings their
// names: a ring keeps its ID over nights; nil starts anew. The result is a pure
// function of the snapshot's facts, scope, policy, seed and predecessor. It
// fails only if the policy is invalid or ctx ends. Time: near linear in links
// plus the cost of communities inside components.
func Detect(ctx context.Context, g *graph.Snapshot, in Scope, prev *Run, o Options) (*Run, error) {
	started := graph.TimeOf(time.Now())
	if err := o.complete(); err != nil {
		return nil, err
	}
	d, err := newGround(ctx, g, &o)
	if err != nil {
		return nil, err
	}
	run := &Run{Rings: []Ring{}}
	d.describe(run, &o, in, prev)
	run.Info.Notes = append(d.notes(), d.expiredNotes()...)

	o.report("ties", 0, 1)
	t, err := d.findTies(ctx)
	if err != nil {
		return nil, err
	}
	o.report("components", 0, 1)
	parts := d.components(t, run)
	parts, err = d.within(parts, in)
	if err != nil {
		return nil, err
	}
	found, err := d.findRings(ctx, parts, &o)
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		run.Rings = append(run.Rings, f.ring)
	}
	carryOver(run, prev)
	sortRings(run.Rings)
	d.countRules(run)
	setAside(run)
	if run.Info.Rings = len(run.Rings); run.Info.Rings > 0 {
		run.Info.Notes = append(run.Info.Notes, o.calibrationNotes()...)
	}
	run.Scores, err = d.scores(t, run, in)
	if err != nil {
		return nil, err
	}
	if err := d.scoreAccounts(ctx, parts, run, &o); err != nil {
		return nil, err
	}
	d.reportCuts(t, run)
	run.Info.Meta = RunMeta{Started: started, Finished: graph.TimeOf(time.Now()), Revision: g.Revision, Version: o.Version}
	return run, nil
}

func (o *Options) complete() error {
	if o.Policy == nil {
		p, err := policy.Default()
		if err != nil {
			return err
		}
		o.Policy = p
	}
	if err := o.Policy.Validate(); err != nil {
		return fmt.Errorf("detect: %w", err)
	}
	if o.Model == nil {
		m, err := DefaultModel()
		if err != nil {
			return err
		}
		o.Model = m
	}
	return nil
}

func (o *Options) report(stage string, done, total int) {
	if o.Progress != nil {
		o.Progress(Progress{stage, done, total})
	}
}

// Replay reports whether the run shows a moment of the past.
func (r *RunInfo) Replay() bool { return r.AsOf.Known() || r.KnownAt.Known() }

// within keeps the components that touch the scope.
func (d *ground) within(parts []*component, in Scope) ([]*component, error) {
	if len(in.Accounts) == 0 {
		return parts, nil
	}
	wanted, err := d.scopeVertices(in)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(parts, func(c *component) bool {
		return !slices.ContainsFunc(c.accounts, func(a graph.Vertex) bool {
			_, ok := slices.BinarySearch(wanted, a)
			return ok
		})
	}), nil
}

// scopeVertices is the accounts of a scope, ascending.
func (d *ground) scopeVertices(in Scope) ([]graph.Vertex, error) {
	var out []graph.Vertex
	for _, r := range in.Accounts {
		v, ok := d.g.Lookup(r)
		if !ok || !d.isAccount(v) {
			return nil, fmt.Errorf("scope: account %w in the snapshot", graph.ErrNotFound)
		}
		out = append(out, v)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
