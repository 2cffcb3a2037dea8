// Package neo4jsource reads tables of a mapping out of somebody's Neo4j
// database. It never writes there: every call runs in read access mode, which
// the server enforces, and a query that writes is refused before it runs.
//
// Nodes of a label and relationships of a type, and what a query makes of each
// of them, are read in pages of lists: first the internal IDs of what is new, up
// to a million at a time, then the rows of 5,000 of them in one record each.
// A record for each row would cost the driver some 25 times the processor
// time. A query alone cannot be cut into pages, so it is streamed that way.
package neo4jsource
