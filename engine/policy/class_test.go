package policy

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

func TestClassErrors(t *testing.T) {
	for name, c := range map[string]struct{ class, says string }{
		"name":      {`{name: "A b", when: {cap: above}, reason: r}`, "name"},
		"then":      {`{name: x, when: {cap: above}, then: maybe, reason: r}`, "bursts or never"},
		"bits":      {`{name: x, when: {cap: above}, bits: 3, reason: r}`, "-64 to 0"},
		"reason":    {`{name: x, when: {cap: above}}`, "reason"},
		"no when":   {`{name: x, reason: r}`, "every identifier"},
		"cap":       {`{name: x, when: {cap: over}, reason: r}`, "above or under"},
		"range":     {`{name: x, when: {accounts: {min: 9, max: 3}}, reason: r}`, "accounts"},
		"span":      {`{name: x, when: {stay: {min: 3d, max: 1d}}, reason: r}`, "stay"},
		"kind":      {`{name: x, kinds: [IP], when: {cap: above}, reason: r}`, "kind"},
		"unknown":   {`{name: x, when: {size: 3}, reason: r}`, "unknown field"},
		"not a num": {`{name: x, when: {accounts: {min: .nan}}, reason: r}`, "accounts"},
	} {
		t.Run(name, func(t *testing.T) {
			text := "name: x\nversion: 1\nmax_component: 9\n"
			_, err := Parse("mine.yaml", []byte(text+"classes:\n  - "+c.class+"\n"+restOfPolicy(t)))
			require.ErrorIs(t, err, graph.ErrInvalid)
			require.ErrorContains(t, err, c.says)
			if c.says != "unknown field" {
				require.ErrorContains(t, err, "mine.yaml, line 5:", "the class stands on the fifth line")
			}
		})
	}
}

// restOfPolicy is the sections of the policy that ships which a policy needs.
func restOfPolicy(t *testing.T) string {
	t.Helper()
	var out string
	keep := false
	for line := range strings.Lines(string(DefaultYAML())) {
		if field, _, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "#") {
			keep = !slices.Contains([]string{"name", "version", "max_component", "classes", "rules", "allow", "placeholders"}, field)
		}
		if keep {
			out += line
		}
	}
	return out
}
