package policy

import (
	"fmt"
	"slices"

	"ringleader/graph"
)

// Class is a sort of thing that people share, such as a carrier's address or a
// shop's demo phone, told by what is seen of it. Of the classes of a policy the
// first that fits an identifier is its own.
type Class struct {
	Name   string       `yaml:"name" json:"name"`
	Kinds  []graph.Kind `yaml:"kinds" json:"kinds"` // none: all that may tie
	When   Conditions   `yaml:"when" json:"when"`
	Then   Consequence  `yaml:"then" json:"then"` // empty: the cap decides
	Bits   float64      `yaml:"bits" json:"bits"` // 0 or less: added to what each tie over it is worth
	Reason string       `yaml:"reason" json:"reason"`
}

// Consequence is what follows for the identifiers of a class.
type Consequence string

// Consequences, besides none, which leaves it to the cap.
const (
	ThenBursts Consequence = "bursts" // only bursts and the core tie, as above the cap
	ThenNever  Consequence = "never"  // nothing ties
)

// Conditions of a class; all of them must hold. One that needs times or
// openings fails where the data has none.
type Conditions struct {
	Cap       string    `yaml:"cap" json:"cap"` // above or under that of the kind; empty: either
	Accounts  Range     `yaml:"accounts" json:"accounts"`
	People    Range     `yaml:"people" json:"people"`
	Lasts     SpanRange `yaml:"lasts" json:"lasts"`         // from its first sighting to its last
	Stay      SpanRange `yaml:"stay" json:"stay"`           // of half of its accounts, from first to last sighting, at the least
	PerDay    Range     `yaml:"per_day" json:"per_day"`     // accounts that are new to it
	AtOnce    Range     `yaml:"at_once" json:"at_once"`     // largest share of its accounts that have it at one time
	Natives   Range     `yaml:"natives" json:"natives"`     // share of accounts opened within a day of coming to it
	Returning Range     `yaml:"returning" json:"returning"` // share of accounts seen again after a day
}

// Range is bounds of a number, both included; 0: none.
type Range struct {
	Min float64 `yaml:"min" json:"min"`
	Max float64 `yaml:"max" json:"max"`
}

// SpanRange is bounds of a length of time, both included; 0: none.
type SpanRange struct {
	Min Span `yaml:"min" json:"min"`
	Max Span `yaml:"max" json:"max"`
}

// Words of [Conditions.Cap].
const (
	capAbove = "above"
	capUnder = "under"
)

// Ascertained is one condition of a class beside what was found.
type Ascertained struct {
	What   string `json:"what"`
	Found  string `json:"found"`
	Wanted string `json:"wanted"`
}

// IdentifierStats is what classes are told by. Times are known only where
// sightings have times.
type IdentifierStats struct {
	Accounts  int        `json:"accounts"`
	People    int        `json:"people"`
	AboveCap  bool       `json:"above_cap"`
	First     graph.Time `json:"first,omitzero"` // sighting
	Last      graph.Time `json:"last,omitzero"`  // sighting
	Stay      Span       `json:"stay"`           // the lower median of its accounts'
	PerDay    float64    `json:"per_day"`        // accounts new to it, over its days
	AtOnce    int        `json:"at_once"`        // most accounts that have it at one time
	Natives   float64    `json:"natives"`        // share
	Returning float64    `json:"returning"`      // share
}

// dated reports whether any sighting has a time.
func (s *IdentifierStats) dated() bool { return s.First.Known() }

// lasts is the time from the first to the last sighting.
func (s *IdentifierStats) lasts() int64 { return s.Last.Millis() - s.First.Millis() }

// ClassFor is the class of an identifier, nil if none fits, and what spoke for
// it.
func (p *Policy) ClassFor(k graph.Kind, s *IdentifierStats) (*Class, []Ascertained) {
	for i := range p.Classes {
		c := &p.Classes[i]
		if len(c.Kinds) > 0 && !slices.Contains(c.Kinds, k) {
			continue
		}
		if why, ok := c.When.hold(s); ok {
			return c, why
		}
	}
	return nil, nil
}

// hold checks every condition.
func (c *Conditions) hold(s *IdentifierStats) (why []Ascertained, ok bool) {
	ok = true
	note := func(what, found, wanted string, holds bool) {
		ok = ok && holds
		why = append(why, Ascertained{what, found, wanted})
	}
	number := func(what string, r Range, x float64, known bool) {
		if r != (Range{}) {
			note(what, fmt.Sprintf("%.4g", x), r.String(), known && x >= r.Min && (r.Max == 0 || x <= r.Max))
		}
	}
	span := func(what string, r SpanRange, ms int64) {
		if r != (SpanRange{}) {
			note(what, SpanOf(ms).Words(), r.String(), s.dated() && ms >= r.Min.Millis() && (r.Max == 0 || ms <= r.Max.Millis()))
		}
	}
	if c.Cap != "" {
		found := capUnder
		if s.AboveCap {
			found = capAbove
		}
		note("cap", found, c.Cap, found == c.Cap)
	}
	number("accounts", c.Accounts, float64(s.Accounts), true)
	number("people", c.People, float64(s.People), true)
	if ok { // the rest costs more to say
		span("lasts", c.Lasts, s.lasts())
		span("stay", c.Stay, s.Stay.Millis())
		number("per_day", c.PerDay, s.PerDay, s.dated())
		number("at_once", c.AtOnce, float64(s.AtOnce)/float64(max(1, s.Accounts)), true)
		number("natives", c.Natives, s.Natives, s.dated())
		number("returning", c.Returning, s.Returning, s.dated())
	}
	return why, ok
}

// String is the bounds in words.
func (r Range) String() string {
	return bounds(fmt.Sprintf("%.4g", r.Min), fmt.Sprintf("%.4g", r.Max), r.Min == 0, r.Max == 0)
}

// String is the bounds in words.
func (r SpanRange) String() string {
	return bounds(r.Min.String(), r.Max.String(), r.Min == 0, r.Max == 0)
}

func bounds(low, high string, noLow, noHigh bool) string {
	switch {
	case noHigh:
		return low + " or more"
	case noLow:
		return high + " or less"
	}
	return low + " to " + high
}

// ClassesUnderCap reports whether a class may change what ties under the cap,
// so that all shared identifiers must be measured and not only the few above.
func (p *Policy) ClassesUnderCap() bool {
	return slices.ContainsFunc(p.Classes, func(c Class) bool {
		return (c.Then != "" || c.Bits != 0) && c.When.Cap != capAbove
	})
}

// AsksAtOnce reports whether a class wants to know who has a thing at one time.
func (p *Policy) AsksAtOnce() bool {
	return slices.ContainsFunc(p.Classes, func(c Class) bool { return c.When.AtOnce != Range{} })
}

func validateClasses(classes []Class) error {
	for i := range classes {
		c := &classes[i]
		switch w := &c.When; {
		case !ruleName.MatchString(c.Name):
			return bad(item("classes", i, "name"), "class %d: name %q: want lower case letters, digits and _", i+1, c.Name)
		case slices.ContainsFunc(classes[:i], func(o Class) bool { return o.Name == c.Name }):
			return bad(item("classes", i, "name"), "class %d: a second %s", i+1, c.Name)
		case c.Then != "" && c.Then != ThenBursts && c.Then != ThenNever:
			return bad(item("classes", i, "then"), "class %s: then %q: want bursts or never, or leave it to the cap", c.Name, c.Then)
		case !(c.Bits >= -64 && c.Bits <= 0):
			return bad(item("classes", i, "bits"), "class %s: bits %v: want -64 to 0", c.Name, c.Bits)
		case c.Reason == "":
			return bad(item("classes", i, ""), "class %s: reason is missing", c.Name)
		case *w == Conditions{}:
			return bad(item("classes", i, ""), "class %s: when is missing: it would take every identifier", c.Name)
		case w.Cap != "" && w.Cap != capAbove && w.Cap != capUnder:
			return bad(item("classes", i, "when.cap"), "class %s: cap %q: want above or under", c.Name, w.Cap)
		default:
			if name := w.wrongRange(); name != "" {
				return bad(item("classes", i, "when."+name), "class %s: %s: want a min of 0 or more, and a max no smaller", c.Name, name)
			}
		}
		for _, k := range c.Kinds {
			if _, err := graph.ParseKind(string(k)); err != nil {
				return bad(item("classes", i, "kinds"), "class %s: %v", c.Name, err)
			}
		}
	}
	return nil
}

// wrongRange names a range without anything in it, empty if there is none.
func (c *Conditions) wrongRange() string {
	for _, r := range []struct {
		name string
		r    Range
	}{{"accounts", c.Accounts}, {"people", c.People}, {"per_day", c.PerDay}, {"at_once", c.AtOnce}, {"natives", c.Natives}, {"returning", c.Returning}} {
		if !(r.r.Min >= 0 && r.r.Max >= 0 && r.r.Min <= 1e12 && r.r.Max <= 1e12) || r.r.Max > 0 && r.r.Max < r.r.Min {
			return r.name
		}
	}
	for _, r := range []struct {
		name string
		r    SpanRange
	}{{"lasts", c.Lasts}, {"stay", c.Stay}} {
		if r.r.Max > 0 && r.r.Max < r.r.Min {
			return r.name
		}
	}
	return ""
}
