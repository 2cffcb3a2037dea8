package neo4jstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	neo "github.com/neo4j/neo4j-go-driver/v5/neo4j"

	"ringleader/graph"
)

// failed is [Config.Failure] of the store.
func (s *Store) failed(ctx context.Context, doing string, err error) error {
	return s.config.Failure(ctx, doing, err)
}

// Failure wraps an error of a call with what it was doing and, where the server
// is the reason, with its address and what to check. A message of the server
// about data is not repeated: it may quote keys and values.
func (c Config) Failure(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	for _, known := range []error{graph.ErrInvalid, graph.ErrNotFound, graph.ErrConflict, graph.ErrUnavailable} {
		if errors.Is(err, known) {
			return fmt.Errorf("%s: %w", doing, err)
		}
	}
	if cause := ctx.Err(); cause != nil {
		return fmt.Errorf("%s: %w", doing, cause)
	}
	last := lastError(err)
	var server *neo.Neo4jError
	switch {
	case errors.As(last, &server):
		return fmt.Errorf("%s: %w", doing, c.refused(server))
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w: Neo4j at %s gave no answer in time; check that it runs and is not busy with something else",
			doing, graph.ErrUnavailable, c.URI)
	case unreachable(last):
		return fmt.Errorf("%s: %w: Neo4j at %s cannot be reached (%s); check that it runs, the port, and whether it wants TLS (neo4j+s://)",
			doing, graph.ErrUnavailable, c.URI, reason(last))
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// lastError is the error of the last attempt, where a managed transaction gave
// up after several; the driver says so by a type that wraps nothing.
func lastError(err error) error {
	var limit *neo.TransactionExecutionLimit
	for errors.As(err, &limit) && len(limit.Errors) > 0 {
		err = limit.Errors[len(limit.Errors)-1]
	}
	return err
}

// unreachable reports whether no answer came back from the server.
func unreachable(err error) bool {
	var connectivity *neo.ConnectivityError
	var limit *neo.TransactionExecutionLimit
	var usage *neo.UsageError
	return errors.As(err, &connectivity) || errors.As(err, &limit) || errors.As(err, &usage) && strings.Contains(err.Error(), "connection")
}

// reason is the innermost words of a connection error, on one line.
func reason(err error) string {
	words := err.Error()
	if i := strings.LastIndex(words, "]: "); i >= 0 {
		words = words[i+len("]: "):]
	}
	return strings.Join(strings.Fields(words), " ")
}

// refused translates an answer of the server that is a refusal.
func (c Config) refused(e *neo.Neo4jError) error {
	code := e.Code
	switch {
	case strings.Contains(code, ".Security."):
		return fmt.Errorf("%w: Neo4j at %s refuses user %q (%s); check the user in the address and the password", graph.ErrUnavailable, c.URI, c.User, code)
	case strings.HasSuffix(code, ".DatabaseNotFound"):
		return fmt.Errorf("%w: Neo4j at %s has no database %q", graph.ErrUnavailable, c.URI, c.Database)
	case strings.HasSuffix(code, ".ConstraintValidationFailed"):
		return fmt.Errorf("%w: a constraint of the database forbids a node or link of ours (%s); another program shares its labels", graph.ErrConflict, code)
	case strings.HasSuffix(code, ".MemoryPoolOutOfMemoryError"), strings.HasSuffix(code, ".TransactionOutOfMemoryError"):
		return fmt.Errorf("%w: Neo4j at %s has too little memory for one transaction (%s); take smaller batches or raise its heap", graph.ErrUnavailable, c.URI, code)
	case strings.HasPrefix(code, "Neo.TransientError."), strings.HasSuffix(code, ".DatabaseUnavailable"):
		return fmt.Errorf("%w: Neo4j at %s is busy or not ready (%s)", graph.ErrUnavailable, c.URI, code)
	case strings.HasPrefix(code, "Neo.ClientError.Statement."):
		return fmt.Errorf("Neo4j at %s refuses a query (%s): is it version 5?", c.URI, code)
	}
	return fmt.Errorf("Neo4j at %s answers %s", c.URI, code)
}
