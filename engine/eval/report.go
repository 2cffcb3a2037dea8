package eval

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"ringleader/engine"
	"ringleader/graph"
)

// Options of [Evaluate].
type Options struct {
	Threshold float64 // probability from which a ring is flagged; 0 is .5
	// Graph is the snapshot that the run looked at. Without it nothing is said
	// of explanations.
	Graph *graph.Snapshot
}

// Report is how good a run is.
type Report struct {
	Run       string        `json:"run"`
	Threshold float64       `json:"threshold"`
	Nodes     Nodes         `json:"nodes"`
	Rings     Rings         `json:"rings"`
	Loss      []LossError   `json:"loss"`  // by currency
	Roles     []RoleCount   `json:"roles"` // members of true rings that are flagged, by true role, then given role
	RoleF1    float64       `json:"role_macro_f1"`
	Victims   Agreement     `json:"victims"`  // accounts that flagged rings call victims, against the true ones
	PerRing   []RingOutcome `json:"per_ring"` // by true ring

	ByTypology   []Slice       `json:"by_typology"`  // by name
	BySize       []Slice       `json:"by_size"`      // accounts in a ring: 03-07, 08-15, 16+
	MacroRecall  float64       `json:"macro_recall"` // mean ring recall over the typologies of the truth
	Curve        []CurvePoint  `json:"curve"`        // over rings reviewed
	Explanations *Explanations `json:"explanations,omitempty"`

	victims int // of the truth
}

// LossError compares the loss of true rings with what their matches say.
type LossError struct {
	Currency string  `json:"currency"`
	True     string  `json:"true"`  // net of refunds, all true rings
	Found    string  `json:"found"` // by the rings matched to them
	Error    float64 `json:"error"` // Σ |found − true| over true rings ÷ Σ true; a ring not matched counts whole
}

// RoleCount is one cell of the confusion of roles.
type RoleCount struct {
	True  engine.Role `json:"true"`
	Given engine.Role `json:"given"`
	Count int         `json:"count"`
}

// RingOutcome is what became of one true ring.
type RingOutcome struct {
	Ring     string          `json:"ring"`
	Typology engine.Typology `json:"typology"`
	Size     int             `json:"size"`
	Match    string          `json:"match,omitempty"` // the flagged ring; empty: missed
	Jaccard  float64         `json:"jaccard"`
	Named    bool            `json:"named"` // the typology is right
	Loss     []RingLoss      `json:"loss,omitempty"`
	// Explained says whether the evidence names what the ring shares; absent
	// where the ring was missed or shares nothing of its own.
	Explained *bool `json:"explained,omitempty"`
}

// Evaluate measures a run against the truth. It fails with graph.ErrInvalid if
// amounts do not add up in their currency. Time: O(accounts log accounts).
func Evaluate(t *Truth, run *engine.Run, o Options) (*Report, error) {
	if o.Threshold == 0 {
		o.Threshold = .5
	}
	truth, found := t.trueRings(), flagged(run, o.Threshold)
	r := &Report{Run: run.Info.ID, Threshold: o.Threshold, Nodes: measureNodes(t, run.Scores), Loss: []LossError{}, Roles: []RoleCount{}, PerRing: []RingOutcome{}}
	var matched []int
	r.Rings, matched = measureRings(t, truth, found)
	byID := make(map[string]*engine.Ring)
	for i := range run.Rings {
		byID[run.Rings[i].ID] = &run.Rings[i]
	}
	matches := make(map[string]*engine.Ring) // by true ring
	for i, g := range truth {
		out := RingOutcome{Ring: g.id, Typology: t.Members[g.accounts[0]].Typology, Size: len(g.accounts)}
		if f := matched[i]; f >= 0 {
			ring := byID[found[f].id]
			matches[g.id] = ring
			out.Match, out.Named = ring.ID, ring.Typology == out.Typology
			shared := overlaps([]group{g}, place(found[f:f+1]))[overlap{}]
			out.Jaccard = ratio(shared, len(g.accounts)+len(found[f].accounts)-shared)
		}
		r.PerRing = append(r.PerRing, out)
	}
	var err error
	if r.Loss, err = r.measureLoss(t, matches); err != nil {
		return nil, fmt.Errorf("evaluate loss: %w", err)
	}
	r.measureRoles(t, run)
	r.measureVictims(t, run)
	r.measureSlices(t, slicer{truth, found, matched, place(found)}, byID)
	r.Curve = reviewCurve(truth, run)
	r.measureExplanations(t, o.Graph, matches)
	return r, nil
}

// measureVictims compares the accounts that flagged rings call victims with the
// victims of the truth, all of them.
func (r *Report) measureVictims(t *Truth, run *engine.Run) {
	are, said, both := 0, make(map[string]bool), 0
	for _, m := range t.Members {
		if m.Role == engine.RoleVictim {
			are++
		}
	}
	for i := range run.Rings {
		if run.Rings[i].Probability < r.Threshold {
			continue
		}
		for _, m := range run.Rings[i].Members {
			if m.Ref.Kind == graph.Account && m.Role == engine.RoleVictim {
				said[m.Ref.Key] = true
			}
		}
	}
	for a := range said {
		if t.Members[a].Role == engine.RoleVictim {
			both++
		}
	}
	r.Victims = agreement(ratio(both, len(said)), ratio(both, are))
	r.victims = are
}

// measureRoles compares the roles of members that are flagged. Macro-F1 is the
// mean of F1 over the roles that occur in truth among them.
func (r *Report) measureRoles(t *Truth, run *engine.Run) {
	count := make(map[RoleCount]int)
	for i := range run.Rings {
		if run.Rings[i].Probability < r.Threshold {
			continue
		}
		for _, m := range run.Rings[i].Members {
			if member, ok := t.Members[m.Ref.Key]; ok && m.Ref.Kind == graph.Account {
				count[RoleCount{True: member.Role, Given: m.Role}]++
			}
		}
	}
	truth, given, right := make(map[engine.Role]int), make(map[engine.Role]int), make(map[engine.Role]int)
	for cell, n := range count {
		truth[cell.True] += n
		given[cell.Given] += n
		if cell.True == cell.Given {
			right[cell.True] = n
		}
		cell.Count = n
		r.Roles = append(r.Roles, cell)
	}
	slices.SortFunc(r.Roles, func(a, b RoleCount) int {
		return cmp.Or(cmp.Compare(a.True, b.True), cmp.Compare(a.Given, b.Given))
	})
	for _, role := range slices.Sorted(maps.Keys(truth)) {
		r.RoleF1 += agreement(ratio(right[role], given[role]), ratio(right[role], truth[role])).F1 / float64(len(truth))
	}
}
