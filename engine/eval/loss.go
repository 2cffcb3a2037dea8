package eval

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"ringleader/engine"
	"ringleader/graph"
)

// lossOf is the loss of one true ring in one currency.
type lossOf struct{ currency, ring string }

// lossTotal is all rings of a currency.
type lossTotal struct {
	truth, said graph.Money
	off         float64 // Σ |said − truth|, ring by ring
}

// RingLoss is the loss of one true ring in one currency, net of refunds.
type RingLoss struct {
	Currency string `json:"currency"`
	True     string `json:"true"`
	Found    string `json:"found"` // by the match
}

// measureLoss compares the losses of true rings with those of their matches,
// and notes them ring by ring.
func (r *Report) measureLoss(t *Truth, matches map[string]*engine.Ring) ([]LossError, error) {
	truth, said := make(map[lossOf]graph.Money), make(map[lossOf]graph.Money)
	for _, d := range t.Debits {
		if err := addLoss(truth, lossOf{d.Amount.Currency, d.Ring}, d.Amount); err != nil {
			return nil, err
		}
	}
	for id, ring := range matches {
		for _, l := range ring.Loss {
			m, err := graph.ParseMoney(l.Amount, l.Currency)
			if err != nil {
				return nil, err
			}
			if err := addLoss(said, lossOf{l.Currency, id}, m); err != nil {
				return nil, err
			}
		}
	}
	r.noteLoss(truth, said)
	totals, err := totalLoss(truth, said)
	if err != nil {
		return nil, err
	}
	list := []LossError{}
	for _, currency := range slices.Sorted(maps.Keys(totals)) {
		total := totals[currency]
		e := LossError{Currency: currency, True: total.truth.Amount(), Found: total.said.Amount()}
		if sum := total.truth.Float(); sum > 0 {
			e.Error = total.off / sum
		}
		list = append(list, e)
	}
	return list, nil
}

func addLoss(to map[lossOf]graph.Money, of lossOf, m graph.Money) (err error) {
	to[of], err = to[of].Add(m)
	return err
}

// lossKeys are the currencies and rings of both sides, in order.
func lossKeys(truth, said map[lossOf]graph.Money) []lossOf {
	all := maps.Clone(truth)
	maps.Copy(all, said)
	return slices.SortedFunc(maps.Keys(all), func(a, b lossOf) int {
		return cmp.Or(cmp.Compare(a.currency, b.currency), cmp.Compare(a.ring, b.ring))
	})
}

// noteLoss writes losses to the outcomes of their rings.
func (r *Report) noteLoss(truth, said map[lossOf]graph.Money) {
	at := make(map[string]int)
	for i := range r.PerRing {
		at[r.PerRing[i].Ring] = i
	}
	for _, of := range lossKeys(truth, said) {
		if i, ok := at[of.ring]; ok {
			r.PerRing[i].Loss = append(r.PerRing[i].Loss, RingLoss{of.currency, truth[of].Amount(), said[of].Amount()})
		}
	}
}

// totalLoss sums over rings, in their order.
func totalLoss(truth, said map[lossOf]graph.Money) (map[string]lossTotal, error) {
	totals := make(map[string]lossTotal)
	for _, of := range lossKeys(truth, said) {
		total := totals[of.currency]
		var err error
		if total.truth, err = total.truth.Add(truth[of]); err != nil {
			return nil, err
		}
		if total.said, err = total.said.Add(said[of]); err != nil {
			return nil, err
		}
		total.off += math.Abs(said[of].Float() - truth[of].Float())
		totals[of.currency] = total
	}
	return totals, nil
}
