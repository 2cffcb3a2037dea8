package loaders_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/graph/sqlitestore"
	"ringleader/loaders"
	"ringleader/vault"
)

// usesWithSecrets has the test numbers that card networks publish, one of them
// written in two ways, and a made-up national ID.
const usesWithSecrets = `account,kind,identifier,at
u1,card,4111 1111 1111 1111,2018-10-01
u2,card,4111111111111111,2018-10-02
u2,card,5555-5555-5555-4444,2018-10-02
u1,national_id,110101199003070011,2018-10-01
u3,passport,P99887766,2018-10-03
u3,device,d1,2018-10-03
`

func storeFile(t *testing.T, path string) *sqlitestore.Store {
	t.Helper()
	s, err := sqlitestore.Open(t.Context(), path, sqlitestore.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestSecretKindsAreHashed(t *testing.T) {
	key := vault.FixedKey("test")
	path := write(t, t.TempDir(), "uses.csv", usesWithSecrets)
	facts, _ := read(t, loaders.Options{Vault: vault.Loose(key)}, path)
	text := strings.Join(facts, "\n")
	for _, value := range []string{"4111111111111111", "4111 1111", "5555555555554444", "110101199003070011"} {
		require.NotContains(t, text, value)
	}
	ref := key.Secret(graph.Ref{Kind: graph.Card, Key: "4111111111111111"})
	require.Equal(t, 2, strings.Count(text, "HAS_CARD "+ref.String()), "one number written in two ways is one node")
	require.Equal(t, 1, strings.Count(text, ". sealed="), "the national ID; cards are never sealed")
	require.Contains(t, text, "passport:P99887766", "no mapping marks it")

	m, err := loaders.ShippedMapping("canonical")
	require.NoError(t, err)
	m.Secrets = []graph.Kind{"passport"}
	facts, _ = read(t, loaders.Options{Vault: vault.Loose(key), Mapping: m}, path)
	require.NotContains(t, strings.Join(facts, "\n"), "P99887766")
}

func TestMappingsMarkSecretKinds(t *testing.T) {
	const rest = "\ntables: [{file: a, nodes: [{ref: 'account:{a}'}]}]"
	m, err := loaders.ParseMapping("m.yaml", []byte("name: m\nsecrets: [passport]"+rest))
	require.NoError(t, err)
	require.Equal(t, []graph.Kind{"passport"}, m.Secrets)
	for _, kind := range []string{"account", "payment", "ring", "Pass Port"} {
		_, err := loaders.ParseMapping("m.yaml", []byte("name: m\nsecrets: ['"+kind+"']"+rest))
		require.ErrorIs(t, err, graph.ErrInvalid, kind)
		require.ErrorContains(t, err, "line 2", kind)
	}
}

func TestAStoreTakesItsOwnKeyOnly(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	path := write(t, dir, "uses.csv", usesWithSecrets)
	s := storeFile(t, filepath.Join(dir, "s.db"))
	v, err := vault.Adopt(ctx, s, s, vault.FixedKey("one"))
	require.NoError(t, err)
	_, err = loaders.Load(ctx, s, s, []string{path}, loaders.Options{Vault: v})
	require.NoError(t, err)
	before, err := s.Stats(ctx)
	require.NoError(t, err)

	_, err = vault.Open(ctx, s, vault.FixedKey("two"))
	require.ErrorIs(t, err, vault.ErrOtherKey)
	more := write(t, dir, "more/uses.csv", "account,kind,identifier\nu9,card,4111111111111111\n")
	_, err = loaders.Load(ctx, s, s, []string{more}, loaders.Options{Vault: vault.Loose(vault.FixedKey("two"))})
	require.ErrorIs(t, err, vault.ErrOtherKey)
	_, err = loaders.Load(ctx, s, s, []string{more}, loaders.Options{})
	require.ErrorIs(t, err, vault.ErrNoKey)
	after, err := s.Stats(ctx)
	require.NoError(t, err)
	require.Equal(t, before.Revision, after.Revision, "what was refused wrote nothing")

	plain := storeFile(t, filepath.Join(dir, "plain.db"))
	_, err = loaders.Load(ctx, plain, plain, []string{path}, loaders.Options{})
	require.NoError(t, err)
	_, err = vault.Adopt(ctx, plain, plain, vault.FixedKey("one"))
	require.ErrorIs(t, err, vault.ErrNoKey, "a store with plain values wants a rekey first")
}

func TestAKindBecomesSecretOnlyWhereNoneLiesInPlain(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	path := write(t, dir, "uses.csv", usesWithSecrets)
	s := storeFile(t, filepath.Join(dir, "s.db"))
	v, err := vault.Adopt(ctx, s, s, vault.FixedKey("one"))
	require.NoError(t, err)
	_, err = loaders.Load(ctx, s, s, []string{path}, loaders.Options{Vault: v})
	require.NoError(t, err)

	m, err := loaders.ShippedMapping("canonical")
	require.NoError(t, err)
	m.Secrets = []graph.Kind{"passport"}
	more := write(t, dir, "more/uses.csv", "account,kind,identifier\nu9,passport,P1\n")
	_, err = loaders.Load(ctx, s, s, []string{more}, loaders.Options{Vault: v, Mapping: m})
	require.ErrorIs(t, err, graph.ErrInvalid)
	require.ErrorContains(t, err, "rekey --secret passport")

	m.Secrets = []graph.Kind{"iban"}
	ibans := write(t, dir, "ibans/uses.csv", "account,kind,identifier\nu9,iban,DE89370400440532013000\n") // ISO 13616's example
	_, err = loaders.Load(ctx, s, s, []string{ibans}, loaders.Options{Vault: v, Mapping: m})
	require.NoError(t, err)
	again := write(t, dir, "again/uses.csv", "account,kind,identifier\nu8,iban,DE89 3704 0044 0532 0130 00\n")
	_, err = loaders.Load(ctx, s, s, []string{again}, loaders.Options{Vault: v})
	require.NoError(t, err, "what a mapping has marked stays secret for mappings that do not know")
	refs, _, err := s.Search(ctx, graph.SearchQuery{Kind: "iban"})
	require.NoError(t, err)
	require.Equal(t, []graph.Ref{vault.FixedKey("one").Secret(graph.Ref{Kind: "iban", Key: "DE89370400440532013000"})}, refs)
}

// A resumed or repeated load under the same key adds nothing, sealed values
// included.
func TestSecretLoadsRepeat(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	path := write(t, dir, "uses.csv", usesWithSecrets)
	copied := write(t, dir, "copy/uses.csv", usesWithSecrets+"u4,national_id,110101199003070011,2018-10-09\n")
	s := storeFile(t, filepath.Join(dir, "s.db"))
	v, err := vault.Adopt(ctx, s, s, vault.FixedKey("one"))
	require.NoError(t, err)
	_, err = loaders.Load(ctx, s, s, []string{path}, loaders.Options{Vault: v})
	require.NoError(t, err)
	first, err := s.Stats(ctx)
	require.NoError(t, err)
	_, err = loaders.Load(ctx, s, s, []string{copied}, loaders.Options{Vault: v})
	require.NoError(t, err)
	second, err := s.Stats(ctx)
	require.NoError(t, err)
	require.Equal(t, first.Nodes[graph.NationalID], second.Nodes[graph.NationalID])
	require.Equal(t, first.Attrs, second.Attrs, "the sealed value is stated once more, and is the same fact")
	require.Equal(t, first.Links["HAS_NATIONAL_ID"]+1, second.Links["HAS_NATIONAL_ID"])
}
