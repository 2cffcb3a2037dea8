package policy

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

func TestDefaultPolicy(t *testing.T) {
	p, err := Default()
	require.NoError(t, err)
	require.Regexp(t, `^default-1-[0-9a-f]{8}$`, p.Version())
	require.Equal(t, Forever, p.Rule(graph.NationalID).Hold)
	require.Equal(t, p.Default, p.Rule("name_and_birthday"), "an open kind takes the default")
	require.Zero(t, p.Rule(graph.Merchant).Cap, "a merchant never ties")
}

func TestPolicyVersionFollowsContent(t *testing.T) {
	p, err := Default()
	require.NoError(t, err)
	before := p.Version()
	p.Kinds[graph.Device].Cap++
	require.NotEqual(t, before, p.Version())
}

func TestPolicyErrors(t *testing.T) {
	text := string(DefaultYAML())
	for name, c := range map[string]struct{ old, new, says string }{
		"unknown field":  {"max_component:", "max_components:", "unknown field"},
		"no YAML":        {"name: default", "name: [", "policy"},
		"no name":        {"name: default", `name: ""`, "name is missing"},
		"bad span":       {"hold: 30d", "hold: 30", "span"},
		"bad kind":       {"  ip:  ", "  IP:  ", "kind"},
		"bad type":       {"never: [PAID,", "never: [paid,", "link type"},
		"bad pattern":    {`'^[0:. -]+$'`, `'^['`, "regular expression"},
		"negative cap":   {"cap: 8, hold: 1d", "cap: -1, hold: 1d", "cap"},
		"no hold":        {"cap: 8, hold: 365d", "cap: 8", "hold"},
		"allow":          {"allow: []", `allow: [{ref: "ip:1.2.3.4", reason: r, owner: o, expires: soon}]`, "expires"},
		"allow, no ref":  {"allow: []", `allow: [{ref: x, reason: r, owner: o, expires: 2030-01-01}]`, "allow 1"},
		"allow, nobody":  {"allow: []", `allow: [{ref: "ip:1.2.3.4", reason: r, expires: 2030-01-01}]`, "owner"},
		"prior":          {"prior_bits: -12", "prior_bits: 1000", "prior_bits"},
		"small burst":    {"burst: {accounts: 5, within: 1h", "burst: {accounts: 1, within: 1h", "burst"},
		"max_component":  {"max_component: 2000", "max_component: 1", "max_component"},
		"short horizon":  {"horizon: 14d", "horizon: 1h", "horizon"},
		"kind, no rule":  {"  merchant:    {cap: 0}", "  merchant:", "no rule"},
		"duplicate kind": {"  merchant:    {cap: 0}", "  merchant: {cap: 0}\n  merchant: {cap: 0}", "policy"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, text, c.old)
			_, err := Parse("mine.yaml", []byte(strings.Replace(text, c.old, c.new, 1)))
			require.ErrorIs(t, err, graph.ErrInvalid)
			require.ErrorContains(t, err, "mine.yaml")
			require.ErrorContains(t, err, c.says)
		})
	}
}

// TestPolicyErrorsNameTheLine: of values that are no YAML for us, of values that
// are out of range, and of what stands in a section.
func TestPolicyErrorsNameTheLine(t *testing.T) {
	text := string(DefaultYAML())
	for _, c := range []struct{ old, new string }{
		{"keep_bits: 6", "keep_bits: 600"}, {"keep_bits: 6", "keep_bitss: 6"}, {"keep_bits: 6", "keep_bits: many"},
		{"  ip:          {cap: 8, hold: 1d", "  ip:          {cap: 8, hold: 1x"}, {"  ip:          {cap: 8", "  ip:          {cap: -8"},
		{"takeover: {accounts: 3", "takeover: {accounts: 1"}, {"drain: {debits: 3", "drain: {debits: 1"}, {"'^[0:. -]+$'", "'^['"},
	} {
		require.Contains(t, text, c.old)
		line := 1 + strings.Count(text[:strings.Index(text, c.old)], "\n")
		_, err := Parse("mine.yaml", []byte(strings.Replace(text, c.old, c.new, 1)))
		require.ErrorIs(t, err, graph.ErrInvalid)
		require.ErrorContains(t, err, fmt.Sprintf("mine.yaml, line %d:", line), c.new)
	}
}

func TestLoadPolicy(t *testing.T) {
	file := filepath.Join(t.TempDir(), "policy.yaml")
	require.NoError(t, os.WriteFile(file, DefaultYAML(), 0o600))
	p, err := Load(file)
	require.NoError(t, err)
	want, err := Default()
	require.NoError(t, err)
	require.Equal(t, want.Version(), p.Version())
	_, err = Load(file + ".none")
	require.ErrorIs(t, err, graph.ErrInvalid)
}

func FuzzParsePolicy(f *testing.F) {
	f.Add(DefaultYAML())
	f.Add([]byte("name: x\nversion: 1"))
	f.Add([]byte("name: x\nversion: 1\nmax_component: 9\nclasses:\n  - {name: x, when: {cap: above}, then: never, reason: r}\nrules:\n  - {name: y, when: 'loss > 3 and kinds[0] == \"ip\"', then: raise, by: 2}"))
	f.Add([]byte("kinds: {ip: !x {cap: 3}}\nclasses: !00\n0\n"))
	f.Add([]byte("kinds: {'a.b[0]': {cap: 3}, '$': , '..x': {hold: 3d}}\nallow: [{ref: x}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse("fuzz", data)
		if err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
			return
		}
		require.NoError(t, p.Validate())
	})
}

func FuzzParseSpan(f *testing.F) {
	for _, s := range []string{"30d", "forever", "1h", "-1d", "99999999999d", "", "d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSpan(text)
		if err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
			return
		}
		again, err := ParseSpan(s.String())
		require.NoError(t, err)
		require.Equal(t, s, again)
		require.GreaterOrEqual(t, int64(s), int64(0))
	})
}
