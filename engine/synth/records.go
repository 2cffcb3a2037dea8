package synth

import (
	"math"

	"ringleader/graph"
	"ringleader/loaders"
)

// records say what of a world people wrote down: which sightings, and which
// labels when.
type records struct {
	seeds seeds
	knobs knobs
}

// missed reports whether nobody recorded a sighting of an account at a time.
func (c *records) missed(account string, what string, when graph.Time) bool {
	if c.knobs.observed == 0 || c.knobs.observed == 1 {
		return false
	}
	h := c.seeds.of("observed").hash(classNumber(account) ^ mix(classNumber(what)) ^ uint64(when))
	return float64(h>>11)/(1<<53) >= c.knobs.observed
}

// label is what people say of a member, and when; false if they say nothing
// before the end. Wrong labels call a suspect honest.
func (c *records) label(account, role string, firstBad int64) (loaders.Label, bool) {
	r := c.seeds.of("labels").at(classNumber(account))
	if !chance(r, c.knobs.labels) {
		return loaders.Label{}, false
	}
	when := firstBad + int64(math.Round(r.ExpFloat64()*c.knobs.delay*float64(day)))
	l := loaders.Label{Account: graph.Ref{Kind: graph.Account, Key: account}, Label: "fraud", At: at(when)}
	if role == victim {
		l.Label = "victim"
	}
	if chance(r, c.knobs.noise) {
		l.Label = "honest"
	}
	return l, when < end
}
