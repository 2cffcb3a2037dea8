package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"ringleader/graph"
)

// Store is a graph.Store and a graph.Log in one SQLite file. It is safe for
// concurrent use, and other processes may open the same file.
type Store struct {
	path  string
	opts  Options
	words *words

	writer chan *sqlite.Conn // holds the one writing connection while it is free
	known  known             // for whoever has taken that connection

	mu     sync.Mutex
	idle   []*sqlite.Conn // readers not in use
	closed bool
	calls  sync.WaitGroup // calls under way
}

var (
	_ graph.Store = (*Store)(nil)
	_ graph.Log   = (*Store)(nil)
)

// Options say how a store is opened. The zero value opens for reading and
// writing and makes the file if it is not there.
type Options struct {
	// ReadOnly opens without the right to write; every writing call fails.
	ReadOnly bool
	// NoCreate fails if the file is not there.
	NoCreate bool
	// BusyTimeout is how long a writer waits for its turn; 0 is 30 s.
	BusyTimeout time.Duration
	// CacheBytes is the page cache of the writing connection, a quarter of it
	// that of each reading one; 0 is 64 MiB.
	CacheBytes int64
}

const (
	pageSize = 8192
	// checkpointPages bounds the write-ahead log to about 64 MiB unless a
	// reader holds it open.
	checkpointPages = 8192
	// maxIdle is how many reading connections are kept open.
	maxIdle = 8
)

// Open opens the store at path. A new file is made with mode 0600, an older
// layout is migrated. It fails with ErrInvalid on a file that is no store or
// of a newer version, and with ErrUnavailable where the file cannot be opened;
// the text says what to do.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	if o.BusyTimeout == 0 {
		o.BusyTimeout = 30 * time.Second
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = 64 << 20
	}
	if err := prepareFile(path, o); err != nil {
		return nil, err
	}
	s := &Store{path: path, opts: o, words: newWords(), writer: make(chan *sqlite.Conn, 1)}
	conn, err := s.connect(!o.ReadOnly)
	if err != nil {
		return nil, s.explain(ctx, "open", err)
	}
	conn.SetInterrupt(ctx.Done())
	if err = s.prepareLayout(conn); err != nil {
		err = s.explain(ctx, "open", err)
		return nil, errors.Join(err, conn.Close())
	}
	conn.SetInterrupt(nil)
	if o.ReadOnly {
		s.idle = append(s.idle, conn)
	} else {
		conn.SetBusyTimeout(0) // begin polls by itself, see there
		s.writer <- conn
	}
	return s, nil
}

// Migrate brings the store at path to the current layout and reports the
// layouts before and after. Open does so too.
func Migrate(ctx context.Context, path string) (from, to int, err error) {
	to = len(layout())
	if err := prepareFile(path, Options{NoCreate: true}); err != nil {
		return 0, to, err
	}
	s := &Store{path: path, opts: Options{BusyTimeout: 30 * time.Second, CacheBytes: 64 << 20}}
	conn, err := s.connect(true)
	if err != nil {
		return 0, to, s.explain(ctx, "migrate", err)
	}
	conn.SetInterrupt(ctx.Done())
	from, err = migrate(conn, path, layout())
	if err != nil {
		err = s.explain(ctx, "migrate", err)
	}
	return from, to, errors.Join(err, conn.Close())
}

// prepareFile checks what SQLite would report less clearly, and makes the file
// so that its mode is ours.
func prepareFile(path string, o Options) error {
	info, err := os.Stat(path)
	switch {
	case path == "":
		return fmt.Errorf("%w store: no path given", graph.ErrInvalid)
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("%w store %s: not a file; name a file such as %s", graph.ErrInvalid, path, filepath.Join(path, "store.db"))
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: store %s: %w; check the rights on file and folder", graph.ErrUnavailable, path, err)
	case o.NoCreate || o.ReadOnly:
		return fmt.Errorf("%w: store %s: no such file; check the path, or load data to make it", graph.ErrUnavailable, path)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("%w: make store %s: %w; check that the folder is there and may be written to", graph.ErrUnavailable, path, err)
	}
	return f.Close()
}

// prepareLayout sets what belongs to the file rather than to a connection.
func (s *Store) prepareLayout(conn *sqlite.Conn) error {
	if s.opts.ReadOnly {
		have, err := version(conn, s.path, len(layout()))
		if err == nil && have < len(layout()) {
			err = fmt.Errorf("%w store %s: its layout %d is older than %d; run store migrate", graph.ErrInvalid, s.path, have, len(layout()))
		}
		return err
	}
	// A foreign file must not even be turned to WAL.
	have, err := version(conn, s.path, len(layout()))
	if err != nil {
		return err
	}
	if have == 0 {
		if err := sqlitex.ExecuteTransient(conn, fmt.Sprintf("pragma page_size = %d", pageSize), nil); err != nil {
			return err
		}
	}
	if err := sqlitex.ExecuteTransient(conn, "pragma journal_mode = wal", nil); err != nil {
		return err
	}
	_, err = migrate(conn, s.path, layout())
	return err
}

// connect opens one connection.
func (s *Store) connect(write bool) (*sqlite.Conn, error) {
	flags, cache := sqlite.OpenReadOnly, s.opts.CacheBytes/4
	if write {
		flags, cache = sqlite.OpenReadWrite, s.opts.CacheBytes
	}
	conn, err := sqlite.OpenConn(s.path, flags)
	if err != nil {
		return nil, err
	}
	conn.SetBusyTimeout(s.opts.BusyTimeout)
	if err := registerPacker(conn); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	for _, pragma := range []string{
		"synchronous = normal",
		"temp_store = memory",
		fmt.Sprintf("cache_size = -%d", cache/1024),
		fmt.Sprintf("wal_autocheckpoint = %d", checkpointPages),
		fmt.Sprintf("journal_size_limit = %d", checkpointPages*pageSize),
	} {
		if err := sqlitex.ExecuteTransient(conn, "pragma "+pragma, nil); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return conn, nil
}

// enter counts a call in, so that Close can wait for it.
func (s *Store) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fmt.Errorf("%w: store %s is closed", graph.ErrUnavailable, s.path)
	}
	s.calls.Add(1)
	return nil
}

// read runs f in one read transaction: all of it sees one revision.
func (s *Store) read(ctx context.Context, what string, f func(*sqlite.Conn, *dictionary) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.calls.Done()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s %s: %w", what, s.path, err)
	}
	conn, err := s.takeReader()
	if err != nil {
		return s.explain(ctx, what, err)
	}
	conn.SetInterrupt(ctx.Done())
	words := s.words.open(conn)
	err = sqlitex.Execute(conn, "begin", nil)
	if err == nil {
		err = f(conn, words)
	}
	conn.SetInterrupt(nil)
	if !conn.AutocommitEnabled() {
		err = errors.Join(err, sqlitex.Execute(conn, "rollback", nil))
	}
	if err == nil {
		words.publish()
	}
	return s.explain(ctx, what, errors.Join(err, s.giveReader(conn)))
}

func (s *Store) takeReader() (*sqlite.Conn, error) {
	s.mu.Lock()
	if n := len(s.idle); n > 0 {
		conn := s.idle[n-1]
		s.idle = s.idle[:n-1]
		s.mu.Unlock()
		return conn, nil
	}
	s.mu.Unlock()
	return s.connect(false)
}

func (s *Store) giveReader(conn *sqlite.Conn) error {
	s.mu.Lock()
	if len(s.idle) < maxIdle && !s.closed {
		s.idle = append(s.idle, conn)
		s.mu.Unlock()
		return nil
	}
	s.mu.Unlock()
	return conn.Close()
}

// Close waits for calls under way and releases the file. Further calls fail
// with ErrUnavailable; a second Close does nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	s.calls.Wait()
	// Readers first: the last connection to close folds the write-ahead log
	// into the file, and it must be able to write.
	var err error
	for _, conn := range s.idle {
		err = errors.Join(err, conn.Close())
	}
	if !s.opts.ReadOnly {
		err = errors.Join(err, (<-s.writer).Close())
	}
	if err != nil {
		return fmt.Errorf("close store %s: %w", s.path, err)
	}
	return nil
}
