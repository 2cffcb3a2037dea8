package neo4jtest

import (
	"context"
	"os"
	"testing"
	"time"

	neo "github.com/neo4j/neo4j-go-driver/v5/neo4j"
	"github.com/stretchr/testify/require"

	"ringleader/graph/neo4jstore"
)

// Environment variables that name the server.
const (
	EnvURI      = "RINGLEADER_TEST_NEO4J_URI"
	EnvPassword = "RINGLEADER_TEST_NEO4J_PASSWORD"
)

// patience is how long a test waits for the tests of another package, which
// use the same server, and for the server to wipe its database.
const patience = 10 * time.Minute

const (
	cypherMarked = "RETURN EXISTS { (:RingleaderTest) }"
	cypherEmpty  = "MATCH (n) RETURN count(n) = 0"
	cypherUnique = "CREATE CONSTRAINT ringleader_test IF NOT EXISTS FOR (t:RingleaderTest) REQUIRE t.id IS UNIQUE"
	cypherMark   = "MERGE (t:RingleaderTest {id: 'test'})"
	cypherHold   = "MATCH (t:RingleaderTest {id: 'test'}) SET t._lock = true REMOVE t._lock"
	cypherUnlink = "MATCH ()-[r]->() CALL (r) { DELETE r } IN TRANSACTIONS OF 10000 ROWS"
	cypherWipe   = "MATCH (n) WHERE NOT n:RingleaderTest CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS"
)

// Server returns the server with an empty database, which belongs to the test
// until it ends: tests of other packages and processes wait. Call it once in a
// test, which must not be parallel. Without a server the test is skipped with a
// message that begins NEO4J TESTS DID NOT RUN, and fails where CI is true.
func Server(t testing.TB) neo4jstore.Config {
	t.Helper()
	c := address(t)
	driver := connect(t, c)
	guard(t, driver, c)
	hold(t, driver, c)
	Wipe(t, c)
	return c
}

// address reads the environment.
func address(t testing.TB) neo4jstore.Config {
	t.Helper()
	uri := os.Getenv(EnvURI)
	if uri == "" {
		const missing = "NEO4J TESTS DID NOT RUN: " + EnvURI + " is not set; make neo4j-up starts a server and prints it"
		if os.Getenv("CI") == "true" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	c, err := neo4jstore.ParseURI(uri)
	require.NoError(t, err, EnvURI)
	c.Password = os.Getenv(EnvPassword)
	if c.User == "" {
		c.User = "neo4j"
	}
	if c.Database == "" {
		c.Database = "neo4j"
	}
	return c
}

func connect(t testing.TB, c neo4jstore.Config) neo.DriverWithContext {
	t.Helper()
	driver, err := neo.NewDriverWithContext(c.URI, neo.BasicAuth(c.User, c.Password, ""))
	require.NoError(t, err)
	t.Cleanup(func() { _ = driver.Close(context.Background()) })
	return driver
}

// guard fails the test before anything is written to somebody's database, and
// marks an empty one as the tests' own.
func guard(t testing.TB, driver neo.DriverWithContext, c neo4jstore.Config) {
	t.Helper()
	if run(t, driver, c, cypherMarked) == true {
		return
	}
	if run(t, driver, c, cypherEmpty) != true {
		t.Fatalf("the database %s at %s holds data and lacks the node (:RingleaderTest): tests leave it alone; give them an empty one", c.Database, c.URI)
	}
	run(t, driver, c, cypherUnique)
	run(t, driver, c, cypherMark)
}

// hold locks the marker in a transaction that stays open until the test ends.
// The server gives the lock back if the process dies.
func hold(t testing.TB, driver neo.DriverWithContext, c neo4jstore.Config) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	session := driver.NewSession(ctx, neo.SessionConfig{DatabaseName: c.Database})
	t.Cleanup(func() { _ = session.Close(context.Background()) })
	tx, err := session.BeginTransaction(ctx)
	require.NoError(t, err)
	result, err := tx.Run(ctx, cypherHold, nil)
	require.NoError(t, err)
	_, err = result.Consume(ctx)
	require.NoError(t, err, "wait for the tests of other packages")
}

// Wipe empties the database of a server that Server returned. Relationships go
// first: those of one node with very many would not fit into one transaction.
func Wipe(t testing.TB, c neo4jstore.Config) {
	t.Helper()
	Run(t, c, cypherUnlink, nil)
	Run(t, c, cypherWipe, nil)
}

// Run runs a query as a person would and returns its records. It does so in a
// transaction of its own.
func Run(t testing.TB, c neo4jstore.Config, query string, params map[string]any) []*neo.Record {
	t.Helper()
	driver, err := neo.NewDriverWithContext(c.URI, neo.BasicAuth(c.User, c.Password, ""))
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	defer func() { require.NoError(t, driver.Close(ctx)) }()
	session := driver.NewSession(ctx, neo.SessionConfig{DatabaseName: c.Database})
	defer func() { require.NoError(t, session.Close(ctx)) }()
	result, err := session.Run(ctx, query, params)
	require.NoError(t, err)
	records, err := result.Collect(ctx)
	require.NoError(t, err)
	return records
}

// run is Run for a driver that is there, and the first value that comes back.
func run(t testing.TB, driver neo.DriverWithContext, c neo4jstore.Config, query string) any {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	result, err := neo.ExecuteQuery(ctx, driver, query, nil, neo.EagerResultTransformer, neo.ExecuteQueryWithDatabase(c.Database))
	require.NoError(t, err, "Neo4j at %s", c.URI)
	if len(result.Records) == 0 {
		return nil
	}
	return result.Records[0].Values[0]
}
