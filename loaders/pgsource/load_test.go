package pgsource_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"ringleader/graph"
	"ringleader/graph/sqlitestore/sqlitetest"
	"ringleader/loaders"
	"ringleader/loaders/loadertest"
	"ringleader/loaders/pgsource"
	"ringleader/loaders/pgsource/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const payments = `name: shop
tables:
- file: payments
  read: {table: payments, mark: id}
  columns:
    id: {required: true}
    amount: {type: amount, currency: EUR}
    at: {type: time}
  links:
  - {from: "account:{account}", type: PAID, to: "merchant:{merchant}", event: "payment:{id}", at: at, amount: amount}
`

// shop is a database with payments 1 to n.
func shop(t *testing.T, n int) *pgtest.Database {
	t.Helper()
	db := pgtest.New(t)
	db.Exec(t, `CREATE TABLE payments (id bigint PRIMARY KEY, account text, merchant text, amount numeric(12,2), at timestamptz)`)
	more(t, db, 1, n)
	return db
}

func more(t *testing.T, db *pgtest.Database, from, to int) {
	t.Helper()
	db.Exec(t, fmt.Sprintf(`INSERT INTO payments SELECT i, 'u' || i %% 7, 'm', i + 0.10, timestamptz '2018-10-09 18:14:00+02' + i * interval '1 second'
		FROM generate_series(%d, %d) AS i`, from, to))
}

func mapping(t testing.TB, text string) *loaders.Mapping {
	t.Helper()
	m, err := loaders.ParseMapping("m.yaml", []byte(text))
	require.NoError(t, err)
	return m
}

func options(t testing.TB, db *pgtest.Database, text string) loaders.Options {
	t.Helper()
	return loaders.Options{Mapping: mapping(t, text), Open: func(ctx context.Context, address string) (loaders.Database, error) {
		c, err := pgsource.ParseURI(address)
		if err != nil {
			return nil, err
		}
		c.Password = db.Config.Password
		return pgsource.Open(ctx, c)
	}}
}

// A second load takes what is new, says so, and a third finds nothing.
func TestSecondLoadTakesWhatIsNew(t *testing.T) {
	ctx, db, s := context.Background(), shop(t, 100), sqlitetest.New(t)
	o := options(t, db, payments)
	first, err := loaders.Load(ctx, s, s, []string{db.URI}, o)
	require.NoError(t, err)
	require.Equal(t, int64(100), first.Rows)
	require.Equal(t, "100", first.Files[0].UpTo)
	require.Empty(t, first.Files[0].After)
	require.Contains(t, loadertest.Facts(t, s), "account:u1 PAID merchant:m payment:1 @2018-10-09T16:14:01Z =1.10 EUR")

	more(t, db, 101, 130)
	second, err := loaders.Load(ctx, s, s, []string{db.URI}, o)
	require.NoError(t, err)
	require.Equal(t, int64(30), second.Rows)
	require.Equal(t, "id", second.Files[0].Mark)
	require.Equal(t, "100", second.Files[0].After)
	require.Equal(t, "130", second.Files[0].UpTo)
	require.Len(t, loadertest.Facts(t, s), 130)

	third, err := loaders.Load(ctx, s, s, []string{db.URI}, o)
	require.NoError(t, err)
	require.Zero(t, third.Rows)
	require.Equal(t, "130", third.Files[0].After)
	require.Equal(t, "130", third.Files[0].UpTo)

	o.Full = true
	full, err := loaders.Load(ctx, s, s, []string{db.URI}, o)
	require.NoError(t, err)
	require.Equal(t, int64(130), full.Rows, "from the beginning")
	require.Len(t, loadertest.Facts(t, s), 130, "and what is known adds nothing")
}

// What a load took is taken back with it, and only with it: the next load reads
// it anew.
func TestRevertOpensAGap(t *testing.T) {
	ctx, db, s := context.Background(), shop(t, 10), sqlitetest.New(t)
	o := options(t, db, payments)
	load := func() *loaders.Report {
		r, err := loaders.Load(ctx, s, s, []string{db.URI}, o)
		require.NoError(t, err)
		return r
	}
	load()
	more(t, db, 11, 20)
	middle := load()
	more(t, db, 21, 30)
	load()
	want := loadertest.Facts(t, s)
	_, err := loaders.Revert(ctx, s, s, middle.Load)
	require.NoError(t, err)
	require.Len(t, loadertest.Facts(t, s), 20, "payments 11 to 20 are gone")
	again := load()
	require.Equal(t, "10", again.Files[0].After)
	require.Equal(t, int64(20), again.Rows, "from the gap on")
	require.Equal(t, want, loadertest.Facts(t, s))
	require.Zero(t, load().Rows)
}

// An interrupted load is gone on with: the span that it had begun is read
// again, its rows are found to be known, and what came since is a span of its
// own.
func TestInterruptedLoadGoesOn(t *testing.T) {
	ctx, db, s := context.Background(), shop(t, 1000), sqlitetest.New(t)
	o := options(t, db, payments)
	o.BatchRows = 100
	broken, stop := context.WithCancel(ctx)
	o.Progress = func(p loaders.Progress) {
		if p.Total > 0 && p.Rows >= 300 {
			stop()
		}
	}
	_, err := loaders.Load(broken, s, s, []string{db.URI}, o)
	require.ErrorIs(t, err, context.Canceled)
	begun := len(loadertest.Facts(t, s))
	require.GreaterOrEqual(t, begun, 300)
	require.Less(t, begun, 1000)

	more(t, db, 1001, 1100)
	o.Progress = nil
	report, err := loaders.Load(ctx, s, s, []string{db.URI}, o)
	require.NoError(t, err)
	require.Len(t, report.Files, 2)
	require.Equal(t, int64(begun), report.Files[0].Already)
	require.Equal(t, int64(1000-begun), report.Files[0].Rows)
	require.Equal(t, "1000", report.Files[0].UpTo)
	require.Equal(t, int64(100), report.Files[1].Rows)
	require.Equal(t, "1000", report.Files[1].After)
	require.Len(t, loadertest.Facts(t, s), 1100)
	inputs, err := s.Inputs(ctx)
	require.NoError(t, err)
	require.Len(t, inputs, 2, "the begun input was gone on with")
}

// Values come over as the server has them.
func TestValuesAreExact(t *testing.T) {
	db := pgtest.New(t)
	db.Exec(t, `CREATE TYPE pair AS (a int, b text);
CREATE TABLE things (k int, big bigint, n numeric, x double precision, yes boolean, t text, z timestamptz, l timestamp, d date,
  tags text[], nums numeric[], j json, jb jsonb, b bytea, u uuid, c pair, nothing text, i interval);
INSERT INTO things VALUES (1, 9223372036854775807, 123456789012345678901234567890.123456789, 0.1, true, E'a "quote"\nline \\ ü 中',
  '2018-10-09 18:14:00.123456+08', '2018-10-09 18:14:00', '2018-10-09', '{"a,b",null}', '{1.10,2}', E'{"k":\n 1.50}', '{"k": 1.50}',
  '\x00ff', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '(1,x)', null, '1 day 2 hours')`)
	o := options(t, db, `name: m
tables:
- {file: things, read: {query: "select * from things;"}, nodes: [{ref: "device:{k}", props: ["*"]}]}
`)
	got := make(map[string]string)
	_, err := loaders.Read(context.Background(), []string{db.URI}, o, func(b *graph.Batch) error {
		for _, a := range b.Attrs {
			got[a.Name] = a.Value
		}
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, map[string]string{
		"big": "9223372036854775807", "n": "123456789012345678901234567890.123456789", "x": "0.1", "yes": "true",
		"t": "a \"quote\"\nline \\ ü 中", "z": "2018-10-09T10:14:00.123456+00:00", "l": "2018-10-09T18:14:00", "d": "2018-10-09",
		"tags": `["a,b",null]`, "nums": "[1.10,2]", "j": `{"k":  1.50}`, "jb": `{"k": 1.50}`, "b": `\x00ff`,
		"u": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "c": `{"a":1,"b":"x"}`, "i": "P1DT2H",
	}, got, "a null is absent")
}

// Marks of every ordered type lead on, rows without one are read each time, and
// rows of one moment are taken together.
func TestMarksOfAllTypes(t *testing.T) {
	for typ, marks := range map[string][2]string{
		"timestamptz": {"'2018-10-09 18:14:00.000001+02'", "'2018-10-09 18:14:00.000002+02'"},
		"timestamp":   {"'2018-10-09 18:14:00'", "'2018-10-09 18:14:01'"},
		"date":        {"'2018-10-09'", "'2018-10-10'"},
		"numeric":     {"9.50", "10.25"},
		"text":        {"'it''s'", "'its'"},
		"uuid":        {"'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"},
	} {
		t.Run(typ, func(t *testing.T) {
			ctx, db, s := context.Background(), pgtest.New(t), sqlitetest.New(t)
			db.Exec(t, `CREATE TABLE "Odd ""Name""" (id int, "the mark" `+typ+`);
INSERT INTO "Odd ""Name""" VALUES (1, `+marks[0]+`), (2, `+marks[0]+`), (3, null)`)
			o := options(t, db, `name: m
tables:
- {file: things, read: {table: 'public."Odd ""Name"""', mark: the mark}, nodes: [{ref: "device:{id}", exists: true}]}
`)
			first, err := loaders.Load(ctx, s, s, []string{db.URI}, o)
			require.NoError(t, err)
			require.Equal(t, int64(3), first.Rows)
			db.Exec(t, `INSERT INTO "Odd ""Name""" VALUES (4, `+marks[1]+`)`)
			second, err := loaders.Load(ctx, s, s, []string{db.URI}, o)
			require.NoError(t, err)
			require.Equal(t, int64(2), second.Rows, "the new one and the one without a mark")
			stats, err := s.Stats(ctx)
			require.NoError(t, err)
			require.Equal(t, int64(4), stats.Nodes[graph.Device])
		})
	}
}

// Whatever a query tries to write, the source stays as it is.
func TestQueriesThatWriteAreRefused(t *testing.T) {
	db := shop(t, 3)
	db.Exec(t, `CREATE SEQUENCE s; CREATE FUNCTION sneak() RETURNS int LANGUAGE sql AS 'DELETE FROM payments; SELECT 1'`)
	before := db.Text(t, "SELECT json_agg(p ORDER BY id) FROM payments p")
	for name, query := range map[string]string{
		"function":     "SELECT sneak() AS id",
		"sequence":     "SELECT nextval('s') AS id",
		"with":         "WITH gone AS (DELETE FROM payments RETURNING id) SELECT id FROM gone",
		"statement":    "DELETE FROM payments RETURNING id",
		"second":       "SELECT 1 AS id) AS q; DELETE FROM payments; SELECT * FROM (SELECT 1 AS id",
		"commit":       "SELECT 1 AS id) AS q; COMMIT; DELETE FROM payments --",
		"mode":         "SELECT set_config('transaction_read_only', 'off', true), sneak() AS id",
		"session mode": "SELECT set_config('session_characteristics', 'off', false), sneak() AS id",
		"lock":         "SELECT id FROM payments FOR UPDATE",
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t, db, "name: m\ntables:\n- file: t\n  read:\n    query: |\n      "+query+
				"\n  nodes: [{ref: \"device:{id}\", exists: true}]\n")
			_, err := loaders.Read(context.Background(), []string{db.URI}, o, func(*graph.Batch) error { return nil })
			require.ErrorIs(t, err, graph.ErrInvalid)
			require.Contains(t, err.Error(), "mapping m.yaml, line 5, tables[0].read.query")
			require.Equal(t, before, db.Text(t, "SELECT json_agg(p ORDER BY id) FROM payments p"), "the source is unchanged")
			require.Equal(t, "false", db.Text(t, "SELECT is_called FROM s"), "and so is its sequence")
		})
	}
}

// Mistakes are told with the line of the mapping, before anything is loaded.
func TestMistakesNameTheMapping(t *testing.T) {
	db := shop(t, 3)
	for name, tt := range map[string]struct{ read, want string }{
		"no table":   {"{table: nothing}", `relation "nothing" does not exist`},
		"syntax":     {"{query: \"selec 1\"}", "syntax error"},
		"no mark":    {"{table: payments, mark: changed}", `no column "changed"`},
		"no order":   {"{query: \"select 1 as id, '{}'::json as m\", mark: m}", "ordering operator"},
		"no column":  {"{query: \"select 1 as other\"}", `no column "id"`},
		"same names": {"{query: \"select 1 as id, 2 as id\"}", "same name"},
		"label":      {"{label: Client}", "PostgreSQL has no labels"},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t, db, "name: m\ntables:\n- file: t\n  read: "+tt.read+"\n  nodes: [{ref: \"device:{id}\", exists: true}]\n")
			_, err := loaders.Read(context.Background(), []string{db.URI}, o, func(*graph.Batch) error { return nil })
			require.ErrorIs(t, err, graph.ErrInvalid)
			require.Contains(t, err.Error(), tt.want)
			require.Contains(t, err.Error(), "mapping m.yaml, line 4, tables[0].read")
		})
	}
}

// What the server says about data may hold data: only its code is told.
func TestErrorsHoldNoRows(t *testing.T) {
	db := shop(t, 3)
	db.Exec(t, "UPDATE payments SET account = 'secret person' WHERE id = 2")
	o := options(t, db, "name: m\ntables:\n- {file: t, read: {query: \"select id, account::int from payments\"}, nodes: [{ref: \"device:{id}\", exists: true}]}\n")
	_, err := loaders.Read(context.Background(), []string{db.URI}, o, func(*graph.Batch) error { return nil })
	require.ErrorIs(t, err, graph.ErrInvalid)
	require.Contains(t, err.Error(), "22P02") // invalid text representation
	require.NotContains(t, err.Error(), "secret")
}

// Bad rows go the way of a file's: counted, kept with their bytes, told with
// their number.
func TestBadRowsAreRejected(t *testing.T) {
	db := shop(t, 5)
	db.Exec(t, "UPDATE payments SET amount = -4 WHERE id = 4")
	o := options(t, db, payments)
	o.Rejects = filepath.Join(t.TempDir(), "rejects.csv")
	s := sqlitetest.New(t)
	report, err := loaders.Load(context.Background(), s, s, []string{db.URI}, o)
	require.NoError(t, err)
	require.Equal(t, int64(1), report.Rejected)
	require.Equal(t, int64(4), report.Reasons[0].First.Row)
	require.Equal(t, db.Config.Name()+"#payments", report.Reasons[0].First.File)
	raw, err := os.ReadFile(o.Rejects)
	require.NoError(t, err)
	require.Contains(t, string(raw), `{""id"":4,`)

	o.Strict = true
	s = sqlitetest.New(t)
	_, err = loaders.Load(context.Background(), s, s, []string{db.URI}, o)
	var bad *loaders.RowError
	require.ErrorAs(t, err, &bad)
}

// All tables of a load are of one moment, also while others write.
func TestTablesAreOfOneMoment(t *testing.T) {
	db := shop(t, 5)
	src, err := pgsource.Open(context.Background(), db.Config)
	require.NoError(t, err)
	defer src.Close()
	count := func() (n int) {
		_, err := src.Rows(context.Background(), loaders.Request{ReadRule: &loaders.ReadRule{Table: "payments"}}, func([]byte) error { n++; return nil })
		require.NoError(t, err)
		return n
	}
	require.Equal(t, 5, count())
	more(t, db, 6, 9)
	require.Equal(t, 5, count())
}

func TestServerThatIsNotThere(t *testing.T) {
	db := shop(t, 1)
	wrong := db.Config
	wrong.Password = "wrong"
	_, err := pgsource.Open(context.Background(), wrong)
	require.ErrorIs(t, err, graph.ErrUnavailable)
	require.Contains(t, err.Error(), "refuses the user")
	none := db.Config
	none.Database = "nothing_of_this_name"
	_, err = pgsource.Open(context.Background(), none)
	require.ErrorIs(t, err, graph.ErrUnavailable)
	down := db.Config
	down.Port = "1"
	_, err = pgsource.Open(context.Background(), down)
	require.ErrorIs(t, err, graph.ErrUnavailable)
	require.Contains(t, err.Error(), "cannot be reached")
	require.NotContains(t, err.Error(), db.Config.Password)
}

// A server that gives no row for too long is given up, and so is a load that is
// interrupted while it waits.
func TestSilenceEnds(t *testing.T) {
	db := shop(t, 1)
	c := db.Config
	c.Silence = 200 * time.Millisecond
	src, err := pgsource.Open(context.Background(), c)
	require.NoError(t, err)
	defer src.Close()
	slow := loaders.Request{ReadRule: &loaders.ReadRule{Query: "SELECT pg_sleep(30)"}}
	start := time.Now()
	_, err = src.Rows(context.Background(), slow, func([]byte) error { return nil })
	require.ErrorIs(t, err, graph.ErrUnavailable)
	require.Less(t, time.Since(start), 20*time.Second)

	src, err = pgsource.Open(context.Background(), db.Config)
	require.NoError(t, err)
	defer src.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	_, err = src.Rows(ctx, slow, func([]byte) error { return nil })
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// A broken connection is unavailable, and nothing of the table is loaded.
func TestBrokenConnection(t *testing.T) {
	db := shop(t, 200_000)
	src, err := pgsource.Open(context.Background(), db.Config)
	require.NoError(t, err)
	defer src.Close()
	n := 0
	_, err = src.Rows(context.Background(), loaders.Request{ReadRule: &loaders.ReadRule{Table: "payments"}}, func([]byte) error {
		if n++; n == 10 {
			db.Exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ringleader' AND datname = current_database()")
		}
		return nil
	})
	require.ErrorIs(t, err, graph.ErrUnavailable)
	require.NotErrorIs(t, err, context.Canceled)
	require.NotContains(t, err.Error(), db.Config.Password)
}

// The example of the documentation loads.
func TestDocumentedMappingLoads(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("..", "..", "docs", "data.md"))
	require.NoError(t, err)
	_, after, ok := strings.Cut(string(doc), "## From a database")
	require.True(t, ok)
	_, after, ok = strings.Cut(after, "```yaml\n")
	require.True(t, ok)
	text, _, ok := strings.Cut(after, "```")
	require.True(t, ok)
	db := pgtest.New(t)
	db.Exec(t, `CREATE TABLE payments (id int, user_id text, shop text, at timestamptz, amount numeric);
CREATE TABLE devices (id int, serial text); CREATE TABLE logins (id int, user_id text, device_id int, at timestamp);
INSERT INTO payments VALUES (1, 'u1', 'm', '2018-10-09T18:14:00Z', 648); INSERT INTO devices VALUES (5, 'S5');
INSERT INTO logins VALUES (9, 'u1', 5, '2018-10-09 18:00:00')`)
	s := sqlitetest.New(t)
	report, err := loaders.Load(context.Background(), s, s, []string{db.URI}, options(t, db, text))
	require.NoError(t, err)
	require.Equal(t, "9", report.Files[1].UpTo)
	require.Equal(t, []string{
		"account:u1 PAID merchant:m payment:1 @2018-10-09T18:14:00Z =648.00 EUR",
		"account:u1 USED_DEVICE device:S5  @2018-10-09T18:00:00Z =",
	}, loadertest.Facts(t, s))
}
