// Package loaders reads files into facts and writes the canonical layout.
//
// One way leads from a file to a store:
//
//	source ──▶ rows ──▶ mapping ──▶ graph.Batch ──▶ graph.Store
//
// A source is a file, a folder, a glob, an archive or standard input, plain or
// compressed. A format (CSV, TSV, JSONL, Parquet) cuts it into rows and says where
// each one lies; encodings and delimiters are found. A [Mapping], which is data, says what facts a row states; the
// canonical layout is one of the mappings shipped here and has no code of its
// own; [Infer] makes one by looking at files. [Load] drives the way into a store,
// [Read] without one.
//
// A bad row is counted, kept in the reject file with its reason, and never
// stops a load until a stated limit. Reports and errors name positions and
// reasons only: what a row holds may be personal.
package loaders
