// Package evidence makes the evidence graph of one ring: its members, what they
// share, the events between them, and for every link the rows of the input
// files that state it. [Subgraph] reads it from a store, [Write] gives it the
// forms that other people's tools open.
//
// A key or a property may be any text that a stranger chose. Each form escapes
// by its own rules: XML replaces what XML cannot hold with U+FFFD, DOT puts ? for control characters and quotes
// everything so that nothing is read as HTML or as an escape, and cells of a
// table that a spreadsheet would run as a formula are set off with an
// apostrophe. Nodes and edges carry numbers as IDs in XML, so replaced
// characters never join two nodes.
package evidence
