package sqlitestore

import (
	"context"
	"errors"
	"fmt"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"ringleader/graph"
)

// purging takes tombstones out of the tables, then what only they rested on:
// marks in the reverse index, and nodes that nothing names. A dead node has no
// live fact, so what is left of it are tombstones. What table touched says of the
// revisions up to this one stays: nobody may ask for it any more.
const purging = `
delete from links where rev < 0;
delete from attrs where rev < 0;
delete from inbound as i where not exists (select 1 from links l
	where l.derived = i.derived and l.src = i.src and l.type = i.type and l.dst = i.dst);
delete from nodes where live = 0;
insert or replace into meta select 'purged', value from meta where name = 'revision';
`

// Purge implements graph.Store. Deleted rows leave their bytes in free pages
// and in the gaps of used ones, so it then writes the file anew (VACUUM) and
// empties the write-ahead log. That takes free disk space as large as the store.
func (s *Store) Purge(ctx context.Context) error {
	err := s.write(ctx, "purge", func(conn *sqlite.Conn, _ *dictionary) error {
		s.known.forget()
		return sqlitex.ExecScript(conn, purging)
	})
	if err != nil {
		return err
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.calls.Done()
	var conn *sqlite.Conn
	select {
	case conn = <-s.writer:
	case <-ctx.Done():
		return fmt.Errorf("purge %s: %w", s.path, ctx.Err())
	}
	err = s.compact(ctx, conn)
	s.known.forget()
	s.writer <- conn
	return s.explain(ctx, "purge", err)
}

// compact writes the file anew, in place.
func (s *Store) compact(ctx context.Context, conn *sqlite.Conn) (err error) {
	conn.SetInterrupt(ctx.Done())
	conn.SetBusyTimeout(s.opts.BusyTimeout)
	defer func() {
		conn.SetInterrupt(nil)
		conn.SetBusyTimeout(0)
		err = errors.Join(err, sqlitex.ExecuteTransient(conn, "pragma temp_store = memory", nil))
	}()
	// The copy on the way may be larger than memory.
	if err := sqlitex.ExecuteTransient(conn, "pragma temp_store = file", nil); err != nil {
		return err
	}
	if err := sqlitex.ExecuteTransient(conn, "vacuum", nil); err != nil {
		return err
	}
	busy, err := queryInt(conn, "pragma wal_checkpoint(truncate)")
	if err == nil && busy != 0 {
		err = fmt.Errorf("%w: others are reading the store, so its write-ahead file still holds old pages; let them end, and purge again", graph.ErrUnavailable)
	}
	return err
}

// checkSince refuses changes whose beginning was purged.
func checkSince(conn *sqlite.Conn, since int64) error {
	purged, err := queryInt(conn, "select value from meta where name = 'purged'")
	if err == nil && since < purged {
		err = fmt.Errorf("%w: what went before revision %d was purged; read the store whole", graph.ErrConflict, purged)
	}
	return err
}
