package sqlitestore

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"ringleader/graph"
)

// Apply implements graph.Store. Time: O(f log f) for a batch of f facts, and
// O(all facts) if it retracts inputs.
func (s *Store) Apply(ctx context.Context, b *graph.Batch) (graph.Revision, error) {
	if err := b.Validate(); err != nil {
		return 0, fmt.Errorf("apply: %w", err)
	}
	if b.Input != nil && b.Input.ID == "" {
		return 0, fmt.Errorf("apply: %w batch: input without an ID", graph.ErrInvalid)
	}
	b.Sort()
	var rev int64
	err := s.write(ctx, "apply", func(conn *sqlite.Conn, words *dictionary) (err error) {
		a := &applier{conn: conn, words: words, known: &s.known, batch: b, counts: make(map[count]int64), orphans: make(map[int64]bool)}
		if b.Derived {
			a.class = derived
		}
		rev, err = a.run()
		return err
	})
	return graph.Revision(rev), err
}

// Classes of facts: the leading column of every key.
const (
	observed = 0
	derived  = 1
)

// count names a row of table counts.
type count struct{ what, word int64 }

// applier writes one batch in one transaction.
type applier struct {
	conn  *sqlite.Conn
	words *dictionary
	known *known
	batch *graph.Batch
	class int64
	// rev is what new facts are stamped with: the revision that this batch
	// makes, or the present one if it is derived.
	rev     int64
	changed bool // an observed fact came or went

	nodes   []int64 // node of each reference of the batch that a fact uses
	counts  map[count]int64
	touched []change
	inbound []inboundRow
	orphans map[int64]bool // nodes that lost a fact
}

type inboundRow struct{ dst, typ, src int64 }

func (a *applier) run() (int64, error) {
	before, err := queryInt(a.conn, "select value from meta where name = 'revision'")
	if err != nil {
		return 0, err
	}
	a.rev = before
	if a.class == observed {
		a.rev++
	}
	for _, step := range []func() error{
		a.checkFence, a.retract, a.recordInput, a.addNodes, a.addAttrs, a.addLinks,
		a.addInbound, a.buryOrphans, a.addChanges, a.addCounts,
	} {
		if err := step(); err != nil {
			return 0, err
		}
	}
	if !a.batch.Retract.Empty() {
		a.known.forget() // some nodes may have died
	}
	if !a.changed {
		return before, nil
	}
	return a.rev, a.exec("update meta set value = ? where name = 'revision'", a.rev)
}

// exec runs a statement that gives no rows.
func (a *applier) exec(query string, args ...any) error {
	return sqlitex.Execute(a.conn, query, &sqlitex.ExecOptions{Args: args})
}

// step runs a bound statement that gives no rows and makes it ready for the
// next values.
func step(st *sqlite.Stmt) error {
	if _, err := st.Step(); err != nil {
		return err
	}
	return st.Reset()
}

func (a *applier) checkFence() error {
	if a.batch.Fence == 0 {
		return nil
	}
	seen, err := queryInt(a.conn, "select value from meta where name = 'fence'")
	switch {
	case err != nil:
		return err
	case a.batch.Fence < uint64(seen):
		return fmt.Errorf("%w: the lease has passed to another job (fence %d, now %d)", graph.ErrConflict, a.batch.Fence, uint64(seen))
	case a.batch.Fence == uint64(seen):
		return nil
	}
	return a.exec("update meta set value = ? where name = 'fence'", int64(a.batch.Fence))
}

// recordInput keeps the present state of an input.
func (a *applier) recordInput() error {
	in := a.batch.Input
	if in == nil {
		return nil
	}
	id, err := a.words.add(in.ID)
	if err != nil {
		return err
	}
	return a.exec("insert or replace into inputs (id, name, content, rows, offset, done, loaded) values (?, ?, ?, ?, ?, ?, ?)",
		id, in.Name, in.Content, in.Rows, in.Offset, in.Done, int64(in.Loaded))
}

// addAttrs adds statements about nodes, in the order of the batch: by node,
// then name.
func (a *applier) addAttrs() error {
	if len(a.batch.Attrs) == 0 {
		return nil
	}
	insert, err := a.conn.Prepare(`insert into attrs (derived, node, name, at, value, rev, sources)
		values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing`)
	if err != nil {
		return err
	}
	insert.BindInt64(1, a.class)
	insert.BindInt64(6, a.rev)
	var blob []byte
	for i := range a.batch.Attrs {
		at := &a.batch.Attrs[i]
		row := attrRow{class: a.class, node: a.nodes[at.Node], at: int64(at.At), value: at.Value}
		if row.name, err = a.words.add(at.Name); err != nil {
			return err
		}
		if blob, err = appendSources(blob[:0], at.Sources, a.words); err != nil {
			return err
		}
		insert.BindInt64(2, row.node)
		insert.BindInt64(3, row.name)
		insert.BindInt64(4, row.at)
		insert.BindText(5, row.value)
		insert.BindBytes(7, blob)
		if err := step(insert); err != nil {
			return err
		}
		fresh := a.conn.Changes() > 0
		if !fresh {
			if fresh, err = a.again(&row, blob, at.Sources); err != nil {
				return err
			}
		}
		if fresh {
			a.came(count{countAttrs, 0}, change{row.node, 0})
		}
	}
	return nil
}

// addLinks adds links, in the order of the batch: by from, type, to, content.
func (a *applier) addLinks() error {
	if len(a.batch.Links) == 0 {
		return nil
	}
	insert, err := a.conn.Prepare(`insert into links (derived, src, type, dst, at, until, event, body, rev, sources)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`)
	if err != nil {
		return err
	}
	insert.BindInt64(1, a.class)
	insert.BindInt64(9, a.rev)
	var blob, body []byte
	event, first := "", true
	for i := range a.batch.Links {
		l := &a.batch.Links[i]
		row := linkRow{class: a.class, src: a.nodes[l.From], dst: a.nodes[l.To], at: int64(l.At), until: int64(l.Until), event: l.Event}
		if row.typ, err = a.words.add(string(l.Type)); err != nil {
			return err
		}
		if blob, err = appendSources(blob[:0], l.Sources, a.words); err != nil {
			return err
		}
		body = l.AppendBody(body[:0])
		row.body = body
		insert.BindInt64(2, row.src)
		insert.BindInt64(3, row.typ)
		insert.BindInt64(4, row.dst)
		insert.BindInt64(5, row.at)
		insert.BindInt64(6, row.until)
		if first || event != l.Event { // a value stays bound
			insert.BindText(7, l.Event)
			event, first = l.Event, false
		}
		insert.BindBytes(8, body)
		insert.BindBytes(10, blob)
		if err := step(insert); err != nil {
			return err
		}
		fresh := a.conn.Changes() > 0
		if fresh {
			if in := (inboundRow{row.dst, row.typ, row.src}); len(a.inbound) == 0 || a.inbound[len(a.inbound)-1] != in {
				a.inbound = append(a.inbound, in)
			}
		} else if fresh, err = a.again(&row, blob, l.Sources); err != nil {
			return err
		}
		if fresh {
			a.came(count{countLinks, row.typ}, change{row.src, row.typ})
		}
	}
	return nil
}

// row is a fact that may be in the store already.
type row interface {
	find(*sqlite.Conn) (rev int64, sources []byte, err error)
	set(conn *sqlite.Conn, rev int64, sources []byte) error
}

// again states a fact that has a row: it adds sources to a live one and brings
// a tombstone back to life, which makes it fresh.
func (a *applier) again(r row, blob []byte, add []graph.Source) (fresh bool, err error) {
	if a.class == derived {
		return false, nil // no sources, no tombstones
	}
	rev, have, err := r.find(a.conn)
	switch {
	case err != nil:
		return false, err
	case rev < 0:
		return true, r.set(a.conn, a.rev, blob)
	case bytes.Equal(have, blob):
		return false, nil
	}
	known, err := readSources(nil, have, a.words)
	if err != nil {
		return false, err
	}
	all := graph.MergeSources(known, add)
	if len(all) == len(known) {
		return false, nil
	}
	if blob, err = appendSources(nil, all, a.words); err != nil {
		return false, err
	}
	return false, r.set(a.conn, rev, blob)
}

// came notes a fact that is new or alive again.
func (a *applier) came(c count, at change) {
	if a.class == derived {
		a.counts[count{countDerived, 0}]++
		return
	}
	a.changed = true
	a.counts[c]++
	if n := len(a.touched); n == 0 || a.touched[n-1] != at {
		a.touched = append(a.touched, at)
	}
}

// addInbound writes the reverse of new links, by target.
func (a *applier) addInbound() error {
	if len(a.inbound) == 0 {
		return nil
	}
	slices.SortFunc(a.inbound, func(x, y inboundRow) int {
		return cmp.Or(cmp.Compare(x.dst, y.dst), cmp.Compare(x.typ, y.typ), cmp.Compare(x.src, y.src))
	})
	insert, err := a.conn.Prepare("insert into inbound (derived, dst, type, src) values (?, ?, ?, ?) on conflict do nothing")
	if err != nil {
		return err
	}
	insert.BindInt64(1, a.class)
	for _, in := range a.inbound {
		insert.BindInt64(2, in.dst)
		insert.BindInt64(3, in.typ)
		insert.BindInt64(4, in.src)
		if err := step(insert); err != nil {
			return err
		}
	}
	return nil
}

func (a *applier) addCounts() error {
	for c, n := range a.counts {
		if n == 0 {
			continue
		}
		err := a.exec("insert into counts (what, word, n) values (?, ?, ?) on conflict do update set n = n + excluded.n", c.what, c.word, n)
		if err != nil {
			return err
		}
	}
	return nil
}
