// Package sqlitestore keeps facts and decisions in one SQLite file: the
// embedded default store.
//
// # Layout
//
// Facts are clustered by their content. A link is one row of a table without
// rowid whose key is the whole link, so stating it again finds the row, and
// the links of a node lie side by side; what is not content (the revision that
// made it so, its sources as packed varints) follows the key. A negative
// revision is a tombstone. Kinds, types, names and inputs are numbers into one
// dictionary. Two thin tables stand beside the links: inbound, one row a pair
// of nodes and type, finds the links that end at a node, in a few bytes where an
// index over the links would hold the whole link again; touched, a blob or two a
// revision, says which nodes and types it changed, and so finds what is new.
//
// Derived facts live in the same tables under their own leading key, out of
// reach of observed scans. They carry the revision they were written at, do
// not advance it, and leave no tombstones. The id of a node stays good until a
// purge finds that nothing names it.
//
// # Many processes
//
// The file is in WAL mode: any number of processes read while one writes, each
// reader at the revision at which it began. Writers take turns: within a
// process in the order they came, between processes by polling every
// millisecond, and whoever held the file for long pauses before the next turn.
// So a decision waits for one batch of a load, not for the load; keep batches
// at some ten thousand facts. Commits survive the end of the process at once
// and a power cut as of the last checkpoint (synchronous=NORMAL); the file is
// sound either way.
package sqlitestore
