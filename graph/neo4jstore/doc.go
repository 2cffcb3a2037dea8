// Package neo4jstore keeps facts and decisions in a Neo4j 5 server, so that a
// person who opens its browser finds (:Account)-[:USED_DEVICE]->(:Device).
//
// # What stands in the database
//
//	(:Account:_Ringleader {ref, key, …})       a node: ref is its reference, unique; … are the properties that hold
//	-[:USED_DEVICE {count, first_seen, …}]->   all facts of one type between two nodes, one relationship
//	(:_RingleaderGone)                         a tombstone: a fact that went, for scans of changes
//	(:_RingleaderTouched)                      the nodes whose facts a revision changed, for the same
//	(:_RingleaderPack)                         thousands of observed facts in one byte string, for whole scans
//	(:_RingleaderInput)                        what was loaded; sources name it by a small number
//	(:_RingleaderStream), (:_RingleaderRecord) the Log
//	(:_RingleaderState)                        revision, fence, version of the layout; the lock of writers
//
// Facts are kept in full in the byte strings _facts (observed) and _derived of
// a node (its statements) and of a relationship (its sightings, money events or
// associations): see appendEntry. Everything without an underscore is a view
// for people, written with the facts and never read back: of a node the
// properties that hold, of a relationship count, first_seen, last_seen and the
// parallel lists at, until, event, amount, weight and one for each property,
// in the order of time, of the latest hundred facts.
//
// A pack holds the observed facts of a revision a second time, without their
// sources: see encodePack. They are written, and what goes is taken out of them,
// in the transaction of the graph, which counts before them: a scan compares
// numbers of nodes and of relationships first, and where these are not what was
// written it reads the graph; a check compares fact by fact. A store of an
// earlier layout has none until [Store.Pack].
//
// Names are data. A property called like one of ours, or beginning with an
// underscore or with "data:", stands under "data:" and its name. Labels and
// relationship types come from validated kinds and types and are quoted;
// everything else reaches the server as a parameter.
//
// # How it is read and written
//
// A batch is one managed transaction, which first locks the state node: writers
// follow one another, and none can deadlock. Facts of the nodes concerned are
// read, merged here and written back. A whole scan reads packs, a few megabytes
// under the same lock, so that a page is whole; packs that came later are left
// out by their numbers, and facts that went meanwhile are found in the
// tombstones. A scan that wants sources, changes or derived facts reads pages of
// nodes in the order of ref, each with its outgoing relationships as a few lists.
// The Log has locks of its own, one a stream: decisions wait for no load.
//
// # Other people's data
//
// Community Edition has one user database. A store refuses one that holds nodes
// of others unless [Config.Shared] says that it is meant, and then reads and
// writes its own nodes and relationships only.
package neo4jstore
