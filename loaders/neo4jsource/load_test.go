package neo4jsource_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"ringleader/graph"
	"ringleader/graph/neo4jstore"
	"ringleader/graph/neo4jstore/neo4jtest"
	"ringleader/graph/sqlitestore/sqlitetest"
	"ringleader/loaders"
	"ringleader/loaders/loadertest"
	"ringleader/loaders/neo4jsource"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const transfers = `name: m
tables:
- file: people
  read: {label: Person, mark: nr}
  columns: {name: {}, "@labels": {}}
  nodes: [{ref: "account:{id}", exists: true, props: [name, "@labels"]}]
- file: sent
  read: {type: SENT, mark: nr}
  columns: {at: {type: time}, amount: {type: amount, currency: EUR}}
  links:
  - {from: "account:{from.id}", type: TRANSFERRED_TO, to: "account:{to.id}", event: "transfer:{nr}", at: at, amount: amount, when: ["to.@labels = Person"]}
`

// people makes persons 1 to n, each of whom has sent one amount to the next.
func people(t testing.TB, c neo4jstore.Config, from, to int) {
	t.Helper()
	neo4jtest.Run(t, c, `UNWIND range($from, $to) AS i CREATE (:Person {id: 'p' + i, nr: i, name: 'Made Up'})`,
		map[string]any{"from": from, "to": to})
	neo4jtest.Run(t, c, `UNWIND range($from, $to) AS i MATCH (a:Person {nr: i}), (b:Person {nr: CASE i WHEN 1 THEN 1 ELSE i - 1 END})
CREATE (a)-[:SENT {nr: i, amount: i + 0.25, at: datetime('2018-10-09T18:14:00+02:00') + duration({seconds: i})}]->(b)`,
		map[string]any{"from": from, "to": to})
}

func address(c neo4jstore.Config) string { return c.URI + "/" + c.Database }

func options(t testing.TB, c neo4jstore.Config, text string) loaders.Options {
	t.Helper()
	m, err := loaders.ParseMapping("m.yaml", []byte(text))
	require.NoError(t, err)
	return loaders.Options{Mapping: m, Open: func(ctx context.Context, _ string) (loaders.Database, error) {
		return neo4jsource.Open(ctx, c)
	}}
}

// everything is the whole database in one text, to see that it is unchanged.
func everything(t testing.TB, c neo4jstore.Config) string {
	t.Helper()
	nodes := neo4jtest.Run(t, c, "MATCH (n) RETURN labels(n) AS l, properties(n) AS p ORDER BY elementId(n)", nil)
	links := neo4jtest.Run(t, c, "MATCH ()-[r]->() RETURN type(r) AS t, properties(r) AS p ORDER BY elementId(r)", nil)
	schema := neo4jtest.Run(t, c, "SHOW INDEXES YIELD name RETURN collect(name) AS n", nil)
	text := ""
	for _, r := range slices.Concat(nodes, links, schema) {
		text += fmt.Sprint(r.Values) + "\n"
	}
	return text
}

// Labels and types are read, a second load takes what is new and says so, and
// the source stays as it is.
func TestSecondLoadTakesWhatIsNew(t *testing.T) {
	c := neo4jtest.Server(t)
	ctx, s := context.Background(), sqlitetest.New(t)
	neo4jtest.Run(t, c, "CREATE INDEX person_nr IF NOT EXISTS FOR (p:Person) ON (p.nr)", nil)
	t.Cleanup(func() { neo4jtest.Run(t, c, "DROP INDEX person_nr", nil) })
	people(t, c, 1, 12_000) // more than two pages
	before := everything(t, c)
	o := options(t, c, transfers)
	first, err := loaders.Load(ctx, s, s, []string{address(c)}, o)
	require.NoError(t, err)
	require.Zero(t, first.Rejected, "%v", first.Reasons)
	require.Equal(t, int64(24_000), first.Rows)
	require.Equal(t, "12000", first.Files[0].UpTo)
	require.Equal(t, before, everything(t, c))
	all := loadertest.Facts(t, s)
	require.Contains(t, all, "account:p7 TRANSFERRED_TO account:p6 transfer:7 @2018-10-09T16:14:07Z =7.25 EUR")
	require.Contains(t, all, "account:p7 . @labels=Person")
	require.Contains(t, all, "account:p7 . name=Made Up")

	people(t, c, 12_001, 12_010)
	neo4jtest.Run(t, c, "CREATE (:Person {id: 'late'})", nil)
	second, err := loaders.Load(ctx, s, s, []string{address(c)}, o)
	require.NoError(t, err)
	require.Equal(t, "12000", second.Files[0].After)
	require.Equal(t, int64(11), second.Files[0].Rows, "ten new ones, and the one without a mark")
	require.Equal(t, int64(10), second.Files[1].Rows)
	require.Equal(t, "12010", second.Files[1].UpTo)
	require.Len(t, loadertest.Facts(t, s), len(all)+10+10*3+2)
}

// Marks of every type with an order lead on.
func TestMarksOfAllTypes(t *testing.T) {
	c := neo4jtest.Server(t)
	for name, marks := range map[string][3]string{
		"integer":       {"1", "1", "2"},
		"number":        {"1.5", "1", "1.75"},
		"text":          {`'it"s'`, "'a'", "'its'"},
		"datetime":      {"datetime('2018-10-09T18:14:00.000000001+02:00')", "datetime('2018-10-09T18:14:00[Asia/Shanghai]')", "datetime('2018-10-09T18:14:00.000000002+02:00')"},
		"localdatetime": {"localdatetime('2018-10-09T18:14:00.5')", "localdatetime('2017-10-09T18:14:00')", "localdatetime('2018-10-09T18:14:01')"},
		"date":          {"date('2018-10-09')", "date('2018-10-08')", "date('2018-10-10')"},
	} {
		for _, read := range []string{"{label: T, mark: m}", "{query: 'MATCH (x:T) RETURN x.id AS id, x.m AS m', mark: m}",
			"{query: 'MATCH (x:T) WHERE coalesce(x.m > $mark, true) RETURN x.id AS id, x.m AS m', mark: m}"} {
			t.Run(name+" "+read[1:6], func(t *testing.T) {
				neo4jtest.Wipe(t, c)
				ctx, s := context.Background(), sqlitetest.New(t)
				neo4jtest.Run(t, c, fmt.Sprintf("CREATE (:T {id: 1, m: %s}), (:T {id: 2, m: %s})", marks[0], marks[1]), nil)
				o := options(t, c, "name: m\ntables:\n- {file: t, read: "+read+", nodes: [{ref: \"device:{id}\", exists: true}]}\n")
				first, err := loaders.Load(ctx, s, s, []string{address(c)}, o)
				require.NoError(t, err)
				require.Equal(t, int64(2), first.Rows)
				neo4jtest.Run(t, c, fmt.Sprintf("CREATE (:T {id: 3, m: %s})", marks[2]), nil)
				second, err := loaders.Load(ctx, s, s, []string{address(c)}, o)
				require.NoError(t, err)
				require.Equal(t, int64(1), second.Rows)
				require.Equal(t, first.Files[0].UpTo, second.Files[0].After)
				third, err := loaders.Load(ctx, s, s, []string{address(c)}, o)
				require.NoError(t, err)
				require.Zero(t, third.Rows)
			})
		}
	}
	t.Run("mixed", func(t *testing.T) {
		neo4jtest.Wipe(t, c)
		neo4jtest.Run(t, c, "CREATE (:T {id: 1, m: 1}), (:T {id: 2, m: 'x'})", nil)
		_, err := loaders.Read(context.Background(), []string{address(c)}, options(t, c,
			"name: m\ntables:\n- file: t\n  read: {label: T, mark: m}\n  nodes: [{ref: \"device:{id}\", exists: true}]\n"), func(*graph.Batch) error { return nil })
		require.ErrorIs(t, err, graph.ErrInvalid)
		require.Contains(t, err.Error(), "line 4")
		require.Contains(t, err.Error(), "INTEGER and of type STRING")
	})
}

// Values come over as the server has them.
func TestValuesAreExact(t *testing.T) {
	c := neo4jtest.Server(t)
	neo4jtest.Run(t, c, `CREATE (:Thing:Also {k: 1, big: 9223372036854775807, x: 0.1, whole: 12.0, yes: true, t: 'a "quote"\nline \\ ü 中',
z: datetime('2018-10-09T18:14:00.123456789+08:00'), named: datetime('2018-10-09T18:14:00[Europe/Berlin]'), l: localdatetime('2018-10-09T18:14:00'),
d: date('2018-10-09'), lt: localtime('18:14:00.5'), zt: time('18:14:00+01:00'), du: duration('P1M2DT3S'), tags: ['a,b', 'c'], nums: [1, 2],
p: point({x: 1.5, y: 2})})`, nil)
	for _, read := range []string{"{label: Thing}", "{query: 'MATCH (n:Thing) RETURN n.k AS k, n.big AS big, n.x AS x, n.whole AS whole, n.yes AS yes, n.t AS t, n.z AS z, n.named AS named, n.l AS l, n.d AS d, n.lt AS lt, n.zt AS zt, n.du AS du, n.tags AS tags, n.nums AS nums, n.p AS p, null AS nothing;'}"} {
		o := options(t, c, "name: m\ntables:\n- {file: things, read: "+read+", nodes: [{ref: \"device:{k}\", props: [\"*\"]}]}\n")
		got := make(map[string]string)
		_, err := loaders.Read(context.Background(), []string{address(c)}, o, func(b *graph.Batch) error {
			for _, a := range b.Attrs {
				got[a.Name] = a.Value
			}
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, map[string]string{
			"big": "9223372036854775807", "x": "0.1", "whole": "12", "yes": "true", "t": "a \"quote\"\nline \\ ü 中",
			"z": "2018-10-09T18:14:00.123456789+08:00", "named": "2018-10-09T18:14:00+02:00", "l": "2018-10-09T18:14:00", "d": "2018-10-09",
			"lt": "18:14:00.5", "zt": "18:14:00+01:00", "du": "P1M2DT3S", "tags": `["a,b","c"]`, "nums": "[1,2]",
			"p": "Point{SpatialRefId=7203, X=1.500000, Y=2.000000}",
		}, got)
	}
}

// Whatever a query tries to write, the source stays as it is.
func TestQueriesThatWriteAreRefused(t *testing.T) {
	c := neo4jtest.Server(t)
	people(t, c, 1, 3)
	before := everything(t, c)
	for name, read := range map[string]string{
		"create":       "query: 'CREATE (n:Person {id: 1}) RETURN n.id AS id'",
		"set":          "query: 'MATCH (n:Person) SET n.name = 1 RETURN n.id AS id'",
		"delete":       "query: 'MATCH (n:Person) DETACH DELETE n RETURN 1 AS id'",
		"inside":       "label: Person, query: 'CREATE (x:Person {id: 1}) RETURN x.id AS id'",
		"type":         "type: SENT, query: 'DELETE r RETURN 1 AS id'",
		"out of it":    "label: Person, query: 'RETURN 1 AS id } MATCH (x) DETACH DELETE x WITH 1 AS y CALL () { RETURN 1 AS z'",
		"transactions": "query: 'MATCH (n:Person) CALL (n) { DETACH DELETE n } IN TRANSACTIONS RETURN 1 AS id'",
		"schema":       "query: 'CREATE INDEX sneaky FOR (n:Person) ON (n.id)'",
		"procedure":    "query: 'CALL db.createLabel(\"Sneaky\") RETURN 1 AS id'",
		"odd label":    "label: 'Person`) DETACH DELETE n //'",
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t, c, "name: m\ntables:\n- file: t\n  read: {"+read+"}\n  nodes: [{ref: \"device:{id}\", exists: true}]\n")
			_, err := loaders.Read(context.Background(), []string{address(c)}, o, func(*graph.Batch) error { return nil })
			require.ErrorIs(t, err, graph.ErrInvalid)
			require.Contains(t, err.Error(), "mapping m.yaml, line 4, tables[0].read")
			require.Equal(t, before, everything(t, c), "the source is unchanged")
		})
	}
}

// The server itself refuses to write in the mode that rows are read in, should a
// query get past the first look.
func TestServerEnforcesReadAccess(t *testing.T) {
	c := neo4jtest.Server(t)
	src, err := neo4jsource.Open(context.Background(), c)
	require.NoError(t, err)
	defer src.Close()
	before := everything(t, c)
	_, err = src.Rows(context.Background(), loaders.Request{ReadRule: &loaders.ReadRule{Query: "CREATE (n:X) RETURN 1 AS id"}}, func([]byte) error { return nil })
	require.ErrorIs(t, err, graph.ErrInvalid)
	require.Contains(t, err.Error(), "it writes, and a source is only read")
	require.Equal(t, before, everything(t, c))
}

// Mistakes are told with the line of the mapping, before anything is loaded.
func TestMistakesNameTheMapping(t *testing.T) {
	c := neo4jtest.Server(t)
	people(t, c, 1, 3)
	for name, tt := range map[string]struct{ read, want string }{
		"no label":  {"{label: Nobody}", `no node has the label "Nobody"`},
		"syntax":    {"{query: 'MATCH n RETURN n'}", "Invalid input"},
		"no mark":   {"{query: 'MATCH (n:Person) RETURN n.id AS id', mark: changed}", `no column "changed"`},
		"no column": {"{query: 'MATCH (n:Person) RETURN n.id AS other'}", `no column "id"`},
		"each":      {"{label: Person, query: 'RETURN n.id AS other'}", `no column "id"`},
		"parameter": {"{query: 'RETURN $mine AS id'}", "mine"},
		"node":      {"{query: 'MATCH (n:Person) RETURN n AS id'}", "NODE"},
		"table":     {"{table: people}", "Neo4j has no tables"},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t, c, "name: m\ntables:\n- file: t\n  read: "+tt.read+"\n  nodes: [{ref: \"device:{id}\", exists: true}]\n")
			_, err := loaders.Read(context.Background(), []string{address(c)}, o, func(*graph.Batch) error { return nil })
			require.ErrorIs(t, err, graph.ErrInvalid)
			require.Contains(t, err.Error(), tt.want)
			require.Contains(t, err.Error(), "mapping m.yaml, line 4, tables[0].read")
		})
	}
}

// paysim is a made-up graph in the layout of Neo4j's example: the rows of the
// preset's files.
const paysim = `
CREATE (a:Client {id: '4000000000001', name: 'Made Up'}), (b:Client {id: '4000000000002', name: 'Up Made'}),
(m1:Merchant {id: '19-0000001'}), (m2:Merchant {id: '19-0000002'}), (bank:Bank {id: 'bank-1'}), (s:SSN {ssn: '000-00-0001'}),
(a)-[:HAS_EMAIL]->(:Email {email: 'made@example.com'}), (b)-[:HAS_EMAIL]->(:Email {email: 'up@example.com'}),
(a)-[:HAS_PHONE]->(:Phone {phoneNumber: '555-01-0001'}), (b)-[:HAS_PHONE]->(:Phone {phoneNumber: '555-01-0002'}),
(a)-[:HAS_SSN]->(s), (b)-[:HAS_SSN]->(s),
(a)-[:PERFORMED]->(:Transaction:CashIn {id: 'tx-1', amount: 494528.03, globalStep: 1, step: 1, fraud: false})-[:TO]->(m1),
(a)-[:PERFORMED]->(:Transaction:Transfer {id: 'tx-2', amount: 120.5, globalStep: 2, step: 1, fraud: true})-[:TO]->(b),
(b)-[:PERFORMED]->(:Transaction:CashOut {id: 'tx-3', amount: 60.25, globalStep: 3, step: 2, fraud: false})-[:TO]->(m2),
(b)-[:PERFORMED]->(:Transaction:Debit {id: 'tx-4', amount: 7.0, globalStep: 4, step: 2, fraud: false})-[:TO]->(bank)`

// The preset gives the same facts from the database as from its files.
func TestPaysimGraph(t *testing.T) {
	c := neo4jtest.Server(t)
	neo4jtest.Run(t, c, paysim, nil)
	m, err := loaders.ShippedMapping("neo4j_paysim")
	require.NoError(t, err)
	o := options(t, c, transfers)
	o.Mapping = m
	ctx, s := context.Background(), sqlitetest.New(t)
	report, err := loaders.Load(ctx, s, s, []string{address(c)}, o)
	require.NoError(t, err)
	require.Zero(t, report.Rejected, "%v", report.Reasons)
	require.Equal(t, int64(6), report.Rows)
	require.Equal(t, int64(1), report.Labels)

	files := sqlitetest.New(t)
	_, err = loaders.Load(ctx, files, files, []string{filepath.Join("..", "testdata", "presets", "neo4j_paysim")}, loaders.Options{Mapping: m})
	require.NoError(t, err)
	require.Equal(t, loadertest.Facts(t, files), loadertest.Facts(t, s))

	neo4jtest.Run(t, c, `MATCH (a:Client {id: '4000000000001'}), (m:Merchant {id: '19-0000001'})
CREATE (a)-[:PERFORMED]->(:Transaction:Payment {id: 'tx-5', amount: 1.0, globalStep: 5, step: 3, fraud: false})-[:TO]->(m)`, nil)
	report, err = loaders.Load(ctx, s, s, []string{address(c)}, o)
	require.NoError(t, err)
	require.Equal(t, int64(2), report.Files[0].Already, "clients have no mark and are the same")
	require.Equal(t, int64(1), report.Files[1].Rows)
}

func TestServerThatIsNotThere(t *testing.T) {
	c := neo4jtest.Server(t)
	wrong := c
	wrong.Password = "a wrong one"
	_, err := neo4jsource.Open(context.Background(), wrong)
	require.ErrorIs(t, err, graph.ErrUnavailable)
	require.NotContains(t, err.Error(), "a wrong one")
	down := c
	down.URI = "bolt://127.0.0.1:1"
	_, err = neo4jsource.Open(context.Background(), down)
	require.ErrorIs(t, err, graph.ErrUnavailable)
	none := c
	none.Database = "nothing"
	src, err := neo4jsource.Open(context.Background(), none)
	require.NoError(t, err)
	defer src.Close()
	_, err = src.Reads(context.Background())
	require.ErrorIs(t, err, graph.ErrUnavailable)
}

// A query that gives no row for too long is given up.
func TestSilenceEnds(t *testing.T) {
	c := neo4jtest.Server(t)
	c.BatchTimeout = 300 * time.Millisecond
	src, err := neo4jsource.Open(context.Background(), c)
	require.NoError(t, err)
	defer src.Close()
	start := time.Now()
	_, err = src.Rows(context.Background(), loaders.Request{ReadRule: &loaders.ReadRule{Query: "UNWIND range(1, 2000000000) AS i WITH count(i * i) AS id RETURN id"}},
		func([]byte) error { return nil })
	require.ErrorIs(t, err, graph.ErrUnavailable)
	require.Less(t, time.Since(start), 30*time.Second)
}
