package engine

import (
	"context"
	"fmt"

	"ringleader/engine/accounts"
	"ringleader/graph"
)

// AccountScoring is what accounts are scored by besides rings.
type AccountScoring struct {
	Model  *accounts.Model  // nil: none
	Labels []accounts.Label // those of accounts that are not in the data count for nothing
	// ReasonsFrom is the least probability of the model that is explained, since
	// opening a model costs far more than asking it; zero: .05.
	ReasonsFrom float64
}

// reasonsFrom is the default of AccountScoring.ReasonsFrom.
const reasonsFrom = .05

// Combine is the probability that an account is of fraud by its ring, by the
// model of accounts and by the labels that its ties lead to. Model and labels
// read the same neighbourhood, so the greater of the two speaks for both; this
// and the ring are taken for independent causes: 1 − (1 − ring)(1 − max(model,
// labels)). It rises with each of the three and is never below the greatest.
func Combine(ring, model, labels float64) float64 {
	return round6(1 - (1-ring)*(1-max(model, labels)))
}

// scoreAccounts adds what model and labels say to the scores of a run.
func (d *ground) scoreAccounts(ctx context.Context, parts []*component, run *Run, o *Options) error {
	label := accounts.LatestLabels(d.g, o.Accounts.Labels, o.AsOf)
	counts := LabelCounts{}
	for _, l := range label {
		switch {
		case l > 0:
			counts.Fraud++
		case l == 0:
			counts.Honest++
		}
	}
	if counts.Fraud+counts.Honest > 0 {
		run.Info.Labels = &counts
	}
	model, err := d.askModel(ctx, run, o)
	if err != nil {
		return err
	}
	if model == nil && run.Info.Labels == nil {
		return nil
	}
	near, err := d.hear(ctx, parts, label, run)
	if err != nil {
		return err
	}
	return d.each(ctx, len(run.Scores), 256, func(i int) error {
		s := &run.Scores[i]
		v, _ := d.g.Lookup(graph.Ref{Kind: graph.Account, Key: s.Account})
		k := v - d.lo
		switch {
		case label[k] > 0:
			s.Label = "fraud"
		case label[k] == 0:
			s.Label = "honest"
		}
		said := 0.0
		if model != nil {
			said = heed(model, int(k), s, o)
		}
		if n := &near[k]; n.via != nil {
			s.Propagated = &n.p
			s.Reasons = append(s.Reasons, n.reason(d.g))
		}
		combined := Combine(s.SuspectProbability, said, near[k].p)
		s.Combined = &combined
		return nil
	})
}

// hear is what labels say of accounts, as a probability where they suffice to
// measure it.
func (d *ground) hear(ctx context.Context, parts []*component, label []float64, run *Run) ([]spread, error) {
	near, err := d.propagate(ctx, parts, label)
	if err != nil || run.Info.Labels == nil || run.Info.Labels.Fraud == 0 {
		return near, err
	}
	curve, why, err := d.learnCurve(ctx, parts, label)
	if err != nil {
		return nil, err
	}
	if why != "" {
		run.Info.Notes = append(run.Info.Notes, why)
	}
	run.Info.Labels.Curve = curve
	for i := range near {
		if near[i].via != nil {
			near[i].p = curve.of(near[i].p)
		}
	}
	return near, nil
}

// askModel measures the accounts for the model. A model that reads what these
// data do not have stays silent, and the run says so.
func (d *ground) askModel(ctx context.Context, run *Run, o *Options) (*accounts.Asked, error) {
	m := o.Accounts.Model
	if m == nil {
		return nil, nil
	}
	silent := func(why string) (*accounts.Asked, error) {
		run.Info.AccountModel = ""
		run.Info.Notes = append(run.Info.Notes, fmt.Sprintf("account model %s does not speak: %s", m.Card.Version, why))
		return nil, nil
	}
	if m.Card.Columns != accounts.Columns {
		return silent(fmt.Sprintf("it was learned from version %d of the columns of \"features\", these are version %d; train it anew", m.Card.Columns, accounts.Columns))
	}
	table, err := accounts.Measure(ctx, d.g, accounts.Options{Labels: o.Accounts.Labels, AsOf: o.AsOf, Without: m.Card.Without, Cap: m.Card.Cap, Threads: d.threads})
	if err != nil {
		return nil, err
	}
	if lacking := m.Lacking(table.Names); lacking != "" {
		return silent("it reads columns that these data do not have: " + lacking)
	}
	return m.Ask(table)
}

// heed notes what the model says of an account, and why where that is much.
func heed(a *accounts.Asked, row int, s *AccountScore, o *Options) float64 {
	p := round6(a.Probability(row))
	s.Model = &p
	least := o.Accounts.ReasonsFrom
	if least == 0 {
		least = reasonsFrom
	}
	if p >= least {
		s.Reasons = append(s.Reasons, a.Explain(row))
	}
	return p
}
