package main

import (
	"context"
	"errors"
	"fmt"

	"ringleader/graph"
)

// Exit codes, promised to scripts.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitRejects     = 3
	exitUnavailable = 4
	exitNotFound    = 5
	exitInterrupted = 130
)

const exitHelp = `Exit codes:
  0    done
  1    failed
  2    usage: a flag, argument, environment variable or configuration key is wrong
  3    done, but some rows were rejected (and --strict was not given)
  4    the store is unavailable or held by another job
  5    not found
  130  interrupted; the store is sound`

// errRejects ends a command that did its work but left rows behind.
var errRejects = errors.New("some rows were rejected")

// usageError is a mistake of the person who typed the command. Its text says
// what to do instead.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// exitCode maps an error to the code of the process. It is the only such map.
// Whatever fails after an interrupt counts as interrupted.
func exitCode(ctx context.Context, err error) int {
	var usage *usageError
	switch {
	case err == nil:
		return exitDone
	case ctx.Err() != nil, errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, errRejects):
		return exitRejects
	case errors.As(err, &usage):
		return exitUsage
	case errors.Is(err, graph.ErrNotFound):
		return exitNotFound
	case errors.Is(err, graph.ErrUnavailable), errors.Is(err, graph.ErrConflict):
		return exitUnavailable
	}
	return exitFailed
}
