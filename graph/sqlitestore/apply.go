package sqlitestore

import (
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

// note notes an observed fact that is new or alive again.
func (a *applier) note(c count, at change) {
	if a.class == derived {
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
	slices.SortFunc(a.inbound, func(x, y inboundRow) int {
		return cmp.Or(cmp.Compare(x.dst, y.dst), cmp.Compare(x.typ, y.typ), cmp.Compare(x.src, y.src))
	})
	in := insertion{into: "inbound (derived, dst, type, src)", row: []string{"?%d", "?%d", "?%d"}, alike: []int64{a.class}}
	bind := func(st *sqlite.Stmt, p, i int) error {
		st.BindInt64(p, a.inbound[i].dst)
		st.BindInt64(p+1, a.inbound[i].typ)
		st.BindInt64(p+2, a.inbound[i].src)
		return nil
	}
	return in.insert(a.conn, len(a.inbound), bind, func(_, _, _ int) error { return nil })
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
