package neo4jsource

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	neo "github.com/neo4j/neo4j-go-driver/v5/neo4j"

	"ringleader/graph"
	"ringleader/graph/neo4jstore"
	"ringleader/loaders"
)

// Source is a Neo4j database to read from. It is not for concurrent use.
type Source struct {
	config neo4jstore.Config
	driver neo.DriverWithContext
}

var _ loaders.Database = (*Source)(nil)

// Open connects to the database that c names; c.Shared says nothing here. It
// fails with ErrUnavailable if the server cannot be reached or refuses the user.
// BatchTimeout is the longest that the server may take for one answer.
func Open(ctx context.Context, c neo4jstore.Config) (*Source, error) {
	c.User, c.Database = cmp.Or(c.User, "neo4j"), cmp.Or(c.Database, "neo4j")
	c.Timeout, c.BatchTimeout = cmp.Or(c.Timeout, 30*time.Second), cmp.Or(c.BatchTimeout, 10*time.Minute)
	driver, err := c.Driver()
	if err != nil {
		return nil, err
	}
	s := &Source{config: c, driver: driver}
	call, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	if err := driver.VerifyConnectivity(call); err != nil {
		return nil, errors.Join(c.Failure(ctx, "read "+s.Name(), err), s.Close())
	}
	return s, nil
}

// Name implements loaders.Database.
func (s *Source) Name() string { return s.config.URI + "/" + s.config.Database }

// Close ends the connections.
func (s *Source) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), s.config.Timeout)
	defer cancel()
	if err := s.driver.Close(ctx); err != nil {
		return fmt.Errorf("close %s: %w", s.Name(), err)
	}
	return nil
}

// Reads implements loaders.Database: the labels.
func (s *Source) Reads(ctx context.Context) ([]loaders.ReadRule, error) {
	labels, err := s.labels(ctx)
	if err != nil {
		return nil, err
	}
	reads := make([]loaders.ReadRule, len(labels))
	for i, l := range labels {
		reads[i] = loaders.ReadRule{Label: l}
	}
	return reads, nil
}

func (s *Source) labels(ctx context.Context) ([]string, error) {
	list, err := s.list(ctx, cypherLabels, nil)
	if err != nil {
		return nil, err
	}
	labels := make([]string, 0, len(list))
	for _, l := range list {
		if name, ok := l.(string); ok {
			labels = append(labels, name)
		}
	}
	slices.Sort(labels)
	return labels, nil
}

// Columns implements loaders.Database: those that a query returns. Those of a
// label or type are known from the rows only.
func (s *Source) Columns(ctx context.Context, q loaders.Request) ([]string, error) {
	if q.Table != "" {
		return nil, fmt.Errorf("%w read: Neo4j has no tables; want label, type or query", graph.ErrInvalid)
	}
	if q.Label != "" {
		labels, err := s.labels(ctx)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(labels, q.Label) {
			return nil, fmt.Errorf("%w read: no node has the label %q", graph.ErrInvalid, q.Label)
		}
	}
	if q.Query == "" {
		return nil, nil
	}
	t, each := thingOf(q)
	query := q.Statement()
	if each {
		query = t.cypherKeys(q)
	}
	columns, err := s.explain(ctx, query)
	if err != nil {
		return nil, err
	}
	if each {
		seen := strings.Split(t.scope, ", ")
		columns = slices.DeleteFunc(columns, func(c string) bool { return slices.Contains(seen, c) })
	} else if q.Mark != "" && !slices.Contains(columns, q.Mark) {
		return nil, fmt.Errorf("%w read: the query returns no column %q, which is the mark", graph.ErrInvalid, q.Mark)
	}
	return columns, nil
}

// explain asks the server for the columns of a query without running it, and
// refuses one that would write.
func (s *Source) explain(ctx context.Context, query string) ([]string, error) {
	var columns []string
	kind := neo.StatementTypeUnknown
	err := s.read(ctx, func(ctx context.Context, tx neo.ManagedTransaction) error {
		result, err := tx.Run(ctx, "EXPLAIN "+query, map[string]any{"mark": nil})
		if err != nil {
			return err
		}
		if columns, err = result.Keys(); err != nil {
			return err
		}
		summary, err := result.Consume(ctx)
		if err == nil {
			kind = summary.StatementType()
		}
		return err
	})
	if err == nil && kind != neo.StatementTypeReadOnly {
		err = errWrites
	}
	return slices.Clone(columns), err
}

// errWrites refuses a query.
var errWrites = fmt.Errorf("%w query: it writes, and a source is only read", graph.ErrInvalid)

// read runs work in a managed transaction in read access mode, for at most
// BatchTimeout. The driver runs it again after a failure of the connection.
func (s *Source) read(ctx context.Context, work func(context.Context, neo.ManagedTransaction) error) error {
	call, cancel := context.WithTimeout(ctx, s.config.BatchTimeout)
	defer cancel()
	session := s.driver.NewSession(call, neo.SessionConfig{DatabaseName: s.config.Database, AccessMode: neo.AccessModeRead})
	defer func() { _ = session.Close(call) }()
	_, err := session.ExecuteRead(call, func(tx neo.ManagedTransaction) (any, error) {
		return nil, work(call, tx)
	}, neo.WithTxTimeout(s.config.BatchTimeout))
	return s.failed(ctx, err)
}

// list runs a query that yields one list.
func (s *Source) list(ctx context.Context, query string, params map[string]any) (list []any, err error) {
	err = s.read(ctx, func(ctx context.Context, tx neo.ManagedTransaction) error {
		result, err := tx.Run(ctx, query, params)
		if err != nil {
			return err
		}
		record, err := result.Single(ctx)
		if err != nil {
			return err
		}
		list, _ = record.Values[0].([]any)
		return nil
	})
	return list, err
}

// failed translates an error. What the server says of the text of a query is
// repeated, what it says of data is not.
func (s *Source) failed(ctx context.Context, err error) error {
	var server *neo.Neo4jError
	if !errors.As(err, &server) || ctx.Err() != nil {
		return s.config.Failure(ctx, "read", err)
	}
	switch code := server.Code; {
	case code == "Neo.ClientError.Statement.AccessMode", strings.HasPrefix(code, "Neo.ClientError.Security.") && strings.Contains(server.Msg, "access mode"):
		return errWrites
	case code == "Neo.ClientError.Statement.SyntaxError", code == "Neo.ClientError.Statement.ParameterMissing",
		code == "Neo.ClientError.Statement.SemanticError", strings.HasPrefix(code, "Neo.ClientError.Procedure.ProcedureNotFound"):
		return fmt.Errorf("%w query: %s", graph.ErrInvalid, strings.Join(strings.Fields(server.Msg), " "))
	case strings.HasPrefix(code, "Neo.ClientError.Statement."), strings.HasPrefix(code, "Neo.ClientError.Procedure."):
		return fmt.Errorf("%w query: Neo4j answers %s", graph.ErrInvalid, code)
	}
	return s.config.Failure(ctx, "read", err)
}
