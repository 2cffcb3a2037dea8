package loaders

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"ringleader/graph"
	"ringleader/vault"
)

// blank is what stands in a kept file for each byte of a row that was erased: the
// other rows keep their numbers and places.
const blank = '#'

// KeptRow is one row of a kept file.
type KeptRow struct {
	Input   KeptInput `json:"-"`
	Row     int64     `json:"row"`
	Offset  int64     `json:"offset"`
	Columns []string  `json:"columns,omitempty"`
	Raw     string    `json:"raw"`
	Hash    uint64    `json:"-"` // keyed, under the present key
}

// Fetch reads one row of a kept file. It fails with ErrNotFound where the file is
// not kept, has no such row, or the row was erased. Time: O(bytes before it).
func (k Keeper) Fetch(ctx context.Context, log graph.Log, input string, number int64) (*KeptRow, error) {
	kept, err := Kept(ctx, log)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(kept, func(in KeptInput) bool { return in.Input == input })
	if i < 0 {
		return nil, fmt.Errorf("input %s: kept file %w; load with --keep-sources keeps one", input, graph.ErrNotFound)
	}
	var found *KeptRow
	err = k.each(ctx, &kept[i], func(r *row, columns []string, _ int64) bool {
		if r.number == number {
			found = &KeptRow{Input: kept[i], Row: r.number, Offset: r.offset, Columns: slices.Clone(columns), Raw: string(r.raw),
				Hash: NewRowHasher(k.Key.RowKeys()[0]).Sum(r.raw)}
		}
		return r.number < number
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("row %d of input %s: %w", number, input, err)
	case found == nil:
		return nil, fmt.Errorf("row %d of input %s: %w; the file has fewer", number, input, graph.ErrNotFound)
	case found.Raw != "" && strings.Trim(found.Raw, string(blank)) == "":
		return nil, fmt.Errorf("row %d of input %s: %w: it was erased", number, input, graph.ErrNotFound)
	}
	return found, nil
}

// Proves reports whether a row is the one that a source names: its hash under
// the store's key, or one before it, is that of the source. Rows that were loaded
// before stores had keys are recognised by their former hash, which proves less:
// keyed is false then.
func (r *KeptRow) Proves(s graph.Source, key *vault.Key) (proven, keyed bool) {
	if s.Input != r.Input.Input || s.Row != r.Row {
		return false, false
	}
	for _, secret := range key.RowKeys() {
		if NewRowHasher(secret).Sum([]byte(r.Raw)) == s.Hash {
			return true, true
		}
	}
	for _, former := range []uint64{NewRowHasher(nil).Sum([]byte(r.Raw)), FormerRowHash(nil, []byte(r.Raw))} {
		if former == s.Hash {
			return true, false
		}
	}
	return false, false
}

// errEnough ends a scan that has found what it was for.
var errEnough = errors.New("found")

// SourceOfRow finds a fact's source that names a row; ErrNotFound where no fact
// does. Time: O(facts of the store).
func SourceOfRow(ctx context.Context, store graph.Store, input string, number int64) (graph.Source, error) {
	var found graph.Source
	look := func(sources []graph.Source) error {
		for _, s := range sources {
			if s.Input == input && s.Row == number {
				found = s
				return errEnough
			}
		}
		return nil
	}
	_, err := store.Scan(ctx, graph.ScanQuery{Sources: true}, func(b *graph.Batch) error {
		for i := range b.Attrs {
			if err := look(b.Attrs[i].Sources); err != nil {
				return err
			}
		}
		for i := range b.Links {
			if err := look(b.Links[i].Sources); err != nil {
				return err
			}
		}
		return nil
	})
	switch {
	case errors.Is(err, errEnough):
		return found, nil
	case err != nil:
		return found, err
	}
	return found, fmt.Errorf("row %d of input %s: fact that names it %w", number, input, graph.ErrNotFound)
}

// each reads the rows of a kept file, bad ones too, with the place where each
// ends, until told to stop.
func (k Keeper) each(ctx context.Context, in *KeptInput, yield func(r *row, columns []string, end int64) (more bool)) error {
	f, err := k.open(in.File)
	if err != nil {
		return err
	}
	defer f.Close()
	s := &source{name: in.Name, format: format(in.Format),
		table: &Table{File: in.Name, Header: in.Header, Skip: in.Skip, Delimiter: in.Delimiter, Encoding: asItIs}}
	rows, err := openTable(s, interruptible(ctx, f))
	if err != nil {
		return err
	}
	var r row
	for {
		err := rows.next(&r)
		if err == io.EOF {
			return nil
		}
		var p *problem
		if err != nil && !errors.As(err, &p) {
			return err
		}
		if !yield(&r, rows.columns(), rows.offset()) {
			return nil
		}
	}
}

// span is a stretch of a file.
type span struct{ from, to int64 }

// Blank overwrites rows of kept files: those that sources name, and those that
// hold one of the words, not within a longer one. A file in which rows are no
// stretches of text (Parquet) is removed whole. It can be repeated.
func (k Keeper) Blank(ctx context.Context, log graph.Log, sources []graph.Source, words []string) error {
	kept, err := Kept(ctx, log)
	if err != nil {
		return err
	}
	named := make(map[string]map[int64]bool)
	for _, s := range sources {
		if named[s.Input] == nil {
			named[s.Input] = make(map[int64]bool)
		}
		named[s.Input][s.Row] = true
	}
	spans := make(map[string][]span)
	var order []string // of files
	gone := make(map[string]bool)
	for i := range kept {
		in := &kept[i]
		if format(in.Format) == formatParquet {
			gone[in.File] = gone[in.File] || len(named[in.Input]) > 0
			continue
		}
		err := k.each(ctx, in, func(r *row, _ []string, end int64) bool {
			if !named[in.Input][r.number] && !slices.ContainsFunc(words, func(w string) bool { return holdsWord(r.raw, w) }) {
				return true
			}
			if !slices.Contains(order, in.File) {
				order = append(order, in.File)
			}
			spans[in.File] = append(spans[in.File], span{r.offset, end})
			return true
		})
		if err != nil {
			return fmt.Errorf("rows of kept file %.12s…: %w", in.File, err)
		}
	}
	for _, file := range order {
		if err := k.rewrite(ctx, file, spans[file]); err != nil {
			return fmt.Errorf("blank rows of kept file %.12s…: %w", file, err)
		}
	}
	for _, in := range kept {
		if gone[in.File] {
			gone[in.File] = false
			if err := k.drop(ctx, log, in.File); err != nil {
				return err
			}
		}
	}
	return nil
}

// rewrite writes a kept file again with stretches blanked. Line ends stay, so
// that rows do.
func (k Keeper) rewrite(ctx context.Context, file string, spans []span) error {
	old, err := k.open(file)
	if err != nil {
		return err
	}
	defer old.Close()
	slices.SortFunc(spans, func(a, b span) int { return int(a.from - b.from) })
	return k.write(file, k.Key, func(w io.Writer) error {
		_, err := io.Copy(&blanker{w: w, spans: spans}, interruptible(ctx, old))
		return err
	})
}

// blanker blanks stretches of what is written through it, but for the line end
// of each: a row that was several lines becomes one.
type blanker struct {
	w     io.Writer
	at    int64
	spans []span // ascending
}

// Write implements io.Writer.
func (b *blanker) Write(p []byte) (int, error) {
	out := bytes.Clone(p)
	for i := range out {
		at := b.at + int64(i)
		for len(b.spans) > 0 && at >= b.spans[0].to {
			b.spans = b.spans[1:]
		}
		if len(b.spans) == 0 {
			break
		}
		end := b.spans[0].to
		lineEnd := (out[i] == '\n' || out[i] == '\r') && at >= end-2
		if at >= b.spans[0].from && !lineEnd {
			out[i] = blank
		}
	}
	b.at += int64(len(p))
	return b.w.Write(out)
}

// holdsWord reports whether a row holds a word that is not within a longer one.
func holdsWord(raw []byte, word string) bool {
	for at := 0; ; {
		i := bytes.Index(raw[at:], []byte(word))
		if i < 0 {
			return false
		}
		from, to := at+i, at+i+len(word)
		if (from == 0 || !wordByte(raw[from-1])) && (to == len(raw) || !wordByte(raw[to])) {
			return true
		}
		at = from + 1
	}
}

func wordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '-' || c >= 0x80
}
