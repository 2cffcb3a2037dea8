package engine

import (
	"context"
	"fmt"
	"math"

	"ringleader/graph"
)

// LabelCurve turns what labels say over ties into a probability that the labels
// themselves stand behind: the odds of fraud are e^Intercept · odds^Slope.
type LabelCurve struct {
	Accounts  int     `json:"accounts"` // labelled ones that other labels reach
	Fraud     int     `json:"fraud"`    // of these
	Slope     float64 `json:"slope"`    // above 0: the order stays
	Intercept float64 `json:"intercept"`
}

// leastHeard is how many labelled accounts of each class others must reach.
const leastHeard = 10

// folds bounds how often a component is gone through to hold its labels out.
const folds = 10

// learnCurve asks what labels say of each labelled account while its own label is
// hidden, and fits a curve to that (as [Calibrate] does to verdicts). In a component of
// up to ten labels each is held out alone, in others a tenth at a time. The tie's
// own bits know nothing of it that a neighbour is known to be of fraud, which
// makes them too careful; and how far fraud reaches along ties differs from
// store to store. It supposes that labels are of the accounts that one asks
// about: where people labelled what looked bad, it is too high. nil where the
// labels do not suffice, or speak against the order; why says so. Time: ten times
// that of propagating.
func (d *ground) learnCurve(ctx context.Context, parts []*component, label []float64) (c *LabelCurve, why string, err error) {
	type heard struct {
		x     []float64
		fraud []bool
	}
	byPart := make([]heard, len(parts))
	hidden, out := append([]float64(nil), label...), make([]spread, len(label)) // parts share no account
	err = d.each(ctx, len(parts), 64, func(i int) error {
		h := &byPart[i]
		parts[i].holdOut(hidden, out, func(p float64, fraud bool) {
			h.x, h.fraud = append(h.x, logit(p)), append(h.fraud, fraud)
		})
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	var all heard
	c = &LabelCurve{}
	for _, h := range byPart {
		all.x, all.fraud = append(all.x, h.x...), append(all.fraud, h.fraud...)
	}
	for _, fraud := range all.fraud {
		if fraud {
			c.Fraud++
		}
	}
	c.Accounts = len(all.x)
	if honest := c.Accounts - c.Fraud; min(c.Fraud, honest) < leastHeard {
		return nil, fmt.Sprintf("what labels say over ties is an order, no probability: they reach %d labelled accounts of fraud and %d honest ones; measuring it takes %d of each", c.Fraud, honest, leastHeard), nil
	}
	if c.Slope, c.Intercept = platt(all.x, all.fraud); !(c.Slope >= leastSlope) {
		return nil, "what labels say over ties is an order, no probability: labelled accounts were not of fraud the more often the more of it labels say", nil
	}
	return c, "", nil
}

// holdOut tells of each labelled account what the others say of it.
func (c *component) holdOut(label []float64, out []spread, tell func(p float64, fraud bool)) {
	var labelled []graph.Vertex
	fraud := false
	for _, a := range c.accounts {
		if l := label[a-c.lo]; !math.IsNaN(l) {
			labelled = append(labelled, a)
			fraud = fraud || l > 0
		}
	}
	if !fraud || len(labelled) < 2 {
		return
	}
	of := c.tiesByAccount()
	for fold := range min(folds, len(labelled)) {
		was := make(map[graph.Vertex]float64)
		for i := fold; i < len(labelled); i += folds {
			a := labelled[i]
			was[a], label[a-c.lo] = label[a-c.lo], math.NaN()
		}
		c.propagate(label, out, of)
		for i := fold; i < len(labelled); i += folds {
			a := labelled[i]
			label[a-c.lo] = was[a]
			if s := &out[a-c.lo]; s.via != nil {
				tell(s.p, was[a] > 0)
			}
		}
	}
}

// of is the probability of an account of which labels say p.
func (c *LabelCurve) of(p float64) float64 {
	if c == nil {
		return p
	}
	return round6(1 / (1 + math.Exp(-c.Slope*logit(p)-c.Intercept)))
}

// logit is the log-odds, in nats, of a probability that is rounded to six digits.
func logit(p float64) float64 {
	const least = 5e-7
	p = min(max(p, least), 1-least)
	return math.Log(p / (1 - p))
}
