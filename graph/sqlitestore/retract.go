package sqlitestore

import (
	"slices"

	"zombiezen.com/go/sqlite"

	"ringleader/graph"
)

// A retraction collects rows before it changes them: SQLite leaves open what a
// query sees of changes made under it. It goes by ranges of nodes, so it holds
// the rows of one range at a time.
const retractNodes = 4096

func (a *applier) retract() error {
	r := &a.batch.Retract
	for _, ref := range r.Refs {
		if err := a.retractRef(ref); err != nil {
			return err
		}
	}
	for _, t := range r.Types {
		if err := a.retractType(t); err != nil {
			return err
		}
	}
	if len(r.Inputs) == 0 || a.class == derived {
		return nil
	}
	inputs := make(map[int64]bool)
	for _, input := range r.Inputs {
		id, ok, err := a.words.find(input)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		inputs[id] = true
		if err := a.exec("delete from inputs where id = ?", id); err != nil {
			return err
		}
	}
	if len(inputs) == 0 {
		return nil
	}
	last, err := queryInt(a.conn, "select max(id) from nodes")
	if err != nil {
		return err
	}
	for from := int64(0); from <= last; from += retractNodes {
		if err := a.retractInputs(inputs, from, from+retractNodes); err != nil {
			return err
		}
	}
	return nil
}

// retractRef takes back every fact about a node: derived ones, and observed
// ones unless the batch is derived.
func (a *applier) retractRef(ref graph.Ref) error {
	kind, ok, err := a.words.find(string(ref.Kind))
	if err != nil || !ok {
		return err
	}
	id, err := queryInt(a.conn, "select id from nodes where kind = ? and key = ?", kind, ref.Key)
	if err != nil || id == 0 {
		return err
	}
	for class := a.class; class <= derived; class++ {
		var links []linkRow
		var attrs []attrRow
		for _, query := range []string{
			"select " + linkColumns + " from links l where derived = ? and src = ? and rev >= 0",
			"select " + linkColumns + ` from inbound i cross join links l using (derived, src, type, dst)
				where i.derived = ? and i.dst = ? and i.src <> i.dst and l.rev >= 0`,
		} {
			if err := a.each(query, class, id, func(st *sqlite.Stmt) error {
				links = append(links, linkRow{})
				links[len(links)-1].scan(st)
				return nil
			}); err != nil {
				return err
			}
		}
		if err := a.each("select "+attrColumns+" from attrs where derived = ? and node = ? and rev >= 0", class, id, func(st *sqlite.Stmt) error {
			attrs = append(attrs, attrRow{})
			attrs[len(attrs)-1].scan(st)
			return nil
		}); err != nil {
			return err
		}
		for i := range links {
			if err := a.buryLink(&links[i]); err != nil {
				return err
			}
		}
		for i := range attrs {
			if err := a.buryAttr(&attrs[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// retractType takes back every derived link of a type. It reads all derived
// links.
func (a *applier) retractType(t graph.LinkType) error {
	typ, ok, err := a.words.find(string(t))
	if err != nil || !ok {
		return err
	}
	var links []linkRow
	err = a.each("select "+linkColumns+" from links l where derived = ? and type = ?", derived, typ, func(st *sqlite.Stmt) error {
		links = append(links, linkRow{})
		links[len(links)-1].scan(st)
		return nil
	})
	if err != nil {
		return err
	}
	for i := range links {
		if err := a.buryLink(&links[i]); err != nil {
			return err
		}
	}
	return nil
}

// each runs a query of two parameters.
func (a *applier) each(query string, p, q int64, f func(*sqlite.Stmt) error) error {
	st, err := a.conn.Prepare(query)
	if err != nil {
		return err
	}
	st.BindInt64(1, p)
	st.BindInt64(2, q)
	return rows(st, f)
}

// rows calls f for each row of a bound statement.
func rows(st *sqlite.Stmt, f func(*sqlite.Stmt) error) error {
	for {
		more, err := st.Step()
		if err != nil {
			return err
		}
		if !more {
			return st.Reset()
		}
		if err := f(st); err != nil {
			return err
		}
	}
}

// retractInputs takes the sources of some inputs from the facts of the nodes
// from ≤ id < to.
func (a *applier) retractInputs(inputs map[int64]bool, from, to int64) error {
	type hit[K any] struct {
		key     K
		rev     int64
		sources []byte
	}
	var links []hit[linkRow]
	var attrs []hit[attrRow]
	var blob []byte
	err := a.each("select "+linkColumns+", l.rev, l.sources from links l where derived = 0 and src >= ? and src < ? and rev >= 0", from, to, func(st *sqlite.Stmt) error {
		blob = appendColumn(blob[:0], st, 9)
		kept, found, err := dropSources(blob, inputs)
		if err != nil || !found {
			return err
		}
		links = append(links, hit[linkRow]{rev: st.ColumnInt64(8), sources: slices.Clone(kept)})
		links[len(links)-1].key.scan(st)
		return nil
	})
	if err != nil {
		return err
	}
	err = a.each("select "+attrColumns+", rev, sources from attrs where derived = 0 and node >= ? and node < ? and rev >= 0", from, to, func(st *sqlite.Stmt) error {
		blob = appendColumn(blob[:0], st, 6)
		kept, found, err := dropSources(blob, inputs)
		if err != nil || !found {
			return err
		}
		attrs = append(attrs, hit[attrRow]{rev: st.ColumnInt64(5), sources: slices.Clone(kept)})
		attrs[len(attrs)-1].key.scan(st)
		return nil
	})
	if err != nil {
		return err
	}
	for i := range links {
		if h := &links[i]; len(h.sources) > 0 {
			err = h.key.set(a.conn, h.rev, h.sources)
		} else {
			err = a.buryLink(&h.key)
		}
		if err != nil {
			return err
		}
	}
	for i := range attrs {
		if h := &attrs[i]; len(h.sources) > 0 {
			err = h.key.set(a.conn, h.rev, h.sources)
		} else {
			err = a.buryAttr(&h.key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// buryLink makes a live link a tombstone, or deletes a derived one.
func (a *applier) buryLink(r *linkRow) error {
	a.orphans[r.src], a.orphans[r.dst] = true, true
	if r.class == observed {
		a.went(count{countLinks, r.typ}, change{r.src, r.typ})
		return r.set(a.conn, -a.rev, nil)
	}
	a.counts[count{countDerived, 0}]--
	if err := r.drop(a.conn); err != nil {
		return err
	}
	return a.exec(`delete from inbound where derived = ?1 and dst = ?2 and type = ?3 and src = ?4
		and not exists (select 1 from links where derived = ?1 and src = ?4 and type = ?3 and dst = ?2)`,
		r.class, r.dst, r.typ, r.src)
}

// buryAttr makes a live statement a tombstone, or deletes a derived one.
func (a *applier) buryAttr(r *attrRow) error {
	a.orphans[r.node] = true
	if r.class == observed {
		a.went(count{countAttrs, 0}, change{r.node, 0})
		return r.set(a.conn, -a.rev, nil)
	}
	a.counts[count{countDerived, 0}]--
	return r.drop(a.conn)
}

// went notes an observed fact that is no more.
func (a *applier) went(c count, at change) {
	a.changed = true
	a.counts[c]--
	a.touched = append(a.touched, at)
}

// buryOrphans ends the life of nodes whose last fact of a class went.
func (a *applier) buryOrphans() error {
	for id := range a.orphans {
		var kind, was, live int64
		for class := int64(observed); class <= derived; class++ {
			named, err := queryInt(a.conn, `select exists (select 1 from attrs where derived = ?1 and node = ?2 and rev >= 0)
				or exists (select 1 from links where derived = ?1 and src = ?2 and rev >= 0)
				or exists (select 1 from inbound i cross join links l using (derived, src, type, dst)
					where i.derived = ?1 and i.dst = ?2 and l.rev >= 0)`, class, id)
			if err != nil {
				return err
			}
			live |= named << class
		}
		err := a.each("select kind, live from nodes where id = ? and live <> ?", id, live, func(st *sqlite.Stmt) error {
			kind, was = st.ColumnInt64(0), st.ColumnInt64(1)
			return nil
		})
		if err != nil || kind == 0 {
			if err != nil {
				return err
			}
			continue
		}
		if was&1 > live&1 {
			a.counts[count{countNodes, kind}]--
		}
		if err := a.exec("update nodes set live = ? where id = ?", live, id); err != nil {
			return err
		}
	}
	return nil
}
