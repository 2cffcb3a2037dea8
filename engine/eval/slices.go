package eval

import (
	"cmp"
	"maps"
	"slices"

	"ringleader/engine"
)

// Slice is the ring metrics of one typology or one band of sizes.
type Slice struct {
	Name     string  `json:"name"`
	True     int     `json:"true"`    // true rings
	Matched  int     `json:"matched"` // of them
	Recall   float64 `json:"recall"`
	Accounts int     `json:"accounts"` // in those true rings
	// AccountRecall is the share of those accounts that any flagged ring has.
	AccountRecall float64 `json:"account_recall"`
	// Named is how many matched rings got the right typology.
	Named int `json:"named"`
	// Flagged counts the flagged rings that are said to be of this typology, or
	// have this size, and Precision is the share of them that match a true ring
	// of whatever typology or size.
	Flagged   int     `json:"flagged"`
	Precision float64 `json:"precision"`

	caught, right int
}

// CurvePoint is what reviewing so many rings, best score first, brings to
// light. Rings below the threshold are on the curve too.
type CurvePoint struct {
	Reviewed  int     `json:"reviewed"`
	Matched   int     `json:"matched"`
	Recall    float64 `json:"recall"`
	Precision float64 `json:"precision"`
}

// sizeBands are the bands that rings are reported by. Their names sort.
var sizeBands = [...]struct {
	name string
	from int
}{{"03-07", 0}, {"08-15", 8}, {"16+", 16}}

func sizeBand(n int) string {
	name := ""
	for _, b := range sizeBands {
		if n >= b.from {
			name = b.name
		}
	}
	return name
}

// slicer sorts rings into slices, once by typology and once by size.
type slicer struct {
	truth, found []group
	matched      []int // flagged ring by true ring, -1 for none
	inFound      map[string]int
}

// slice computes the slices under two names: of a true ring and of a flagged
// one. Slices without a true ring have a recall of zero and say how many
// flagged rings they hold.
func (s slicer) slice(ofTruth, ofFound func(i int) string, named func(truth, found int) bool) []Slice {
	all := make(map[string]*Slice)
	at := func(name string) *Slice {
		if all[name] == nil {
			all[name] = &Slice{Name: name}
		}
		return all[name]
	}
	hit := make([]bool, len(s.found))
	for i, g := range s.truth {
		x := at(ofTruth(i))
		x.True++
		x.Accounts += len(g.accounts)
		for _, a := range g.accounts {
			if _, ok := s.inFound[a]; ok {
				x.caught++
			}
		}
		if f := s.matched[i]; f >= 0 {
			hit[f] = true
			x.Matched++
			if named(i, f) {
				x.Named++
			}
		}
	}
	for j := range s.found {
		x := at(ofFound(j))
		x.Flagged++
		if hit[j] {
			x.right++
		}
	}
	out := []Slice{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		x := all[name]
		x.Recall, x.AccountRecall, x.Precision = ratio(x.Matched, x.True), ratio(x.caught, x.Accounts), ratio(x.right, x.Flagged)
		out = append(out, *x)
	}
	return out
}

// measureSlices fills the parts of a report that go by typology and size.
func (r *Report) measureSlices(t *Truth, s slicer, byID map[string]*engine.Ring) {
	typology := func(i int) engine.Typology { return t.Members[s.truth[i].accounts[0]].Typology }
	given := func(j int) engine.Typology { return byID[s.found[j].id].Typology }
	named := func(i, j int) bool { return typology(i) == given(j) }
	r.ByTypology = s.slice(func(i int) string { return string(typology(i)) }, func(j int) string { return string(given(j)) }, named)
	r.BySize = s.slice(func(i int) string { return sizeBand(len(s.truth[i].accounts)) },
		func(j int) string { return sizeBand(len(s.found[j].accounts)) }, named)
	r.MacroRecall = macroRecall(r.ByTypology)
}

// macroRecall is the mean recall over the slices that hold a true ring: each
// typology counts alike, however many rings it has.
func macroRecall(list []Slice) float64 {
	sum, n := 0.0, 0
	for _, x := range list {
		if x.True > 0 {
			sum += x.Recall
			n++
		}
	}
	return sum / float64(max(1, n))
}

// reviewCurve goes down all rings of a run, best first.
func reviewCurve(truth []group, run *engine.Run) []CurvePoint {
	order := *run
	order.Rings = slices.Clone(run.Rings)
	slices.SortStableFunc(order.Rings, func(a, b engine.Ring) int { return cmp.Compare(b.Score, a.Score) })
	found := flagged(&order, 0)
	hit := make([]bool, len(found))
	for _, f := range match(truth, found, overlaps(truth, place(found))) {
		if f >= 0 {
			hit[f] = true
		}
	}
	points := []CurvePoint{}
	matched, stop := 0, 1
	for k := 1; k <= len(found); k++ {
		if hit[k-1] {
			matched++
		}
		if k == stop || k == len(found) {
			points = append(points, CurvePoint{k, matched, ratio(matched, len(truth)), ratio(matched, k)})
		}
		if k == stop {
			stop = nextStop(stop)
		}
	}
	return points
}

// nextStop gives 1, 2, 5, 10, 20, 50 and so on.
func nextStop(k int) int {
	lead := k
	for lead >= 10 {
		lead /= 10
	}
	if lead == 2 {
		return k / 2 * 5
	}
	return k * 2
}
