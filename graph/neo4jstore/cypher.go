package neo4jstore

import (
	"strconv"
	"strings"

	"ringleader/graph"
)

// All Cypher of the store stands in this file. A query is text that we wrote;
// only labels and relationship types are put into it, and only those of
// validated kinds and types. Keys, names, values and cursors are parameters.
//
// Internal identifiers (id) are used within one transaction only, where they
// are stable; they cost a quarter of what the textual ones cost to send.
//
// Labels of our nodes begin with an underscore, which no kind does, so no data
// can make a node that looks like one of ours.

// quote makes any string an identifier.
func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// migrations bring the layout from the version before to their own, the first
// to 1. What was published is never changed; a new layout adds a step.
var migrations = [][]string{
	{
		"CREATE CONSTRAINT ringleader_ref IF NOT EXISTS FOR (n:_Ringleader) REQUIRE n.ref IS UNIQUE",
		"CREATE INDEX ringleader_rev IF NOT EXISTS FOR (n:_Ringleader) ON (n._rev)",
		"CREATE CONSTRAINT ringleader_input IF NOT EXISTS FOR (i:_RingleaderInput) REQUIRE i.id IS UNIQUE",
		"CREATE CONSTRAINT ringleader_gone IF NOT EXISTS FOR (t:_RingleaderGone) REQUIRE t.seq IS UNIQUE",
		"CREATE INDEX ringleader_gone_rev IF NOT EXISTS FOR (t:_RingleaderGone) ON (t.rev)",
		"CREATE INDEX ringleader_gone_fact IF NOT EXISTS FOR (t:_RingleaderGone) ON (t.fact)",
		"CREATE CONSTRAINT ringleader_stream IF NOT EXISTS FOR (s:_RingleaderStream) REQUIRE s.name IS UNIQUE",
		"CREATE CONSTRAINT ringleader_record IF NOT EXISTS FOR (r:_RingleaderRecord) REQUIRE (r.stream, r.seq) IS UNIQUE",
	},
	{ // a revision lists what it changed; nodes that were changed before keep _rev
		"CREATE INDEX ringleader_touched IF NOT EXISTS FOR (t:_RingleaderTouched) ON (t.rev)",
	},
	{ // facts stand in packs as well; Pack makes those of a store from before
		"CREATE CONSTRAINT ringleader_pack IF NOT EXISTS FOR (p:_RingleaderPack) REQUIRE p.seq IS UNIQUE",
		"CREATE INDEX ringleader_pack_rev IF NOT EXISTS FOR (p:_RingleaderPack) ON (p.rev)",
	},
}

// Opening and checking.
const (
	cypherStateConstraint = "CREATE CONSTRAINT ringleader_state IF NOT EXISTS FOR (s:_RingleaderState) REQUIRE s.id IS UNIQUE"

	cypherLayout = "MATCH (s:_RingleaderState {id: 'store'}) RETURN s.layout"

	cypherAwaitIndexes = "CALL db.awaitIndexes(300)"

	cypherMakeState = `MERGE (s:_RingleaderState {id: 'store'})
ON CREATE SET s.layout = 0, s.revision = 0, s.fence = 0, s.inputs = 0, s.tombstones = 0, s.whole = true
RETURN s.layout`

	cypherSetLayout = "MATCH (s:_RingleaderState {id: 'store'}) SET s.layout = $layout"

	// Counts from the database's own count store: they cost nothing, however
	// large the graph is. Our labels are never on one node together. The marker
	// of a database that tests may wipe is nobody's data.
	cypherForeign = `MATCH (n) WITH count(n) AS every
CALL { MATCH (n:_Ringleader) RETURN count(n) AS nodes }
CALL { MATCH (n:_RingleaderState) RETURN count(n) AS states }
CALL { MATCH (n:_RingleaderInput) RETURN count(n) AS inputs }
CALL { MATCH (n:_RingleaderGone) RETURN count(n) AS gone }
CALL { MATCH (n:_RingleaderTouched) RETURN count(n) AS touched }
CALL { MATCH (n:_RingleaderPack) RETURN count(n) AS packs }
CALL { MATCH (n:_RingleaderStream) RETURN count(n) AS streams }
CALL { MATCH (n:_RingleaderRecord) RETURN count(n) AS records }
CALL { MATCH (n:RingleaderTest) RETURN count(n) AS markers }
RETURN every - nodes - states - inputs - gone - touched - packs - streams - records - markers`

	cypherUnstampedNodes = `MATCH (n:_Ringleader) WHERE n.ref IS NULL OR n._n IS NULL RETURN count(n)`

	cypherUnstampedLinks = `MATCH (a:_Ringleader)-[r]->(b:_Ringleader) WHERE r._n IS NULL
RETURN type(r) AS type, count(r) AS n ORDER BY type`

	cypherStrayLinks = `MATCH (a)-[r]->(b) WHERE r._n IS NOT NULL AND NOT (a:_Ringleader AND b:_Ringleader) RETURN count(r)`

	cypherWrongLabels = `MATCH (n:_Ringleader) WHERE size(labels(n)) = 1 RETURN count(n)`

	cypherBareNodes = `MATCH (n:_Ringleader) WHERE n._n = 0 AND n._d = 0 AND NOT EXISTS { MATCH (n)-[r]-() WHERE r._n IS NOT NULL } RETURN count(n)`

	cypherLogHeads = `MATCH (s:_RingleaderStream)
CALL { WITH s MATCH (r:_RingleaderRecord {stream: s.name}) RETURN count(r) AS n, max(r.seq) AS last }
WITH s, n, last WHERE n <> s.seq OR coalesce(last, 0) <> s.seq
RETURN s.name ORDER BY s.name`
)

// The lock of writers, and what they count.
const (
	// A property set and taken away changes nothing and holds the node's lock
	// until the transaction ends.
	cypherLock = "MATCH (s:_RingleaderState {id: 'store'}) SET s._lock = true REMOVE s._lock"

	cypherState = `MATCH (s:_RingleaderState {id: 'store'}) RETURN s.revision, s.fence, s.inputs, s.tombstones, coalesce(s.purged, 0),
  coalesce(s.whole, false), coalesce(s.packed, 0), coalesce(s.packings, 0), coalesce(s.packs, 0),
  coalesce(s.facts, 0), coalesce(s.attrs, 0), coalesce(s.nodes, 0), coalesce(s.types, []), coalesce(s.links, [])`

	cypherSetState = `MATCH (s:_RingleaderState {id: 'store'})
SET s.revision = $revision, s.fence = $fence, s.inputs = $inputs, s.tombstones = $tombstones,
  s.whole = $whole, s.packed = $packed, s.packings = $packings, s.packs = $packs,
  s.facts = $facts, s.attrs = $attrs, s.nodes = $nodes, s.types = $types, s.links = $links`

	cypherInputNumbers = "MATCH (i:_RingleaderInput) RETURN collect(i.id), collect(i.number)"

	cypherFindInputs = "UNWIND $ids AS id MATCH (i:_RingleaderInput {id: id}) RETURN collect(i.id), collect(i.number)"

	cypherMakeInputs = "UNWIND $rows AS r CREATE (i:_RingleaderInput) SET i = r"

	cypherRecordInput = `MATCH (i:_RingleaderInput {id: $id})
SET i.recorded = true, i.name = $name, i.content = $content, i.rows = $rows, i.offset = $offset, i.done = $done, i.loaded = $loaded`

	cypherForgetInputs = `UNWIND $ids AS id MATCH (i:_RingleaderInput {id: id})
REMOVE i.recorded, i.name, i.content, i.rows, i.offset, i.done, i.loaded`
)

// Reading what a batch touches.
const (
	cypherFindNodes = `UNWIND range(0, size($refs) - 1) AS i
MATCH (n:_Ringleader {ref: $refs[i]})
RETURN collect(i), collect(id(n)), collect(coalesce(n._facts, $none)), collect(coalesce(n._derived, $none))`

	cypherNodesOfInputs = `MATCH (n:_Ringleader) WHERE any(i IN n._inputs WHERE i IN $inputs) RETURN collect(n.ref)`

	cypherLinksOfInputs = `MATCH (a:_Ringleader)-[r]->(b:_Ringleader)
WHERE r._n IS NOT NULL AND any(i IN r._inputs WHERE i IN $inputs)
RETURN type(r), collect(a.ref), collect(b.ref)`

	cypherLinksOfRefs = `UNWIND $refs AS ref
MATCH (n:_Ringleader {ref: ref})-[r]-(:_Ringleader) WHERE r._n IS NOT NULL
WITH DISTINCT r
RETURN type(r), collect(startNode(r).ref), collect(endNode(r).ref)`

	cypherReturnGone = `UNWIND $facts AS fact
MATCH (t:_RingleaderGone {fact: fact}) WHERE t.back IS NULL SET t.back = $rev`
)

// cypherFindLinks reads the relationships of one type between pairs of nodes.
// The CALL is there for the planner: with both ends bound it expands from the
// one with fewer relationships (Expand(Into) in its plan), and without it runs
// through all payments of a merchant for each pair.
func cypherFindLinks(t graph.LinkType) string {
	return `UNWIND range(0, size($rows) - 1) AS i
WITH i, $rows[i] AS row
MATCH (a) WHERE id(a) = row[0]
MATCH (b) WHERE id(b) = row[1]
CALL { WITH a, b MATCH (a)-[r:` + quote(string(t)) + `]->(b) WHERE r._n IS NOT NULL RETURN r }
RETURN collect(i), collect(id(r)), collect(coalesce(r._facts, $none)), collect(coalesce(r._derived, $none))`
}

// cypherDerivedOfType finds the ends of the relationships of one type that hold
// derived facts.
func cypherDerivedOfType(t graph.LinkType) string {
	return `MATCH (a:_Ringleader)-[r:` + quote(string(t)) + `]->(b:_Ringleader) WHERE r._d > 0
RETURN type(r), collect(a.ref), collect(b.ref)`
}

// Writing.
const (
	cypherSetNodes = "UNWIND $rows AS row MATCH (n) WHERE id(n) = row[0] SET n += row[1]"

	cypherSetLinks = "UNWIND $rows AS row MATCH ()-[r]->() WHERE id(r) = row[0] SET r += row[1]"

	cypherDropLinks = "UNWIND $ids AS i MATCH ()-[r]->() WHERE id(r) = i DELETE r"

	// A node without facts goes, unless others have tied something to it: that
	// one stays and is theirs from then on.
	cypherDropNodes = `UNWIND $ids AS i MATCH (n:_Ringleader) WHERE id(n) = i
AND n._n = 0 AND n._d = 0 AND NOT EXISTS { (n)--() } DELETE n RETURN count(*)`

	cypherLeaveNodes = `UNWIND $ids AS i MATCH (n:_Ringleader) WHERE id(n) = i
AND n._n = 0 AND n._d = 0 AND NOT EXISTS { MATCH (n)-[r]-() WHERE r._n IS NOT NULL }
REMOVE n:_Ringleader, n.ref, n._rev, n._n, n._d, n._facts, n._derived, n._inputs RETURN count(*)`

	cypherSetPurged = "MATCH (s:_RingleaderState {id: 'store'}) SET s.purged = s.revision"

	cypherPurge = "MATCH (t:_RingleaderGone) WITH t LIMIT $size DELETE t RETURN count(*)"

	cypherForgetTouched = "MATCH (t:_RingleaderTouched) WHERE t.rev <= $rev WITH t LIMIT $size DELETE t RETURN count(*)"

	cypherMakeTouched = "UNWIND $rows AS row CREATE (t:_RingleaderTouched) SET t = row"

	cypherMakeGone = "UNWIND $rows AS row CREATE (t:_RingleaderGone) SET t = row"
)

// cypherMakeNodes creates nodes of one kind.
func cypherMakeNodes(k graph.Kind) string {
	return `UNWIND range(0, size($rows) - 1) AS i
CREATE (n:_Ringleader:` + quote(k.Label()) + `) SET n = $rows[i]
RETURN collect(i), collect(id(n))`
}

// cypherMakeBareNodes creates nodes of one kind without statements, from lists:
// a quarter less work for the server than maps.
func cypherMakeBareNodes(k graph.Kind) string {
	return `UNWIND range(0, size($refs) - 1) AS i
CREATE (n:_Ringleader:` + quote(k.Label()) + ` {ref: $refs[i], key: $keys[i], _n: 0, _d: 0})
RETURN collect(i), collect(id(n))`
}

// cypherMakeLinks creates relationships of one type.
func cypherMakeLinks(t graph.LinkType) string {
	return `UNWIND $rows AS row
MATCH (a) WHERE id(a) = row[0]
MATCH (b) WHERE id(b) = row[1]
CREATE (a)-[r:` + quote(string(t)) + `]->(b) SET r = row[2]`
}

// Scans. A page is nodes in the order of ref; their links come in a second
// query of the same transaction.
const (
	cypherPage = `MATCH (n:_Ringleader) WHERE n.ref > $after
WITH n ORDER BY n.ref LIMIT $size
RETURN collect(id(n)), collect(n.ref), collect(coalesce(n._facts, $none))`

	cypherDerivedPage = `MATCH (n:_Ringleader) WHERE n.ref > $after
WITH n ORDER BY n.ref LIMIT $size
RETURN collect(id(n)), collect(n.ref), collect(coalesce(n._derived, $none))`

	cypherChanged = "MATCH (t:_RingleaderTouched) WHERE t.rev > $since RETURN collect(t.refs)"

	cypherChangedBefore = "MATCH (n:_Ringleader) WHERE n._rev > $since RETURN collect(n.ref)"

	cypherNodes = `UNWIND $refs AS ref MATCH (n:_Ringleader {ref: ref})
RETURN collect(id(n)), collect(n.ref), collect(coalesce(n._facts, $none))`

	cypherPageLinks = `UNWIND range(0, size($ids) - 1) AS i
MATCH (n) WHERE id(n) = $ids[i]
MATCH (n)-[r]->(m) WHERE r._n > 0
RETURN type(r), collect(i), collect(m.ref), collect(r._facts)`

	cypherDerivedLinks = `UNWIND range(0, size($ids) - 1) AS i
MATCH (n) WHERE id(n) = $ids[i]
MATCH (n)-[r]->(m) WHERE r._d > 0
RETURN type(r), collect(i), collect(m.ref), collect(r._derived)`

	cypherWent = `MATCH (t:_RingleaderGone) WHERE t.seq > $after
RETURN collect(t.data), collect(coalesce(t.pack, 0))`

	cypherFirstGone = "MATCH (t:_RingleaderGone) WHERE t.rev > $since RETURN min(t.seq)"

	cypherGonePage = `MATCH (t:_RingleaderGone) WHERE t.seq > $after
WITH t ORDER BY t.seq LIMIT $size
RETURN collect(t.seq), collect(t.rev), collect(coalesce(t.back, 0)), collect(t.data)`
)

// Packs.
const (
	cypherCountStamped = `MATCH (:_Ringleader)-[r]->() WHERE r._n IS NOT NULL
RETURN type(r), count(r)`

	cypherPackSizes = `MATCH (p:_RingleaderPack) WITH p ORDER BY p.seq
RETURN collect(p.seq), collect(p.size), sum(p.facts)`

	cypherPacks = `MATCH (p:_RingleaderPack) WHERE p.seq >= $first AND p.seq <= $last
RETURN p.data ORDER BY p.seq`

	cypherPacksOf = `MATCH (p:_RingleaderPack) WHERE p.rev = $rev WITH p ORDER BY p.seq
RETURN collect(p.seq), collect(p.first), collect(p.last)`

	cypherMakePack = "CREATE (p:_RingleaderPack) SET p = $pack"

	cypherSetPack = "MATCH (p:_RingleaderPack {seq: $pack.seq}) SET p = $pack"

	cypherDropPack = "MATCH (p:_RingleaderPack {seq: $seq}) DELETE p"

	cypherDropPacks = "MATCH (p:_RingleaderPack) WHERE p.seq <= $last WITH p LIMIT $size DELETE p RETURN count(*)"
)

// cypherCount counts our nodes and what begins at them, by type: numbers from
// the count store, whatever the size of the graph.
func cypherCount(types []graph.LinkType) string {
	query := "CALL { MATCH (n:_Ringleader) RETURN count(n) AS nodes }"
	returned := "\nRETURN nodes"
	for i, t := range types {
		name := "n" + strconv.Itoa(i)
		query += "\nCALL { MATCH (:_Ringleader)-[r:" + quote(string(t)) + "]->() RETURN count(r) AS " + name + " }"
		returned += ", " + name
	}
	return query + returned
}

// cypherCountStampedOf counts relationships of a type that are ours: it looks at
// each.
func cypherCountStampedOf(t graph.LinkType) string {
	return "MATCH (:_Ringleader)-[r:" + quote(string(t)) + "]->(:_Ringleader) WHERE r._n IS NOT NULL RETURN count(r)"
}

// Looking up.
const (
	cypherGet = `MATCH (n:_Ringleader {ref: $ref})
RETURN coalesce(n._facts, $none), coalesce(n._derived, $none),
  n._n > 0 OR EXISTS { MATCH (n)-[r]-() WHERE r._n > 0 },
  n._d > 0 OR EXISTS { MATCH (n)-[r]-() WHERE r._d > 0 }`

	cypherNeighbors = `MATCH (n:_Ringleader {ref: $ref})-[r]-(:_Ringleader)
WHERE r._n > 0 AND (size($types) = 0 OR type(r) IN $types)
WITH type(r) AS t, startNode(r).ref AS a, endNode(r).ref AS b, r._facts AS facts
WHERE t > $type OR (t = $type AND (a > $from OR (a = $from AND b >= $to)))
RETURN t, a, b, facts ORDER BY t, a, b LIMIT $limit`

	cypherDerivedNeighbors = `MATCH (n:_Ringleader {ref: $ref})-[r]-(:_Ringleader)
WHERE r._d > 0 AND (size($types) = 0 OR type(r) IN $types)
WITH type(r) AS t, startNode(r).ref AS a, endNode(r).ref AS b, r._derived AS facts
WHERE t > $type OR (t = $type AND (a > $from OR (a = $from AND b >= $to)))
RETURN t, a, b, facts ORDER BY t, a, b LIMIT $limit`

	cypherLabels = "CALL db.labels() YIELD label RETURN collect(label)"

	// Bounds of the index, which orders by code points; STARTS WITH and > outside
	// of an index order by UTF-16.
	cypherSearch = `MATCH (n:_Ringleader) WHERE n.ref >= $from AND n.ref < $before
AND (n._n + n._d > 0 OR EXISTS { MATCH (n)-[r]-() WHERE r._n + r._d > 0 })
RETURN n.ref ORDER BY n.ref LIMIT $limit`

	cypherInputs = `MATCH (i:_RingleaderInput) WHERE i.recorded
RETURN i.id, i.name, i.content, i.rows, i.offset, i.done, i.loaded`

	cypherCountNodes = `MATCH (n:_Ringleader)
WITH split(n.ref, ':')[0] AS kind, n._n AS facts, n._d AS derived,
  n._n > 0 OR EXISTS { MATCH (n)-[r]-() WHERE r._n > 0 } AS live
RETURN kind, sum(CASE WHEN live THEN 1 ELSE 0 END), sum(facts), sum(derived)`

	cypherCountLinks = `MATCH (:_Ringleader)-[r]->() WHERE r._n IS NOT NULL
RETURN type(r), sum(r._n), sum(r._d)`
)

// The Log.
const (
	// The stream's node is its lock and its tail.
	cypherLockStream = `MERGE (s:_RingleaderStream {name: $stream}) ON CREATE SET s.seq = 0
SET s._lock = true REMOVE s._lock`

	cypherStreamTail = "MATCH (s:_RingleaderStream {name: $stream}) RETURN s.seq"

	cypherAppend = `UNWIND $rows AS row CREATE (r:_RingleaderRecord) SET r = row, r.stream = $stream`

	cypherRewrite = `MATCH (r:_RingleaderRecord {stream: $stream, seq: $seq}) SET r.data = $data, r.size = $size
RETURN count(r)`

	cypherSetStreamTail = "MATCH (s:_RingleaderStream {name: $stream}) SET s.seq = $seq"

	cypherRecordSizes = `MATCH (r:_RingleaderRecord) WHERE r.stream = $stream AND r.seq > $from
WITH r ORDER BY r.seq LIMIT $limit
RETURN collect(r.seq), collect(r.size)`

	cypherRecords = `MATCH (r:_RingleaderRecord) WHERE r.stream = $stream AND r.seq > $from AND r.seq <= $to
WITH r ORDER BY r.seq
RETURN r.seq, r.at, r.type, r.data`

	cypherLast = `MATCH (s:_RingleaderStream {name: $stream})
MATCH (r:_RingleaderRecord {stream: s.name, seq: s.seq})
RETURN r.seq, r.at, r.type, r.data`

	cypherStreams = `MATCH (s:_RingleaderStream) WHERE s.name STARTS WITH $prefix AND s.seq > 0 RETURN collect(s.name)`
)
