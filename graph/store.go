package graph

import (
	"context"
)

// Revision counts the batches that changed observed facts. Zero is an empty
// store.
type Revision uint64

// Store keeps facts. The embedded default is graph/sqlitestore, the server is
// graph/neo4jstore; graph/graphtest holds both to the same behaviour.
//
// Every method returns errors that wrap [ErrInvalid], [ErrNotFound],
// [ErrConflict] or [ErrUnavailable] where one of these is the reason, and the
// error of the context where that ended the call. A Store is safe for
// concurrent use.
type Store interface {
	// Apply writes a batch, whole or not at all, and returns the revision it
	// made. It adds new facts, adds new sources to facts that are there, and
	// retracts. A batch that changes no observed fact leaves the revision as
	// it was: applying a batch twice is applying it once. Fails with
	// ErrInvalid on a batch that does not validate and with ErrConflict on a
	// fence that is too low. The batch may be sorted in place.
	Apply(context.Context, *Batch) (Revision, error)

	// Scan streams facts as of one fixed revision, which it returns. The
	// batches come in no particular order. A batch and its slices of facts are
	// the callback's to overwrite and the store's again after the call; strings,
	// Props and Sources may be kept.
	// Facts of a whole scan are distinct. An error of the callback ends the
	// scan and is returned as it is.
	Scan(context.Context, ScanQuery, func(*Batch) error) (Revision, error)

	// Get is everything known about one node; ErrNotFound if it is not there.
	Get(context.Context, Ref) (*Batch, error)

	// Neighbors is one page of the links of a node, with their sources, and
	// the cursor of the next page, empty at the end. Links come in the order
	// of their content, so a page stays stable while others write.
	Neighbors(context.Context, Ref, NeighborQuery) (*Batch, string, error)

	// Search is one page of references in order, and the next cursor.
	Search(context.Context, SearchQuery) ([]Ref, string, error)

	// Inputs is what has been loaded, complete or not, by ID.
	Inputs(context.Context) ([]Input, error)

	// Stats counts live facts by kind and type.
	Stats(context.Context) (Stats, error)

	// Purge makes what was retracted go for good: the content of tombstones, the
	// references that nothing else names, and whatever copies of them the store
	// itself keeps. Scans of changes since an earlier revision fail with
	// ErrConflict from then on, and want to be whole ones. It fails with
	// ErrUnavailable where others' reading keeps old data in place; what is done
	// by then stays done, and purging twice is purging once.
	// Time: O(facts of the store).
	Purge(context.Context) error

	// Close releases the store. Further calls fail.
	Close() error
}

// ScanQuery selects the facts of a scan.
type ScanQuery struct {
	// Since, if above zero, asks for changes only: facts added after this
	// revision, and tombstones of those that went, as Batch.Gone. ErrConflict if
	// the tombstones back to it were purged.
	Since Revision
	// Derived asks for derived facts instead of observed ones.
	Derived bool
	// Sources asks for each fact's sources; without, they are left out.
	Sources bool
	// Limit is the largest number of facts in a batch; 0 is the store's own.
	Limit int
}

// NeighborQuery selects links of a node.
type NeighborQuery struct {
	Types   []LinkType // none: all
	Derived bool       // derived links instead of observed ones
	Limit   int        // 0: 100
	Cursor  string     // from the page before; empty: the first
}

// SearchQuery selects nodes: those of Kind (any if empty) whose key begins
// with Prefix.
type SearchQuery struct {
	Kind   Kind
	Prefix string
	Limit  int // 0: 100
	Cursor string
}

// Input is a file (or stream) as one mapping reads it, and how far it has been
// loaded. Facts name it as the source of their rows; retracting it takes them
// back.
type Input struct {
	ID      string // hash of content and mapping
	Name    string // what the user called it, for people
	Content string // hash of the bytes, hex SHA-256
	Rows    int64  // rows taken so far
	Offset  int64  // bytes taken so far, decompressed
	Done    bool
	Loaded  Time // when it was first seen: what --known-at compares
}

// Stats counts live facts.
type Stats struct {
	Revision Revision
	Nodes    map[Kind]int64
	Links    map[LinkType]int64
	Attrs    int64
	Derived  int64 // derived facts, all together
	Bytes    int64 // on disk, as far as the store can tell
}
