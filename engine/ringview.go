package engine

import (
	"slices"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// viewOf is the view of a ring. Time: O(ring).
func viewOf(r *Ring) policy.RingView {
	v := policy.RingView{Typology: string(r.Typology), Probability: r.Probability, Score: r.Score, Size: r.Size, People: r.People,
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
