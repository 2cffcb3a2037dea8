package vault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	neo "github.com/neo4j/neo4j-go-driver/v5/neo4j"
	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/graph/neo4jstore"
	"ringleader/graph/neo4jstore/neo4jtest"
	"ringleader/graph/sqlitestore"
	"ringleader/loaders"
	"ringleader/vault"
)

// both is a store and its log.
type both interface {
	graph.Store
	graph.Log
	Check(context.Context) ([]string, error)
}

// onBothStores runs a test on each kind of store. raw is all that the store
// keeps, as bytes: the file, or every node and relationship.
func onBothStores(t *testing.T, test func(t *testing.T, s both, raw func() []byte)) {
	t.Run("sqlite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "s.db")
		s, err := sqlitestore.Open(t.Context(), path, sqlitestore.Options{})
		require.NoError(t, err)
		defer func() { require.NoError(t, s.Close()) }()
		test(t, s, func() []byte {
			var all []byte
			for _, suffix := range []string{"", "-wal"} {
				data, err := os.ReadFile(path + suffix)
				require.NoError(t, err)
				all = append(all, data...)
			}
			return all
		})
	})
	t.Run("neo4j", func(t *testing.T) {
		c := neo4jtest.Server(t)
		c.Shared = true
		s, err := neo4jstore.Open(t.Context(), c)
		require.NoError(t, err)
		defer func() { require.NoError(t, s.Close()) }()
		test(t, s, func() []byte { return dumpNeo4j(t, c) })
	})
}

// dumpNeo4j is every property in the database.
func dumpNeo4j(t *testing.T, c neo4jstore.Config) []byte {
	t.Helper()
	driver, err := neo.NewDriverWithContext(c.URI, neo.BasicAuth("neo4j", c.Password, ""))
	require.NoError(t, err)
	defer func() { require.NoError(t, driver.Close(context.Background())) }()
	var out bytes.Buffer
	for _, query := range []string{"MATCH (n) RETURN labels(n), properties(n)", "MATCH ()-[r]->() RETURN type(r), properties(r)"} {
		result, err := neo.ExecuteQuery(t.Context(), driver, query, nil, neo.EagerResultTransformer, neo.ExecuteQueryWithDatabase(c.Database))
		require.NoError(t, err)
		for _, r := range result.Records {
			fmt.Fprintf(&out, "%v ", r.Values[0])
			for name, value := range r.Values[1].(map[string]any) {
				if data, ok := value.([]byte); ok {
					value = string(data)
				}
				fmt.Fprintf(&out, "%s=%v ", name, value)
			}
		}
	}
	return out.Bytes()
}

// breaking is a store whose writes fail after the first few.
type breaking struct {
	both
	left int
}

var errBroken = errors.New("the power went")

func (b *breaking) write() error {
	if b.left == 0 {
		return errBroken
	}
	b.left--
	return nil
}

func (b *breaking) Apply(ctx context.Context, batch *graph.Batch) (graph.Revision, error) {
	if err := b.write(); err != nil {
		return 0, err
	}
	return b.both.Apply(ctx, batch)
}

func (b *breaking) Append(ctx context.Context, stream string, after uint64, r ...graph.Record) error {
	if err := b.write(); err != nil {
		return err
	}
	return b.both.Append(ctx, stream, after, r...)
}

func (b *breaking) Rewrite(ctx context.Context, stream string, seq uint64, data []byte) error {
	if err := b.write(); err != nil {
		return err
	}
	return b.both.Rewrite(ctx, stream, seq, data)
}

func (b *breaking) Purge(ctx context.Context) error {
	if err := b.write(); err != nil {
		return err
	}
	return b.both.Purge(ctx)
}

// people has made-up persons; the card numbers are the test numbers that
// networks publish.
const people = `account,kind,identifier,at
u1,card,4111111111111111,2018-10-01
u2,card,4111111111111111,2018-10-02
u2,card,5555555555554444,2018-10-02
u1,national_id,110101199003070011,2018-10-01
u2,national_id,110101199003070038,2018-10-01
u1,phone,+49 30 1234567,2018-10-01
u1,device,dev-shared,2018-10-01
u2,device,dev-shared,2018-10-01
u3,device,dev-shared,2018-10-01
`

// loadText loads one file of uses.
func loadText(t *testing.T, s both, v *vault.Vault, text string) *loaders.Report {
	t.Helper()
	path := filepath.Join(t.TempDir(), "uses.csv")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	report, err := loaders.Load(t.Context(), s, s, []string{path}, loaders.Options{Vault: v})
	require.NoError(t, err)
	return report
}

// keyed gives an empty store a key in a file.
func keyed(t *testing.T, s both) (*vault.Vault, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	key, _, err := vault.MakeKey(path)
	require.NoError(t, err)
	v, err := vault.Adopt(t.Context(), s, s, key)
	require.NoError(t, err)
	return v, path
}

// note appends a record to a stream that has none.
func noteJSON(t *testing.T, s both, stream, text string) {
	t.Helper()
	require.NoError(t, s.Append(t.Context(), stream, 0, graph.Record{Type: "test", Data: []byte(text)}))
}

func recordOf(t *testing.T, s both, stream string) string {
	t.Helper()
	r, err := s.Tail(t.Context(), stream)
	require.NoError(t, err)
	return string(r.Data)
}

// sound requires that the store finds nothing wrong with itself.
func sound(t *testing.T, s both) {
	t.Helper()
	problems, err := s.Check(t.Context())
	require.NoError(t, err)
	require.Empty(t, problems)
}
