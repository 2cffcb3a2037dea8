package policy

import (
	"fmt"
	"regexp"
	"slices"

	"ringleader/graph"
)

// Placeholder is a shape of keys that stand for no identifier at all.
type Placeholder struct {
	Pattern string       `yaml:"pattern" json:"pattern"`
	Kinds   []graph.Kind `yaml:"kinds" json:"kinds"` // none: all
	Reason  string       `yaml:"reason" json:"reason"`
}

// PlaceholderTest makes one test of the policy's placeholders: the reason why a
// reference is no identifier, empty if it is one. A loader asks it too, so that
// one list serves both. The test is safe for concurrent use. Time of a test:
// O(placeholders · key).
func (p *Policy) PlaceholderTest() (func(graph.Ref) string, error) {
	shapes, filters := make([]*regexp.Regexp, len(p.Placeholders)), make([]keyFilter, len(p.Placeholders))
	for i, h := range p.Placeholders {
		re, err := regexp.Compile(h.Pattern)
		if err != nil {
			return nil, fmt.Errorf("%w placeholder %q: %w", graph.ErrInvalid, h.Pattern, err)
		}
		shapes[i], filters[i] = re, newKeyFilter(h.Pattern)
	}
	list := slices.Clone(p.Placeholders)
	return func(r graph.Ref) string {
		for i := range list {
			h := &list[i]
			if filters[i].mayMatch(r.Key) && (len(h.Kinds) == 0 || slices.Contains(h.Kinds, r.Kind)) && shapes[i].MatchString(r.Key) {
				return h.Reason
			}
		}
		return ""
	}, nil
}
