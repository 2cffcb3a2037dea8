package pgsource

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

func TestParseURI(t *testing.T) {
	for uri, want := range map[string][2]string{
		"postgres://db/shop":                        {"postgres://db:5432/shop", "postgres://db:5432/shop?"},
		"postgresql://ann@db:6000/shop":             {"postgres://db:6000/shop", "postgres://ann@db:6000/shop?"},
		"postgres://[::1]/shop":                     {"postgres://[::1]:5432/shop", "postgres://[::1]:5432/shop?"},
		"postgres://db/shop?sslmode=verify-full":    {"postgres://db:5432/shop", "sslmode=verify-full"},
		"postgres:///shop?host=/var/run/postgresql": {"postgres://%2Fvar%2Frun%2Fpostgresql:5432/shop", "host=%2Fvar%2Frun%2Fpostgresql"},
	} {
		c, err := ParseURI(uri)
		require.NoError(t, err, uri)
		require.Equal(t, want[0], c.Name(), "without user and password")
		require.Contains(t, c.address(), want[1])
		parsed, err := pgx.ParseConfig(c.address())
		require.NoError(t, err, uri)
		require.Equal(t, "shop", parsed.Database)
		require.Equal(t, c.Host, parsed.Host)
	}
	for _, uri := range []string{
		"mysql://db/shop", "postgres://", "postgres://db", "postgres:///shop", "postgres://db/shop/x", "postgres://db/shop#x",
		"postgres://ann:secret@db/shop", "postgres://db/shop?password=secret", "postgres://db/shop?host=/tmp", "postgres://db/shop?sslmode=a&sslmode=b",
	} {
		_, err := ParseURI(uri)
		require.ErrorIs(t, err, graph.ErrInvalid, uri)
		require.NotContains(t, err.Error(), "secret")
	}
}

// No address, however odd, makes one that names another host or takes options of
// its own.
func FuzzParseURI(f *testing.F) {
	for _, s := range []string{"postgres://ann@db:5432/shop?sslmode=disable", "postgres:///shop?host=/run", "postgres://[::1]/a%2Fb", "postgres://a%40b@c/d", "postgres://,00/00", "postgres:///a?host=/b%20c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseURI(s)
		if err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
			return
		}
		again, err := ParseURI(c.Name())
		if err == nil && !strings.HasPrefix(c.Host, "/") {
			require.Equal(t, c.Host, again.Host)
			require.Equal(t, c.Database, again.Database)
		}
		if parsed, err := pgx.ParseConfig(c.address()); err == nil {
			require.Equal(t, c.Host, parsed.Host)
			require.Equal(t, c.Database, parsed.Database)
		}
	})
}

// A name of a table stays a name, whatever it holds.
func FuzzTableName(f *testing.F) {
	for _, s := range []string{"shop.payments", `"a.b"."c""d"`, `x"; DROP TABLE y; --`, "", "."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		quoted := tableName(s)
		require.Equal(t, quoted, tableName(quoted))
		in := false
		for i := range len(quoted) { // nothing but dots outside quotes
			if quoted[i] == '"' {
				in = !in
			} else if !in {
				require.Equal(t, byte('.'), quoted[i])
			}
		}
		require.False(t, in)
	})
}
