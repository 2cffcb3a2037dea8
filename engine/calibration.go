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

// fit minimises the cross entropy.
func (c *Calibration) fit(decided []DecidedRing) {
	yes, no := float64(c.Confirmed), float64(c.Rejected)
	x, target := make([]float64, len(decided)), make([]float64, len(decided))
	for i := range decided {
		x[i], target[i] = decided[i].Shown.Score*math.Ln2, 1/(no+2)
		if decided[i].Decision == Fraud {
			target[i] = (yes + 1) / (yes + 2)
		}
	}
	loss := func(a, b float64) (sum float64) {
		for i := range x {
			z := a*x[i] + b
			// −t·z + log(1 + e^z), without overflow
			sum += max(z, 0) - target[i]*z + math.Log1p(math.Exp(-math.Abs(z)))
		}
		return sum
	}
	a, b := 0.0, math.Log((yes+1)/(no+1))
	at := loss(a, b)
	const steps, ridge, enough = 100, 1e-12, 1e-9
	for range steps {
		var ga, gb float64
		haa, hab, hbb := ridge, 0.0, ridge
		for i := range x {
			p := 1 / (1 + math.Exp(-a*x[i]-b))
			d, w := p-target[i], p*(1-p)
			ga, gb = ga+d*x[i], gb+d
			haa, hab, hbb = haa+w*x[i]*x[i], hab+w*x[i], hbb+w
		}
		det := haa*hbb - hab*hab
		da, db := -(hbb*ga-hab*gb)/det, -(haa*gb-hab*ga)/det
		if math.Abs(ga) < enough && math.Abs(gb) < enough || math.IsNaN(da) || math.IsNaN(db) {
			break
		}
		step := 1.0
		for ; step > 1e-10; step /= 2 {
			if next := loss(a+step*da, b+step*db); next < at {
				a, b, at = a+step*da, b+step*db, next
				break
			}
		}
		if step <= 1e-10 {
			break
		}
	}
	c.Slope, c.Intercept = a, b*math.Log2E
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
