package graph_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"ringleader/graph"
)

var (
	kindForm  = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	typeForm  = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)
	labelForm = regexp.MustCompile(`^[A-Z][A-Za-z0-9_]*$`)
)

// anyKind draws kinds of all shapes, most of them short: collisions of labels
// live among the short ones.
func anyKind() *rapid.Generator[graph.Kind] {
	return rapid.Custom(func(t *rapid.T) graph.Kind {
		shape := rapid.SampledFrom([]string{`[ab1](_[ab1]){0,4}`, `[a-z][a-z0-9]{0,5}(_[a-z0-9]{1,4}){0,3}`, `nationali?_?d?`, `i_?p`}).Draw(t, "shape")
		s := rapid.StringMatching(shape).Filter(kindForm.MatchString).Draw(t, "kind")
		return graph.Kind(s)
	})
}

func TestKindHasOneLabel(t *testing.T) {
	for kind, label := range map[graph.Kind]string{
		graph.Account: "Account", graph.NationalID: "NationalID", graph.IP: "IP", "national_i_d": "National_I_D", "i_p": "I_P",
		"a1": "A1", "a_1": "A_1", "claim_shop": "ClaimShop", "x9_y": "X9Y",
	} {
		require.Equal(t, label, kind.Label())
		back, err := graph.KindOfLabel(label)
		require.NoError(t, err)
		require.Equal(t, kind, back)
	}
	rapid.Check(t, func(t *rapid.T) {
		k := anyKind().Draw(t, "kind")
		require.Regexp(t, labelForm, k.Label())
		back, err := graph.KindOfLabel(k.Label())
		require.NoError(t, err, "label %s of %s", k.Label(), k)
		require.Equal(t, k, back)
	})
}

// TestLabelsCollideNowhere tries every kind of up to six of the letters that
// matter: a short word, a digit, an underscore.
func TestLabelsCollideNowhere(t *testing.T) {
	kinds := map[string]graph.Kind{}
	var grow func(string)
	grow = func(s string) {
		if kindForm.MatchString(s) {
			label := graph.Kind(s).Label()
			other, taken := kinds[label]
			require.False(t, taken, "%s and %s have one label", other, s)
			kinds[label] = graph.Kind(s)
		}
		if len(s) < 6 {
			for _, c := range []string{"i", "p", "1", "_"} {
				grow(s + c)
			}
		}
	}
	grow("")
	require.Greater(t, len(kinds), 1000, "of the 5,460 words about a third are kinds")
}

func TestParseKind(t *testing.T) {
	for _, good := range []string{"a", "device", "national_id", "a1", "a_1_b", strings.Repeat("k", graph.MaxKind)} {
		k, err := graph.ParseKind(good)
		require.NoError(t, err)
		require.Equal(t, graph.Kind(good), k)
	}
	for _, bad := range []string{"", "A", "1a", "_a", "a_", "a__b", "a-b", "a b", "é", "a\x00", strings.Repeat("k", graph.MaxKind+1)} {
		_, err := graph.ParseKind(bad)
		require.ErrorIs(t, err, graph.ErrInvalid, "%q", bad)
		_, err = graph.ParseLinkType(strings.ToUpper(bad))
		if typeForm.MatchString(strings.ToUpper(bad)) && len(bad) <= graph.MaxKind {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, graph.ErrInvalid, "%q", bad)
		}
	}
	require.True(t, graph.Ring.Derived())
	require.True(t, graph.Run.Derived())
	require.False(t, graph.Account.Derived())
}

func TestSightingType(t *testing.T) {
	require.Equal(t, graph.UsedDevice, graph.SightingType(graph.Device))
	require.Equal(t, graph.UsedIP, graph.SightingType(graph.IP))
	require.Equal(t, graph.LinkType("HAS_NATIONAL_ID"), graph.SightingType(graph.NationalID))
	rapid.Check(t, func(t *rapid.T) {
		k := graph.Kind(rapid.StringMatching(`[a-z][a-z0-9]{0,20}(_[a-z0-9]{1,10}){0,3}`).Draw(t, "kind"))
		typ, err := graph.ParseLinkType(string(graph.SightingType(k)))
		require.NoError(t, err)
		require.Equal(t, graph.SightingType(k), typ)
	})
}

func TestParseRef(t *testing.T) {
	r, err := graph.ParseRef("payment:P1:a b")
	require.NoError(t, err)
	require.Equal(t, graph.Ref{Kind: graph.Payment, Key: "P1:a b"}, r, "only the first colon splits")
	for _, bad := range []string{
		"", ":", "account", "account:", ":u1", "Account:u1", "account:\x00", "account:\xff", "account:" + strings.Repeat("k", graph.MaxKey+1),
	} {
		r, err := graph.ParseRef(bad)
		require.ErrorIs(t, err, graph.ErrInvalid, "%q", bad)
		require.Zero(t, r)
	}
	_, err = graph.ParseRef("zhang.wei@example.com")
	require.NotContains(t, err.Error(), "zhang", "what was read may be a person's")

	var fromJSON map[graph.Ref]graph.Ref
	require.NoError(t, json.Unmarshal([]byte(`{"account:u1":"device:d:1"}`), &fromJSON))
	require.Equal(t, map[graph.Ref]graph.Ref{{Kind: "account", Key: "u1"}: {Kind: "device", Key: "d:1"}}, fromJSON)
	require.Error(t, json.Unmarshal([]byte(`["account"]`), new([]graph.Ref)))
}

func TestRefsAreOrdered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		gen := rapid.Custom(func(t *rapid.T) graph.Ref {
			return graph.Ref{Kind: anyKind().Draw(t, "kind"), Key: rapid.StringMatching(`[a-c]{0,2}`).Draw(t, "key")}
		})
		x, y, z := gen.Draw(t, "x"), gen.Draw(t, "y"), gen.Draw(t, "z")
		require.Equal(t, -x.Compare(y), y.Compare(x))
		require.Equal(t, x == y, x.Compare(y) == 0)
		three := []graph.Ref{x, y, z}
		slices.SortFunc(three, graph.Ref.Compare)
		require.LessOrEqual(t, three[0].Compare(three[2]), 0, "transitive")
	})
}

func FuzzParseRef(f *testing.F) {
	for _, s := range []string{"account:u17", "national_id:x:y", ":", "", "A:b", "a:\x00", "ip:\xff", "a_:b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := graph.ParseRef(s)
		if err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
			return
		}
		require.NoError(t, r.Validate())
		require.Equal(t, s, r.String(), "one text form")
		require.Regexp(t, kindForm, string(r.Kind))
	})
}

func FuzzKindOfLabel(f *testing.F) {
	for _, s := range []string{"Account", "NationalID", "IP", "A_1", "", "account", "A__b", "I_P"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, label string) {
		k, err := graph.KindOfLabel(label)
		if err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
			return
		}
		require.Equal(t, label, k.Label(), "a label has one kind")
	})
}
