package graph_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"ringleader/graph"
)

func fileOf(t require.TestingT, s *graph.Snapshot) []byte {
	var b bytes.Buffer
	n, err := s.WriteTo(&b)
	require.NoError(t, err)
	require.EqualValues(t, b.Len(), n)
	return b.Bytes()
}

// told is everything that the methods of a snapshot say, as text: it shares
// nothing with the file.
func told(s *graph.Snapshot) string {
	var b bytes.Buffer
	fmt.Fprintln(&b, s.Revision, s.AsOf, s.Conflicts, s.Kinds(), s.Types(), s.Len(), s.Links())
	for v := range graph.Vertex(s.Len()) {
		at, ok := s.Lookup(s.Ref(v))
		fmt.Fprintln(&b, s.Ref(v), s.Kind(v), at, ok, slices.Collect(s.History(v)), s.Value(v, "a"), s.In(v))
	}
	for l := range graph.LinkID(s.Links()) {
		fmt.Fprintln(&b, s.From(l), s.To(l), s.Type(l), s.TypeOf(l), s.At(l), s.Until(l), s.Event(l), s.Weight(l), s.Money(l),
			s.Props(l), s.Prop(l, "auth"))
	}
	return b.String()
}

// TestSnapshotFileRoundTrip writes snapshots, opens them mapped and copied, and
// has them say the same and write the same bytes.
func TestSnapshotFileRoundTrip(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		want := snapshot(t, graph.BuildOptions{AsOf: graph.Time(rapid.IntRange(0, 2).Draw(t, "as of"))}, together(someFacts(t)))
		path := filepath.Join(dir, "snapshot")
		require.NoError(t, want.WriteFile(path))
		for _, o := range []graph.OpenOptions{{}, {Copy: true}, {Unverified: true}} {
			got, err := graph.OpenSnapshot(context.Background(), path, o)
			require.NoError(t, err)
			require.Equal(t, told(want), told(got))
			require.Equal(t, fileOf(t, want), fileOf(t, got))
			require.NoError(t, got.Verify(context.Background(), 1))
			require.NoError(t, got.Close())
			require.NoError(t, got.Close(), "once is as good as twice")
		}
	})
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing temporary stays")
	if runtime.GOOS != "windows" {
		info, err := left[0].Info()
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "it holds personal data")
	}
}

// TestSnapshotFileKnowsNoOrder writes the same bytes for facts in any order, in
// any batches, by any number of threads.
func TestSnapshotFileKnowsNoOrder(t *testing.T) {
	batches := benchBatches(4000)
	want := fileOf(t, snapshot(t, graph.BuildOptions{Threads: 1}, batches...))
	var w graph.BatchBuilder
	for _, b := range slices.Backward(batches) {
		for i := range slices.Backward(b.Links) {
			l := b.Links[i]
			w.Link(b.Refs[l.From], b.Refs[l.To], l, graph.Source{Input: "B"})
			if i%700 == 0 {
				w.Link(b.Refs[l.From], b.Refs[l.To], l, graph.Source{Input: "B"})
			}
		}
	}
	other := w.Take()
	for _, threads := range []int{1, 2, 7} {
		got := fileOf(t, snapshot(t, graph.BuildOptions{Threads: threads}, other, batches[0]))
		require.True(t, bytes.Equal(want, got), "%d threads", threads)
	}
}

// smallFile is the file of a snapshot that has some of everything.
func smallFile(t require.TestingT) []byte {
	u, d := graph.Ref{Kind: graph.Account, Key: "u1"}, graph.Ref{Kind: graph.Device, Key: "d1"}
	var w graph.BatchBuilder
	src := graph.Source{Input: "A"}
	w.Attr(u, "a", "no", 5, src)
	w.Attr(u, "b", "yes", 0, src)
	w.Link(u, d, graph.Link{Type: graph.UsedDevice, At: 5, Until: 9, Event: "payment:P1"}, src)
	w.Link(u, d, graph.Link{Type: graph.Associated, Weight: 0.5}, src)
	for _, minor := range []int64{100, 200} {
		w.Link(u, graph.Ref{Kind: graph.Merchant, Key: "m"}, graph.Link{
			Type: graph.Paid, At: 5, Event: "payment:P1", Money: graph.Money{Minor: minor, Exponent: 2, Known: true, Currency: "CNY"},
			Props: []graph.Prop{{Name: "auth", Value: "otp"}},
		}, src)
	}
	return fileOf(t, snapshot(t, graph.BuildOptions{}, w.Take()))
}

// TestDamagedSnapshotIsRefused flips each byte of a file and cuts it at each
// length.
func TestDamagedSnapshotIsRefused(t *testing.T) {
	whole := smallFile(t)
	_, err := graph.OpenBytes(whole)
	require.NoError(t, err)
	refused := func(data []byte) bool {
		_, err := graph.OpenBytes(data)
		if err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
		}
		return err != nil
	}
	for i := range whole {
		damaged := slices.Clone(whole)
		damaged[i] ^= 0x40
		require.True(t, refused(damaged), "byte %d", i)
	}
	for n := range len(whole) {
		require.True(t, refused(whole[:n]), "cut to %d bytes", n)
	}
	require.True(t, refused(append(slices.Clone(whole), make([]byte, 64)...)), "longer than it says")
}

func TestForeignSnapshotIsRefused(t *testing.T) {
	_, err := graph.OpenSnapshot(t.Context(), filepath.Join(t.TempDir(), "none"), graph.OpenOptions{})
	require.ErrorIs(t, err, graph.ErrNotFound)
	_, err = graph.OpenSnapshot(t.Context(), t.TempDir(), graph.OpenOptions{})
	require.ErrorIs(t, err, graph.ErrInvalid, "a folder")

	newer, damaged := smallFile(t), smallFile(t)
	binary.LittleEndian.PutUint32(newer[8:], 2)
	damaged[len(damaged)/2] ^= 1
	path := filepath.Join(t.TempDir(), "snapshot")
	for says, data := range map[string][]byte{
		"not a snapshot": append([]byte("SQLite format 3\x00"), make([]byte, 4096)...),
		"newer version":  newer,
		"damaged":        damaged,
		"cut short":      damaged[:len(damaged)-64],
		"too short":      damaged[:20],
	} {
		require.NoError(t, os.WriteFile(path, data, 0o600))
		_, err = graph.OpenSnapshot(t.Context(), path, graph.OpenOptions{})
		require.ErrorIs(t, err, graph.ErrInvalid)
		require.ErrorContains(t, err, says)
		require.ErrorContains(t, err, path, "refused by name")
	}
}

func TestVerifyHeedsItsContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "snapshot")
	require.NoError(t, os.WriteFile(path, smallFile(t), 0o600))
	s, err := graph.OpenSnapshot(t.Context(), path, graph.OpenOptions{Unverified: true})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Verify(ctx, 1), context.Canceled)
	require.NoError(t, s.Close())
	_, err = graph.OpenSnapshot(ctx, path, graph.OpenOptions{})
	require.ErrorIs(t, err, context.Canceled)
}

// seal makes all checksums of a file right, so that what it holds is judged.
// The table must lie within the file.
func seal(data []byte) {
	sums := crc32.MakeTable(crc32.Castagnoli)
	n := int(binary.LittleEndian.Uint32(data[12:]))
	if n > (len(data)-64)/40 {
		return
	}
	for i := range n {
		entry := data[64+40*i:]
		place, size := binary.LittleEndian.Uint64(entry[16:]), binary.LittleEndian.Uint64(entry[24:])*uint64(binary.LittleEndian.Uint32(entry[32:]))
		if place <= uint64(len(data)) && size <= uint64(len(data))-place {
			binary.LittleEndian.PutUint32(entry[36:], crc32.Checksum(data[place:place+size], sums))
		}
	}
	binary.LittleEndian.PutUint64(data[16:], uint64(len(data)))
	binary.LittleEndian.PutUint32(data[40:], crc32.Checksum(data[64:64+40*n], sums))
	binary.LittleEndian.PutUint32(data[60:], crc32.Checksum(data[:60], sums))
}

// FuzzOpenSnapshot opens what it is given, as it is and with checksums made
// right. What opens answers every question; what does not is refused.
func FuzzOpenSnapshot(f *testing.F) {
	small := smallFile(f)
	f.Add(small)
	f.Add(fileOf(f, snapshot(f, graph.BuildOptions{})))
	f.Add(fileOf(f, snapshot(f, graph.BuildOptions{}, benchBatches(40)...)))
	for i := 64; i < len(small); i += 97 {
		damaged := slices.Clone(small)
		damaged[i] ^= 0xff
		f.Add(damaged)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for range 2 {
			s, err := graph.OpenBytes(data)
			if err == nil {
				require.NotEmpty(t, told(s))
			} else {
				require.ErrorIs(t, err, graph.ErrInvalid)
			}
			if len(data) < 64 {
				return
			}
			data = slices.Clone(data)
			seal(data)
		}
	})
}
