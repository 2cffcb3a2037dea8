package graph

import "errors"

// The failures that callers tell apart. They are wrapped with what was being
// done to what, and mapped once to HTTP statuses (package api) and once to
// exit codes (cmd/ringleader).
var (
	// ErrNotFound: the thing asked for is not in the store.
	ErrNotFound = errors.New("not found")
	// ErrInvalid: the input breaks a rule of the model; the wrapping says which.
	ErrInvalid = errors.New("invalid")
	// ErrConflict: somebody else was first: a stream has moved on, a lease is
	// held, a newer holder has taken over.
	ErrConflict = errors.New("conflict")
	// ErrUnavailable: the store cannot be reached or is held by another
	// process; the wrapping names the address and what to check.
	ErrUnavailable = errors.New("unavailable")
)
