package loaders

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"ringleader/graph"
)

// addSamples keeps the first rows of everything that a database has to be read,
// for inference. Tables without rows say nothing and are passed over.
func (s *sources) addSamples(ctx context.Context, address string) (err error) {
	db, err := s.open(ctx, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	reads, err := db.Reads(ctx)
	if err != nil {
		return fmt.Errorf("infer %s: %w", db.Name(), err)
	}
	for i := range reads {
		name := db.Name() + "#" + reads[i].stem()
		at, rows, err := s.spoolSample(ctx, db, &reads[i])
		if err != nil {
			return fmt.Errorf("infer %s: %w", name, err)
		}
		if rows > 0 {
			s.list = append(s.list, source{name: name, path: at, format: formatJSONL, read: &reads[i]})
		}
	}
	return nil
}

func (s *sources) spoolSample(ctx context.Context, db Database, r *ReadRule) (at string, rows int, err error) {
	f, err := s.spoolTemp("sample")
	if err != nil {
		return "", 0, err
	}
	w := bufio.NewWriter(f)
	_, err = db.Rows(ctx, Request{ReadRule: r, Limit: inferRows}, func(row []byte) error {
		rows++
		_, err := w.Write(append(row, '\n'))
		return err
	})
	return f.Name(), rows, errors.Join(err, w.Flush(), f.Close())
}

// stem names a table after what it reads: public.payments is payments, the
// label UserAccount is user_account.
func (r *ReadRule) stem() string {
	if r.Label != "" {
		var b strings.Builder
		for i, c := range r.Label {
			if c >= 'A' && c <= 'Z' {
				if i > 0 && !strings.HasSuffix(b.String(), "_") {
					b.WriteByte('_')
				}
				c += 'a' - 'A'
			}
			b.WriteRune(c)
		}
		return b.String()
	}
	return strings.ReplaceAll(strings.TrimPrefix(r.Table, "public."), `"`, "")
}

// readingOf gives an inferred table its place in the database, and says what
// only a person can know.
func (p *proposal) readingOf() {
	r := p.source.read
	if r == nil {
		return
	}
	p.table.Read = r
	p.doubt("no mark is stated, so each load reads the whole table; name a column that only grows under read, as mark")
}

// leftOut is the report on a table of a database that inference makes nothing
// of. A file that was named is worth an error, one table of many is not.
func (s *sample) leftOut(err error) (TableGuess, bool) {
	if s.source.read == nil || !errors.Is(err, graph.ErrInvalid) {
		return TableGuess{}, false
	}
	return TableGuess{File: s.stem, Kind: kindNothing, Why: "nothing in it names an account or another thing", Rows: s.rows}, true
}
