package sqlitestore

import (
	"bytes"

	"zombiezen.com/go/sqlite"

	"ringleader/graph"
)

// facts are the statements or the links of a batch, in its order, on their way
// into a table.
type facts interface {
	// bind gives parameters from p on the values of fact i.
	bind(st *sqlite.Stmt, p, i int) error
	// row is the key of fact i in the table, and its sources, also as a blob.
	row(i int) (row, []byte, []graph.Source, error)
	// came notes what became of fact i.
	came(i int, f fate) error
}

// row is a fact that may be in the store already.
type row interface {
	find(*sqlite.Conn) (rev int64, sources []byte, err error)
	set(conn *sqlite.Conn, rev int64, sources []byte) error
}

// fate is what became of a fact that was stated.
type fate int

const (
	isNew   fate = iota // it has a row now
	isBack              // its row was a tombstone
	isThere             // it stands as before, perhaps with more sources
)

// addFacts inserts n facts. Where some that one statement brought have rows
// already, each of them is looked at.
func (a *applier) addFacts(in *insertion, n int, f facts) error {
	return in.insert(a.conn, n, f.bind, func(from, to, fresh int) error {
		if a.class == derived { // no sources, no tombstones
			a.counts[count{countDerived, 0}] += int64(fresh)
		}
		for i := from; i < to; i++ {
			var is fate
			if fresh < to-from && a.class == observed {
				r, blob, sources, err := f.row(i)
				if err == nil {
					is, err = a.state(r, blob, sources)
				}
				if err != nil {
					return err
				}
			}
			if err := f.came(i, is); err != nil {
				return err
			}
		}
		return nil
	})
}

// state states an observed fact that has a row: it adds sources to a live one
// and brings a tombstone back to life. A row of this revision was inserted just
// now, for a batch has each fact once.
func (a *applier) state(r row, blob []byte, add []graph.Source) (fate, error) {
	rev, have, err := r.find(a.conn)
	switch {
	case err != nil:
		return isThere, err
	case rev == a.rev:
		return isNew, nil
	case rev < 0:
		return isBack, r.set(a.conn, a.rev, blob)
	case bytes.Equal(have, blob):
		return isThere, nil
	}
	known, err := readSources(nil, have, a.words)
	if err != nil {
		return isThere, err
	}
	all := graph.MergeSources(known, add)
	if len(all) == len(known) {
		return isThere, nil
	}
	if blob, err = appendSources(nil, all, a.words); err != nil {
		return isThere, err
	}
	return isThere, r.set(a.conn, rev, blob)
}

// statements are those of a batch: by node, then name.
type statements struct {
	*applier
	blob []byte
}

// addAttrs adds statements about nodes.
func (a *applier) addAttrs() error {
	in := insertion{into: "attrs (derived, rev, node, name, at, value, sources)",
		row: []string{"?%d", "?%d", "?%d", "?%d", "?%d"}, alike: []int64{a.class, a.rev}}
	return a.addFacts(&in, len(a.batch.Attrs), &statements{applier: a})
}

func (s *statements) key(i int) (r attrRow, err error) {
	at := &s.batch.Attrs[i]
	r = attrRow{class: s.class, node: s.nodes[at.Node], at: int64(at.At), value: at.Value}
	if r.name, err = s.words.add(at.Name); err == nil {
		s.blob, err = appendSources(s.blob[:0], at.Sources, s.words)
	}
	return r, err
}

func (s *statements) bind(st *sqlite.Stmt, p, i int) error {
	r, err := s.key(i)
	st.BindInt64(p, r.node)
	st.BindInt64(p+1, r.name)
	st.BindInt64(p+2, r.at)
	st.BindText(p+3, r.value)
	st.BindBytes(p+4, s.blob)
	return err
}

func (s *statements) row(i int) (row, []byte, []graph.Source, error) {
	r, err := s.key(i)
	return &r, s.blob, s.batch.Attrs[i].Sources, err
}

func (s *statements) came(i int, f fate) error {
	if f != isThere {
		s.note(count{countAttrs, 0}, change{s.nodes[s.batch.Attrs[i].Node], 0})
	}
	return nil
}

// links are those of a batch: by from, type, to, content.
type links struct {
	*applier
	blob, body []byte
	name       graph.LinkType // of the link before, and its number
	typ        int64
}

// addLinks adds links. Most have no event; for one that has none its parameter
// is null, for which nothing need be copied.
func (a *applier) addLinks() error {
	in := insertion{into: "links (derived, rev, src, type, dst, at, until, event, body, sources)",
		row: []string{"?%d", "?%d", "?%d", "?%d", "?%d", "ifnull(?%d, '')", "?%d", "?%d"}, alike: []int64{a.class, a.rev}}
	return a.addFacts(&in, len(a.batch.Links), &links{applier: a})
}

func (s *links) key(i int) (r linkRow, err error) {
	l := &s.batch.Links[i]
	typ, err := s.typeOf(l)
	if err != nil {
		return r, err
	}
	s.body = l.AppendBody(s.body[:0])
	s.blob, err = appendSources(s.blob[:0], l.Sources, s.words)
	return linkRow{class: s.class, src: s.nodes[l.From], typ: typ, dst: s.nodes[l.To],
		at: int64(l.At), until: int64(l.Until), event: l.Event, body: s.body}, err
}

func (s *links) bind(st *sqlite.Stmt, p, i int) error {
	r, err := s.key(i)
	st.BindInt64(p, r.src)
	st.BindInt64(p+1, r.typ)
	st.BindInt64(p+2, r.dst)
	st.BindInt64(p+3, r.at)
	st.BindInt64(p+4, r.until)
	if st.BindNull(p + 5); r.event != "" {
		st.BindText(p+5, r.event)
	}
	st.BindBytes(p+6, r.body)
	st.BindBytes(p+7, s.blob)
	return err
}

func (s *links) row(i int) (row, []byte, []graph.Source, error) {
	r, err := s.key(i)
	return &r, s.blob, s.batch.Links[i].Sources, err
}

// came notes also what the reverse index lacks.
func (s *links) came(i int, f fate) error {
	l := &s.batch.Links[i]
	typ, err := s.typeOf(l)
	if err != nil {
		return err
	}
	if in := (inboundRow{s.nodes[l.To], typ, s.nodes[l.From]}); f == isNew && (len(s.inbound) == 0 || s.inbound[len(s.inbound)-1] != in) {
		s.inbound = append(s.inbound, in)
	}
	if f != isThere {
		s.note(count{countLinks, typ}, change{s.nodes[l.From], typ})
	}
	return nil
}

// typeOf is the number of a link's type.
func (s *links) typeOf(l *graph.Link) (int64, error) {
	if l.Type == s.name && s.typ != 0 {
		return s.typ, nil
	}
	var err error
	if s.typ, err = s.words.add(string(l.Type)); err == nil {
		s.name = l.Type
	}
	return s.typ, err
}
