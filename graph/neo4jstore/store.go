package neo4jstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	neo "github.com/neo4j/neo4j-go-driver/v5/neo4j"

	"ringleader/graph"
)

// Store is a graph.Store and a graph.Log in a Neo4j database. It is safe for
// concurrent use, also by several processes.
type Store struct {
	config Config
	driver neo.DriverWithContext

	mu     sync.Mutex
	closed bool
	inputs map[uint64]string // numbers of inputs that are committed
}

var (
	_ graph.Store = (*Store)(nil)
	_ graph.Log   = (*Store)(nil)
)

// errClosed is what calls after Close return.
var errClosed = errors.New("the store is closed")

// chunk is the number of rows in one query of a transaction: between 5,000 and
// 20,000 the server's throughput is flat, and smaller ones cost it less memory.
const chunk = 5_000

// Open connects to the server, brings the layout of an older version up to
// date, and refuses a database with nodes of others unless c.Shared. It fails
// with ErrUnavailable if the server cannot be reached or refuses the user, and
// with ErrConflict on foreign data or a newer layout.
func Open(ctx context.Context, c Config) (*Store, error) {
	s := &Store{config: c.withDefaults(), inputs: map[uint64]string{}}
	driver, err := s.config.Driver()
	if err != nil {
		return nil, err
	}
	s.driver = driver
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(s.failed(ctx, "open "+s.config.URI, err), s.Close())
	}
	return s, nil
}

// prepare checks that the server answers and that the database is ours, and
// migrates.
func (s *Store) prepare(ctx context.Context) error {
	quick, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	if err := s.driver.VerifyConnectivity(quick); err != nil {
		return err
	}
	if !s.config.Shared {
		if err := s.refuseForeign(quick); err != nil {
			return err
		}
	}
	// After an import, millions of nodes are indexed here.
	long, cancel := context.WithTimeout(ctx, s.config.BatchTimeout)
	defer cancel()
	return s.migrate(long)
}

// Close closes the connections. Further calls fail; a second Close does nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	was := s.closed
	s.closed = true
	s.mu.Unlock()
	if was {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.config.Timeout)
	defer cancel()
	if err := s.driver.Close(ctx); err != nil {
		return fmt.Errorf("close %s: %w", s.config.URI, err)
	}
	return nil
}

func (s *Store) open() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	return nil
}

// transaction is one attempt of a managed transaction with the context of its
// queries.
type transaction struct {
	ctx context.Context
	neo.ManagedTransaction
}

// rows runs a query and returns all that it yields: a few records of lists.
func (t transaction) rows(query string, params map[string]any) ([]*neo.Record, error) {
	result, err := t.Run(t.ctx, query, params)
	if err != nil {
		return nil, err
	}
	return result.Collect(t.ctx)
}

// one runs a query that yields one record.
func (t transaction) one(query string, params map[string]any) ([]any, error) {
	rows, err := t.rows(query, params)
	if err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, fmt.Errorf("%w database: %d answers where one was expected; the store's own nodes are damaged", graph.ErrInvalid, len(rows))
	}
	return rows[0].Values, nil
}

// do runs a query for its effect.
func (t transaction) do(query string, params map[string]any) error {
	_, err := t.rows(query, params)
	return err
}

// read runs work in a managed read transaction. The driver runs it again after
// a failure of the connection, so work starts afresh each time and calls nobody
// back.
func (s *Store) read(ctx context.Context, doing string, timeout time.Duration, work func(transaction) error) error {
	if err := s.open(); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	call, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	session := s.driver.NewSession(call, neo.SessionConfig{DatabaseName: s.config.Database, AccessMode: neo.AccessModeRead})
	defer func() { _ = session.Close(call) }()
	_, err := session.ExecuteRead(call, func(tx neo.ManagedTransaction) (any, error) {
		return nil, work(transaction{call, tx})
	}, neo.WithTxTimeout(timeout))
	return s.failed(ctx, doing, err)
}

// write runs work in a managed write transaction, under the same rules as read.
// Once work is done the transaction commits even if ctx is cancelled: a caller
// who gets an error for a cancelled call may rely on it that nothing was
// written.
func (s *Store) write(ctx context.Context, doing string, timeout time.Duration, work func(transaction) error) error {
	if err := s.open(); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	call, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	settled, settle := context.WithCancel(context.WithoutCancel(ctx))
	defer settle()
	follow := func() (stop func() bool) { return context.AfterFunc(call, settle) }
	stop := follow()
	var patience *time.Timer // of the commit: a stopped server must not hold us
	session := s.driver.NewSession(settled, neo.SessionConfig{DatabaseName: s.config.Database, AccessMode: neo.AccessModeWrite})
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.Timeout)
		defer cancel()
		_ = session.Close(closing)
	}()
	_, err := session.ExecuteWrite(settled, func(tx neo.ManagedTransaction) (any, error) {
		stop()
		stop = follow()
		if err := work(transaction{settled, tx}); err != nil {
			return nil, err
		}
		if !stop() {
			return nil, call.Err()
		}
		patience = time.AfterFunc(timeout, settle)
		return nil, nil
	}, neo.WithTxTimeout(timeout))
	stop()
	if patience != nil {
		patience.Stop()
	}
	if err != nil && call.Err() != nil && ctx.Err() == nil {
		err = errors.Join(context.DeadlineExceeded, err)
	}
	return s.failed(ctx, doing, err)
}
