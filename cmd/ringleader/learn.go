package main

import (
	"context"
	"errors"
	"fmt"

	"ringleader/engine"
	"ringleader/engine/accounts"
	"ringleader/graph"
	"ringleader/loaders"
)

// storedModel is the model of accounts that was added last.
const storedModel = "stored"

// learnFromStore gives a run what people have taught the store: labels, verdicts
// and the model of accounts. What came after the moment that the run looks from
// does not count.
func learnFromStore(ctx context.Context, s store, model string, minDecided int, o *engine.Options) error {
	decided, gone, err := engine.DecidedRings(ctx, s, earlier(o.AsOf, o.KnownAt))
	if err != nil {
		return err
	}
	o.Calibration, o.VerdictNote = engine.Calibrate(decided, engine.CalibrationOptions{Rings: minDecided})
	if gone > 0 {
		text := fmt.Sprintf("%d decided rings do not count: their runs are gone", gone)
		if o.VerdictNote != "" {
			text = o.VerdictNote + "; " + text
		}
		o.VerdictNote = text
	}
	if o.Accounts.Labels, err = storeLabels(ctx, s, o.AsOf, o.KnownAt, decided); err != nil {
		return err
	}
	if model == noModel {
		return nil
	}
	if model == storedModel {
		model = ""
	}
	o.Accounts.Model, err = accounts.Read(ctx, s, model, o.KnownAt)
	if model == "" && errors.Is(err, graph.ErrNotFound) {
		return nil
	}
	return err
}

// learnVerdicts gives what only tries something the probabilities that "detect"
// would give. A nil store has no verdicts.
func learnVerdicts(ctx context.Context, s store, o *engine.Options) error {
	if s == nil {
		return nil
	}
	return learnFromStore(ctx, s, noModel, 0, o)
}

// storeLabels is what files and verdicts say of accounts. Verdicts that are nil
// are read.
func storeLabels(ctx context.Context, s store, asOf, knownAt graph.Time, decided []engine.DecidedRing) ([]accounts.Label, error) {
	said, err := loaders.LabelsKnown(ctx, s, knownAt)
	if err != nil {
		return nil, err
	}
	if decided == nil {
		if decided, _, err = engine.DecidedRings(ctx, s, earlier(asOf, knownAt)); err != nil {
			return nil, err
		}
	}
	return append(accountLabels(said), engine.DecidedLabels(decided)...), nil
}

// earlier is the earlier of two moments that may be unknown.
func earlier(x, y graph.Time) graph.Time {
	if !x.Known() || y.Known() && y < x {
		return y
	}
	return x
}
