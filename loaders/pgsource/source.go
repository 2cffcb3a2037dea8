package pgsource

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ringleader/graph"
	"ringleader/loaders"
)

// Source is a PostgreSQL database to read from. It is not for concurrent use.
type Source struct {
	config Config
	conn   *pgx.Conn
	tx     pgx.Tx // of all reads
}

var _ loaders.Database = (*Source)(nil)

// Statements of a transaction. Its settings make texts of values the same
// everywhere and the order of rows repeatable, and keep it from waiting behind
// somebody's lock. They are of the transaction, for poolers refuse others.
const (
	sqlSettings = `SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL timezone = 'UTC'; SET LOCAL intervalstyle = 'iso_8601';
SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; SET LOCAL lock_timeout = '30s';
SET LOCAL synchronize_seqscans = off; SET LOCAL max_parallel_workers_per_gather = 0`

	sqlTables = `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1`
)

// Open connects to a database. It fails with ErrUnavailable if it cannot be
// reached or refuses the user, and with ErrInvalid on a bad address.
func Open(ctx context.Context, c Config) (*Source, error) {
	c.Timeout, c.Silence = cmp.Or(c.Timeout, 30*time.Second), cmp.Or(c.Silence, 10*time.Minute)
	s := &Source{config: c}
	config, err := pgx.ParseConfig(c.address())
	if err != nil {
		return nil, fmt.Errorf("read %s: %w address: is it sslmode, or a certificate that is not there?", c.Name(), graph.ErrInvalid)
	}
	if c.Password != "" {
		config.Password = c.Password
	}
	// No statement is kept prepared at the server: poolers do not keep them.
	config.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec
	call, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	if s.conn, err = pgx.ConnectConfig(call, config); err != nil {
		return nil, fmt.Errorf("read %s: %w", c.Name(), s.failed(ctx, err))
	}
	if s.tx, err = s.conn.BeginTx(call, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}); err == nil {
		_, err = s.conn.PgConn().Exec(call, sqlSettings).ReadAll()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read %s: %w", c.Name(), s.failed(ctx, err)), s.Close())
	}
	return s, nil
}

// Name implements loaders.Database.
func (s *Source) Name() string { return s.config.Name() }

// Close ends the transaction and the connection.
func (s *Source) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), s.config.Timeout)
	defer cancel()
	if err := s.conn.Close(ctx); err != nil { // the server rolls back
		return fmt.Errorf("close %s: %w", s.Name(), err)
	}
	return nil
}

// Reads implements loaders.Database: the tables and views that the user may
// read.
func (s *Source) Reads(ctx context.Context) ([]loaders.ReadRule, error) {
	call, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	rows, err := s.tx.Query(call, sqlTables)
	if err != nil {
		return nil, s.failed(ctx, err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, s.failed(ctx, err)
	}
	reads := make([]loaders.ReadRule, len(names))
	for i, name := range names {
		reads[i] = loaders.ReadRule{Table: name}
	}
	return reads, nil
}

// from is the rows that a request asks for, as a table q.
func from(q loaders.Request) (string, error) {
	switch {
	case q.Label != "" || q.Type != "":
		return "", fmt.Errorf("%w read: PostgreSQL has no labels and types; want table or query", graph.ErrInvalid)
	case q.Table != "":
		return "(SELECT * FROM " + tableName(q.Table) + ") AS q", nil
	}
	return "(\n" + q.Statement() + "\n) AS q", nil
}

// tableName quotes each part of a name; one that is quoted already is taken as
// it is meant.
func tableName(name string) string {
	var parts pgx.Identifier
	for part := range splitName(name) {
		parts = append(parts, part)
	}
	return parts.Sanitize()
}

// splitName yields the parts of a name between dots outside quotes.
func splitName(name string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		var part strings.Builder
		quoted := false
		for i := 0; i < len(name); i++ {
			switch c := name[i]; {
			case c == '"' && quoted && i+1 < len(name) && name[i+1] == '"':
				part.WriteByte('"')
				i++
			case c == '"':
				quoted = !quoted
			case c == '.' && !quoted:
				if !yield(part.String()) {
					return
				}
				part.Reset()
			default:
				part.WriteByte(c)
			}
		}
		yield(part.String())
	}
}

// Columns implements loaders.Database.
func (s *Source) Columns(ctx context.Context, q loaders.Request) ([]string, error) {
	table, err := from(q)
	if err != nil {
		return nil, err
	}
	call, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	d, err := s.conn.PgConn().Prepare(call, "", "SELECT * FROM "+table, nil)
	if err != nil {
		return nil, s.failed(ctx, err)
	}
	columns := make([]string, len(d.Fields))
	for i, f := range d.Fields {
		columns[i] = f.Name
	}
	if q.Mark != "" && !slices.Contains(columns, q.Mark) {
		return nil, fmt.Errorf("%w read: there is no column %q, which is the mark", graph.ErrInvalid, q.Mark)
	}
	return columns, nil
}

// statement asks for rows as JSON with their marks, those with the greatest mark
// last, and its parameters.
func statement(q loaders.Request) (sql string, params []any, err error) {
	table, err := from(q)
	if err != nil {
		return "", nil, err
	}
	var b strings.Builder
	mark := pgx.Identifier{"q", q.Mark}.Sanitize()
	if q.Mark == "" {
		b.WriteString("SELECT row_to_json(q)::text, NULL::text FROM " + table)
	} else {
		b.WriteString("SELECT row_to_json(q)::text, " + mark + "::text FROM " + table)
	}
	var where []string
	if q.After != "" {
		params = append(params, q.After)
		where = append(where, fmt.Sprintf("%s > $%d", mark, len(params)))
	}
	if q.UpTo != "" {
		params = append(params, q.UpTo)
		where = append(where, fmt.Sprintf("%s <= $%d", mark, len(params)))
	}
	if len(where) > 0 {
		b.WriteString(" WHERE " + strings.Join(where, " AND ") + " OR " + mark + " IS NULL")
	}
	if q.Mark != "" {
		b.WriteString(" ORDER BY " + mark + " NULLS FIRST")
	}
	if q.Limit > 0 {
		fmt.Fprintf(&b, " LIMIT %d", q.Limit)
	}
	return b.String(), params, nil
}

// Rows implements loaders.Database. Rows come in the order of marks; without
// one, as the query or the table has them.
func (s *Source) Rows(ctx context.Context, q loaders.Request, yield func([]byte) error) (string, error) {
	sql, params, err := statement(q)
	if err != nil {
		return "", err
	}
	call, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(s.config.Silence, func() { cancel(context.DeadlineExceeded) })
	defer silence.Stop()
	rows, err := s.tx.Query(call, sql, params...)
	if err != nil {
		return "", s.failed(ctx, err)
	}
	defer rows.Close()
	mark := ""
	for n := 1; rows.Next(); n++ {
		if n%1024 == 0 {
			silence.Reset(s.config.Silence)
		}
		values := rows.RawValues()
		if values[1] != nil {
			mark = string(values[1])
		}
		if err := yield(oneLine(values[0])); err != nil {
			return "", err
		}
	}
	if err := rows.Err(); err != nil {
		if errors.Is(context.Cause(call), context.DeadlineExceeded) {
			err = context.DeadlineExceeded
		}
		return "", s.failed(ctx, err)
	}
	return mark, nil
}

// oneLine is a row without line breaks: a column of type json keeps those that
// it was written with. In JSON they stand between values only.
func oneLine(row []byte) []byte {
	if bytes.IndexByte(row, '\n') < 0 {
		return row
	}
	return bytes.ReplaceAll(row, []byte("\n"), []byte(" "))
}
