package pgtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"ringleader/loaders/pgsource"
)

// Environment variables that name the server.
const (
	EnvURI      = "RINGLEADER_TEST_POSTGRES_URI"
	EnvPassword = "RINGLEADER_TEST_POSTGRES_PASSWORD"
)

// patience is how long a test waits for one answer.
const patience = time.Minute

// Database is an empty database of the test's own.
type Database struct {
	Config pgsource.Config
	URI    string // its address
	conn   *pgx.Conn
}

// New makes a database, which is dropped when the test ends. Without a server
// the test is skipped with a message that begins POSTGRESQL TESTS DID NOT RUN,
// and fails where CI is true.
func New(t testing.TB) *Database {
	t.Helper()
	uri := os.Getenv(EnvURI)
	if uri == "" {
		const missing = "POSTGRESQL TESTS DID NOT RUN: " + EnvURI + " is not set; scripts/postgres/up.sh starts a server and prints it"
		if os.Getenv("CI") == "true" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	random := make([]byte, 8)
	_, err := rand.Read(random)
	require.NoError(t, err)
	name := "ringleader_test_" + hex.EncodeToString(random)
	admin := connect(t, uri)
	exec(t, admin, "CREATE DATABASE "+name)
	t.Cleanup(func() { exec(t, admin, "DROP DATABASE "+name+" WITH (FORCE)") })

	u, err := url.Parse(uri)
	require.NoError(t, err, EnvURI)
	u.Path = "/" + name
	d := &Database{URI: u.String()}
	d.Config, err = pgsource.ParseURI(d.URI)
	require.NoError(t, err, EnvURI)
	d.Config.Password = os.Getenv(EnvPassword)
	d.conn = connect(t, d.URI)
	return d
}

func connect(t testing.TB, uri string) *pgx.Conn {
	t.Helper()
	config, err := pgx.ParseConfig(uri)
	require.NoError(t, err, EnvURI)
	config.Password = os.Getenv(EnvPassword)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func exec(t testing.TB, conn *pgx.Conn, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := conn.PgConn().Exec(ctx, sql).ReadAll()
	require.NoError(t, err)
}

// Exec runs statements as the owner of the database does.
func (d *Database) Exec(t testing.TB, sql string) {
	t.Helper()
	exec(t, d.conn, sql)
}

// Text is the one value that a query gives, as a text.
func (d *Database) Text(t testing.TB, sql string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var s string
	require.NoError(t, d.conn.QueryRow(ctx, "SELECT ("+sql+")::text").Scan(&s))
	return s
}
