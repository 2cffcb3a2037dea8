package engine

import (
	"slices"
	"time"

	"ringleader/graph"
)

// RingView is a ring as the expressions of rules see it. The names in the tags
// are those that people write; see docs/policy.md.
type RingView struct {
	Typology    string             `expr:"typology"`
	Probability float64            `expr:"probability"`
	Score       float64            `expr:"score"` // bits
	Size        int                `expr:"size"`
	People      int                `expr:"people"`
	Loss        float64            `expr:"loss"` // of the currency with the largest
	Losses      map[string]float64 `expr:"losses"`
	Gross       float64            `expr:"gross"`    // as loss
	Refunded    float64            `expr:"refunded"` // as loss
	Declined    float64            `expr:"declined"` // as loss
	Events      int                `expr:"events"`   // debits of all losses
	First       time.Time          `expr:"first"`
	Last        time.Time          `expr:"last"`
	Days        float64            `expr:"days"` // from first to last
	Victims     int                `expr:"victims"`
	Suspects    int                `expr:"suspects"` // accounts whose role may drive a block
	Next        int                `expr:"next"`     // accounts that were reached and have lost nothing yet
	Roles       map[string]int     `expr:"roles"`    // accounts by role
	Kinds       []string           `expr:"kinds"`    // of the entities that bind the ring
	Lines       []string           `expr:"lines"`    // kinds of its evidence
	Bits        map[string]float64 `expr:"bits"`     // of its evidence, by kind
	Detectors   []string           `expr:"detectors"`
}

// viewOf is the view of a ring. Time: O(ring).
func viewOf(r *Ring) RingView {
	v := RingView{Typology: string(r.Typology), Probability: r.Probability, Score: r.Score, Size: r.Size, People: r.People,
		Losses: make(map[string]float64), Roles: make(map[string]int), Bits: make(map[string]float64), Detectors: slices.Clone(r.Detectors),
		First: r.FirstSeen.Std(), Last: r.LastSeen.Std()}
	if r.FirstSeen.Known() && r.LastSeen.Known() {
		v.Days = v.Last.Sub(v.First).Hours() / 24
	}
	for i := range r.Loss {
		l := &r.Loss[i]
		amount := decimalOf(l.Amount)
		v.Losses[l.Currency] = amount
		v.Events += l.Events
		if i == 0 || amount > v.Loss {
			v.Loss, v.Gross, v.Refunded, v.Declined = amount, decimalOf(l.Gross), decimalOf(l.Refunded), decimalOf(l.Declined)
		}
	}
	for i := range r.Members {
		m := &r.Members[i]
		if m.Ref.Kind != graph.Account {
			v.Kinds = append(v.Kinds, string(m.Ref.Kind))
			continue
		}
		v.Roles[string(m.Role)]++
		v.Victims += one(m.Role == RoleVictim)
		v.Suspects += one(m.Role.Suspect())
		v.Next += one(m.Next)
	}
	for i := range r.Evidence {
		e := &r.Evidence[i]
		v.Lines = append(v.Lines, e.Kind)
		v.Bits[e.Kind] += e.Bits
		for _, ref := range e.Refs {
			if ref.Kind != graph.Account {
				v.Kinds = append(v.Kinds, string(ref.Kind))
			}
		}
	}
	v.Kinds, v.Lines = distinctStrings(v.Kinds), distinctStrings(v.Lines)
	return v
}

func decimalOf(s string) float64 {
	m, err := graph.ParseMoney(s, "")
	if err != nil {
		return 0
	}
	return m.Float()
}

func distinctStrings(s []string) []string {
	slices.Sort(s)
	return slices.Compact(s)
}
