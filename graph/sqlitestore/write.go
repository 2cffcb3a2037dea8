package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"ringleader/graph"
)

const (
	// pollWait is how often a writer asks for its turn. SQLite's own waits
	// grow to 100 ms, long enough to be overtaken by a load for ever.
	pollWait = time.Millisecond
	// longTurn is a turn after which a writer pauses, so that one of another
	// process gets in; pauseAfter is how long.
	longTurn   = 20 * time.Millisecond
	pauseAfter = 3 * time.Millisecond
)

// write runs f in one write transaction and commits it if f succeeds.
func (s *Store) write(ctx context.Context, what string, f func(*sqlite.Conn, *dictionary) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.calls.Done()
	if s.opts.ReadOnly {
		return fmt.Errorf("%w %s: store %s was opened read-only", graph.ErrInvalid, what, s.path)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s %s: %w", what, s.path, err)
	}
	var conn *sqlite.Conn
	select { // waiting goroutines are served in the order they came
	case conn = <-s.writer:
	case <-ctx.Done():
		return fmt.Errorf("%s %s: %w", what, s.path, ctx.Err())
	}
	took, err := s.turn(ctx, conn, f)
	s.writer <- conn
	if took > longTurn {
		time.Sleep(pauseAfter)
	}
	return s.explain(ctx, what, err)
}

// turn is one transaction on the writing connection, and how long it held the
// file.
func (s *Store) turn(ctx context.Context, conn *sqlite.Conn, f func(*sqlite.Conn, *dictionary) error) (time.Duration, error) {
	conn.SetInterrupt(ctx.Done())
	defer conn.SetInterrupt(nil)
	if err := s.begin(ctx, conn); err != nil {
		return 0, err
	}
	start := time.Now()
	words := s.words.open(conn)
	err := f(conn, words)
	if err == nil {
		err = sqlitex.Execute(conn, "commit", nil)
	}
	if err == nil {
		words.publish()
		return time.Since(start), nil
	}
	s.known.forget()
	conn.SetInterrupt(nil) // an interrupted connection would not roll back either
	if !conn.AutocommitEnabled() {
		err = errors.Join(err, sqlitex.Execute(conn, "rollback", nil))
	}
	return time.Since(start), err
}

// begin starts a write transaction as soon as no other process has one.
func (s *Store) begin(ctx context.Context, conn *sqlite.Conn) error {
	deadline := time.Now().Add(s.opts.BusyTimeout)
	for {
		err := sqlitex.Execute(conn, "begin immediate", nil)
		if err == nil || sqlite.ErrCode(err).ToPrimary() != sqlite.ResultBusy || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pollWait):
		}
	}
}

// explain turns an error of SQLite into one of package graph that says what to
// do. Errors that already are of package graph, or of a callback, pass.
func (s *Store) explain(ctx context.Context, what string, err error) error {
	if err == nil {
		return nil
	}
	fail := func(kind error, advice string) error {
		return fmt.Errorf("%s: %w: store %s: %s (%w)", what, kind, s.path, advice, err)
	}
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultInterrupt:
		if ctx.Err() != nil {
			return fmt.Errorf("%s %s: %w", what, s.path, ctx.Err())
		}
		return fail(graph.ErrUnavailable, "interrupted")
	case sqlite.ResultBusy, sqlite.ResultLocked:
		return fail(graph.ErrUnavailable, "another process is writing; wait for it or stop it, then try again")
	case sqlite.ResultFull:
		return fail(graph.ErrUnavailable, "the disk is full; nothing of this write was kept, free some space and repeat it")
	case sqlite.ResultReadOnly, sqlite.ResultPerm, sqlite.ResultAuth, sqlite.ResultCantOpen:
		return fail(graph.ErrUnavailable, "cannot be opened or written; check the rights on the file, its -wal and -shm and the folder")
	case sqlite.ResultIOErr:
		return fail(graph.ErrUnavailable, "the disk fails to read or write; check it and the space left")
	case sqlite.ResultNotADB:
		return fail(graph.ErrInvalid, "not an SQLite file; name another, or restore a backup")
	case sqlite.ResultCorrupt:
		return fail(graph.ErrInvalid, "the file is damaged; run store check, then restore a backup or load again")
	case sqlite.ResultTooBig:
		return fail(graph.ErrInvalid, "a value is larger than SQLite can hold")
	}
	return err
}
