package graph_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"ringleader/graph"
)

// TestInternerAgainstMap interns keys one by one, as strings and in batches,
// beside a map: first sight numbers them.
func TestInternerAgainstMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type pair struct {
			kind uint16
			key  string
		}
		var x graph.Interner
		want := map[pair]uint32{}
		number := func(kind uint16, key string) uint32 {
			id, ok := want[pair{kind, key}]
			if !ok {
				id = uint32(len(want))
				want[pair{kind, key}] = id
			}
			return id
		}
		for range rapid.IntRange(1, 6).Draw(t, "rounds") {
			n := rapid.SampledFrom([]int{1, 2, 63, 64, 65, 200}).Draw(t, "keys")
			kinds, keys, ids := make([]uint16, n), make([]string, n), make([]uint32, n)
			few := rapid.SampledFrom([]int{1, 10, 100_000}).Draw(t, "distinct")
			for i := range keys {
				kinds[i] = uint16(rapid.IntRange(0, 2).Draw(t, "kind"))
				keys[i] = fmt.Sprint("k", rapid.IntRange(0, few).Draw(t, "key"))
			}
			if rapid.Bool().Draw(t, "at once") {
				require.NoError(t, graph.InternAll(&x, kinds, keys, ids))
			} else {
				for i := range keys {
					id, fresh, err := x.Intern(kinds[i], []byte(keys[i]))
					require.NoError(t, err)
					_, had := want[pair{kinds[i], keys[i]}]
					require.Equal(t, !had, fresh)
					require.Equal(t, number(kinds[i], keys[i]), id)
					ids[i] = id
				}
			}
			for i := range keys {
				require.Equal(t, number(kinds[i], keys[i]), ids[i])
			}
		}
		require.Equal(t, len(want), x.Len())
		for p, id := range want {
			require.Equal(t, p.key, x.Text(id))
			require.Equal(t, p.key, string(x.Key(id)))
			require.Equal(t, p.kind, x.Kind(id))
			found, ok := x.Find(p.kind, []byte(p.key))
			require.True(t, ok)
			require.Equal(t, id, found)
		}
		_, ok := x.Find(9, []byte("k0"))
		require.False(t, ok, "a kind of its own")
	})
}

func TestInternerOfNothing(t *testing.T) {
	var x graph.Interner
	_, ok := x.Find(0, nil)
	require.False(t, ok)
	require.Zero(t, x.Len())
	id, fresh, err := x.Intern(0, nil)
	require.NoError(t, err)
	require.True(t, fresh, "the empty key is a key")
	require.Zero(t, id)
	require.Empty(t, x.Key(0))
	require.NoError(t, graph.InternAll(&x, []uint16{0}, [][]byte{{}, nil}, make([]uint32, 2)))
	require.Equal(t, 1, x.Len())
	require.ErrorIs(t, graph.InternAll(&x, []uint16{0, 0}, []string{"a"}, make([]uint32, 1)), graph.ErrInvalid)
	require.ErrorIs(t, graph.InternAll(&x, []uint16{0}, []string{"a"}, nil), graph.ErrInvalid)
}

// TestInternerKeepsItsKeys goes over chunks of the arena, with keys larger than
// one, and writes over the bytes that it was handed.
func TestInternerKeepsItsKeys(t *testing.T) {
	var x graph.Interner
	var want []string
	var text []string
	for i := range 200 {
		key := []byte(strings.Repeat(fmt.Sprintf("%04d", i), 1+i*i)) // 6 chunks of 2 MiB
		if i == 100 {
			key = bytes.Repeat([]byte{'x'}, 5<<20)
		}
		want = append(want, string(key))
		id, fresh, err := x.Intern(0, key)
		require.NoError(t, err)
		require.True(t, fresh)
		require.EqualValues(t, i, id)
		text = append(text, x.Text(id))
		clear(key)
	}
	for i, key := range want {
		require.Equal(t, key, text[i], "a text stays what it was while the arena grows")
		require.Equal(t, key, x.Text(uint32(i)))
		id, fresh, err := x.InternText(0, key)
		require.NoError(t, err)
		require.False(t, fresh)
		require.EqualValues(t, i, id)
	}
}

// FuzzInterner cuts data into keys of stated lengths.
func FuzzInterner(f *testing.F) {
	f.Add([]byte{3, 'a', 'b', 'c', 3, 'a', 'b', 'c', 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		var x graph.Interner
		var keys [][]byte
		want := map[string]uint32{}
		for len(data) > 0 {
			n := min(int(data[0]), len(data)-1)
			keys, data = append(keys, data[1:1+n]), data[1+n:]
		}
		ids := make([]uint32, len(keys))
		require.NoError(t, graph.InternAll(&x, []uint16{1}, keys, ids))
		for i, key := range keys {
			if _, ok := want[string(key)]; !ok {
				want[string(key)] = uint32(len(want))
			}
			require.Equal(t, want[string(key)], ids[i])
			require.Equal(t, string(key), x.Text(ids[i]))
		}
	})
}

// BenchmarkIntern numbers 4 million keys, every second one new, beside a Go map
// of strings and beside one call for each key.
func BenchmarkIntern(b *testing.B) {
	const n = 4 << 20
	rng := rand.New(rand.NewPCG(1, 2))
	var text []byte
	keys := make([][]byte, n)
	for i := range keys {
		from := len(text)
		text = append(text, "dev-"...)
		text = binary.BigEndian.AppendUint64(text, rng.Uint64N(n/2)*0x9e3779b97f4a7c15)
		keys[i] = text[from:]
	}
	perKey := func(b *testing.B, start time.Duration) {
		b.ReportMetric(float64(cpu(b)-start)/float64(b.N)/n, "cpu-ns/key")
	}
	ids := make([]uint32, n)
	b.Run("batches", func(b *testing.B) {
		start := cpu(b)
		for b.Loop() {
			var x graph.Interner
			if err := graph.InternAll(&x, []uint16{0}, keys, ids); err != nil {
				b.Fatal(err)
			}
		}
		perKey(b, start)
	})
	b.Run("one by one", func(b *testing.B) {
		start := cpu(b)
		for b.Loop() {
			var x graph.Interner
			for i, key := range keys {
				ids[i], _, _ = x.Intern(0, key)
			}
		}
		perKey(b, start)
	})
	b.Run("map", func(b *testing.B) {
		start := cpu(b)
		for b.Loop() {
			x := map[string]uint32{}
			for i, key := range keys {
				id, ok := x[string(key)]
				if !ok {
					id = uint32(len(x))
					x[string(key)] = id
				}
				ids[i] = id
			}
		}
		perKey(b, start)
	})
}
