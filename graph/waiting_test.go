package graph

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// oddKeys are keys of many forms, of which batches share some.
func oddKeys(r *rand.Rand, form, n int) []string {
	prefix := strings.Repeat("the same for all ", 4)
	keys := make([]string, n)
	for i := range keys {
		switch x := r.IntN(n); form {
		case 0:
			keys[i] = fmt.Sprintf("A%07d", x)
		case 1:
			keys[i] = fmt.Sprintf("%x", uint64(x)*0x9e3779b97f4a7c15)
		case 2: // differs behind more words than one code looks at
			keys[i] = fmt.Sprintf("%s%d", prefix, x)
		case 3: // of more bits than a code has
			keys[i] = fmt.Sprintf("%064x", rand.New(rand.NewPCG(uint64(x), 1)).Uint64())
		case 4: // differs by length alone
			keys[i] = strings.Repeat("\x00", x%20)
		case 5:
			keys[i] = strings.Repeat("ab", x%9) + strings.Repeat("\x00", x%3)
		case 6:
			keys[i] = "one"
		}
	}
	return keys
}

// Whether references wait, go into the table at once or after a while, the
// snapshot is the same to the byte.
func TestWaitingChangesNothing(t *testing.T) {
	tables := make(map[int]int)
	for form := range 7 {
		for _, n := range []int{3, 50, 3000} {
			r := rand.New(rand.NewPCG(uint64(form), uint64(n)))
			var batches []*Batch
			for range 6 {
				var w BatchBuilder
				from, to := oddKeys(r, form, n), oddKeys(r, (form+1)%7, n)
				for i := range n {
					a, b := Ref{Account, from[i]}, Ref{Kind(fmt.Sprintf("Kind%d", i%3)), to[i]}
					w.Link(a, b, Link{Type: UsedDevice, At: Time(r.IntN(5))})
					w.Attr(b, "name", from[i], 0)
				}
				batches = append(batches, w.Take())
			}
			build := func(most int) string {
				b := NewBuilder(BuildOptions{Threads: 2})
				b.mostWaiting = most
				for _, batch := range batches {
					require.NoError(t, b.Add(batch))
				}
				require.NotEqual(t, b.waiting.n > 0, b.refs.Len() > 0)
				tables[most] += b.refs.Len()
				s, err := b.Build(1)
				require.NoError(t, err)
				path := filepath.Join(t.TempDir(), "s")
				require.NoError(t, s.WriteFile(path))
				data, err := os.ReadFile(path)
				require.NoError(t, err)
				return string(data)
			}
			want := build(0)
			for _, most := range []int{n, 2 * n, 5 * n, mostWaiting} {
				if build(most) != want {
					require.Fail(t, "another snapshot", "form %d, %d keys, %d of them may wait", form, n, most)
				}
			}
		}
	}
	require.Positive(t, tables[0])
	require.Positive(t, tables[6000])
	require.Zero(t, tables[mostWaiting])
}

// A sheet puts what waits into the table.
func TestWaitingBeforeSheets(t *testing.T) {
	build := func(most int) *Snapshot {
		var w BatchBuilder
		w.Link(Ref{Account, "b"}, Ref{Device, "d"}, Link{Type: UsedDevice})
		b := NewBuilder(BuildOptions{})
		b.mostWaiting = most
		require.NoError(t, b.Add(w.Take()))
		sheet := Sheet{Links: []SheetLink{{From: Ref{Account, "a"}, To: Ref{Device, "d"}, Type: UsedDevice}}}
		require.NoError(t, b.AddSheet(&sheet))
		w.Link(Ref{Account, "a"}, Ref{Device, "c"}, Link{Type: UsedDevice})
		require.NoError(t, b.Add(w.Take()))
		s, err := b.Build(1)
		require.NoError(t, err)
		return s
	}
	s := build(mostWaiting)
	require.Equal(t, 4, s.Len())
	require.Equal(t, 3, s.Links())
	require.Equal(t, build(0), s)
}

// each goes through all chunks of an arena, and long keys.
func TestArenaEach(t *testing.T) {
	var a arena
	keys := []string{"", "a", strings.Repeat("x", longKey-1), strings.Repeat("y", longKey), strings.Repeat("z", 9<<chunkBits), "behind"}
	var places []uint32
	for i, key := range keys {
		place, err := a.store(uint16(i), key, uint32(i))
		require.NoError(t, err)
		places = append(places, place)
	}
	require.Greater(t, len(a.chunks), 2)
	i := 0
	for place, head := range a.each {
		require.Equal(t, places[i], place)
		require.EqualValues(t, i, head>>48)
		require.EqualValues(t, i, uint32(head))
		require.Equal(t, keys[i], a.key(place))
		i++
	}
	require.Len(t, keys, i)
}
