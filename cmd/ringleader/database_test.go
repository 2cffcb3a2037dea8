package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph/neo4jstore/neo4jtest"
	"ringleader/loaders/pgsource/pgtest"
)

// runWith runs the program with one secret in its environment.
func runWith(t *testing.T, variable, secret string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	a := newApp(nil, &out, &errs, func(name string) (string, bool) { return secret, name == variable })
	code = run(t.Context(), a, args)
	if secret != "" {
		require.NotContains(t, out.String()+errs.String(), secret, "a password is never shown")
	}
	return code, out.String(), errs.String()
}

// The whole way from PostgreSQL: a mapping by inference, a load, another that
// takes what is new, and what is wrong.
func TestLoadFromPostgres(t *testing.T) {
	db := pgtest.New(t)
	secret := db.Config.Password
	db.Exec(t, `CREATE TABLE customers_payments (id bigint PRIMARY KEY, user_id text, merchant text, amount numeric(12,2), currency text, paid_at timestamptz);
CREATE TABLE exchange_rates (day date, rate numeric); INSERT INTO exchange_rates VALUES ('2018-10-09', 7.9);
CREATE TABLE nothing_yet (user_id text);
INSERT INTO customers_payments SELECT i, 'user-' || i % 7, 'shop', i, 'EUR', timestamptz '2018-10-09 18:14:00+02' + i * interval '1 hour' FROM generate_series(1, 50) AS i`)
	dir := t.TempDir()
	store, file := filepath.Join(dir, "s.db"), filepath.Join(dir, "m.yaml")

	code, yaml, errs := runWith(t, sourceSecretVariable, secret, "mapping", "infer", db.URI)
	require.Equal(t, exitDone, code, errs)
	require.Contains(t, yaml, "table: public.customers_payments")
	require.Contains(t, yaml, "# exchange_rates: nothing, because nothing in it names an account")
	yaml = strings.Replace(yaml, "table: public.customers_payments\n", "table: public.customers_payments\n    mark: id\n", 1)
	require.NoError(t, os.WriteFile(file, []byte(yaml), 0o600))
	code, out, errs := runWith(t, sourceSecretVariable, secret, "mapping", "explain", file)
	require.Equal(t, exitDone, code, errs)
	require.Contains(t, out, "the rows of table public.customers_payments; a later load takes only those with a greater id")

	load := func(more ...string) (int, string, string) {
		return runWith(t, sourceSecretVariable, secret, append([]string{"load", db.URI, "--store", store, "--mapping", file}, more...)...)
	}
	code, _, errs = load()
	require.Equal(t, exitDone, code, errs)
	require.Contains(t, errs, "#customers_payments: read from the beginning, id up to 50")
	require.Contains(t, errs, "check: 7 accounts, 50 links")

	db.Exec(t, "INSERT INTO customers_payments VALUES (51, 'user-9', 'shop', 1, 'EUR', now())")
	code, out, errs = load("--output", "json")
	require.Equal(t, exitDone, code, errs)
	require.Contains(t, errs, "#customers_payments: read what is new since id 50, up to 51")
	require.Contains(t, out, `"after": "50"`)
	code, _, errs = load()
	require.Equal(t, exitDone, code, errs)
	require.Contains(t, errs, "#customers_payments: nothing new since id 51")
	code, out, errs = runWith(t, "", "", "load", "list", "--store", store, "--output", "json")
	require.Equal(t, exitDone, code, errs)
	require.Contains(t, out, `"name": "`+db.Config.Name()+`#customers_payments"`)
	code, _, errs = load("--full")
	require.Equal(t, exitDone, code, errs)
	require.Contains(t, errs, "51 rows (")

	db.Exec(t, "INSERT INTO customers_payments VALUES (52, null, 'shop', 1, 'EUR', now())")
	code, _, errs = load("--rejects", filepath.Join(dir, "bad.csv"))
	require.Equal(t, exitRejects, code, errs)
	require.FileExists(t, filepath.Join(dir, "bad.csv"))

	db.Exec(t, "DROP TABLE customers_payments")
	code, _, errs = load()
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "m.yaml, line ")
	require.Contains(t, errs, "does not exist")
	code, _, errs = runWith(t, sourceSecretVariable, "wrong password", "load", db.URI, "--store", store, "--mapping", file)
	require.Equal(t, exitUnavailable, code, errs)
}

// Addresses that cannot be, and servers that are not there.
func TestLoadFromNoDatabase(t *testing.T) {
	dir := t.TempDir()
	for address, code := range map[string]int{
		"postgres://127.0.0.1:1/shop":           exitUnavailable,
		"neo4j://127.0.0.1:1":                   exitUnavailable,
		"postgres://ann:secret@127.0.0.1/shop":  exitUsage,
		"bolt://ann:secret@127.0.0.1":           exitUsage,
		"mysql://ann:secret@127.0.0.1/shop":     exitUsage,
		"postgres://127.0.0.1/shop?password=se": exitUsage,
	} {
		got, _, errs := runWith(t, "", "", "load", address, "--preset", "neo4j_paysim", "--store", filepath.Join(dir, "s.db"))
		require.Equal(t, code, got, errs)
		require.NotContains(t, errs, "secret")
		if code == exitUsage {
			require.NoFileExists(t, filepath.Join(dir, "s.db"), "no store is made for a mistyped address")
			continue
		}
		require.NoError(t, os.RemoveAll(filepath.Join(dir, "s.db")))
	}
}

// A Neo4j is read by the password of its own, or that of the same server as a
// store, and never written to.
func TestLoadFromNeo4j(t *testing.T) {
	server := neo4jtest.Server(t)
	neo4jtest.Run(t, server, `CREATE (:Client {id: 'c1', name: 'Made Up'})-[:PERFORMED]->(:Transaction:Payment {id: 't1', amount: 7.5, globalStep: 3, step: 1, fraud: false})-[:TO]->(:Merchant {id: 'm1'})`, nil)
	uri := server.URI + "/" + server.Database
	file := filepath.Join(t.TempDir(), "s.db")
	code, _, errs := runWith(t, "RINGLEADER_NEO4J_PASSWORD", server.Password, "load", uri, "--preset", "neo4j_paysim", "--store", file)
	require.Equal(t, exitDone, code, errs)
	require.Contains(t, errs, "#transactions: read from the beginning, globalStep up to 3")
	code, _, errs = runWith(t, sourceSecretVariable, server.Password, "load", uri, "--preset", "neo4j_paysim", "--store", file)
	require.Equal(t, exitDone, code, errs)
	require.Contains(t, errs, "#transactions: nothing new since globalStep 3")
	require.Contains(t, errs, "1 loaded before", "the client")
	code, _, errs = runWith(t, "RINGLEADER_NEO4J_PASSWORD", server.Password, "load", uri, "--preset", "neo4j_paysim", "--store", "bolt://127.0.0.1:1")
	require.Equal(t, exitUnavailable, code, errs)

	neo4jtest.Run(t, server, "CREATE (:UserAccount {account: 'a1', email: 'made@example.com'})", nil)
	code, out, errs := runWith(t, sourceSecretVariable, server.Password, "mapping", "infer", uri)
	require.Equal(t, exitDone, code, errs)
	require.Contains(t, out, "label: UserAccount")
	counted := neo4jtest.Run(t, server, "MATCH (n) RETURN count(n)", nil)
	require.Equal(t, int64(5), counted[0].Values[0], "what was there, and the marker of the tests")
}
