// Package graph is the model that all of ringleader speaks: references,
// facts, batches of facts, the two interfaces of a store, and the immutable
// Snapshot that algorithms read.
//
// # One shape from end to end
//
// A loader turns rows into a [Batch] of facts. A [Store] keeps facts and hands
// them back as batches. A [Builder] turns batches into a [Snapshot]: dense
// vertices in the order of their references, links as columns in compressed
// sparse rows, both ways. A run over the snapshot is written back through the
// [Log] (its document) and as a derived batch (what a person sees in the
// store).
//
// # Facts are atoms
//
// A fact is unique by its content and carries the [Source] rows that state it.
// Stating it again adds a source and nothing else; a fact whose last source is
// retracted leaves a tombstone. Nothing is merged when it is written: which of
// two conflicting properties holds, or which version of one event, is decided
// when a snapshot is built, by a rule that knows no order of arrival. From
// that follow idempotent loads, exact reverts, and the same rings whatever the
// order of rows or the store.
package graph
