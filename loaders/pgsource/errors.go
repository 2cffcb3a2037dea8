package pgsource

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"ringleader/graph"
)

// Classes and codes of PostgreSQL's errors (its manual, appendix A).
const (
	classAuthorisation = "28"
	classSyntax        = "42" // also names that are not there and missing rights
	classResources     = "53"
	classOperator      = "57" // shut down, cancelled, timed out
	codeNoDatabase     = "3D000"
	codeReadOnly       = "25006"
	codeTopLevel       = "0A000" // such as a WITH that writes, inside
	codeLockTimeout    = "55P03"
)

// failed translates an error. What the server says of the text of a query is
// repeated, what it says of data is not.
func (s *Source) failed(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if cause := ctx.Err(); cause != nil {
		return cause
	}
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return s.refused(server)
	}
	var connect *pgconn.ConnectError
	var network net.Error
	switch {
	case errors.As(err, &connect):
		return fmt.Errorf("%w: PostgreSQL at %s cannot be reached (%s); check that it runs, the port, and whether it wants TLS (sslmode)",
			graph.ErrUnavailable, s.Name(), reason(connect))
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w: PostgreSQL at %s gave no answer in time; check that it runs and is not busy with something else", graph.ErrUnavailable, s.Name())
	case errors.As(err, &network), s.conn != nil && s.conn.IsClosed():
		return fmt.Errorf("%w: the connection to PostgreSQL at %s broke", graph.ErrUnavailable, s.Name())
	}
	return err
}

// reason is the innermost words of a connection error, on one line.
func reason(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			break
		}
		err = inner
	}
	words := strings.Fields(err.Error())
	return strings.Join(words, " ")
}

// refused translates an answer of the server that is a refusal.
func (s *Source) refused(e *pgconn.PgError) error {
	switch {
	case strings.HasPrefix(e.Code, classAuthorisation):
		return fmt.Errorf("%w: PostgreSQL at %s refuses the user (%s); check the user in the address and the password", graph.ErrUnavailable, s.Name(), e.Code)
	case e.Code == codeNoDatabase:
		return fmt.Errorf("%w: there is no database of this name at %s", graph.ErrUnavailable, s.Name())
	case strings.HasPrefix(e.Code, classResources), strings.HasPrefix(e.Code, classOperator), e.Code == codeLockTimeout:
		return fmt.Errorf("%w: PostgreSQL at %s is busy or stopped the query (%s)", graph.ErrUnavailable, s.Name(), e.Code)
	case e.Code == codeReadOnly, e.Code == codeTopLevel && strings.Contains(e.Message, "WITH"):
		return fmt.Errorf("%w query: it writes, and a source is only read (%s)", graph.ErrInvalid, e.Message)
	case strings.HasPrefix(e.Code, classSyntax), e.Code == codeTopLevel:
		return fmt.Errorf("%w query: %s (%s)", graph.ErrInvalid, e.Message, e.Code)
	}
	return fmt.Errorf("%w query: PostgreSQL answers %s", graph.ErrInvalid, e.Code)
}
