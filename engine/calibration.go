package engine

import (
	"fmt"
	"math"
)

// CalibrationOptions say when verdicts suffice.
type CalibrationOptions struct {
	// Rings is how many decided rings it takes; zero: 100.
	Rings int
	// Each is how many of them must be fraud, and how many cleared, at the least;
	// zero: 10.
	Each int
}

func (o CalibrationOptions) complete() CalibrationOptions {
	if o.Rings == 0 {
		o.Rings = 100
	}
	if o.Each == 0 {
		o.Each = 10
	}
	return o
}

// Calibration turns the score of a ring into a probability that verdicts stand
// behind: the odds are 2^(Slope · score + Intercept).
type Calibration struct {
	Method    string  `json:"method"` // platt
	Decided   int     `json:"decided"`
	Confirmed int     `json:"confirmed"` // as fraud
	Rejected  int     `json:"rejected"`  // cleared
	Slope     float64 `json:"slope"`     // above 0: the order of rings stays
	Intercept float64 `json:"intercept"`
}

// leastSlope is the least that a bit of score may count: below it the verdicts
// do not follow the score, and a probability made of it would mean nothing.
const leastSlope = .01

// Calibrate fits a logistic curve to verdicts by their rings' scores (Platt,
// "Probabilistic Outputs for Support Vector Machines", 1999, with his targets
// that keep a few verdicts, or verdicts that the score parts cleanly, from
// making it sure; solved by Newton's method with backtracking as in Lin, Lin and
// Weng, Machine Learning 68, 2007, doi:10.1007/s10994-007-5018-6). Two parameters
// suit what a team decides in its first months: with fewer than about 1,000 cases
// they beat isotonic regression (Niculescu-Mizil and Caruana, ICML 2005,
// doi:10.1145/1102351.1102430). Beta calibration bends probabilities; scores are
// log-odds already.
//
// Where the verdicts do not suffice or do not rise with the score the result is
// nil, and why says so; it is empty if there are none. The result depends on the
// rings and verdicts alone. Time: O(decided).
func Calibrate(decided []DecidedRing, o CalibrationOptions) (c *Calibration, why string) {
	o = o.complete()
	c = &Calibration{Method: "platt", Decided: len(decided)}
	for i := range decided {
		if decided[i].Decision == Fraud {
			c.Confirmed++
		}
	}
	c.Rejected = c.Decided - c.Confirmed
	switch {
	case c.Decided == 0:
		return nil, ""
	case c.Decided < o.Rings:
		return nil, fmt.Sprintf("%d rings are decided; probabilities are calibrated from %d on", c.Decided, o.Rings)
	case min(c.Confirmed, c.Rejected) < o.Each:
		return nil, fmt.Sprintf("%d decided rings are fraud and %d cleared; calibrating takes %d of each", c.Confirmed, c.Rejected, o.Each)
	}
	c.fit(decided)
	if !(c.Slope >= leastSlope) {
		return nil, fmt.Sprintf("the %d decided rings were not fraud the more often the higher their score; probabilities stay estimates", c.Decided)
	}
	return c, ""
}

// fit finds the curve.
func (c *Calibration) fit(decided []DecidedRing) {
	x, yes := make([]float64, len(decided)), make([]bool, len(decided))
	for i := range decided {
		x[i], yes[i] = decided[i].Shown.Score*math.Ln2, decided[i].Decision == Fraud
	}
	var intercept float64
	c.Slope, intercept = platt(x, yes)
	c.Intercept = intercept * math.Log2E
}

// probability of a ring that scores so many bits.
func (c *Calibration) probability(score float64) float64 {
	return round6(logistic2(c.Slope*score + c.Intercept))
}

// calibrationNotes says what stands behind the probabilities of a run.
func (o *Options) calibrationNotes() []string {
	var notes []string
	if o.Calibration == nil {
		notes = o.Model.notes()
	}
	if o.VerdictNote != "" {
		notes = append(notes, o.VerdictNote)
	}
	return notes
}
