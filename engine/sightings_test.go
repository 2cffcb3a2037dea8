package engine

import (
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// tieGroups is the accounts that one identifier ties, under a rule.
func tieGroups(t *testing.T, rule policy.KindRule, sightings ...string) []string {
	x := &fixture{}
	for _, s := range sightings {
		name := s[:1]
		if !x.known(name) {
			x.attr(account(name), "", "", 0)
		}
		at, until := graph.Time(0), graph.Time(0)
		var err error
		if len(s) > 2 {
			at, err = parseTime(s[2:12])
			require.NoError(t, err)
		}
		if len(s) > 13 {
			until, err = parseTime(s[13:23])
			require.NoError(t, err)
		}
		x.sight(name, graph.Ref{Kind: graph.Phone, Key: "p"}, at, until, "")
	}
	g := snapshot(t, x.facts, 100)
	o := Options{}
	require.NoError(t, o.complete())
	d, err := newGround(t.Context(), g, &o)
	require.NoError(t, err)
	d.rules[graph.Phone] = rule
	v, ok := g.Lookup(graph.Ref{Kind: graph.Phone, Key: "p"})
	require.True(t, ok)
	var out []string
	for _, tie := range d.tieOver(v).ties {
		group := ""
		for _, a := range tie.accounts {
			group += g.Ref(a).Key
		}
		out = append(out, group)
	}
	return out
}

func span(t *testing.T, s string) policy.Span {
	d, err := policy.ParseSpan(s)
	require.NoError(t, err)
	return d
}

func TestTimeRules(t *testing.T) {
	month := policy.KindRule{Cap: 9, Hold: span(t, "30d"), Window: span(t, "1d")}
	phone := policy.KindRule{Cap: 9, Hold: span(t, "180d"), Window: span(t, "30d"), Exclusive: true}
	forever := policy.KindRule{Cap: 9, Hold: policy.Forever}
	for name, c := range map[string]struct {
		rule policy.KindRule
		rows []string
		want []string
	}{
		"within the hold":                      {month, []string{"a 2018-01-01", "b 2018-01-20"}, []string{"ab"}},
		"within the window after the hold":     {month, []string{"a 2018-01-01", "b 2018-02-01"}, []string{"ab"}},
		"past it":                              {month, []string{"a 2018-01-01", "b 2018-02-02"}, nil},
		"a stated end overrides the hold":      {month, []string{"a 2018-01-01 2018-01-03", "b 2018-01-20"}, nil},
		"a stated end may be far":              {month, []string{"a 2018-01-01 2018-12-31", "b 2018-11-20"}, []string{"ab"}},
		"two times, two groups":                {month, []string{"a 2018-01-01", "b 2018-01-02", "c 2018-06-01", "d 2018-06-02"}, []string{"ab", "cd"}},
		"no time overlaps all":                 {month, []string{"a", "b 2018-01-02", "c 2018-06-01"}, []string{"abc"}},
		"for ever":                             {forever, []string{"a 2001-01-01", "b 2018-01-02"}, []string{"ab"}},
		"exclusive: handed on joins nobody":    {phone, []string{"a 2018-01-01", "b 2018-04-01"}, nil},
		"exclusive: used in turn ties":         {phone, []string{"a 2018-01-01", "b 2018-01-10", "a 2018-01-12"}, []string{"ab"}},
		"exclusive: the stated end is cut too": {phone, []string{"a 2017-01-01 2019-01-01", "b 2018-04-01"}, []string{"ab"}},
		"cap":                                  {policy.KindRule{Cap: 2, Hold: policy.Forever}, []string{"a 2018-01-01", "b 2018-01-01", "c 2018-01-01"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, tieGroups(t, c.rule, c.rows...))
		})
	}
}

func TestSpanText(t *testing.T) {
	for _, s := range []string{"30d", "12h", "10m", "5s", "forever", "0s"} {
		require.Equal(t, s, span(t, s).String())
	}
	require.Equal(t, "1d", span(t, "24h").String())
}
