package engine

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// Explanation says what the policy makes of one identifier or one account.
type Explanation struct {
	Ref        graph.Ref              `json:"ref"`
	Policy     string                 `json:"policy"`
	AsOf       graph.Time             `json:"as_of,omitzero"` // the day by which entries of the allow list expire
	Identifier *IdentifierExplanation `json:"identifier,omitempty"`
	Account    *AccountExplanation    `json:"account,omitempty"`
}

// IdentifierExplanation is why an identifier ties, or does not.
type IdentifierExplanation struct {
	Rule        policy.KindRule        `json:"rule"` // of its kind
	Stats       policy.IdentifierStats `json:"stats"`
	Placeholder string                 `json:"placeholder,omitempty"` // why it is no identifier
	Allow       *AllowFound            `json:"allow,omitempty"`
	Class       *ClassFound            `json:"class,omitempty"`
	Cut         string                 `json:"cut,omitempty"` // what cuts it, as [RuleCut.Name] says
	Ties        []TieFound             `json:"ties"`          // by time
	Rarity      float64                `json:"rarity"`        // bits of sharing one of its kind so widely, before any cut
	AsWide      int                    `json:"as_wide"`       // accounts on identifiers of the kind that as many share
}

// AllowFound is an entry of the allow list, and whether it still applies.
type AllowFound struct {
	policy.Allowed
	Expired bool `json:"expired"`
}

// ClassFound is the class of an identifier, and what spoke for it.
type ClassFound struct {
	Name   string               `json:"name"`
	Then   policy.Consequence   `json:"then"`
	Bits   float64              `json:"bits"`
	Reason string               `json:"reason"`
	Why    []policy.Ascertained `json:"why"`
}

// TieFound is one tie.
type TieFound struct {
	How      string      `json:"how"` // whole, burst, core; or the detector of a pattern
	On       graph.Ref   `json:"on,omitzero"`
	Accounts int         `json:"accounts"`
	From     graph.Time  `json:"from,omitzero"`
	To       graph.Time  `json:"to,omitzero"`
	Bits     float64     `json:"bits"`
	Members  []graph.Ref `json:"members,omitempty"` // as many as were asked for
}

// AccountExplanation is what of an account ties, what was cut, and by what.
type AccountExplanation struct {
	Status      Status           `json:"status"` // outside of rings
	Identifiers []IdentifierUsed `json:"identifiers"`
	More        int              `json:"more,omitempty"` // identifiers beyond as many as were asked for
	Patterns    []TieFound       `json:"patterns"`       // ties over what it does
	CutBy       []string         `json:"cut_by"`         // what it is not scored for; none if it is scored
}

// IdentifierUsed is one identifier of an account.
type IdentifierUsed struct {
	Ref      graph.Ref `json:"ref"`
	Accounts int       `json:"accounts"` // that share it
	Class    string    `json:"class,omitempty"`
	Cut      string    `json:"cut,omitempty"`
	TiedTo   int       `json:"tied_to"` // other accounts that it ties this one to
	Bits     float64   `json:"bits"`    // of the strongest such tie
}

// Explainer says what a policy makes of the identifiers and accounts of one
// snapshot, whose ties it has found. It may be used by one goroutine at a time.
type Explainer struct {
	d      *ground
	t      *tied
	policy string
	asOf   graph.Time
}

// NewExplainer finds the ties of a snapshot under a policy, nil for the one that
// ships. Time: that of finding ties, O(links · log links). Memory: the ties.
func NewExplainer(ctx context.Context, g *graph.Snapshot, p *policy.Policy, asOf graph.Time) (*Explainer, error) {
	o := Options{Policy: p, AsOf: asOf, Model: NoModel()}
	if err := o.complete(); err != nil {
		return nil, err
	}
	d, t, err := groundAndTies(ctx, g, &o)
	if err != nil {
		return nil, err
	}
	return &Explainer{d, t, o.Policy.Version(), d.today(asOf)}, nil
}

// Explain says what the policy makes of an identifier or an account, with at
// most limit accounts or identifiers of any one list. It fails with
// graph.ErrNotFound if the snapshot does not hold ref. Time: O(ties) for an
// account, O(links of its kind) for an identifier.
func (x *Explainer) Explain(ref graph.Ref, limit int) (*Explanation, error) {
	v, ok := x.d.g.Lookup(ref)
	if !ok {
		return nil, fmt.Errorf("explain: %s %w in the data", ref.Kind, graph.ErrNotFound)
	}
	e := &Explanation{Ref: ref, Policy: x.policy, AsOf: x.asOf}
	if x.d.isAccount(v) {
		e.Account = x.d.explainAccount(x.t, v, limit)
	} else {
		e.Identifier = x.d.explainIdentifier(x.t, v, limit)
	}
	return e, nil
}

// Explain is one answer of an [Explainer].
func Explain(ctx context.Context, g *graph.Snapshot, ref graph.Ref, p *policy.Policy, asOf graph.Time, limit int) (*Explanation, error) {
	if _, ok := g.Lookup(ref); !ok { // before all ties are found for nothing
		return nil, fmt.Errorf("explain: %s %w in the data", ref.Kind, graph.ErrNotFound)
	}
	x, err := NewExplainer(ctx, g, p, asOf)
	if err != nil {
		return nil, err
	}
	return x.Explain(ref, limit)
}

func (d *ground) explainIdentifier(t *tied, v graph.Vertex, limit int) *IdentifierExplanation {
	ref := d.g.Ref(v)
	sightings := d.sightingsOf(v, nil)
	x := &IdentifierExplanation{Rule: d.rules[ref.Kind], Ties: []TieFound{}, Placeholder: d.placeholderOf(v)}
	x.Stats = d.statsOf(sightings, x.Rule, true)
	for _, a := range d.policy.Allow {
		if a.Ref == ref.String() {
			_, applies := d.allow[v]
			x.Allow = &AllowFound{a, !applies}
		}
	}
	if x.Rule.Cap > 0 {
		if class, why := d.policy.ClassFor(ref.Kind, &x.Stats); class != nil {
			x.Class = &ClassFound{class.Name, class.Then, class.Bits, class.Reason, why}
		}
	}
	if i := slices.IndexFunc(t.cuts, func(c Cut) bool { return c.Ref == ref }); i >= 0 {
		x.Cut = t.cuts[i].name()
	}
	bursts := 0
	if x.Cut != "" {
		bursts = len(d.bursts(sightings, x.Rule.Burst))
	}
	for i := range t.ties {
		if y := &t.ties[i]; y.on == v && y.found == policy.DetectorShared {
			how := "whole"
			switch {
			case y.burst && len(x.Ties) < bursts:
				how = "burst"
			case y.burst:
				how = "core"
			}
			x.Ties = append(x.Ties, d.tieFound(y, how, limit))
		}
	}
	slices.SortStableFunc(x.Ties, func(a, b TieFound) int { return cmp.Compare(a.From, b.From) })
	x.Rarity, x.AsWide = d.rarityOf(ref.Kind, x.Stats.Accounts)
	return x
}

func (d *ground) tieFound(y *tie, how string, limit int) TieFound {
	f := TieFound{How: how, Accounts: len(y.accounts), From: y.from, To: y.to, Bits: roundBits(y.bits)}
	for _, a := range y.accounts[:min(limit, len(y.accounts))] {
		f.Members = append(f.Members, d.g.Ref(a))
	}
	return f
}

// rarityOf is log2 of how rare it is that an account has an identifier of the
// kind that n accounts or more share, whatever the policy cuts. Time: O(links of
// the kind).
func (d *ground) rarityOf(k graph.Kind, n int) (bits float64, asWide int) {
	if n < 2 {
		return 0, 0
	}
	seen := make([]bool, d.pop.accounts)
	var buf []sighting
	for v, hi := d.g.OfKind(k); v < hi; v++ {
		if buf = d.sightingsOf(v, buf[:0]); len(buf) < n {
			continue
		}
		accounts := accountsOf(buf)
		if len(accounts) < n {
			continue
		}
		for _, a := range accounts {
			if !seen[a-d.lo] {
				seen[a-d.lo] = true
				asWide++
			}
		}
	}
	return max(0, roundBits(-math.Log2(share(asWide, d.pop.accounts)))), asWide
}

func (d *ground) explainAccount(t *tied, a graph.Vertex, limit int) *AccountExplanation {
	x := &AccountExplanation{Status: d.status(t, a), Identifiers: []IdentifierUsed{}, Patterns: []TieFound{}, CutBy: []string{}}
	cuts := make(map[graph.Ref]*Cut, len(t.cuts))
	for i := range t.cuts {
		cuts[t.cuts[i].Ref] = &t.cuts[i]
	}
	over := make(map[graph.Vertex]*IdentifierUsed)
	for _, v := range d.identifiersOf(a) {
		u := &IdentifierUsed{Ref: d.g.Ref(v), Accounts: len(accountsOf(d.sightingsOf(v, nil)))}
		if c := cuts[u.Ref]; c != nil {
			u.Cut, u.Class = c.name(), c.Class
			x.CutBy = append(x.CutBy, u.Cut)
		}
		over[v] = u
	}
	for i := range t.ties {
		y := &t.ties[i]
		if _, in := slices.BinarySearch(y.accounts, a); !in {
			continue
		}
		if u := over[y.on]; u != nil && y.found == policy.DetectorShared {
			u.TiedTo, u.Bits = max(u.TiedTo, len(y.accounts)-1), max(u.Bits, roundBits(y.bits))
			continue
		}
		f := d.tieFound(y, y.found, limit)
		if !d.isAccount(y.on) {
			f.On = d.g.Ref(y.on)
		}
		x.Patterns = append(x.Patterns, f)
	}
	for _, u := range over {
		x.Identifiers = append(x.Identifiers, *u)
	}
	slices.SortFunc(x.Identifiers, func(a, b IdentifierUsed) int {
		return cmp.Or(cmp.Compare(b.Bits, a.Bits), cmp.Compare(b.Accounts, a.Accounts), a.Ref.Compare(b.Ref))
	})
	x.More = max(0, len(x.Identifiers)-limit)
	x.Identifiers = x.Identifiers[:min(limit, len(x.Identifiers))]
	if x.CutBy = distinctStrings(x.CutBy); x.Status != StatusNotScoredHub {
		x.CutBy = []string{}
	}
	return x
}

// identifiersOf is what an account has that may tie, ascending.
func (d *ground) identifiersOf(a graph.Vertex) []graph.Vertex {
	var out []graph.Vertex
	add := func(v graph.Vertex, l graph.LinkID) {
		if !d.isAccount(v) && !d.never[d.g.TypeOf(l)] && !d.failed[l] && d.rules[d.g.Kind(v)].Cap > 0 {
			out = append(out, v)
		}
	}
	for l, hi := d.g.Out(a); l < hi; l++ {
		add(d.g.To(l), l)
	}
	if d.assoc >= 0 && !d.never[d.assoc] {
		for _, l := range d.g.In(a) {
			if int(d.g.TypeOf(l)) == d.assoc {
				add(d.g.From(l), l)
			}
		}
	}
	return distinct(out)
}
