package engine

import (
	"context"

	"ringleader/graph"
)

// Candidate is a possible ring as the learned scorer sees it, to train one or to
// look into one.
type Candidate struct {
	Component int      // of the run; candidates of one component may overlap
	Accounts  []string // keys, ascending
	Detector  string   // that explains it best
	Typology  Typology
	Bits      float64   // of evidence, before anything learned
	Features  []float64 // in the order of [FeatureNames]
}

// Candidates yields every candidate ring of a snapshot, before overlaps are
// resolved, in the order of components and accounts. It fails if the policy is
// invalid, if yield does, or when ctx ends. Time and memory: those of [Detect],
// and all candidates at once.
func Candidates(ctx context.Context, g *graph.Snapshot, o Options, yield func(*Candidate) error) error {
	o.Model = NoModel()
	if err := o.complete(); err != nil {
		return err
	}
	d, err := newGround(ctx, g, &o)
	if err != nil {
		return err
	}
	d.keepFeatures = true
	t, err := d.findTies(ctx)
	if err != nil {
		return err
	}
	parts := d.components(t, &Run{})
	pools := make([][]*candidate, len(parts))
	err = d.each(ctx, len(parts), 16, func(i int) error {
		pool, err := parts[i].pool(ctx)
		for _, r := range pool { // the rest of a candidate is not asked for
			pools[i] = append(pools[i], &candidate{detectors: r.detectors, typology: r.typology, accounts: r.accounts, score: r.score, features: r.features})
		}
		return err
	})
	if err != nil {
		return err
	}
	for i, pool := range pools {
		for _, r := range pool {
			c := Candidate{Component: i, Detector: r.detectors[0], Typology: r.typology, Bits: r.score, Features: r.features}
			for _, a := range r.accounts {
				c.Accounts = append(c.Accounts, g.Ref(a).Key)
			}
			if err := yield(&c); err != nil {
				return err
			}
		}
	}
	return nil
}
