package eval

import (
	"context"
	"fmt"
	"slices"

	"ringleader/graph"
)

// GateCheck is one condition under which a labelled world is worth measuring
// on: that no trivial method solves it.
type GateCheck struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Limit float64 `json:"limit"`
	// Least says that the value must reach the limit; otherwise it must not
	// exceed it.
	Least  bool   `json:"least,omitempty"`
	Holds  bool   `json:"holds"`
	Detail string `json:"detail,omitempty"`
}

// Limits of the gate.
const (
	maxTrivialLift     = 2   // AUPRC of all identifiers, in base rates
	maxFewAUPRC        = .60 // of identifiers that at most 10 share
	maxDevicePrecision = .35
	maxFeatureAUROC    = .80
	minPercolation     = .5
	percolationSharers = 100
)

// CheckGate says whether a world is not trivial: components over all
// identifiers rank accounts hardly better than chance, rare identifiers leave
// much to do, device sharing is mostly honest and misses at least one typology
// altogether, no single feature tells members, and identifiers shared by up to
// a hundred together with transfers join more than half of all accounts.
func CheckGate(ctx context.Context, g *graph.Snapshot, t *Truth) ([]GateCheck, error) {
	reports := make(map[string]*Report)
	for _, b := range Baselines()[:3] {
		run, err := b.Find(ctx, g)
		if err != nil {
			return nil, err
		}
		if reports[b.Name], err = Evaluate(t, run, Options{}); err != nil {
			return nil, err
		}
	}
	s, err := newSharing(ctx, g)
	if err != nil {
		return nil, err
	}
	all, device, few := reports["components"], reports["components_device"], reports["components_10"]
	base := ratio(all.Nodes.Positives, all.Nodes.Accounts)
	feature, auroc := s.bestFeature(t)
	missed := missedTypologies(device)
	most := func(name string, value, limit float64, detail string) GateCheck {
		return GateCheck{Name: name, Value: value, Limit: limit, Holds: value <= limit, Detail: detail}
	}
	least := func(name string, value, limit float64, detail string) GateCheck {
		return GateCheck{Name: name, Value: value, Limit: limit, Least: true, Holds: value >= limit, Detail: detail}
	}
	return []GateCheck{
		most("components_auprc", all.Nodes.AUPRC, maxTrivialLift*base, fmt.Sprintf("base rate %.4f", base)),
		most("components_10_auprc", few.Nodes.AUPRC, maxFewAUPRC, ""),
		most("components_device_precision", device.Rings.Precision, maxDevicePrecision, ""),
		most("single_feature_auroc", auroc, maxFeatureAUROC, feature),
		least("typologies_missed_by_device", float64(len(missed)), 1, fmt.Sprint(missed)),
		least("percolation_100", s.percolation(percolationSharers), minPercolation, ""),
	}, ctx.Err()
}

// missedTypologies are those of which no ring was matched.
func missedTypologies(r *Report) []string {
	missed := []string{}
	for _, s := range r.ByTypology {
		if s.True > 0 && s.Matched == 0 {
			missed = append(missed, s.Name)
		}
	}
	return missed
}

// percolation is the share of all accounts in the largest component over
// identifiers that at most so many share, and transfers.
func (s *sharing) percolation(sharers int) float64 {
	u := s.join(func(s *sharing, v graph.Vertex) bool { return len(s.users[v]) <= sharers })
	for l := range graph.LinkID(s.g.Links()) {
		if s.g.Type(l) == graph.TransferredTo && s.isAccount(s.g.From(l)) && s.isAccount(s.g.To(l)) {
			u.Union(s.index(s.g.From(l)), s.index(s.g.To(l)))
		}
	}
	size := make([]int, s.accounts()+1)
	for _, label := range u.Labels() {
		size[label]++
	}
	return ratio(slices.Max(size), s.accounts())
}
