package loaders

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ringleader/graph"
)

// source is one file to read, and the table that reads it.
type source struct {
	name     string // what the user called it
	path     string // where it lies; a spooled one lies elsewhere
	format   format
	table    *Table
	size     int64
	modified time.Time
	content  string // hex SHA-256 of its bytes as they lie
	input    string // ID: hash of content and table
	span     Span   // of a table of a database

	read *ReadRule // of a sample of a database
}

// sources finds what paths name. Close it to remove what was spooled.
type sources struct {
	opts    *Options
	mapping *Mapping
	marks   *marks // what was read of databases; nil: nothing
	list    []source
	skipped []string // files in folders and archives that no table reads
	seen    map[string]bool
	spool   string // folder of spooled files; empty: none yet
}

// findSources expands files, folders, globs, archives, databases and "-" for
// standard input, in the order given, folders in the order of names. It hashes
// each file. Of databases it takes what is not among the marks. Time: O(bytes).
func findSources(ctx context.Context, paths []string, o *Options, m *marks) (*sources, error) {
	s := &sources{opts: o, mapping: o.Mapping, marks: m, seen: make(map[string]bool)}
	for _, p := range paths {
		if err := s.add(ctx, p); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	if len(s.list) == 0 {
		return nil, errors.Join(fmt.Errorf("%w paths: no file in them is of a table of mapping %s; it has %s",
			graph.ErrInvalid, s.mapping.Name, strings.Join(s.tableNames(), ", ")), s.Close())
	}
	for i := range s.list {
		if err := s.list[i].hash(ctx, o); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

func (s *sources) tableNames() []string {
	names := make([]string, len(s.mapping.Tables))
	for i, t := range s.mapping.Tables {
		names[i] = t.File
	}
	return names
}

// Close removes what was spooled.
func (s *sources) Close() error {
	if s.spool == "" {
		return nil
	}
	return os.RemoveAll(s.spool)
}

func (s *sources) add(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	switch {
	case name == "-":
		return s.addStdin(ctx)
	case IsDatabase(name):
		return s.addDatabase(ctx, name)
	}
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(name, "*?[") {
		return s.addGlob(ctx, name)
	}
	switch {
	case err != nil:
		return fileError(name, err)
	case info.IsDir():
		return s.addFolder(ctx, name)
	case isArchive(name):
		return s.addArchive(ctx, name)
	}
	known, err := s.addFile(name, name, filepath.Base(name))
	if err == nil && !known {
		return s.unknown(name)
	}
	return err
}

// fileError is why a file cannot be opened: ErrNotFound where it is not there.
func fileError(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("load %s: %w: %w", name, graph.ErrNotFound, err)
	}
	return fmt.Errorf("load %s: %w", name, err)
}

// unknown explains why a file that was named cannot be read.
func (s *sources) unknown(name string) error {
	if _, _, ok := splitName(filepath.Base(name)); !ok {
		return fmt.Errorf("load %s: %w file: want .csv, .tsv, .psv, .txt, .jsonl or .parquet, plain, .gz or .zst, or a tar archive of these", name, graph.ErrInvalid)
	}
	return fmt.Errorf("load %s: %w file: mapping %s has no table of this name, it has %s",
		name, graph.ErrInvalid, s.mapping.Name, strings.Join(s.tableNames(), ", "))
}

func (s *sources) addGlob(ctx context.Context, pattern string) error {
	names, err := filepath.Glob(pattern)
	if err != nil {
		return fmt.Errorf("load %s: %w pattern", pattern, graph.ErrInvalid)
	}
	if len(names) == 0 {
		return fmt.Errorf("load %s: %w: nothing matches", pattern, graph.ErrNotFound)
	}
	for _, name := range names {
		if err := s.add(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// truthFolder holds the answers of a made world, which must not be loaded.
const truthFolder = "truth"

func (s *sources) addFolder(ctx context.Context, root string) error {
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch base := d.Name(); {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case d.IsDir():
			if name != root && (base == truthFolder || strings.HasPrefix(base, ".")) {
				return fs.SkipDir
			}
			return nil
		case strings.HasPrefix(base, "."):
			return nil
		case isArchive(base):
			return s.addArchive(ctx, name)
		}
		known, err := s.addFile(name, name, d.Name())
		if err == nil && !known {
			s.skipped = append(s.skipped, name)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("load %s: %w", root, err)
	}
	return nil
}

// addFile takes a file if a table reads files of its name.
func (s *sources) addFile(name, at, base string) (known bool, err error) {
	stem, f, ok := splitName(base)
	if !ok {
		return false, nil
	}
	table := s.mapping.table(stem)
	if table == nil {
		return s.mapping.joins(stem), nil
	}
	info, err := os.Stat(at)
	if err != nil {
		return true, fileError(name, err)
	}
	key, err := filepath.Abs(at)
	if err != nil {
		key = at
	}
	if s.seen[key] {
		return true, nil
	}
	s.seen[key] = true
	s.list = append(s.list, source{name: name, path: at, format: f, table: table, size: info.Size(), modified: info.ModTime()})
	return true, nil
}

// addStdin spools standard input, because its content must be known before
// its first row is loaded. Its table is that of Options.StdinName, else the one
// that its header fits.
func (s *sources) addStdin(ctx context.Context) error {
	at, err := s.spoolFile(ctx, "stdin", s.opts.Stdin)
	if err != nil {
		return fmt.Errorf("load standard input: %w", err)
	}
	if name := s.opts.StdinName; name != "" {
		known, err := s.addFile("-", at, path.Base(name))
		if err == nil && !known {
			return s.unknown(name)
		}
		return err
	}
	f, table, err := s.sniff(at)
	if err != nil {
		return fmt.Errorf("load standard input: %w", err)
	}
	info, err := os.Stat(at)
	if err != nil {
		return fmt.Errorf("load standard input: %w", err)
	}
	s.list = append(s.list, source{name: "-", path: at, format: f, table: table, size: info.Size(), modified: info.ModTime()})
	return nil
}

// sniff finds format and table by content.
func (s *sources) sniff(at string) (format, *Table, error) {
	in, err := openStream(at)
	if err != nil {
		return "", nil, err
	}
	defer in.Close()
	text, err := decodeText(in, "")
	if err != nil {
		return "", nil, err
	}
	l := newLines(text)
	n, _ := l.line()
	head := strings.TrimLeft(strings.TrimPrefix(string(l.window()[:n]), "\ufeff"), " \t\r\n")
	f := formatCSV
	switch {
	case strings.HasPrefix(head, "{"):
		f = formatJSONL
	case strings.HasPrefix(head, parquetMagic):
		f = formatParquet
	}
	table := s.mapping.table("-")
	if len(s.mapping.Tables) == 1 {
		table = &s.mapping.Tables[0]
	}
	if table == nil {
		again, err := openStream(at)
		if err != nil {
			return "", nil, err
		}
		defer again.Close()
		r, err := openRows(f, again, nil)
		if err != nil {
			return "", nil, err
		}
		var first row
		if err := r.next(&first); err != nil && err != io.EOF {
			return "", nil, err
		}
		table = s.mapping.byHeader(r.columns())
	}
	if table == nil {
		return "", nil, fmt.Errorf("%w header: no table of mapping %s has these columns; name the input, such as payments.csv", graph.ErrInvalid, s.mapping.Name)
	}
	return f, table, nil
}

// spoolFile copies a stream to a file that only this user may read.
func (s *sources) spoolFile(ctx context.Context, name string, r io.Reader) (string, error) {
	if err := s.spoolFolder(); err != nil {
		return "", err
	}
	f, err := os.OpenFile(filepath.Join(s.spool, fmt.Sprintf("%d-%s", len(s.list)+len(s.skipped), name)), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(f, interruptible(ctx, r))
	return f.Name(), errors.Join(err, f.Close())
}

// spoolFolder makes the folder of spooled files.
func (s *sources) spoolFolder() error {
	if s.spool != "" {
		return nil
	}
	dir, err := os.MkdirTemp("", "ringleader-*")
	s.spool = dir
	return err
}

// interruptible stops reading when the context ends.
func interruptible(ctx context.Context, r io.Reader) io.Reader {
	return readerFunc(func(p []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return r.Read(p)
	})
}

// hash fills in content and input.
func (s *source) hash(ctx context.Context, o *Options) error {
	f, err := os.Open(s.path)
	if err != nil {
		return fileError(s.name, err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, interruptible(ctx, f)); err != nil {
		return fmt.Errorf("load %s: %w", s.name, err)
	}
	s.content = hex.EncodeToString(h.Sum(nil))
	if err := s.hashJoins(ctx, h); err != nil {
		return err
	}
	h.Write(s.table.fingerprint(o.Location))
	h.Write([]byte(o.Normal.fingerprint()))
	s.input = hex.EncodeToString(h.Sum(nil)[:16])
	return nil
}

// unchanged checks that a file is still the one that was hashed.
func (s *source) unchanged() error {
	info, err := os.Stat(s.path)
	if err != nil || info.Size() != s.size || !info.ModTime().Equal(s.modified) {
		return fmt.Errorf("%w file: it changed while it was being loaded; load it again and revert this load", graph.ErrConflict)
	}
	return nil
}

// sortedSkipped is the files that no table reads, ascending.
func (s *sources) sortedSkipped() []string {
	slices.Sort(s.skipped)
	return s.skipped
}
