package engine

import (
	"cmp"
	"fmt"
	"slices"

	"ringleader/graph"
)

// Exposed is an account that a wave has not hit but could hit next.
type Exposed struct {
	Account graph.Ref  `json:"account"`
	Ring    string     `json:"ring"`
	Score   float64    `json:"score"` // bits, its own; the highest first
	Since   graph.Time `json:"since,omitzero"`
	Reasons []string   `json:"reasons"`
}

// Events of accounts: where a credential was caught (in the detail), and what
// makes a caught one worthless.
const (
	eventPhished        = graph.EventPrefix + "phished"
	eventPasswordChange = graph.EventPrefix + "password_change"
)

// Exposure lists the accounts that are next: members of flagged rings
// (probability ½ or more) that were taken over but not debited yet, bystanders,
// and accounts whose credential was caught where those of two victims or more
// of one ring were, unless the password was changed since. Each account is
// listed once, under the ring that threatens it most. Time: O(accounts + their attributes + members).
func Exposure(g *graph.Snapshot, run *Run) []Exposed {
	at := make(map[graph.Ref]*Exposed)
	hit := make(map[graph.Ref]bool)
	add := func(e Exposed) {
		have := at[e.Account]
		switch {
		case have == nil:
			at[e.Account] = &e
		case have.Ring == e.Ring:
			have.Score += e.Score
			have.Reasons = append(have.Reasons, e.Reasons...)
			if !have.Since.Known() || e.Since.Known() && e.Since < have.Since {
				have.Since = e.Since
			}
		case e.Score > have.Score:
			at[e.Account] = &e
		}
	}
	caught := phishedAt(g)
	for i := range run.Rings {
		r := &run.Rings[i]
		if r.Probability < .5 {
			continue
		}
		for _, m := range r.Members {
			switch {
			case m.Ref.Kind != graph.Account:
			case m.Role == RoleBystander || m.Next:
				add(Exposed{m.Ref, r.ID, m.Score, m.Since, slices.Clone(m.Reasons)})
			default:
				hit[m.Ref] = true
			}
		}
		for _, e := range caught.near(g, r) {
			add(e)
		}
	}
	out := make([]Exposed, 0, len(at))
	for ref, e := range at {
		if !hit[ref] {
			out = append(out, *e)
		}
	}
	slices.SortFunc(out, func(a, b Exposed) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), a.Account.Compare(b.Account))
	})
	return out
}

// catch is one credential caught at a point.
type catch struct {
	account graph.Vertex
	at      graph.Time
}

// catches lists who was caught at each point.
type catches map[string][]catch

func phishedAt(g *graph.Snapshot) catches {
	out := make(catches)
	for v, hi := g.OfKind(graph.Account); v < hi; v++ {
		for a := range g.History(v) {
			if a.Name == eventPhished && a.Value != "" {
				out[a.Value] = append(out[a.Value], catch{v, a.At})
			}
		}
	}
	return out
}

// near lists the accounts caught at the points of the ring's victims.
func (c catches) near(g *graph.Snapshot, r *Ring) []Exposed {
	victims := make(map[graph.Vertex]bool)
	for _, m := range r.Members {
		if v, ok := g.Lookup(m.Ref); ok && m.Role == RoleVictim {
			victims[v] = true
		}
	}
	points := make([]string, 0, len(c))
	for p := range c {
		points = append(points, p)
	}
	slices.Sort(points)
	var out []Exposed
	for _, p := range points {
		here, others := 0, 0
		for _, x := range c[p] {
			if victims[x.account] {
				here++
			} else {
				others++
			}
		}
		if here < 2 {
			continue
		}
		// The bits say how far the point is the wave's own.
		bits := roundBits(-logRatio(others, here))
		for _, x := range c[p] {
			if !victims[x.account] && !changedAfter(g, x) {
				out = append(out, Exposed{g.Ref(x.account), r.ID, bits, x.at,
					[]string{fmt.Sprintf("credential caught where those of %d victims were", here)}})
			}
		}
	}
	return out
}

// changedAfter reports whether the owner changed the password after the catch.
func changedAfter(g *graph.Snapshot, x catch) bool {
	for a := range g.History(x.account) {
		if a.Name == eventPasswordChange && a.At > x.at {
			return true
		}
	}
	return false
}
