package sqlitestore

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"zombiezen.com/go/sqlite"

	"ringleader/graph"
)

// FuzzCursor: a cursor from anywhere is refused or means one place.
func FuzzCursor(f *testing.F) {
	p := place{
		typ: graph.Paid, from: graph.Ref{Kind: graph.Account, Key: "u1"}, to: graph.Ref{Kind: graph.Merchant, Key: "a:b"},
		at: -5, until: 1 << 50, event: "payment:P1", body: []byte{0, 255},
	}
	f.Add(p.cursor())
	f.Add("")
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := decodeCursor(s)
		if err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
			return
		}
		again, err := decodeCursor(p.cursor())
		require.NoError(t, err)
		require.Equal(t, p, again)
	})
}

// FuzzSources: a blob is refused or survives unpacking and packing.
func FuzzSources(f *testing.F) {
	s, err := Open(f.Context(), filepath.Join(f.TempDir(), "fuzz.db"), Options{})
	require.NoError(f, err)
	f.Cleanup(func() { require.NoError(f, s.Close()) })
	conn := <-s.writer
	defer func() { s.writer <- conn }()
	var good []byte
	err = s.inTurn(f, conn, func(words *dictionary) (err error) {
		good, err = appendSources(nil, []graph.Source{{Input: "A", Row: 1}, {Input: "B", Row: -7, Offset: 1 << 62, Hash: ^uint64(0)}}, words)
		return err
	})
	require.NoError(f, err)
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add([]byte{1, 2})
	f.Fuzz(func(t *testing.T, blob []byte) {
		words := s.words.open(conn)
		sources, err := readSources(nil, blob, words)
		if err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
			return
		}
		packed, err := appendSources(nil, sources, words)
		require.NoError(t, err)
		again, err := readSources(nil, packed, words)
		require.NoError(t, err)
		require.Equal(t, graph.MergeSources(nil, sources), again)

		kept, _, err := dropSources(packed, map[int64]bool{})
		require.NoError(t, err)
		left, err := readSources(nil, kept, words)
		require.NoError(t, err)
		require.Equal(t, again, left)
	})
}

// inTurn runs f in a write transaction on a connection taken from the store.
func (s *Store) inTurn(f *testing.F, conn *sqlite.Conn, do func(*dictionary) error) error {
	_, err := s.turn(f.Context(), conn, func(_ *sqlite.Conn, words *dictionary) error { return do(words) })
	return err
}
