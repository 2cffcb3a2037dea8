package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"ringleader/graph"
)

// rules are what must hold in a sound store: each query counts the rows that
// break one.
func rules() []rule {
	return []rule{
		{"links name a node that is not there", `select count(*) from links l where not exists (select 1 from nodes where id = l.src)
			or not exists (select 1 from nodes where id = l.dst)`},
		{"statements are about a node that is not there", "select count(*) from attrs where node not in (select id from nodes)"},
		{"references have more than one node", "select count(*) from (select 1 from nodes group by kind, key having count(*) > 1)"},
		{"nodes have a kind that is not in the dictionary", "select count(*) from nodes where kind not in (select id from words)"},
		{"links have a type that is not in the dictionary", "select count(*) from links where type not in (select id from words)"},
		{"statements have a name that is not in the dictionary", "select count(*) from attrs where name not in (select id from words)"},
		{"links are missing from the reverse index", `select count(*) from links l where not exists
			(select 1 from inbound i where i.derived = l.derived and i.dst = l.dst and i.type = l.type and i.src = l.src)`},
		{"entries of the reverse index have no link", `select count(*) from inbound i where not exists
			(select 1 from links l where l.derived = i.derived and l.src = i.src and l.type = i.type and l.dst = i.dst)`},
		{"facts are newer than the revision of the store", `select (select count(*) from links where abs(rev) > r) + (select count(*) from attrs where abs(rev) > r)
			+ (select count(*) from touched where rev > r) from (select value r from meta where name = 'revision')`},
		{"live observed facts have no source", `select (select count(*) from links where derived = 0 and rev >= 0 and length(sources) = 0)
			+ (select count(*) from attrs where derived = 0 and rev >= 0 and length(sources) = 0)`},
		{"tombstones or derived facts have a source", `select (select count(*) from links where (derived = 1 or rev < 0) and length(sources) > 0)
			+ (select count(*) from attrs where (derived = 1 or rev < 0) and length(sources) > 0)`},
		{"nodes count as live and are not, or the other way round", `select count(*) from nodes n where live <> ` + liveOf("0", "n.id") + " + 2 * " + liveOf("1", "n.id")},
		{"counts of links by type are wrong", `select count(*) from (select word, n from counts where what = 1 and n <> 0
			except select type, count(*) from links where derived = 0 and rev >= 0 group by type)`},
		{"counts of nodes by kind are wrong", `select count(*) from (select word, n from counts where what = 0 and n <> 0
			except select kind, count(*) from nodes where live & 1 group by kind)`},
		{"counts of statements are wrong", `select coalesce((select n from counts where what = 2), 0) <> (select count(*) from attrs where derived = 0 and rev >= 0)`},
		{"counts of derived facts are wrong", `select coalesce((select n from counts where what = 3), 0) <>
			(select count(*) from attrs where derived = 1) + (select count(*) from links where derived = 1)`},
		{"streams of the log have a gap", "select count(*) from (select stream from log group by stream having max(seq) <> count(*) or min(seq) <> 1)"},
	}
}

type rule struct{ broken, query string }

// liveOf is 1 if a live fact of the class names the node. The cross join keeps
// SQLite from reading all links first: it knows no statistics.
func liveOf(class, node string) string {
	return fmt.Sprintf(`(exists (select 1 from attrs where derived = %[1]s and node = %[2]s and rev >= 0)
		or exists (select 1 from links where derived = %[1]s and src = %[2]s and rev >= 0)
		or exists (select 1 from inbound i cross join links l using (derived, src, type, dst)
			where i.derived = %[1]s and i.dst = %[2]s and l.rev >= 0))`, class, node)
}

// Check looks for damage and returns what it finds, in words that hold no data
// of the rows; nothing found means sound. It reads the whole file several
// times. Time: O(facts · log facts).
func (s *Store) Check(ctx context.Context) (problems []string, err error) {
	err = s.read(ctx, "check", func(conn *sqlite.Conn, words *dictionary) error {
		err := sqlitex.Execute(conn, "pragma integrity_check(20)", &sqlitex.ExecOptions{
			ResultFunc: func(st *sqlite.Stmt) error {
				if text := st.ColumnText(0); text != "ok" {
					problems = append(problems, "file: "+text)
				}
				return nil
			},
		})
		if err != nil || len(problems) > 0 {
			return err // the rules mean nothing over damaged pages
		}
		for _, r := range rules() {
			n, err := queryInt(conn, r.query)
			if err != nil {
				return err
			}
			if n > 0 {
				problems = append(problems, fmt.Sprintf("%d %s", n, r.broken))
			}
		}
		untouched, err := countUntouched(conn)
		switch {
		case errors.Is(err, graph.ErrInvalid):
			problems = append(problems, "the changes of a revision cannot be read")
		case err != nil:
			return err
		case untouched > 0:
			problems = append(problems, fmt.Sprintf("%d observed facts are missing from the changes of their revision", untouched))
		}
		unreadable, err := countUnreadable(conn, words)
		if unreadable > 0 {
			problems = append(problems, fmt.Sprintf("%d facts have a body or sources that cannot be read", unreadable))
		}
		return err
	})
	return problems, err
}

// countUnreadable decodes every blob.
func countUnreadable(conn *sqlite.Conn, words *dictionary) (n int, err error) {
	var l graph.Link
	var body, blob []byte
	var sources []graph.Source
	err = sqlitex.Execute(conn, "select body, sources from links union all select x'', sources from attrs", &sqlitex.ExecOptions{
		ResultFunc: func(st *sqlite.Stmt) (err error) {
			body, blob = appendColumn(body[:0], st, 0), appendColumn(blob[:0], st, 1)
			sources, err = readSources(sources[:0], blob, words)
			if err == nil {
				err = l.SetBody(body)
			}
			if errors.Is(err, graph.ErrInvalid) {
				n++
				return nil
			}
			return err
		},
	})
	return n, err
}

// Backup writes a consistent copy of the store to a new file, compacted, while
// others read and write. The file appears when it is whole; one that is there
// already is never overwritten (ErrInvalid).
func (s *Store) Backup(ctx context.Context, path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("backup: %w target %s: it is there already; name a new file", graph.ErrInvalid, path)
	}
	// A name of its own, made with mode 0600: SQLite fills an empty file.
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".part*")
	if err != nil {
		return fmt.Errorf("backup: %w: %w; check that the folder is there and may be written to", graph.ErrUnavailable, err)
	}
	part := f.Name()
	err = s.copyTo(ctx, part)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(part))
	}
	return err
}

// copyTo runs outside of a transaction, as VACUUM must; it makes its own.
func (s *Store) copyTo(ctx context.Context, path string) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.calls.Done()
	conn, err := s.connect(false)
	if err != nil {
		return s.explain(ctx, "backup", err)
	}
	conn.SetInterrupt(ctx.Done())
	err = sqlitex.ExecuteTransient(conn, "vacuum into ?", &sqlitex.ExecOptions{Args: []any{path}})
	err = s.explain(ctx, "backup", err)
	return errors.Join(err, conn.Close())
}
