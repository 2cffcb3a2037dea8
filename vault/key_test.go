package vault_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/vault"
)

func id(value string) graph.Ref    { return graph.Ref{Kind: graph.NationalID, Key: value} }
func card(number string) graph.Ref { return graph.Ref{Kind: graph.Card, Key: number} }

// The number is the test number that card networks publish.
const testCard = "4111111111111111"

func TestSecretReferences(t *testing.T) {
	k := vault.FixedKey("one")
	require.Equal(t, k.Secret(id("X1")), vault.FixedKey("one").Secret(id("X1")), "one key gives one reference")
	require.NotEqual(t, k.Secret(id("X1")), k.Secret(id("X2")))
	require.NotEqual(t, k.Secret(id("X1")).Key, k.Secret(graph.Ref{Kind: "passport", Key: "X1"}).Key, "kinds are apart")
	require.NotEqual(t, k.Secret(id("X1")).Key[10:], vault.FixedKey("two").Secret(id("X1")).Key[10:], "keys are apart, not only their names")
	require.Equal(t, k.Secret(id("X1")), k.Secret(k.Secret(id("X1"))), "what is hashed is not hashed again")

	ref := k.Secret(card(testCard))
	require.NoError(t, ref.Validate())
	require.NotContains(t, ref.Key, testCard[:12])
	require.Equal(t, "card:····1111", ref.Masked())
	require.Regexp(t, `^····#[a-z2-7]{6}$`, k.Secret(id("X1")).Mask())
	require.Equal(t, "account:u1", graph.Ref{Kind: graph.Account, Key: "u1"}.Masked())
	require.NotContains(t, k.Secret(card("tok_12")).Key, "12~", "of what is no card number nothing is shown")

	other := vault.FixedKey("two").Secret(id("X1"))
	require.NotEqual(t, other, k.Secret(other), "a hash under another key is a value like any other")
}

func TestKeyFileIsForItsOwnerAndWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "rings.db.key")
	_, err := vault.ReadKey(path)
	require.ErrorIs(t, err, graph.ErrNotFound)
	k, made, err := vault.MakeKey(path)
	require.NoError(t, err)
	require.True(t, made)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	again, made, err := vault.MakeKey(path)
	require.NoError(t, err)
	require.False(t, made, "a key that is there is never replaced")
	require.Equal(t, k.Fingerprint(), again.Fingerprint())
	require.ErrorIs(t, vault.WriteKey(path, vault.FixedKey("x"), false), os.ErrExist)
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing half written stays")

	require.NoError(t, os.Chmod(path, 0o644))
	_, err = vault.ReadKey(path)
	require.ErrorIs(t, err, graph.ErrInvalid)
	require.ErrorContains(t, err, "chmod 600")
}

func TestKeyFilesThatAreNone(t *testing.T) {
	text, err := vault.FixedKey("x").MarshalText()
	require.NoError(t, err)
	secret := strings.Fields(strings.Split(string(text), "\nkey ")[1])[0]
	for name, bad := range map[string]string{
		"empty":         "",
		"other program": "-----BEGIN PRIVATE KEY-----",
		"newer":         strings.Replace(string(text), "ringleader-key 1", "ringleader-key 2", 1),
		"short":         strings.TrimSpace(string(text))[:len(text)-5],
		"twice":         string(text) + "key " + secret + "\n",
		"unknown":       string(text) + "color " + secret + "\n",
		"no old one":    string(text) + "replacing " + secret + "\n",
		"huge":          string(text) + strings.Repeat("# x\n", 1<<15),
	} {
		_, err := vault.ParseKey([]byte(bad))
		require.ErrorIs(t, err, graph.ErrInvalid, name)
		require.NotContains(t, err.Error(), secret[:8], name)
	}
}

func FuzzParseKey(f *testing.F) {
	text, err := vault.FixedKey("x").MarshalText()
	require.NoError(f, err)
	f.Add(text)
	f.Add([]byte("ringleader-key 1\nretired 00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		k, err := vault.ParseKey(text)
		if err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
			return
		}
		again, err := k.MarshalText()
		require.NoError(t, err)
		same, err := vault.ParseKey(again)
		require.NoError(t, err)
		require.Equal(t, k.Secret(id("X1")), same.Secret(id("X1")))
	})
}

func FuzzSecretKey(f *testing.F) {
	f.Add(vault.FixedKey("x").Secret(card(testCard)).Key)
	f.Add("~12345678~")
	f.Fuzz(func(t *testing.T, key string) {
		if k, ok := graph.ParseSecretKey(key); ok {
			require.Equal(t, key, k.String())
		}
		require.NotPanics(t, func() { _ = graph.Ref{Kind: graph.Card, Key: key}.Mask() })
	})
}

func FuzzOpenSealed(f *testing.F) {
	k := vault.FixedKey("x")
	v := vault.Loose(k)
	f.Add(k.Secret(id("X1")).Key, v.Seal(id("X1")))
	f.Add("", "s1.")
	f.Fuzz(func(t *testing.T, key, sealed string) {
		plain, err := k.Open(id(key), sealed)
		if err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
			return
		}
		require.Equal(t, key, k.Secret(plain).Key, "what opens belongs to the node")
		require.Equal(t, sealed, v.Seal(plain))
	})
}

func TestSealedValues(t *testing.T) {
	k := vault.FixedKey("one")
	v := vault.Loose(k)
	sealed := v.Seal(id("110101199003070011"))
	require.Equal(t, sealed, v.Seal(id("110101199003070011")), "one value is sealed one way: loading it again adds nothing")
	plain, err := k.Open(k.Secret(id("110101199003070011")), sealed)
	require.NoError(t, err)
	require.Equal(t, id("110101199003070011"), plain)

	require.Empty(t, v.Seal(card(testCard)), "card numbers are never sealed")
	require.Empty(t, v.Seal(graph.Ref{Kind: graph.Device, Key: "d1"}))
	require.Empty(t, v.Seal(k.Secret(id("x"))), "a hash is no value")
	for name, try := range map[string]func() error{
		"another node": func() error { _, err := k.Open(k.Secret(id("x")), sealed); return err },
		"another key": func() error {
			_, err := vault.FixedKey("two").Open(k.Secret(id("110101199003070011")), sealed)
			return err
		},
		"damaged":      func() error { _, err := k.Open(k.Secret(id("110101199003070011")), sealed[:len(sealed)-2]); return err },
		"a plain node": func() error { _, err := k.Open(id("110101199003070011"), sealed); return err },
	} {
		err := try()
		require.ErrorIs(t, err, graph.ErrInvalid, name)
		require.NotContains(t, err.Error(), "110101199003070011", name)
	}
}
