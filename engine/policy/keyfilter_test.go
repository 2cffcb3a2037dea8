package policy

import (
	"regexp"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

// FuzzKeyFilter: a filter never turns away a key that its pattern matches.
func FuzzKeyFilter(f *testing.F) {
	p, err := Default()
	require.NoError(f, err)
	for _, h := range p.Placeholders {
		for _, key := range []string{"0", "00:00", "unknown", "N/A", "нет", "+11111111", "::1", "test@x", "dev-9f", "K", "ſ", "02:00:00:00:00:00"} {
			f.Add(h.Pattern, key)
		}
	}
	for _, pattern := range []string{"^a|b$", "^(a|)$", "(?i)^k$", "^.$", "^[^a]$", "(?m)^a$", "^a{2,3}$", "^$", "a", "^(?:^a)b?$", `^\bé+`} {
		f.Add(pattern, "a")
		f.Add(pattern, "aaé")
	}
	f.Fuzz(func(t *testing.T, pattern, key string) {
		re, err := regexp.Compile(pattern)
		if err != nil || !utf8.ValidString(key) {
			return
		}
		filter := newKeyFilter(pattern)
		if re.MatchString(key) {
			require.True(t, filter.mayMatch(key))
		}
	})
}

// TestKeyFilterTurnsMostAway: keys as they are cost no pattern, but for numbers
// where a pattern is of numbers.
func TestKeyFilterTurnsMostAway(t *testing.T) {
	p, err := Default()
	require.NoError(t, err)
	for _, text := range []string{"device:dev-0012ab", "cookie:4a5c1f00-1111-4222-8333-444455556666", "email:mail@example.com", "address:12 High Street"} {
		r, err := graph.ParseRef(text)
		require.NoError(t, err)
		for _, h := range p.Placeholders {
			if f := newKeyFilter(h.Pattern); len(h.Kinds) == 0 || slices.Contains(h.Kinds, r.Kind) {
				require.False(t, f.mayMatch(r.Key), "%s %s", h.Pattern, text)
			}
		}
	}
}

// BenchmarkPlaceholderTest is the test of one reference that is none.
func BenchmarkPlaceholderTest(b *testing.B) {
	p, err := Default()
	require.NoError(b, err)
	reason, err := p.PlaceholderTest()
	require.NoError(b, err)
	for _, text := range []string{"device:dev-0012ab", "phone:+4915112345678"} {
		r, err := graph.ParseRef(text)
		require.NoError(b, err)
		b.Run(string(r.Kind), func(b *testing.B) {
			for b.Loop() {
				reason(r)
			}
		})
	}
}
