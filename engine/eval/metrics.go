package eval

import (
	"slices"
)

// Metric is one number of a report under the name that commands and documents
// use.
type Metric struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	// Lower says that less is better.
	Lower bool `json:"lower,omitempty"`
	// Count says that the value counts things; other values are shares, errors
	// or means.
	Count bool `json:"count,omitempty"`
}

// Metrics are the numbers of a report, in a fixed order. Those about parts that
// the truth does not have (a currency, a typology) are left out, so two reports
// may differ in what they list.
func (r *Report) Metrics() []Metric {
	m := []Metric{
		{Name: "node_auprc", Value: r.Nodes.AUPRC},
		{Name: "node_auroc", Value: r.Nodes.AUROC},
		{Name: "node_recall_at_positives", Value: r.Nodes.RecallAtPositives},
		{Name: "node_recall_at_capacity", Value: r.Nodes.RecallAtCapacity},
		{Name: "node_ece", Value: r.Nodes.ECE, Lower: true},
		{Name: "rings_true", Value: float64(r.Rings.True), Count: true},
		{Name: "rings_flagged", Value: float64(r.Rings.Flagged), Count: true},
		{Name: "rings_matched", Value: float64(r.Rings.Matched), Count: true},
		{Name: "ring_recall", Value: r.Rings.Recall},
		{Name: "ring_precision", Value: r.Rings.Precision},
		{Name: "macro_recall", Value: r.MacroRecall},
		{Name: "pair_precision", Value: r.Rings.Pairs.Precision},
		{Name: "pair_recall", Value: r.Rings.Pairs.Recall},
		{Name: "pair_f1", Value: r.Rings.Pairs.F1},
		{Name: "b_cubed_precision", Value: r.Rings.BCubed.Precision},
		{Name: "b_cubed_recall", Value: r.Rings.BCubed.Recall},
		{Name: "b_cubed_f1", Value: r.Rings.BCubed.F1},
		{Name: "ami", Value: r.Rings.AMI},
		{Name: "fragmentation", Value: r.Rings.Fragmentation, Lower: true},
		{Name: "contamination", Value: r.Rings.Contamination, Lower: true},
		{Name: "traps_flagged", Value: float64(r.trapsFlagged()), Lower: true, Count: true},
		{Name: "honest_flagged_share", Value: ratio(r.Rings.HonestFlagged, r.Nodes.Accounts), Lower: true},
		{Name: "role_macro_f1", Value: r.RoleF1},
	}
	if r.victims > 0 {
		m = append(m, Metric{Name: "victim_recall", Value: r.Victims.Recall}, Metric{Name: "victim_precision", Value: r.Victims.Precision})
	}
	if r.Rings.Traps > 0 {
		m = append(m, Metric{Name: "traps_flagged_share", Value: ratio(r.trapsFlagged(), r.Rings.Traps), Lower: true})
	}
	if r.Explanations != nil {
		m = append(m, Metric{Name: "explanation_hits", Value: r.Explanations.Share})
	}
	for _, l := range r.Loss {
		m = append(m, Metric{Name: "loss_error_" + l.Currency, Value: l.Error, Lower: true})
	}
	for _, list := range [][]Slice{r.ByTypology, r.BySize} {
		for _, s := range list {
			if s.True > 0 {
				m = append(m, Metric{Name: "ring_recall_" + s.Name, Value: s.Recall})
			}
			if s.Flagged > 0 {
				m = append(m, Metric{Name: "ring_precision_" + s.Name, Value: s.Precision})
			}
		}
	}
	return m
}

// trapsFlagged is how many honest accounts in look-alike sharing are flagged.
func (r *Report) trapsFlagged() int {
	n := 0
	for _, count := range r.Rings.TrapsFlagged {
		n += count
	}
	return n
}

// Spread is one metric over several worlds.
type Spread struct {
	Name   string    `json:"name"`
	Mean   float64   `json:"mean"`
	Worst  float64   `json:"worst"`
	Values []float64 `json:"values"` // in the order of the worlds that have the metric
	Count  bool      `json:"count,omitempty"`
}

// Summarise gives mean and worst of each metric, in the order of their first
// appearance. A metric that some lists lack is that of the others.
func Summarise(lists [][]Metric) []Spread {
	out := []Spread{}
	for _, list := range lists {
		for _, m := range list {
			i := slices.IndexFunc(out, func(s Spread) bool { return s.Name == m.Name })
			if i < 0 {
				i = len(out)
				out = append(out, Spread{Name: m.Name, Worst: m.Value, Count: m.Count})
			}
			s := &out[i]
			s.Values = append(s.Values, m.Value)
			if m.Lower {
				s.Worst = max(s.Worst, m.Value)
			} else {
				s.Worst = min(s.Worst, m.Value)
			}
		}
	}
	for i := range out {
		s := &out[i]
		for _, v := range s.Values {
			s.Mean += v / float64(len(s.Values))
		}
	}
	return out
}

// Metrics are the numbers of a series, in a fixed order. Those that cannot be
// told are left out: nights to the detection of a ring that never was, say.
func (n *Nights) Metrics() []Metric {
	m := []Metric{
		{Name: "nights", Value: float64(n.Nights), Count: true},
		{Name: "id_switch_rate", Value: n.SwitchRate, Lower: true},
		{Name: "flap_rate", Value: n.FlapRate, Lower: true},
		{Name: "rings_by_the_last_night", Value: float64(n.Detection.Rings), Count: true},
		{Name: "rings_detected_share", Value: ratio(n.Detection.Detected, n.Detection.Rings)},
	}
	if n.Detection.Median != nil {
		m = append(m, Metric{Name: "nights_to_detection_median", Value: float64(*n.Detection.Median), Lower: true, Count: true})
	}
	if n.Detection.P90 != nil {
		m = append(m, Metric{Name: "nights_to_detection_p90", Value: float64(*n.Detection.P90), Lower: true, Count: true})
	}
	for _, l := range n.Loss {
		m = append(m, Metric{Name: "loss_before_flag_" + l.Currency, Value: l.Share, Lower: true})
	}
	for _, l := range n.Life {
		if l.Planted > 0 {
			m = append(m, Metric{Name: l.Event + "_recall", Value: l.Recall})
		}
		if l.Told > 0 {
			m = append(m, Metric{Name: l.Event + "_precision", Value: l.Precision})
		}
	}
	return m
}
