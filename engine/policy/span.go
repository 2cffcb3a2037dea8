package policy

import (
	"fmt"
	"math"
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

// Words is a span in the words of a report: 5 minutes, 699 days.
func (s Span) Words() string {
	d := time.Duration(s)
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d seconds", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d minutes", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d hours", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
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

// SpanOf is a number of milliseconds, 0 or more.
func SpanOf(ms int64) Span {
	if ms > int64(Forever)/int64(time.Millisecond) {
		return Forever
	}
	return Span(time.Duration(ms) * time.Millisecond)
}

// Millis is a span in milliseconds, the largest number for [Forever].
func (s Span) Millis() int64 {
	if s == Forever {
		return math.MaxInt64
	}
	return time.Duration(s).Milliseconds()
}
