package engine

import "math"

// platt fits the log-odds slope · x + intercept of yes, in nats: it minimises the
// cross entropy against Platt's targets. See [Calibrate]. Time: O(len(x)) a step,
// a dozen steps as a rule.
func platt(x []float64, yes []bool) (slope, intercept float64) {
	n := 0.0
	for _, y := range yes {
		if y {
			n++
		}
	}
	no := float64(len(yes)) - n
	target := make([]float64, len(x))
	for i := range x {
		target[i] = 1 / (no + 2)
		if yes[i] {
			target[i] = (n + 1) / (n + 2)
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
	a, b := 0.0, math.Log((n+1)/(no+1))
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
	return a, b
}
