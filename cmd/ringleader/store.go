package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ringleader/graph"
	"ringleader/graph/neo4jstore"
	"ringleader/graph/sqlitestore"
)

// store is what both kinds of store can do.
type store interface {
	graph.Store
	graph.Log
	// Check looks for damage and returns what it found, in words.
	Check(ctx context.Context) ([]string, error)
}

// access is what a command wants of the store.
type access int

const (
	toRead   access = iota // it must be there; nothing is written
	toWrite                // it must be there
	toCreate               // it is made if it is not there
)

// withStore opens the store of --store, hands it to f, and closes it.
func (a *app) withStore(ctx context.Context, want access, f func(store) error) error {
	return a.withStoreAt(ctx, a.Store, want, f)
}

func (a *app) withStoreAt(ctx context.Context, at string, want access, f func(store) error) error {
	s, err := a.openStore(ctx, at, want)
	if err != nil {
		return err
	}
	err = f(s)
	if closeErr := s.Close(); closeErr != nil {
		err = errors.Join(err, fmt.Errorf("close store: %w", closeErr))
	}
	return err
}

// openStore is the only place that knows which store is which.
func (a *app) openStore(ctx context.Context, at string, want access) (store, error) {
	if at == "" {
		return nil, usagef("--store is empty: want a file or neo4j://[user@]host:port[/database]")
	}
	switch {
	case neo4jstore.IsURI(at):
		return a.openNeo4j(ctx, at)
	case strings.Contains(at, "://"):
		return nil, usagef("--store %s: want a file, or neo4j://[user@]host:port[/database] (also bolt://, neo4j+s://)", at)
	}
	if want != toCreate {
		if _, err := os.Stat(at); errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("store %s: %w: there is no such file; run \"ringleader load DIR --store %s\" first, or name another with --store",
				at, graph.ErrUnavailable, at)
		}
	}
	s, err := sqlitestore.Open(ctx, at, sqlitestore.Options{ReadOnly: want == toRead, NoCreate: want != toCreate})
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", at, err)
	}
	return s, nil
}

func (a *app) openNeo4j(ctx context.Context, at string) (store, error) {
	config, err := neo4jstore.ParseURI(at)
	if err != nil {
		return nil, usagef("--store: %v", err)
	}
	if config.Password, err = a.secret("RINGLEADER_NEO4J_PASSWORD", "neo4j-password-file", a.PasswordFile); err != nil {
		return nil, err
	}
	config.Shared = a.Shared
	s, err := neo4jstore.Open(ctx, config)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// secret reads a secret from its variable, else from its file. It is empty
// where neither is given.
func (a *app) secret(variable, flag, file string) (string, error) {
	if value, ok := a.lookupEnv(variable); ok && value != "" {
		return value, nil
	}
	if file == "" {
		return "", nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", usagef("--%s: %v", flag, err)
	}
	value := strings.TrimRight(string(data), "\r\n")
	if value == "" {
		return "", usagef("--%s: %s is empty", flag, file)
	}
	return value, nil
}

// leaseTTL is how long a job that died holds the store.
const leaseTTL = time.Minute

// job does work under the lease of the store: one job at a time writes facts.
// Of a job that takes something away for good, no snapshot may tell.
func (a *app) job(ctx context.Context, s store, name string, work func(ctx context.Context, fence uint64) error) error {
	lease, err := graph.AcquireLease(ctx, s, holder(name), leaseTTL)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return lease.Hold(ctx, func(ctx context.Context) error {
		if name == "erase" || name == "store purge" || name == "store rekey" {
			if err := a.dropSnapshots(); err != nil {
				return err
			}
		}
		return work(ctx, lease.Fence)
	})
}

// holder names this process so that a person can find it.
func holder(job string) string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	return fmt.Sprintf("%s (%s, process %d)", job, filepath.Base(host), os.Getpid())
}
