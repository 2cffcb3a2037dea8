package engine

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"ringleader/engine/algo"
	"ringleader/graph"
)

// component is the unit of work: accounts that ties connect. What is found in
// it depends on nothing outside it but the population's statistics.
type component struct {
	*ground
	accounts []graph.Vertex // ascending
	ties     []tie

	whole   *component      // that this is a part of; nil if it is one
	known   []*accountFacts // by rank in accounts, filled as asked for
	visited [][]visit       // the same
	tiesOf  [][]int32       // by rank in accounts: ties by number; filled when first asked for
}

// components groups ties into components of two accounts or more, tightens
// those above the policy's limit, and notes all that in the run. They come by
// their first account. Time: O(ties), times the levels of tightening inside
// big components.
func (d *ground) components(t *tied, run *Run) []*component {
	run.Info.Ties = len(t.ties)
	run.Info.Cuts = append(run.Info.Cuts, t.cuts...)
	var out []*component
	for _, c := range d.group(t.ties) {
		if len(c.accounts) <= d.policy.MaxComponent {
			out = append(out, c)
			continue
		}
		pieces, how := c.tighten(d.policy.MaxComponent)
		run.Info.Limits = append(run.Info.Limits, how.limit(c, pieces))
		out = append(out, pieces...)
	}
	slices.SortFunc(out, func(a, b *component) int { return cmp.Compare(a.accounts[0], b.accounts[0]) })
	run.Info.Components = len(out)
	for _, c := range out {
		run.Info.Largest = max(run.Info.Largest, len(c.accounts))
	}
	return out
}

// group is the components of some ties.
func (d *ground) group(ties []tie) []*component {
	u := algo.NewUnionFind(int(d.hi - d.lo))
	for i := range ties {
		for _, a := range ties[i].accounts[1:] {
			u.Union(uint32(ties[i].accounts[0]-d.lo), uint32(a-d.lo))
		}
	}
	return d.collect(ties, func(a graph.Vertex) graph.Vertex { return d.lo + graph.Vertex(u.Find(uint32(a-d.lo))) })
}

// collect hands ties to the component that root names.
func (d *ground) collect(ties []tie, root func(graph.Vertex) graph.Vertex) []*component {
	at := make(map[graph.Vertex]*component)
	var out []*component
	for i := range ties {
		r := root(ties[i].accounts[0])
		c := at[r]
		if c == nil {
			c = &component{ground: d}
			at[r] = c
			out = append(out, c)
		}
		c.ties = append(c.ties, ties[i])
		c.accounts = append(c.accounts, ties[i].accounts...)
	}
	for _, c := range out {
		slices.Sort(c.accounts)
		c.accounts = slices.Compact(c.accounts)
	}
	return out
}

// tightened is what tightening a component came to.
type tightened struct {
	wide int     // pieces that one tie binds which is wider than the limit
	bar  float64 // the firmness that ties needed in the last resort, 0 if none did
	torn int     // ties that are firmer and lead from piece to piece all the same
}

// limit says so.
func (how *tightened) limit(c *component, pieces []*component) string {
	largest := 0
	for _, p := range pieces {
		largest = max(largest, len(p.accounts))
	}
	text := fmt.Sprintf("max_component: a component of %d accounts was tightened", len(c.accounts))
	if how.bar > 0 {
		text += fmt.Sprintf(" to ties of %.1f bits or more", how.bar)
	}
	text += fmt.Sprintf(": %d pieces of at most %d accounts", len(pieces), largest)
	if how.wide > 0 {
		text += fmt.Sprintf("; %d of them larger than the limit, each bound by a single tie", how.wide)
	}
	if how.torn > 0 {
		text += fmt.Sprintf("; %d ties that no bar was high enough for lead from piece to piece", how.torn)
	}
	return text
}

// tighten makes a component into pieces of at most limit accounts. Ties that are
// wider by themselves are set apart ([component.aside]). Then it raises the
// firmness ([tie.firm]) that a tie needs, in each piece that is still too big.
// What the last level leaves is torn ([component.tear]). Inside a piece all ties
// count again.
func (c *component) tighten(limit int) (pieces []*component, how tightened) {
	parts, open, torn := c.aside(limit)
	how.wide, how.torn = len(parts), torn
	levels := make([]float64, 0, len(c.ties))
	for _, o := range open {
		for i := range o.ties { // in steps of a quarter bit: each costs a pass
			if len(o.accounts) > limit {
				levels = append(levels, math.Floor(4*o.ties[i].firm())/4)
			}
		}
	}
	slices.Sort(levels)
	levels = slices.Compact(levels)
	for _, level := range levels {
		var big []*component
		for _, o := range open {
			if len(o.accounts) <= limit {
				parts = append(parts, o.accounts)
				continue
			}
			how.bar = level
			strong := make([]tie, 0, len(o.ties))
			for _, t := range o.ties {
				if t.firm() >= level {
					strong = append(strong, t)
				}
			}
			big = append(big, c.regroup(strong)...)
		}
		open = big
	}
	for _, o := range open {
		if len(o.accounts) <= limit {
			parts = append(parts, o.accounts)
			continue
		}
		pieces, n := o.tear(limit)
		parts, how.torn = append(parts, pieces...), how.torn+n
	}
	return c.split(parts), how
}

// split is [component.inside] for disjoint parts, in one pass over the ties.
func (c *component) split(parts [][]graph.Vertex) []*component {
	out := make([]*component, len(parts))
	rank := newRanks(c.accounts)
	of := make([]int32, len(c.accounts)) // by rank: its part, from 1 on
	for i, accounts := range parts {
		out[i] = &component{ground: c.ground, accounts: accounts}
		for _, a := range accounts {
			of[rank.of(a)] = int32(i + 1)
		}
	}
	var touched []int32
	for _, t := range c.ties {
		touched = touched[:0]
		for _, a := range t.accounts {
			if i := of[rank.of(a)]; i > 0 && !slices.Contains(touched, i) {
				touched = append(touched, i)
			}
		}
		for _, i := range touched {
			part, ok := t, true
			if len(touched) > 1 || slices.ContainsFunc(t.accounts, func(a graph.Vertex) bool { return of[rank.of(a)] == 0 }) {
				part, ok = c.restrict(t, out[i-1].accounts)
			}
			if ok {
				out[i-1].ties = append(out[i-1].ties, part)
			}
		}
	}
	return out
}

// regroup is [ground.group] for the ties of one component, in memory that
// depends on these alone.
func (c *component) regroup(ties []tie) []*component {
	rank := newRanks(c.accounts)
	u := algo.NewUnionFind(len(c.accounts))
	for i := range ties {
		first := rank.of(ties[i].accounts[0])
		for _, a := range ties[i].accounts[1:] {
			u.Union(first, rank.of(a))
		}
	}
	return c.collect(ties, func(a graph.Vertex) graph.Vertex { return c.accounts[u.Find(rank.of(a))] })
}

// ranks finds the rank of an account among ascending ones: where these lie close,
// in a table of four places an account at most, else by halving.
type ranks struct {
	accounts []graph.Vertex
	table    []uint32 // by distance from the first account
}

func newRanks(accounts []graph.Vertex) ranks {
	r := ranks{accounts: accounts}
	if n := len(accounts); n > 0 {
		if span := int(accounts[n-1] - accounts[0]); span < 4*n {
			r.table = make([]uint32, span+1)
			for i, a := range accounts {
				r.table[a-accounts[0]] = uint32(i)
			}
		}
	}
	return r
}

// of is the rank of an account that is among them.
func (r *ranks) of(a graph.Vertex) uint32 {
	if r.table != nil {
		return r.table[a-r.accounts[0]]
	}
	i, _ := slices.BinarySearch(r.accounts, a)
	return uint32(i)
}

// inside is the part of c that some of its accounts (ascending) make: ties with
// two of them or more, restricted to them.
func (c *component) inside(accounts []graph.Vertex) *component {
	touching := c.touching(accounts)
	part := &component{ground: c.ground, accounts: accounts, whole: c.root(), ties: make([]tie, 0, len(touching))}
	for _, i := range touching {
		if t, ok := c.restrict(c.ties[i], accounts); ok {
			part.ties = append(part.ties, t)
		}
	}
	return part
}

// touching is the ties, by number, that bind one of some accounts (ascending).
func (c *component) touching(accounts []graph.Vertex) []int32 {
	rank := func(a graph.Vertex) int {
		i, _ := slices.BinarySearch(c.accounts, a)
		return i
	}
	if c.tiesOf == nil {
		c.tiesOf = make([][]int32, len(c.accounts))
		for i := range c.ties {
			for _, a := range c.ties[i].accounts {
				k := rank(a)
				c.tiesOf[k] = append(c.tiesOf[k], int32(i))
			}
		}
	}
	n := 0
	for _, a := range accounts {
		n += len(c.tiesOf[rank(a)])
	}
	out := make([]int32, 0, n)
	for _, a := range accounts {
		out = append(out, c.tiesOf[rank(a)]...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// root is the component that c is a part of, or c.
func (c *component) root() *component {
	if c.whole != nil {
		return c.whole
	}
	return c
}

// restrict is the part of a tie that binds some accounts (ascending); ok is
// false if it binds fewer than two of them.
func (c *component) restrict(t tie, accounts []graph.Vertex) (tie, bool) {
	kept := intersect(t.accounts, accounts)
	if len(kept) < 2 {
		return t, false
	}
	if len(kept) < len(t.accounts) {
		t.accounts = kept
		t.links = slices.DeleteFunc(slices.Clone(t.links), func(l graph.LinkID) bool {
			_, from := slices.BinarySearch(kept, c.g.From(l))
			_, to := slices.BinarySearch(kept, c.g.To(l))
			return !from && !to
		})
	}
	return t, true
}

// intersect is the common elements of two ascending lists.
func intersect(a, b []graph.Vertex) []graph.Vertex {
	var out []graph.Vertex
	if n := min(len(a), len(b)); n > 0 {
		out = make([]graph.Vertex, 0, n)
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			out = append(out, a[i])
			i, j = i+1, j+1
		}
	}
	return out
}

// wideTie is the largest tie whose pairs are all drawn. A wider one is a
// candidate by itself, and its pairs would cost its square.
const wideTie = 64
