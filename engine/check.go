package engine

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// CheckReport says what detection could see in a snapshot, before a run is
// paid for: who can run, what is shared most, where days are missing, and what
// the policy would cut.
type CheckReport struct {
	Policy    string             `json:"policy"`
	Accounts  int                `json:"accounts"`
	Nodes     int                `json:"nodes"`
	Links     int                `json:"links"`
	Undated   int                `json:"undated"`         // links without a time
	First     graph.Time         `json:"first,omitzero"`  // of the links
	Last      graph.Time         `json:"last,omitzero"`   // of the links
	Detectors []DetectorCheck    `json:"detectors"`       // in the order in which they run
	Shared    []SharedIdentifier `json:"shared"`          // by kind, most accounts first, at most 20 of a kind
	Gaps      []Gap              `json:"gaps"`            // by type, then day
	Cuts      []CutCount         `json:"cuts"`            // by rule, then kind
	CutOff    int                `json:"cut_off"`         // accounts that share only what is cut
	Notes     []string           `json:"notes,omitempty"` // what else keeps accounts apart
}

// DetectorCheck says whether a detector has what it needs.
type DetectorCheck struct {
	Name  string `json:"name"`
	Runs  bool   `json:"runs"`
	Lacks []Lack `json:"lacks,omitempty"` // without which it cannot run, or not see as much
}

// Lack is something that the data do not say.
type Lack struct {
	What   string `json:"what"`
	Column string `json:"column"` // of the canonical layout, such as uses.at
	Needed bool   `json:"needed"` // without it the detector cannot run
}

// SharedIdentifier is an identifier that many accounts have.
type SharedIdentifier struct {
	Ref      graph.Ref `json:"ref"`
	Accounts int       `json:"accounts"`
	Cap      int       `json:"cap"`               // of its kind
	Rule     string    `json:"rule,omitempty"`    // that cuts it: cap, placeholder, allow_list
	Suspect  string    `json:"suspect,omitempty"` // why it may be a placeholder that the policy does not know
}

// Gap is a stretch of whole days, UTC, without any link of a type of which
// there should be some: at the type's mean pace chance leaves so many days
// empty less than once in e^10.
type Gap struct {
	Type graph.LinkType `json:"type"`
	From graph.Time     `json:"from"` // the beginning of the first such day
	Days int            `json:"days"`
}

// CutCount is what one rule of the policy cuts of one kind.
type CutCount struct {
	Rule        string     `json:"rule"` // cap, placeholder, allow_list
	Kind        graph.Kind `json:"kind"`
	Identifiers int        `json:"identifiers"`
	Largest     int        `json:"largest"` // accounts that share the largest
}

// Check looks at a snapshot with the eyes of a policy, nil for the default. It
// depends on the facts and the policy alone. It fails only if the policy is
// invalid or ctx ends. Time: O(links · log links).
func Check(ctx context.Context, g *graph.Snapshot, p *policy.Policy) (*CheckReport, error) {
	o := Options{Policy: p}
	if err := o.complete(); err != nil {
		return nil, err
	}
	d, err := newGround(ctx, g, &o)
	if err != nil {
		return nil, err
	}
	t, err := d.findTies(ctx)
	if err != nil {
		return nil, err
	}
	r := &CheckReport{Policy: o.Policy.Version(), Accounts: d.pop.accounts, Nodes: g.Len(), Links: g.Links(),
		Gaps: d.gaps(), Shared: []SharedIdentifier{}, Cuts: countCuts(t.cuts)}
	for l := range graph.LinkID(g.Links()) {
		switch at := g.At(l); {
		case !at.Known():
			r.Undated++
		default:
			r.First, r.Last = earlier(r.First, at), max(r.Last, at)
		}
	}
	lacks := d.lacks()
	for _, det := range detectors(d) {
		c := DetectorCheck{Name: det.name(), Runs: true, Lacks: lacks[det.name()]}
		for _, l := range c.Lacks {
			c.Runs = c.Runs && !l.Needed
		}
		r.Detectors = append(r.Detectors, c)
	}
	for i := range t.cut {
		if t.cut[i] && !t.bound[i] {
			r.CutOff++
		}
	}
	rules := make(map[graph.Ref]string, len(t.cuts))
	for _, c := range t.cuts {
		rules[c.Ref] = c.Rule
	}
	for _, k := range g.Kinds() {
		shared, err := d.mostShared(ctx, k, rules)
		if err != nil {
			return nil, err
		}
		r.Shared = append(r.Shared, shared...)
	}
	r.Notes = append(d.apart(), d.expiredNotes()...)
	return r, nil
}

// countCuts sums cuts up by rule and kind.
func countCuts(cuts []Cut) []CutCount {
	out := []CutCount{}
	for _, c := range cuts {
		i := slices.IndexFunc(out, func(n CutCount) bool { return n.Rule == c.Rule && n.Kind == c.Ref.Kind })
		if i < 0 {
			i = len(out)
			out = append(out, CutCount{Rule: c.Rule, Kind: c.Ref.Kind})
		}
		out[i].Identifiers++
		out[i].Largest = max(out[i].Largest, c.Accounts)
	}
	slices.SortFunc(out, func(a, b CutCount) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Kind, b.Kind))
	})
	return out
}

// mostShown is how many identifiers of a kind a check lists.
const mostShown = 20

// mostShared is the identifiers of a kind that most accounts have, and more
// than one, with what cuts them.
func (d *ground) mostShared(ctx context.Context, k graph.Kind, rules map[graph.Ref]string) ([]SharedIdentifier, error) {
	rule := d.rules[k]
	if k == graph.Account || rule.Cap == 0 {
		return nil, nil
	}
	var all []SharedIdentifier
	var buf []sighting
	for v, hi := d.g.OfKind(k); v < hi; v++ {
		if v%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		buf = d.sightingsOf(v, buf[:0])
		if n := len(accountsOf(buf)); n > 1 {
			all = append(all, SharedIdentifier{Ref: d.g.Ref(v), Accounts: n, Cap: rule.Cap})
		}
	}
	slices.SortFunc(all, func(a, b SharedIdentifier) int {
		return cmp.Or(cmp.Compare(b.Accounts, a.Accounts), a.Ref.Compare(b.Ref))
	})
	usual := 0 // accounts of the first that is not listed, or the last that is
	if len(all) > 0 {
		usual = all[min(mostShown, len(all)-1)].Accounts
	}
	all = all[:min(mostShown, len(all))]
	for i := range all {
		s := &all[i]
		s.Rule = rules[s.Ref]
		if s.Rule == "cap" {
			s.Suspect = suspectKey(s.Ref.Key, s.Accounts, usual)
		}
	}
	return all, nil
}

// suspectKey says why a key that n accounts share may be a placeholder, empty
// if nothing says so; usual is what the most shared of its kind come to.
func suspectKey(key string, n, usual int) string {
	plain := strings.Map(func(r rune) rune {
		if strings.ContainsRune(":.-+ /_", r) {
			return -1
		}
		return r
	}, key)
	first, _ := utf8.DecodeRuneInString(plain)
	switch {
	case len(plain) >= 4 && strings.Trim(plain, string(first)) == "":
		return "one character over and over"
	case n >= 10*usual:
		return fmt.Sprintf("%.0f times the accounts of others of its kind", float64(n)/float64(usual))
	}
	return ""
}

const dayMillis = 24 * hour

// emptyNats is how unlikely, as a natural logarithm, an empty stretch must be.
const emptyNats = 10

// gaps looks for days that are missing, type by type.
func (d *ground) gaps() []Gap {
	days := make([][]int64, len(d.g.Types()))
	links := make([]int, len(days))
	for l := range graph.LinkID(d.g.Links()) {
		if at := d.g.At(l); at.Known() {
			t := d.g.TypeOf(l)
			days[t] = append(days[t], int64(math.Floor(float64(at.Millis())/dayMillis)))
			links[t]++
		}
	}
	out := []Gap{}
	for t := range days {
		slices.Sort(days[t])
		list := slices.Compact(days[t])
		if len(list) < 2 {
			continue
		}
		pace := float64(links[t]) / float64(list[len(list)-1]-list[0]+1)
		for i := 1; i < len(list); i++ {
			empty := list[i] - list[i-1] - 1
			if empty > 0 && pace*float64(empty) >= emptyNats {
				out = append(out, Gap{d.g.Types()[t], graph.Millis((list[i-1] + 1) * dayMillis), int(empty)})
			}
		}
	}
	return out
}
