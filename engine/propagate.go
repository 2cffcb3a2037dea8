package engine

import (
	"context"
	"fmt"
	"math"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// spread is what labels near an account say of it.
type spread struct {
	p     float64 // probability by its ties alone
	steps int     // ties to the nearest account with a label
	fraud int     // accounts labelled as fraud on its strongest tie; 0 beyond the first step
	via   *tie    // the strongest one; nil if nothing reaches the account
	best  float64 // what that one says
}

// propagate carries labels over the ties of every component, by account of the
// snapshot. See [component.propagate].
func (d *ground) propagate(ctx context.Context, parts []*component, label []float64) ([]spread, error) {
	out := make([]spread, d.hi-d.lo)
	return out, d.each(ctx, len(parts), 64, func(i int) error {
		parts[i].propagate(label, out, nil)
		return nil
	})
}

// propagate is single-pass belief propagation (Gatterbauer, Günnemann, Koutra
// and Faloutsos, "Linearized and Single-Pass Belief Propagation", PVLDB 8(5),
// 2015, doi:10.14778/2735479.2735490): what labels say travels from each account
// to those one step further from the nearest label, and never back or sideways,
// so nothing is counted twice and no account hears an echo of itself. A tie says
// s · F/(F + H + 1), where F and H are what is known of fraud and of honesty
// among its nearer accounts and the 1 stands for what is not known (a weighted
// vote of neighbours as in Macskassy and Provost, JMLR 8, 2007, shrunk), and s is
// the probability, by the policy's prior, that a tie of so many bits is no
// chance. Several ties join as independent causes: 1 − Π(1 − x). Time: O(accounts
// on ties) of the component. of is its ties by account; nil: they are listed anew.
func (c *component) propagate(label []float64, out []spread, of map[graph.Vertex][]int) {
	at := func(a graph.Vertex) *spread { return &out[a-c.lo] }
	const far = math.MaxInt
	var layer []graph.Vertex
	fraud := false
	for _, a := range c.accounts {
		l := label[a-c.lo]
		*at(a) = spread{steps: far}
		if !math.IsNaN(l) {
			*at(a) = spread{p: l}
			layer = append(layer, a)
			fraud = fraud || l > 0
		}
	}
	if fraud {
		if of == nil {
			of = c.tiesByAccount()
		}
		c.spreadFrom(layer, of, at)
	}
	for _, a := range c.accounts { // what was only needed on the way
		if s := at(a); s.steps == 0 || s.steps == far || s.via == nil {
			*s = spread{}
		}
	}
}

// spreadFrom goes outward, layer by layer. Each tie speaks once: from those of
// its accounts that are nearest to a label to the rest.
func (c *component) spreadFrom(layer []graph.Vertex, of map[graph.Vertex][]int, at func(graph.Vertex) *spread) {
	spoken := make([]bool, len(c.ties))
	for steps := 0; len(layer) > 0; steps++ {
		var next []graph.Vertex
		for _, a := range layer {
			for _, k := range of[a] {
				if spoken[k] {
					continue
				}
				spoken[k] = true
				next = append(next, c.speak(&c.ties[k], steps, at)...)
			}
		}
		for _, a := range next {
			s := at(a)
			s.p = round6(1 - s.p) // it was the product of what the ties leave open
		}
		layer = next
	}
}

// speak lets one tie tell its further accounts what the nearer ones are, and
// returns those that hear something for the first time. Until their layer is
// whole, p holds the product of 1 − x.
func (c *component) speak(t *tie, steps int, at func(graph.Vertex) *spread) (reached []graph.Vertex) {
	known, fraud, labelled := 0.0, 0.0, 0
	for _, a := range t.accounts {
		if s := at(a); s.steps == steps {
			known++
			fraud += s.p
			if steps == 0 && s.p > 0 {
				labelled++
			}
		}
	}
	x := logistic2(t.bits+t.less+c.policy.PriorBits) * fraud / (known + 1)
	for _, a := range t.accounts {
		s := at(a)
		if s.steps <= steps {
			continue
		}
		if s.steps > steps+1 {
			s.steps, s.p = steps+1, 1
			reached = append(reached, a)
		}
		s.p *= 1 - x
		if x > s.best {
			s.best, s.via, s.fraud = x, t, labelled
		}
	}
	return reached
}

// tiesByAccount is the ties of each account, by number.
func (c *component) tiesByAccount() map[graph.Vertex][]int {
	of := make(map[graph.Vertex][]int, len(c.accounts))
	for k := range c.ties {
		for _, a := range c.ties[k].accounts {
			of[a] = append(of[a], k)
		}
	}
	return of
}

// reason puts what labels say of an account into words.
func (s *spread) reason(g *graph.Snapshot) string {
	by := "directly"
	switch {
	case s.via.found != policy.DetectorShared:
		by = fmt.Sprintf("by a pattern (%s)", s.via.found)
	case g.Kind(s.via.on) != graph.Account:
		by = fmt.Sprintf("by %s %s", g.Kind(s.via.on), g.Ref(s.via.on).Mask())
	}
	switch {
	case s.steps > 1:
		return fmt.Sprintf("%d steps from accounts labelled as fraud, nearest %s", s.steps, by)
	case s.fraud == 1:
		return "tied to an account labelled as fraud " + by
	}
	return fmt.Sprintf("tied to %d accounts labelled as fraud %s", s.fraud, by)
}
