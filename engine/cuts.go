package engine

import (
	"cmp"
	"fmt"
	"slices"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// Names of what cuts identifiers, in the order in which they are asked.
const (
	cutPlaceholder = "placeholder"
	cutAllowList   = "allow_list"
	cutClass       = "class"
	cutCap         = "cap"
)

// RuleCut is what one rule of the policy cut of one kind of identifier.
type RuleCut struct {
	Name        string     `json:"name"` // rule, kind and class: cap:ip:carrier_nat
	Rule        string     `json:"rule"` // placeholder, allow_list, class, cap
	Kind        graph.Kind `json:"kind"`
	Class       string     `json:"class,omitempty"`
	Identifiers int        `json:"identifiers"`
	Accounts    int        `json:"accounts"` // distinct, that share one of these
	Unscored    int        `json:"unscored"` // of these, not scored for it
	Ties        int        `json:"ties"`     // that bursts and cores of these still make
	Tied        int        `json:"tied"`     // accounts, once for each of these ties
	Largest     int        `json:"largest"`  // accounts of the most shared
}

// name says which of the lines of a report counts a cut.
func (c *Cut) name() string {
	name := c.Rule + ":" + string(c.Ref.Kind)
	if c.Class != "" {
		name += ":" + c.Class
	}
	return name
}

// wholly reports whether not even bursts and the core of an identifier tie; class
// is its own, nil if it has none.
func (c *Cut) wholly(class *policy.Class) bool {
	return c.Rule == cutPlaceholder || c.Rule == cutAllowList || c.Rule == cutClass && class.Then == policy.ThenNever
}

// judge says what an identifier is and what cuts it, if anything does.
func (d *ground) judge(v graph.Vertex, sightings []sighting, accounts int) (*policy.Class, Cut) {
	ref := d.g.Ref(v)
	cut := Cut{Ref: ref, Accounts: accounts}
	lifted := func(rule string) bool {
		c := cut
		c.Rule = rule
		return d.lift != nil && d.lift(&c)
	}
	if d.placeholderOf(v) != "" && !lifted(cutPlaceholder) {
		cut.Rule = cutPlaceholder
		return nil, cut
	}
	if _, ok := d.allow[v]; ok && !lifted(cutAllowList) {
		cut.Rule = cutAllowList
		return nil, cut
	}
	rule := d.rules[ref.Kind]
	above := accounts > rule.Cap
	var class *policy.Class
	if above || d.classUnder {
		stats := d.statsOf(sightings, rule, d.atOnce)
		if class, _ = d.policy.ClassFor(ref.Kind, &stats); class != nil {
			cut.Class = class.Name
		}
	}
	switch {
	case class != nil && class.Then == policy.ThenNever && !lifted(cutClass):
		cut.Rule = cutClass
	case above && !lifted(cutCap):
		cut.Rule, cut.Cap = cutCap, rule.Cap
	case !above && class != nil && class.Then == policy.ThenBursts && !lifted(cutClass):
		cut.Rule = cutClass
	}
	return class, cut
}

// reportCuts sums up what each rule cut, and tells the accounts that are not
// scored for it. Time: O(sightings on what was cut).
func (d *ground) reportCuts(t *tied, run *Run) {
	lines := make(map[string]*RuleCut)
	byName := make(map[string][]graph.Vertex)
	for i := range t.cuts {
		c := &t.cuts[i]
		name := c.name()
		if lines[name] == nil {
			lines[name] = &RuleCut{Name: name, Rule: c.Rule, Kind: c.Ref.Kind, Class: c.Class}
		}
		lines[name].Identifiers++
		lines[name].Largest = max(lines[name].Largest, c.Accounts)
		if v, ok := d.g.Lookup(c.Ref); ok {
			byName[name] = append(byName[name], v)
		}
	}
	unscored := make(map[graph.Vertex]int) // its row among the scores
	for i := range run.Scores {
		if s := &run.Scores[i]; s.Status == StatusNotScoredHub {
			if v, ok := d.g.Lookup(graph.Ref{Kind: graph.Account, Key: s.Account}); ok {
				unscored[v] = i
			}
		}
	}
	d.countTiesOnCuts(t, lines)
	seen := make([]int32, d.pop.accounts) // by account: the last line that counted it
	var buf []sighting
	for i, name := range sortedKeys(byName) {
		l := lines[name]
		for _, v := range byName[name] {
			buf = d.sightingsOf(v, buf[:0])
			for _, s := range buf {
				if seen[s.account-d.lo] == int32(i+1) {
					continue
				}
				seen[s.account-d.lo] = int32(i + 1)
				l.Accounts++
				if row, ok := unscored[s.account]; ok {
					l.Unscored++
					run.Scores[row].CutBy = append(run.Scores[row].CutBy, name)
				}
			}
		}
		run.Info.CutBy = append(run.Info.CutBy, *l)
	}
	slices.SortStableFunc(run.Info.CutBy, func(a, b RuleCut) int {
		return cmp.Or(cmp.Compare(b.Unscored, a.Unscored), cmp.Compare(b.Accounts, a.Accounts), cmp.Compare(a.Name, b.Name))
	})
}

// countTiesOnCuts counts what bursts and cores of cut identifiers tie.
func (d *ground) countTiesOnCuts(t *tied, lines map[string]*RuleCut) {
	cut := make(map[graph.Vertex]string, len(t.cuts))
	for i := range t.cuts {
		if v, ok := d.g.Lookup(t.cuts[i].Ref); ok {
			cut[v] = t.cuts[i].name()
		}
	}
	for i := range t.ties {
		if name, ok := cut[t.ties[i].on]; ok && t.ties[i].found == policy.DetectorShared {
			lines[name].Ties++
			lines[name].Tied += len(t.ties[i].accounts)
		}
	}
}

// expiredNotes says which entries of the allow list do not apply any more.
func (d *ground) expiredNotes() []string {
	var notes []string
	for _, a := range d.expired {
		name := a.Ref
		if ref, err := graph.ParseRef(a.Ref); err == nil {
			name = ref.Masked()
		}
		notes = append(notes, fmt.Sprintf("allow list: the entry for %s expired on %s and does not apply (owner %s)", name, a.Expires, a.Owner))
	}
	return notes
}
