package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ringleader/graph"
	"ringleader/graph/neo4jstore"
)

// readSnapshot is the facts of the store. All facts up to now are kept in a
// snapshot file beside the store, under a name that says of which facts it is,
// so that the next command that asks for the same maps it into memory instead
// of reading the store. Replays read the store.
func (a *app) readSnapshot(ctx context.Context, s store, o graph.BuildOptions) (*graph.Snapshot, error) {
	o.Threads = a.Threads
	if o.AsOf.Known() || o.KnownAt.Known() || a.NoSnapshot {
		return a.scanStore(ctx, s, o)
	}
	state, err := stateOf(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("read snapshot: %w", err)
	}
	path, err := a.snapshotPath()
	if err != nil { // a system without a folder for caches
		return a.scanStore(ctx, s, o)
	}
	g, err := graph.OpenSnapshot(ctx, path+state.key(), graph.OpenOptions{Threads: a.Threads})
	if err == nil {
		return g, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if !errors.Is(err, graph.ErrNotFound) {
		a.log.WarnContext(ctx, "the snapshot beside the store cannot be used and is made anew", "reason", err)
	}
	return a.scanStore(ctx, s, o)
}

func (a *app) scanStore(ctx context.Context, s store, o graph.BuildOptions) (*graph.Snapshot, error) {
	bar := a.newProgress("reading the store", "facts")
	defer bar.done()
	return graph.ReadSnapshot(ctx, s, o)
}

// keepSnapshot writes what was read beside the store, for the next command, and
// takes older ones away. Only a job that may write to the store does so. A disk
// that is full or read-only costs the next command time, and this one nothing.
func (a *app) keepSnapshot(ctx context.Context, s store, g *graph.Snapshot) error {
	path, err := a.snapshotPath()
	if err != nil || a.NoSnapshot || g.AsOf.Known() || g.Mapped() {
		return nil //nolint:nilerr // a system without a folder for caches keeps none
	}
	state, err := stateOf(ctx, s)
	if err != nil {
		return fmt.Errorf("keep snapshot: %w", err)
	}
	if state.Revision != g.Revision { // somebody wrote meanwhile
		return nil
	}
	if err = os.MkdirAll(filepath.Dir(path), 0o700); err == nil {
		err = a.dropSnapshots()
	}
	if err == nil {
		err = g.WriteFile(path + state.key())
	}
	if err != nil {
		a.log.WarnContext(ctx, "the snapshot is not kept beside the store; the next command reads the store again", "reason", err)
	}
	return nil
}

// dropSnapshots takes the snapshots of the store away: what is erased must not
// live on in one.
func (a *app) dropSnapshots() error {
	path, err := a.snapshotPath()
	if err != nil {
		return nil //nolint:nilerr // there are none
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for snapshots: %w", err)
	}
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), filepath.Base(path))
		if _, err := hex.DecodeString(rest); !ours || err != nil || len(rest) != 2*keyBytes {
			continue
		}
		if err := os.Remove(filepath.Join(filepath.Dir(path), e.Name())); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove an old snapshot: %w", err)
		}
	}
	return nil
}

// snapshotPath is the path of the snapshots of the store but for the key that
// ends it: beside a store file, in the user's folder for caches otherwise.
func (a *app) snapshotPath() (string, error) {
	if !neo4jstore.IsURI(a.Store) {
		return a.Store + ".snapshot-", nil
	}
	folder, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	name := sha256.Sum256([]byte(a.Store))
	return filepath.Join(folder, "ringleader", "neo4j-"+hex.EncodeToString(name[:8])+".snapshot-"), nil
}

// storeState tells the facts of one store at one moment from those of another:
// a revision alone is only a count.
type storeState struct {
	Format   int
	Revision graph.Revision
	Inputs   []graph.Input
	Nodes    map[graph.Kind]int64
	Links    map[graph.LinkType]int64
	Attrs    int64

	Mark string `json:",omitempty"` // of a store that counts cheaply, in place of the three before
}

// counter is a store that says cheaply how much it holds.
type counter interface {
	Extent(ctx context.Context) (*neo4jstore.Extent, error)
}

// extentOf is nil for a store that does not know it without looking at all.
func extentOf(ctx context.Context, s graph.Store) (*neo4jstore.Extent, error) {
	c, ok := s.(counter)
	if !ok {
		return nil, nil
	}
	e, err := c.Extent(ctx)
	if errors.Is(err, graph.ErrNotFound) {
		return nil, nil
	}
	return e, err
}

// keyBytes is how much of the hash of a state names a file.
const keyBytes = 12

func stateOf(ctx context.Context, s store) (*storeState, error) {
	inputs, err := s.Inputs(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(inputs, func(x, y graph.Input) int { return cmp.Compare(x.ID, y.ID) })
	extent, err := extentOf(ctx, s)
	if err != nil {
		return nil, err
	}
	if extent != nil {
		return &storeState{Format: graph.SnapshotFormat, Revision: extent.Revision, Inputs: inputs, Mark: extent.Mark}, nil
	}
	stats, err := s.Stats(ctx)
	if err != nil {
		return nil, err
	}
	return &storeState{graph.SnapshotFormat, stats.Revision, inputs, stats.Nodes, stats.Links, stats.Attrs, ""}, nil
}

func (s *storeState) key() string {
	text, err := json.Marshal(s)
	if err != nil { // of numbers and strings there is no error
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:keyBytes])
}
