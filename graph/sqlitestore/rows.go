package sqlitestore

import (
	"zombiezen.com/go/sqlite"
)

// linkRow is the key of a link in the table.
type linkRow struct {
	class, src, typ, dst int64
	at, until            int64
	event                string
	body                 []byte
}

const linkKey = " where derived = ? and src = ? and type = ? and dst = ? and at = ? and until = ? and event = ? and body = ?"

// bind binds the key from parameter p on.
func (r *linkRow) bind(st *sqlite.Stmt, p int) {
	st.BindInt64(p, r.class)
	st.BindInt64(p+1, r.src)
	st.BindInt64(p+2, r.typ)
	st.BindInt64(p+3, r.dst)
	st.BindInt64(p+4, r.at)
	st.BindInt64(p+5, r.until)
	st.BindText(p+6, r.event)
	st.BindBytes(p+7, r.body)
}

// linkColumns are what scan reads, from column 0 on.
const linkColumns = "l.derived, l.src, l.type, l.dst, l.at, l.until, l.event, l.body"

func (r *linkRow) scan(st *sqlite.Stmt) {
	r.class, r.src, r.typ, r.dst = st.ColumnInt64(0), st.ColumnInt64(1), st.ColumnInt64(2), st.ColumnInt64(3)
	r.at, r.until, r.event, r.body = st.ColumnInt64(4), st.ColumnInt64(5), st.ColumnText(6), columnBytes(st, 7)
}

func (r *linkRow) find(conn *sqlite.Conn) (rev int64, sources []byte, err error) {
	return find(conn, "select rev, sources from links"+linkKey, r)
}

func (r *linkRow) set(conn *sqlite.Conn, rev int64, sources []byte) error {
	return set(conn, "update links set rev = ?, sources = ?"+linkKey, rev, sources, r)
}

func (r *linkRow) drop(conn *sqlite.Conn) error { return drop(conn, "delete from links"+linkKey, r) }

// attrRow is the key of a statement in the table.
type attrRow struct {
	class, node, name, at int64
	value                 string
}

const attrKey = " where derived = ? and node = ? and name = ? and at = ? and value = ?"

func (r *attrRow) bind(st *sqlite.Stmt, p int) {
	st.BindInt64(p, r.class)
	st.BindInt64(p+1, r.node)
	st.BindInt64(p+2, r.name)
	st.BindInt64(p+3, r.at)
	st.BindText(p+4, r.value)
}

const attrColumns = "derived, node, name, at, value"

func (r *attrRow) scan(st *sqlite.Stmt) {
	r.class, r.node, r.name, r.at = st.ColumnInt64(0), st.ColumnInt64(1), st.ColumnInt64(2), st.ColumnInt64(3)
	r.value = st.ColumnText(4)
}

func (r *attrRow) find(conn *sqlite.Conn) (rev int64, sources []byte, err error) {
	return find(conn, "select rev, sources from attrs"+attrKey, r)
}

func (r *attrRow) set(conn *sqlite.Conn, rev int64, sources []byte) error {
	return set(conn, "update attrs set rev = ?, sources = ?"+attrKey, rev, sources, r)
}

func (r *attrRow) drop(conn *sqlite.Conn) error { return drop(conn, "delete from attrs"+attrKey, r) }

// key is the key of either table.
type key interface{ bind(*sqlite.Stmt, int) }

func find(conn *sqlite.Conn, query string, k key) (rev int64, sources []byte, err error) {
	st, err := conn.Prepare(query)
	if err != nil {
		return 0, nil, err
	}
	k.bind(st, 1)
	if _, err := st.Step(); err != nil {
		return 0, nil, err
	}
	rev, sources = st.ColumnInt64(0), columnBytes(st, 1)
	return rev, sources, st.Reset()
}

func set(conn *sqlite.Conn, query string, rev int64, sources []byte, k key) error {
	st, err := conn.Prepare(query)
	if err != nil {
		return err
	}
	st.BindInt64(1, rev)
	st.BindBytes(2, sources)
	k.bind(st, 3)
	return step(st)
}

func drop(conn *sqlite.Conn, query string, k key) error {
	st, err := conn.Prepare(query)
	if err != nil {
		return err
	}
	k.bind(st, 1)
	return step(st)
}

// columnBytes is a copy of a blob.
func columnBytes(st *sqlite.Stmt, col int) []byte {
	return appendColumn(nil, st, col)
}

// appendColumn appends a blob or text to dst.
func appendColumn(dst []byte, st *sqlite.Stmt, col int) []byte {
	n := st.ColumnLen(col)
	if n == 0 {
		return dst
	}
	at := len(dst)
	if cap(dst)-at < n {
		dst = append(dst, make([]byte, n)...)
	}
	dst = dst[:at+n]
	st.ColumnBytes(col, dst[at:])
	return dst
}
