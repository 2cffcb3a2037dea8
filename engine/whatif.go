package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// Lift says which cuts of the policy are not to apply.
type Lift struct {
	// Rule is a name of [RuleCut], or the beginning of one (cap, cap:ip), or the
	// name of a class.
	Rule string
	// Only, if set, lifts it from one identifier alone.
	Only graph.Ref
	// MaxAccounts bounds the accounts of all identifiers that are lifted, counted
	// at each, and those of all components that they make; 0: 20,000. The small
	// ones come first.
	MaxAccounts int
	// MinProbability is that of the rings that count; 0: one half.
	MinProbability float64
}

// WhatIf is what would be found without a rule.
type WhatIf struct {
	Policy      string       `json:"policy"`
	Without     string       `json:"without"`
	Only        graph.Ref    `json:"only,omitzero"`
	Identifiers int          `json:"identifiers"` // that tie as a whole in it
	Accounts    int          `json:"accounts"`    // of the components that these touch, which were run again
	Components  int          `json:"components"`
	Scored      int          `json:"scored"`  // accounts that would be tied and are not scored now
	Changes     []RingChange `json:"changes"` // by change, then score, highest first
	Skipped     []Cut        `json:"skipped"` // too large to try, most accounts first; at most 20
	NotTried    int          `json:"not_tried"`
	Limits      []string     `json:"limits"`
}

// RingChange is a ring that a what-if has and the run has not, or otherwise.
type RingChange struct {
	// Change is appears, or splits for a ring most of whose accounts were in others;
	// grows, shrinks or scored for one that stays; vanishes.
	Change string   `json:"change"`
	Was    int      `json:"was"`            // accounts; 0 for one that was not there
	Before float64  `json:"before"`         // score
	Fresh  int      `json:"fresh"`          // accounts that were in no ring, or would be in none if it vanishes
	With   []string `json:"with,omitempty"` // other rings that hold its accounts before, or after if it vanishes
	Ring   Ring     `json:"ring"`           // as it would be; as it was if it vanishes
}

// skippedShown is how many identifiers that were not tried are listed.
const skippedShown = 20

// Without finds which rings would be there, grow or vanish if a rule of the
// policy did not apply. Only the components that it touches are run, once with
// the rule and once without; statistics are those with the rule. What is too
// large is left out and counted: an identifier that more accounts share than
// max_component, and what exceeds MaxAccounts. prev names rings, as in
// [Detect]. It depends on its arguments alone. Time: that of finding ties, and of
// Detect over the accounts touched, twice.
func Without(ctx context.Context, g *graph.Snapshot, lift Lift, prev *Run, o Options) (*WhatIf, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	if err := lift.complete(o.Policy); err != nil {
		return nil, err
	}
	d, t, err := groundAndTies(ctx, g, &o)
	if err != nil {
		return nil, err
	}
	return d.without(ctx, t, lift, prev, &o)
}

// WithoutEach is [Without] for each line of a run's cut_by in turn, in that
// order; the rule of lift does not matter. Time: that of finding ties once, and of
// Detect over the accounts touched, twice for each line.
func WithoutEach(ctx context.Context, g *graph.Snapshot, lift Lift, prev *Run, o Options) ([]*WhatIf, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	d, t, err := groundAndTies(ctx, g, &o)
	if err != nil {
		return nil, err
	}
	var run Run
	for v := d.lo; v < d.hi; v++ {
		if s := d.status(t, v); s == StatusNotScoredHub {
			run.Scores = append(run.Scores, AccountScore{Account: g.Ref(v).Key, Status: s})
		}
	}
	d.reportCuts(t, &run)
	tries := []*WhatIf{}
	for _, cut := range run.Info.CutBy {
		lift.Rule = cut.Name
		if err := lift.complete(o.Policy); err != nil {
			return nil, err
		}
		w, err := d.without(ctx, t, lift, prev, &o)
		if err != nil {
			return nil, err
		}
		tries = append(tries, w)
	}
	return tries, nil
}

func groundAndTies(ctx context.Context, g *graph.Snapshot, o *Options) (*ground, *tied, error) {
	d, err := newGround(ctx, g, o)
	if err != nil {
		return nil, nil, err
	}
	t, err := d.findTies(ctx)
	return d, t, err
}

func (d *ground) without(ctx context.Context, t *tied, lift Lift, prev *Run, o *Options) (*WhatIf, error) {
	w := &WhatIf{Policy: o.Policy.Version(), Without: lift.Rule, Only: lift.Only, Changes: []RingChange{}, Skipped: []Cut{}, Limits: []string{}}
	lifted := d.liftedTies(t, &lift, w)
	if len(lifted) == 0 {
		return w, nil
	}
	without := slices.DeleteFunc(slices.Clone(t.ties), func(x tie) bool { return x.found == policy.DetectorShared && lifted[x.on] != nil })
	for _, v := range sortedVertices(lifted) {
		without = append(without, lifted[v]...)
	}
	in := d.touched(t, lifted, &lift, w)
	after, before := d.inPlay(without, in, w), d.inPlay(t.ties, in, nil)
	w.Components = len(after)
	was, err := d.ringsOf(ctx, before, &lift, prev, o)
	if err != nil {
		return nil, err
	}
	is, err := d.ringsOf(ctx, after, &lift, was, o)
	if err != nil {
		return nil, err
	}
	w.compare(was, is)
	return w, nil
}

func (l *Lift) complete(p *policy.Policy) error {
	if l.MaxAccounts == 0 {
		l.MaxAccounts = 20_000
	}
	if l.MinProbability == 0 {
		l.MinProbability = .5
	}
	rule, _, _ := strings.Cut(l.Rule, ":")
	known := slices.Contains([]string{cutPlaceholder, cutAllowList, cutClass, cutCap}, rule)
	if !known && !slices.ContainsFunc(p.Classes, func(c policy.Class) bool { return c.Name == l.Rule }) {
		return fmt.Errorf("%w rule %q: want placeholder, allow_list, class or cap, each with :kind and :class if you like, or the name of a class", graph.ErrInvalid, l.Rule)
	}
	return nil
}

// lifts reports whether a cut is one of those that are not to apply.
func (l *Lift) lifts(c *Cut) bool {
	name := c.name()
	return (l.Only == (graph.Ref{}) || l.Only == c.Ref) &&
		(name == l.Rule || strings.HasPrefix(name, l.Rule+":") || c.Class != "" && c.Class == l.Rule)
}

// liftedTies is what identifiers would tie without the rule, those that fewest
// share first until all accounts are used up, by identifier.
func (d *ground) liftedTies(t *tied, lift *Lift, w *WhatIf) map[graph.Vertex][]tie {
	var cuts []Cut
	for _, c := range t.cuts { // worst first
		if lift.lifts(&c) {
			cuts = append(cuts, c)
		}
	}
	slices.Reverse(cuts)
	d.lift = lift.lifts
	defer func() { d.lift = nil }()
	out := make(map[graph.Vertex][]tie)
	left := lift.MaxAccounts
	for _, c := range cuts {
		if c.Accounts > d.policy.MaxComponent || c.Accounts > left {
			w.NotTried++
			w.Skipped = append(w.Skipped, c)
			continue
		}
		left -= c.Accounts
		v, _ := d.g.Lookup(c.Ref)
		ties := d.tieOver(v).ties
		for i := range ties {
			ties[i].bits = d.boundBits(&ties[i])
			ties[i].spread = d.boundBy(d.g.Kind(v), ties[i].burst).spread(d.people(ties[i].accounts))
		}
		out[v] = ties
		w.Identifiers++
	}
	slices.Reverse(w.Skipped)
	w.Skipped = w.Skipped[:min(skippedShown, len(w.Skipped))]
	return out
}

// touched is the accounts, by number, that the ties of lifted identifiers may
// reach, over ties with the rule and without it: whole components, the smallest
// first, until all accounts are used up.
func (d *ground) touched(t *tied, lifted map[graph.Vertex][]tie, lift *Lift, w *WhatIf) []bool {
	both := slices.Clone(t.ties)
	start := make([]bool, d.pop.accounts)
	for _, v := range sortedVertices(lifted) {
		both = append(both, lifted[v]...)
		for i := range lifted[v] {
			for _, a := range lifted[v][i].accounts {
				start[a-d.lo] = true
			}
		}
	}
	parts := slices.DeleteFunc(d.group(both), func(c *component) bool {
		return !slices.ContainsFunc(c.accounts, func(a graph.Vertex) bool { return start[a-d.lo] })
	})
	slices.SortFunc(parts, func(a, b *component) int {
		return cmp.Or(cmp.Compare(len(a.accounts), len(b.accounts)), cmp.Compare(a.accounts[0], b.accounts[0]))
	})
	in := make([]bool, d.pop.accounts)
	left := lift.MaxAccounts
	for i, c := range parts {
		if left -= len(c.accounts); left < 0 {
			w.Limits = append(w.Limits, fmt.Sprintf("max_accounts: %d of %d groups that would be tied were not run, the largest of %d accounts",
				len(parts)-i, len(parts), len(parts[len(parts)-1].accounts)))
			break
		}
		w.Accounts += len(c.accounts)
		for _, a := range c.accounts {
			in[a-d.lo] = true
			if start[a-d.lo] && t.cut[a-d.lo] && !t.bound[a-d.lo] {
				w.Scored++
			}
		}
	}
	return in
}

// inPlay is the components of ties among some accounts, tightened where they are
// too large, which w notes if it is given.
func (d *ground) inPlay(ties []tie, in []bool, w *WhatIf) []*component {
	var whole Run
	ties = slices.DeleteFunc(slices.Clone(ties), func(x tie) bool { return !in[x.accounts[0]-d.lo] })
	parts := d.components(&tied{ties: ties}, &whole)
	if w != nil {
		w.Limits = append(w.Limits, whole.Info.Limits...)
	}
	return parts
}

// ringsOf is a run over some components, with the rings that count.
func (d *ground) ringsOf(ctx context.Context, parts []*component, lift *Lift, prev *Run, o *Options) (*Run, error) {
	found, err := d.findRings(ctx, parts, o)
	if err != nil {
		return nil, err
	}
	run := &Run{Rings: []Ring{}}
	for _, f := range found {
		if f.ring.Probability >= lift.MinProbability && f.ring.SuppressedBy == "" {
			run.Rings = append(run.Rings, f.ring)
		}
	}
	carryOver(run, prev)
	sortRings(run.Rings)
	return run, nil
}

// compare notes what changed from one run to the other.
func (w *WhatIf) compare(was, is *Run) {
	before := make(map[string]*Ring)
	for i := range was.Rings {
		before[was.Rings[i].ID] = &was.Rings[i]
	}
	homes, later := homesOf(was.Rings), homesOf(is.Rings)
	for i := range is.Rings {
		r := &is.Rings[i]
		old := before[r.ID]
		delete(before, r.ID)
		c := RingChange{Change: "scored", Ring: *r}
		if old != nil {
			c.Was, c.Before = old.Size, old.Score
		}
		c.Fresh, c.With = r.among(homes)
		switch {
		case old == nil && 2*c.Fresh < r.Size:
			c.Change = "splits"
		case old == nil:
			c.Change = "appears"
		case r.Size > old.Size:
			c.Change = "grows"
		case r.Size < old.Size:
			c.Change = "shrinks"
		case r.Score == old.Score && slices.Equal(r.accountKeys(), old.accountKeys()):
			continue
		}
		w.Changes = append(w.Changes, c)
	}
	for _, old := range before {
		c := RingChange{Change: "vanishes", Was: old.Size, Before: old.Score, Ring: *old}
		c.Fresh, c.With = old.among(later)
		w.Changes = append(w.Changes, c)
	}
	slices.SortFunc(w.Changes, func(a, b RingChange) int {
		return cmp.Or(cmp.Compare(a.Change, b.Change), cmp.Compare(b.Ring.Score, a.Ring.Score), cmp.Compare(a.Ring.ID, b.Ring.ID))
	})
}

// homesOf is the ring of each account that is in one.
func homesOf(rings []Ring) map[string]string {
	homes := make(map[string]string)
	for i := range rings {
		for _, key := range rings[i].accountKeys() {
			homes[key] = rings[i].ID
		}
	}
	return homes
}

// among counts the accounts of a ring that are in none of others, and names the
// others that hold the rest.
func (r *Ring) among(homes map[string]string) (fresh int, with []string) {
	for _, key := range r.accountKeys() {
		switch id, ok := homes[key]; {
		case !ok:
			fresh++
		case id != r.ID:
			with = append(with, id)
		}
	}
	return fresh, distinctStrings(with)
}
