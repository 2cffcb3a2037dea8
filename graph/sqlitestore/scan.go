package sqlitestore

import (
	"context"

	"zombiezen.com/go/sqlite"

	"ringleader/graph"
)

// defaultBatch is the number of facts in a batch of a scan: enough that what a
// reader does once a batch is small beside what it does once a fact.
const defaultBatch = 32768

// Scan implements graph.Store. It reads in one transaction, so it sees one
// revision however long it takes; the write-ahead log grows meanwhile. Derived
// facts have no revision of their own, so Since does not limit them.
// Memory: the references that it meets, once, and one batch.
func (s *Store) Scan(ctx context.Context, q graph.ScanQuery, yield func(*graph.Batch) error) (graph.Revision, error) {
	if q.Limit <= 0 {
		q.Limit = defaultBatch
	}
	var rev int64
	var stopped error // what the callback said
	err := s.read(ctx, "scan", func(conn *sqlite.Conn, words *dictionary) (err error) {
		if rev, err = queryInt(conn, "select value from meta where name = 'revision'"); err != nil {
			return err
		}
		c := newScanner(conn, words, q, func(b *graph.Batch) error {
			stopped = yield(b)
			return stopped
		})
		if q.Since > 0 && !q.Derived {
			if err := checkSince(conn, int64(q.Since)); err != nil {
				return err
			}
			return c.changes(int64(q.Since))
		}
		return c.all()
	})
	if stopped != nil {
		return 0, stopped
	}
	if err != nil {
		return 0, err
	}
	return graph.Revision(rev), nil
}

// scanner turns rows into batches.
type scanner struct {
	conn  *sqlite.Conn
	words *dictionary
	query graph.ScanQuery
	class int64
	yield func(*graph.Batch) error

	batch   graph.Batch
	nodes   *nodeCache
	names   []string // words by number, as far as met
	sources []graph.Source
	event   string // of the link before: an event's links often lie together
	buf     []byte
}

// newScanner makes a scanner; without yield it fills one batch.
func newScanner(conn *sqlite.Conn, words *dictionary, q graph.ScanQuery, yield func(*graph.Batch) error) *scanner {
	c := &scanner{conn: conn, words: words, query: q, yield: yield}
	if q.Derived {
		c.class = derived
	}
	c.batch.Derived = q.Derived
	c.nodes = &nodeCache{conn: conn, word: c.word, stamp: 1}
	return c
}

// The columns of a scan, with and without sources; the table follows.
const (
	scanLinks       = "select src, type, dst, at, until, event, body from links"
	scanLinksSource = "select src, type, dst, at, until, event, body, sources from links"
	scanAttrs       = "select node, name, at, value from attrs"
	scanAttrsSource = "select node, name, at, value, sources from attrs"
)

func (c *scanner) columns(plain, withSources string) string {
	if c.query.Sources {
		return withSources
	}
	return plain
}

// all yields every live fact of the class.
func (c *scanner) all() error {
	if err := c.run(c.columns(scanAttrs, scanAttrsSource)+" where derived = ? and rev >= 0", c.addAttr, c.class); err != nil {
		return err
	}
	if err := c.run(c.columns(scanLinks, scanLinksSource)+" where derived = ? and rev >= 0", c.addLink, c.class); err != nil {
		return err
	}
	return c.flush()
}

// changes yields the tombstones of observed facts that went after a revision,
// then the facts that came.
func (c *scanner) changes(since int64) error {
	places, err := c.places(since)
	if err != nil {
		return err
	}
	for _, gone := range []bool{true, false} {
		c.batch.Gone = gone
		came := " and rev > ?"
		if gone {
			came, since = " and rev < ?", -since
		} else {
			since = -since
		}
		attrs := c.columns(scanAttrs, scanAttrsSource) + " where derived = 0 and node = ?" + came
		links := c.columns(scanLinks, scanLinksSource) + " where derived = 0 and src = ? and type = ?" + came
		ofAttrs, err := c.conn.Prepare(attrs)
		if err != nil {
			return err
		}
		ofLinks, err := c.conn.Prepare(links)
		if err != nil {
			return err
		}
		for _, p := range places {
			if p.typ == 0 {
				err = c.bound(ofAttrs, c.addAttr, p.node, since)
			} else {
				err = c.bound(ofLinks, c.addLink, p.node, p.typ, since)
			}
			if err != nil {
				return err
			}
		}
		if err := c.flush(); err != nil {
			return err
		}
	}
	return nil
}

// run runs a query over integer parameters. A statement is used to its end
// before it is run again, so the cached ones serve.
func (c *scanner) run(query string, f func(*sqlite.Stmt) error, args ...int64) error {
	st, err := c.conn.Prepare(query)
	if err != nil {
		return err
	}
	return c.bound(st, f, args...)
}

func (c *scanner) bound(st *sqlite.Stmt, f func(*sqlite.Stmt) error, args ...int64) error {
	for i, v := range args {
		st.BindInt64(i+1, v)
	}
	if err := rows(st, f); err != nil {
		// A half-read statement would keep the transaction open.
		st.Reset() //nolint:errcheck // repeats err
		return err
	}
	return nil
}

func (c *scanner) addAttr(st *sqlite.Stmt) (err error) {
	a := graph.Attr{At: graph.Time(st.ColumnInt64(2))}
	if a.Node, err = c.node(st.ColumnInt64(0)); err != nil {
		return err
	}
	if a.Name, err = c.word(st.ColumnInt64(1)); err != nil {
		return err
	}
	if st.ColumnLen(3) > 0 {
		a.Value = st.ColumnText(3)
	}
	if c.query.Sources {
		if a.Sources, err = c.source(st, 4); err != nil {
			return err
		}
	}
	c.batch.Attrs = append(c.batch.Attrs, a)
	return c.full()
}

func (c *scanner) addLink(st *sqlite.Stmt) (err error) {
	l := graph.Link{At: graph.Time(st.ColumnInt64(3)), Until: graph.Time(st.ColumnInt64(4))}
	if l.From, err = c.node(st.ColumnInt64(0)); err != nil {
		return err
	}
	if l.To, err = c.node(st.ColumnInt64(2)); err != nil {
		return err
	}
	typ, err := c.word(st.ColumnInt64(1))
	if err != nil {
		return err
	}
	l.Type = graph.LinkType(typ)
	if c.buf = appendColumn(c.buf[:0], st, 5); len(c.buf) > 0 {
		if string(c.buf) != c.event {
			c.event = string(c.buf)
		}
		l.Event = c.event
	}
	if c.buf = appendColumn(c.buf[:0], st, 6); len(c.buf) > 0 {
		if err := l.SetBody(c.buf); err != nil {
			return err
		}
	}
	if c.query.Sources {
		if l.Sources, err = c.source(st, 7); err != nil {
			return err
		}
	}
	c.batch.Links = append(c.batch.Links, l)
	return c.full()
}

// source reads the sources of a row into memory that the reader may keep.
func (c *scanner) source(st *sqlite.Stmt, col int) (_ []graph.Source, err error) {
	if cap(c.sources)-len(c.sources) < 8 {
		c.sources = make([]graph.Source, 0, min(4096, max(16, 2*cap(c.sources))))
	}
	c.buf = appendColumn(c.buf[:0], st, col)
	from := len(c.sources)
	if c.sources, err = readSources(c.sources, c.buf, c.words); err != nil {
		return nil, err
	}
	if from == len(c.sources) {
		return nil, nil
	}
	return c.sources[from:len(c.sources):len(c.sources)], nil
}

func (c *scanner) word(id int64) (text string, err error) {
	if id >= 0 && id < int64(len(c.names)) && c.names[id] != "" {
		return c.names[id], nil
	}
	if text, err = c.words.word(id); err != nil {
		return "", err
	}
	const most = 1 << 16 // beyond it stand inputs' IDs more than names
	if id >= 0 && id < most {
		for int64(len(c.names)) <= id {
			c.names = append(c.names, "")
		}
		c.names[id] = text
	}
	return text, nil
}

// node is the index of a node in the batch under construction.
func (c *scanner) node(id int64) (uint32, error) {
	n, err := c.nodes.get(id)
	if err != nil {
		return 0, err
	}
	if n.stamp != c.nodes.stamp {
		n.stamp, n.index = c.nodes.stamp, uint32(len(c.batch.Refs))
		c.batch.Refs = append(c.batch.Refs, n.ref)
	}
	return n.index, nil
}

func (c *scanner) full() error {
	if c.batch.Len() < c.query.Limit || c.yield == nil {
		return nil
	}
	return c.flush()
}

// flush yields the batch and starts the next one in its memory.
func (c *scanner) flush() error {
	if c.batch.Len() == 0 {
		return nil
	}
	b := c.batch
	if err := c.yield(&b); err != nil {
		return err
	}
	c.batch.Refs, c.batch.Attrs, c.batch.Links = c.batch.Refs[:0], c.batch.Attrs[:0], c.batch.Links[:0]
	c.nodes.stamp++
	return nil
}
