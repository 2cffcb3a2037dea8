package vault_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/graph/graphtest"
	"ringleader/graph/sqlitestore"
	"ringleader/vault"
)

func account(key string) graph.Ref { return graph.Ref{Kind: graph.Account, Key: key} }

func erasure(r graph.Ref) vault.Erasure {
	return vault.Erasure{Ref: r, Who: "tester", Why: "asked for it"}
}

// whoIs is a person whose keys are found nowhere else in a store.
const whoIs = people + `erased-person-7,phone,+49 30 7654321,2018-10-01
erased-person-7,national_id,110101199003079999,2018-10-01
erased-person-7,device,dev-shared,2018-10-01
erased-person-7,device,dev-of-her-own,2018-10-01
`

func TestEraseTakesAllOfAPerson(t *testing.T) {
	onBothStores(t, func(t *testing.T, s both, raw func() []byte) {
		v, path := keyed(t, s)
		loadText(t, s, v, people)
		want, err := graphtest.Dump(t.Context(), s)
		require.NoError(t, err)
		secret := v.Ref(id("110101199003079999"))
		more := loadText(t, s, v, whoIs)
		who := account("erased-person-7")
		noteJSON(t, s, "run/1", `[{"members":[{"ref":"account:erased-person-7"},{"ref":"account:u1"}],"evidence":[{"text":"4 accounts used dev-shared, erased-person-7 first.","refs":["account:erased-person-7","`+secret.String()+`"]}]},{"members":[{"ref":"account:u2"}],"text":"7 of u2"}]`)
		noteJSON(t, s, graph.StreamLabels, `{"labels":[{"account":"account:erased-person-7","label":"fraud"}]}`)
		words := []string{"erased-person-7", "+49307654321", "+49 30 7654321", "dev-of-her-own", secret.Key}
		for _, word := range words {
			require.Contains(t, string(raw()), word)
		}

		done, err := v.Erase(t.Context(), s, s, erasure(who))
		require.NoError(t, err)
		require.Equal(t, 3, done.With, "phone, national ID and a device that nobody else used")
		require.Equal(t, 4, done.Rows)
		require.Equal(t, 2, done.Records)
		for _, word := range words {
			require.NotContains(t, string(raw()), word, "nothing of her is left, in no gap and in no tombstone")
		}
		require.Contains(t, recordOf(t, s, "run/1"), "4 accounts used dev-shared, ~erased~")
		require.Contains(t, recordOf(t, s, "run/1"), `"7 of u2"`, "what names others stays")
		sound(t, s)

		// What is left is what was there without her, but for the sources that say so again.
		require.NoError(t, retractInput(t, s, more.Files[0].Input))
		got, err := graphtest.Dump(t.Context(), s)
		require.NoError(t, err)
		require.Equal(t, want, got)

		// A later load of the same rows does not bring her back.
		now := openWith(t, s, path)
		report := loadText(t, s, now, whoIs+"u5,device,dev-of-her-own,2018-10-05\n")
		require.EqualValues(t, 4, report.Erased)
		_, err = s.Get(t.Context(), who)
		require.ErrorIs(t, err, graph.ErrNotFound)
		_, err = s.Get(t.Context(), graph.Ref{Kind: graph.Device, Key: "dev-of-her-own"})
		require.NoError(t, err, "another's row names it")

		var did []string
		require.NoError(t, vault.Audit(t.Context(), s, func(e vault.Entry) error {
			require.Equal(t, "asked for it", e.Why)
			require.Equal(t, "tester", e.Who)
			require.Equal(t, graph.Account, e.Kind)
			did = append(did, e.Did+" "+e.Stage)
			return nil
		}))
		require.Equal(t, []string{"erase begun", "erase done"}, did)

		again, err := now.Erase(t.Context(), s, s, erasure(who))
		require.NoError(t, err)
		require.True(t, again.Before)
		_, err = now.Erase(t.Context(), s, s, erasure(account("nobody")))
		require.ErrorIs(t, err, graph.ErrNotFound)
		_, err = now.Erase(t.Context(), s, s, vault.Erasure{Ref: who})
		require.ErrorIs(t, err, graph.ErrInvalid, "a reason is wanted")
	})
}

func retractInput(t *testing.T, s both, input string) error {
	t.Helper()
	_, err := s.Apply(t.Context(), &graph.Batch{Retract: graph.Retract{Inputs: []string{input}}})
	return err
}

// What was erased stays so under later keys, and an identifier is erased without
// the accounts that had it.
func TestErasedStaysErasedUnderANewKey(t *testing.T) {
	s, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "s.db"), sqlitestore.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	v, path := keyed(t, s)
	loadText(t, s, v, people)
	for _, r := range []graph.Ref{account("u3"), v.Ref(id("110101199003070011")), v.Ref(card(testCard))} {
		_, err := v.Erase(t.Context(), s, s, erasure(r))
		require.NoError(t, err)
	}
	_, err = s.Get(t.Context(), account("u1"))
	require.NoError(t, err)
	for range 2 {
		_, err = vault.Rekey(t.Context(), s, s, rekeying(path))
		require.NoError(t, err)
	}
	now := openWith(t, s, path)
	report := loadText(t, s, now, people+"u4,card,4111111111111111,\nu4,device,dev-4,\n")
	require.EqualValues(t, 5, report.Erased, "u3 once, the card three times, the national ID once")
	stats, err := s.Stats(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, stats.Nodes[graph.Card])
	require.EqualValues(t, 1, stats.Nodes[graph.NationalID])
	require.EqualValues(t, 3, stats.Nodes[graph.Account], "u1, u2, u4")
}

// An erasure is interrupted at every write in turn, then finished.
func TestAnInterruptedErasureGoesOn(t *testing.T) {
	var want []string
	for n := 0; ; n++ {
		s, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "s.db"), sqlitestore.Options{})
		require.NoError(t, err)
		v, err := vault.Adopt(t.Context(), s, s, vault.FixedKey("erase"))
		require.NoError(t, err)
		loadText(t, s, v, whoIs)
		noteJSON(t, s, "run/1", `{"members":[{"ref":"account:erased-person-7"}],"evidence":["device:dev-of-her-own"]}`)
		b := &breaking{s, n}
		_, err = v.Erase(t.Context(), b, b, erasure(account("erased-person-7")))
		whole := err == nil
		if !whole {
			require.ErrorIs(t, err, errBroken)
			_, err = v.Erase(t.Context(), s, s, erasure(account("erased-person-7")))
			require.NoError(t, err, "after %d writes", n)
		}
		got := contentOf(t, s)
		if n == 0 {
			want = got
		}
		require.Equal(t, want, got, "after %d writes", n)
		require.NotContains(t, recordOf(t, s, "run/1"), "dev-of-her-own", "after %d writes", n)
		require.NoError(t, s.Close())
		if whole {
			require.Greater(t, n, 3, "there were steps to interrupt")
			return
		}
	}
}

func TestUnmaskIsNoted(t *testing.T) {
	onBothStores(t, func(t *testing.T, s both, _ func() []byte) {
		v, _ := keyed(t, s)
		loadText(t, s, v, people)
		_, err := v.Unmask(t.Context(), s, s, v.Ref(id("110101199003070011")), "tester", "")
		require.ErrorIs(t, err, graph.ErrInvalid)
		_, err = v.Unmask(t.Context(), s, s, v.Ref(card(testCard)), "tester", "curious")
		require.ErrorIs(t, err, graph.ErrNotFound, "card numbers are not kept")
		value, err := v.Unmask(t.Context(), s, s, v.Ref(id("110101199003070011")), "tester", "case 12")
		require.NoError(t, err)
		require.Equal(t, "110101199003070011", value)
		var all []vault.Entry
		require.NoError(t, vault.Audit(t.Context(), s, func(e vault.Entry) error { all = append(all, e); return nil }))
		require.Len(t, all, 1, "only what was told is noted")
		require.Equal(t, vault.DidUnmask, all[0].Did)
		require.Equal(t, "case 12", all[0].Why)
		parsed, ok := graph.ParseSecretKey(v.Ref(id("110101199003070011")).Key)
		require.True(t, ok)
		require.Equal(t, parsed.Digest, all[0].Hash)
	})
}
