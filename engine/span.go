package engine

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"ringleader/graph"
	"ringleader/yamlfile"
)

// Span is a length of time in a policy, written 30d, 12h, 10m, 5s or forever.
type Span time.Duration

// Forever is the span without an end.
const Forever = Span(math.MaxInt64)

// ParseSpan reads a whole number with one unit, or forever.
func ParseSpan(s string) (Span, error) {
	if s == "forever" {
		return Forever, nil
	}
	units := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}
	bad := fmt.Errorf("%w span %q: want a number with s, m, h or d, or forever", graph.ErrInvalid, s)
	if len(s) < 2 {
		return 0, bad
	}
	unit, ok := units[s[len(s)-1:]]
	n, err := strconv.ParseUint(s[:len(s)-1], 10, 32)
	if !ok || err != nil || time.Duration(n) > time.Duration(math.MaxInt64)/unit {
		return 0, bad
	}
	return Span(time.Duration(n) * unit), nil
}

// String is the inverse of [ParseSpan], in the largest unit that fits.
func (s Span) String() string {
	if s == Forever {
		return "forever"
	}
	d := time.Duration(s)
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if d != 0 && d%u.unit == 0 {
			return strconv.FormatInt(int64(d/u.unit), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(d/time.Second), 10) + "s"
}

// MarshalText writes a span as [ParseSpan] reads it.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a span.
func (s *Span) UnmarshalText(b []byte) (err error) {
	*s, err = ParseSpan(strings.TrimSpace(string(b)))
	return err
}

// UnmarshalYAML reads a span of a file. Without it the YAML library would print
// the whole file for each of them to hand the text over.
func (s *Span) UnmarshalYAML(node ast.Node) error {
	if tag, ok := node.(*ast.TagNode); ok {
		node = tag.Value
	}
	at := node.GetToken()
	if err := s.UnmarshalText([]byte(at.Value)); err != nil {
		return &yamlfile.Error{Line: at.Position.Line, Text: err.Error()}
	}
	return nil
}

// spanOf is a number of milliseconds, 0 or more.
func spanOf(ms int64) Span {
	if ms > int64(Forever)/int64(time.Millisecond) {
		return Forever
	}
	return Span(time.Duration(ms) * time.Millisecond)
}

func (s Span) millis() int64 {
	if s == Forever {
		return math.MaxInt64
	}
	return time.Duration(s).Milliseconds()
}

func parseDay(s string) (graph.Time, error) {
	t, err := time.Parse(time.DateOnly, s)
	return graph.TimeOf(t), err
}

// Ends of spans that are open, in milliseconds.
const (
	always = math.MinInt64
	never  = math.MaxInt64
)

// sighting is one time that an account was seen with an identifier, and the
// milliseconds in which that counts: lo ≤ t ≤ hi.
type sighting struct {
	account graph.Vertex
	link    graph.LinkID
	lo, hi  int64
}

// later is ms + d without running over the end of time.
func later(ms, d int64) int64 {
	if d > never-max(ms, 0) {
		return never
	}
	return ms + d
}

// applySpans orders the sightings of one identifier by time and sets when each
// one counts: from the sighting to its stated end, else for the kind's hold;
// one without a time counts always. For an exclusive kind another owner's later
// sighting ends a span, and what a hold had added goes: the first owner was
// last seen when it was last seen.
func applySpans(g *graph.Snapshot, sightings []sighting, r KindRule) {
	for i := range sightings {
		s := &sightings[i]
		at, until := g.At(s.link), g.Until(s.link)
		switch {
		case !at.Known():
			s.lo, s.hi = always, never
		case until.Known():
			s.lo, s.hi = at.Millis(), max(at.Millis(), until.Millis())
		default:
			s.lo, s.hi = at.Millis(), later(at.Millis(), r.Hold.millis())
		}
	}
	slices.SortFunc(sightings, func(a, b sighting) int {
		return cmp.Or(cmp.Compare(a.lo, b.lo), cmp.Compare(a.account, b.account), cmp.Compare(a.link, b.link))
	})
	if !r.Exclusive {
		return
	}
	endOwners(g, sightings)
}

// endOwners cuts the spans of an exclusive identifier, whose sightings come by
// time, where another owner follows. Who is seen again after that never gave
// it up: the two of them hold it at once.
func endOwners(g *graph.Snapshot, sightings []sighting) {
	next := int64(never) // when the owner after the one of the run began
	var after []sighting // the last sighting of each account that follows
	for i := len(sightings) - 1; i >= 0; i-- {
		if i+1 < len(sightings) && sightings[i+1].account != sightings[i].account {
			next = sightings[i+1].lo
		}
		s := &sightings[i]
		k := slices.IndexFunc(after, func(o sighting) bool { return o.account == s.account })
		if k < 0 {
			after = append(after, *s)
		}
		switch {
		case s.lo == always || s.hi < next || next == s.lo:
		case k >= 0 && after[k].lo > next:
			s.hi = min(s.hi, after[k].lo)
		case g.Until(s.link).Known():
			s.hi = next - 1
		default:
			s.hi = s.lo
		}
	}
}

// overlapGroups cuts ordered sightings where nothing spans the gap: within a
// group each span lies within window of one before it.
func overlapGroups(sightings []sighting, window Span) [][]sighting {
	var groups [][]sighting
	start, reach := 0, int64(always)
	for i, s := range sightings {
		if i > start && reach != never && s.lo > later(reach, window.millis()) {
			groups = append(groups, sightings[start:i])
			start, reach = i, always
		}
		reach = max(reach, s.hi)
	}
	if start < len(sightings) {
		groups = append(groups, sightings[start:])
	}
	return groups
}
