package vault_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/graph/graphtest"
	"ringleader/graph/sqlitestore"
	"ringleader/loaders"
	"ringleader/vault"
)

func rekeying(path string) vault.Rekeying {
	return vault.Rekeying{Path: path, Who: "tester", Why: "a test", Form: loaders.Normalising{}.Form}
}

func openWith(t *testing.T, s both, path string) *vault.Vault {
	t.Helper()
	key, err := vault.ReadKey(path)
	require.NoError(t, err)
	v, err := vault.Open(t.Context(), s, key)
	require.NoError(t, err)
	return v
}

func TestRekey(t *testing.T) {
	onBothStores(t, func(t *testing.T, s both, raw func() []byte) {
		v, path := keyed(t, s)
		loadText(t, s, v, people)
		old := v.Ref(card(testCard))
		noteJSON(t, s, "run/1", `[{"refs":["`+old.String()+`"],"links":["account:u1>HAS_CARD>`+old.String()+`@2018-10-01T00:00:00Z"],"text":"2 accounts share card ····1111"}]`)
		before, err := s.Stats(t.Context())
		require.NoError(t, err)

		done, err := vault.Rekey(t.Context(), s, s, rekeying(path))
		require.NoError(t, err)
		require.Equal(t, 4, done.Nodes, "two cards and two national IDs")
		require.Equal(t, 1, done.Records)
		after, err := s.Stats(t.Context())
		require.NoError(t, err)
		require.Equal(t, before.Nodes, after.Nodes)
		require.Equal(t, before.Links, after.Links)
		require.Equal(t, before.Attrs, after.Attrs)

		_, err = vault.Open(t.Context(), s, v.Key())
		require.ErrorIs(t, err, vault.ErrOtherKey)
		now := openWith(t, s, path)
		ref := now.Ref(card(testCard))
		require.NotEqual(t, old, ref)
		require.Equal(t, "card:····1111", ref.Masked())
		require.NotContains(t, string(raw()), old.Key, "the old name is nowhere, not even in tombstones and runs")
		require.Contains(t, recordOf(t, s, "run/1"), `"`+ref.String()+`"`)
		require.Contains(t, recordOf(t, s, "run/1"), "HAS_CARD\\u003e"+ref.String()+"@2018-10-01T00:00:00Z")

		// A number that is loaded later meets its node, though nobody has kept it.
		loadText(t, s, now, "account,kind,identifier\nu9,card,4111 1111 1111 1111\nu9,national_id,110101199003070011\n")
		stats, err := s.Stats(t.Context())
		require.NoError(t, err)
		require.Equal(t, before.Nodes[graph.Card], stats.Nodes[graph.Card])
		require.Equal(t, before.Nodes[graph.NationalID], stats.Nodes[graph.NationalID])
		value, err := now.Unmask(t.Context(), s, s, now.Ref(id("110101199003070038")), "tester", "a test")
		require.NoError(t, err)
		require.Equal(t, "110101199003070038", value, "sealed anew under the new key")

		// And again: the chain grows.
		_, err = vault.Rekey(t.Context(), s, s, rekeying(path))
		require.NoError(t, err)
		third := openWith(t, s, path)
		_, err = s.Get(t.Context(), third.Ref(card("5555555555554444")))
		require.NoError(t, err)
		require.Len(t, third.Key().RowKeys(), 3, "rows that were loaded under any of the three can be recognised")
		sound(t, s)
	})
}

// A store of an older version has no key and plain values.
func TestTheFirstKeyHashesWhatLiesInPlain(t *testing.T) {
	onBothStores(t, func(t *testing.T, s both, raw func() []byte) {
		loadText(t, s, nil, people)
		noteJSON(t, s, "run/1", `{"refs":["card:4111111111111111"],"text":"2 accounts share card 4111111111111111; 14 do not"}`)
		require.Contains(t, string(raw()), "110101199003070011")
		path := filepath.Join(t.TempDir(), "key")
		o := rekeying(path)
		o.Kinds = []graph.Kind{graph.Phone}
		done, err := vault.Rekey(t.Context(), s, s, o)
		require.NoError(t, err)
		require.True(t, done.First)
		require.Equal(t, 5, done.Nodes, "two cards, two national IDs, a phone")
		for _, value := range []string{"110101199003070011", "4111111111111111", "5555555555554444", "+49301234567", "+49 30 1234567"} {
			require.NotContains(t, string(raw()), value)
		}
		v := openWith(t, s, path)
		require.Contains(t, recordOf(t, s, "run/1"), "2 accounts share card ····1111; 14 do not")
		value, err := v.Unmask(t.Context(), s, s, v.Ref(id("110101199003070011")), "tester", "a test")
		require.NoError(t, err)
		require.Equal(t, "110101199003070011", value)
		require.True(t, v.IsSecret(graph.Phone))
		sound(t, s)

		// It is what a store with a key from the start would be.
		fresh, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "fresh.db"), sqlitestore.Options{})
		require.NoError(t, err)
		defer func() { require.NoError(t, fresh.Close()) }()
		from, err := vault.Adopt(t.Context(), fresh, fresh, v.Key())
		require.NoError(t, err)
		require.NoError(t, from.Mark(t.Context(), fresh, fresh, []graph.Kind{graph.Phone}))
		loadText(t, fresh, from, people)
		require.Equal(t, contentOf(t, fresh), contentOf(t, s))
	})
}

// contentOf is the nodes and counts of a store: all but the hashes of rows, which
// no change of the key can make anew, and when what was loaded.
func contentOf(t *testing.T, s graph.Store) []string {
	t.Helper()
	text, err := graphtest.Dump(t.Context(), s)
	require.NoError(t, err)
	var lines []string
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "node ") || strings.HasPrefix(line, "count ") {
			lines = append(lines, line)
		}
	}
	return lines
}

// The change is interrupted at every write in turn, then finished.
func TestAnInterruptedRekeyGoesOn(t *testing.T) {
	for n := 0; ; n++ {
		s, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "s.db"), sqlitestore.Options{})
		require.NoError(t, err)
		v, path := keyed(t, s)
		loadText(t, s, v, people)
		noteJSON(t, s, "run/1", `{"refs":["`+v.Ref(card(testCard)).String()+`"]}`)
		b := &breaking{s, n}
		_, err = vault.Rekey(t.Context(), b, b, rekeying(path))
		whole := err == nil
		if !whole {
			require.ErrorIs(t, err, errBroken)
			key, err := vault.ReadKey(path)
			require.NoError(t, err)
			_, err = vault.Open(t.Context(), s, key)
			require.ErrorIs(t, err, vault.ErrNoKey, "nothing is loaded half way (after %d writes)", n)
			require.ErrorContains(t, err, "run store rekey again")
			_, err = vault.Rekey(t.Context(), s, s, rekeying(path))
			require.NoError(t, err, "after %d writes", n)
		}
		now := openWith(t, s, path)
		for _, r := range []graph.Ref{card(testCard), card("5555555555554444"), id("110101199003070011"), id("110101199003070038")} {
			_, err := s.Get(t.Context(), now.Ref(r))
			require.NoError(t, err, "after %d writes", n)
		}
		stats, err := s.Stats(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 2, stats.Nodes[graph.Card])
		require.EqualValues(t, 3, stats.Links["HAS_CARD"])
		require.Contains(t, recordOf(t, s, "run/1"), now.Ref(card(testCard)).String())
		value, err := now.Unmask(t.Context(), s, s, now.Ref(id("110101199003070011")), "tester", "a test")
		require.NoError(t, err)
		require.Equal(t, "110101199003070011", value)
		require.NoError(t, s.Close())
		if whole {
			require.Greater(t, n, 5, "there were steps to interrupt")
			return
		}
	}
}
