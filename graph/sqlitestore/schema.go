package sqlitestore

import (
	"fmt"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"ringleader/graph"
)

// applicationID marks a file as ours in its header: "Ring" in ASCII.
const applicationID = 0x52696e67

// layout lists the steps from an empty file to the current layout. A store
// records in user_version how many it has taken; a step is never edited once
// released.
func layout() []string { return []string{layout1, layout2} }

const layout1 = `
create table meta (
	name  text primary key,
	value integer not null
) without rowid;
insert into meta values ('revision', 0), ('fence', 0);

create table words ( -- kinds, types, names, IDs of inputs
	id   integer primary key,
	word text not null unique
);

create table nodes ( -- never deleted, so an id stays good for ever
	id   integer primary key,
	kind integer not null,
	key  text not null,
	live integer not null  -- bit 0 while an observed fact names it, bit 1 a derived one
);
create index nodes_by_ref on nodes (kind, key, live); -- all that a look-up asks; no two rows share kind and key

create table links (
	derived integer not null, -- 0 observed, 1 derived
	src     integer not null,
	type    integer not null,
	dst     integer not null,
	at      integer not null,
	until   integer not null,
	event   text not null,
	body    blob not null,
	rev     integer not null, -- revision that made it so; negative: tombstone
	sources blob not null,
	primary key (derived, src, type, dst, at, until, event, body)
) without rowid;

create table inbound ( -- which nodes link to dst
	derived integer not null,
	dst     integer not null,
	type    integer not null,
	src     integer not null,
	primary key (derived, dst, type, src)
) without rowid;

create table attrs (
	derived integer not null,
	node    integer not null,
	name    integer not null,
	at      integer not null,
	value   text not null,
	rev     integer not null,
	sources blob not null,
	primary key (derived, node, name, at, value)
) without rowid;

create table changes ( -- where to look for observed facts of a revision
	rev  integer not null,
	node integer not null,
	type integer not null, -- of links; 0: attributes
	primary key (rev, node, type)
) without rowid;

create table counts ( -- live facts, kept exact by every write
	what integer not null,
	word integer not null,
	n    integer not null,
	primary key (what, word)
) without rowid;

create table inputs (
	id      integer primary key, -- of the word that is its ID
	name    text not null,
	content text not null,
	rows    integer not null,
	offset  integer not null,
	done    integer not null,
	loaded  integer not null
);

create table log (
	id     integer primary key,
	stream text not null,
	seq    integer not null,
	at     integer not null,
	type   text not null,
	data   blob not null,
	unique (stream, seq)
);
`

// layout2 packs the changes of a revision.
const layout2 = `
create table touched ( -- where to look for observed facts of a revision
	rev    integer not null,
	part   integer not null,
	places blob not null, -- see packChanges
	primary key (rev, part)
) without rowid;
insert into touched select rev, 0, pack_changes(node, type) from changes group by rev;
drop table changes;
`

// What a row of table counts counts, and what its word then is.
const (
	countNodes   = 0 // live nodes by kind
	countLinks   = 1 // observed links by type
	countAttrs   = 2 // observed attributes; word 0
	countDerived = 3 // derived facts; word 0
)

// migrate brings a file to the last of steps and reports where it was. The
// file stays as it was if a step fails. It refuses files of other programs and
// of newer versions of this one.
func migrate(conn *sqlite.Conn, path string, steps []string) (from int, err error) {
	if from, err = version(conn, path, len(steps)); err != nil || from == len(steps) {
		return from, err
	}
	end, err := sqlitex.ImmediateTransaction(conn)
	if err != nil {
		return from, err
	}
	defer end(&err)
	// Another process may have been faster while this one waited.
	if from, err = version(conn, path, len(steps)); err != nil {
		return from, err
	}
	for i, step := range steps[from:] {
		if err := sqlitex.ExecScript(conn, step); err != nil {
			return from, fmt.Errorf("layout step %d: %w", from+i+1, err)
		}
	}
	mark := fmt.Sprintf("pragma application_id = %d; pragma user_version = %d;", applicationID, len(steps))
	return from, sqlitex.ExecScript(conn, mark)
}

// version is the number of layout steps that the file has taken, 0 for an
// empty one.
func version(conn *sqlite.Conn, path string, known int) (int, error) {
	app, err := queryInt(conn, "pragma application_id")
	if err != nil {
		return 0, err
	}
	have, err := queryInt(conn, "pragma user_version")
	if err != nil {
		return 0, err
	}
	tables, err := queryInt(conn, "select count(*) from sqlite_master")
	switch {
	case err != nil:
		return 0, err
	case app == 0 && have == 0 && tables == 0:
		return 0, nil
	case app != applicationID:
		return 0, fmt.Errorf("%w store %s: an SQLite file of another program; name another file", graph.ErrInvalid, path)
	case have > int64(known):
		return 0, fmt.Errorf("%w store %s: layout %d was written by a newer ringleader, this one knows up to %d; update it",
			graph.ErrInvalid, path, have, known)
	}
	return int(have), nil
}

// queryInt is the single integer that a query gives, 0 if it gives none.
func queryInt(conn *sqlite.Conn, query string, args ...any) (n int64, err error) {
	err = sqlitex.Execute(conn, query, &sqlitex.ExecOptions{
		Args:       args,
		ResultFunc: func(st *sqlite.Stmt) error { n = st.ColumnInt64(0); return nil },
	})
	return n, err
}
