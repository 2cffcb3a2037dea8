package neo4jstore

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

// randomFacts are facts of a few references, times and texts, so that some
// repeat, and of extremes.
func randomFacts(r *rand.Rand, n int) []packedFact {
	ref := func() graph.Ref {
		kinds := []graph.Kind{graph.Account, graph.Device, "a", "a1"}
		return graph.Ref{Kind: kinds[r.IntN(len(kinds))], Key: strings.Repeat("k", r.IntN(3)) + string(rune('a'+r.IntN(26)))}
	}
	texts := []string{"", "x", "payment:P1", strings.Repeat("long", 100)}
	times := []graph.Time{0, 1, -5, math.MinInt64, math.MaxInt64, 1_539_100_000_123}
	var facts []packedFact
	for range n {
		f := packedFact{pair{from: ref()}, entry{at: times[r.IntN(len(times))], name: texts[r.IntN(len(texts))], body: texts[r.IntN(len(texts))]}}
		if r.IntN(3) > 0 {
			f.typ, f.to = []graph.LinkType{graph.Paid, graph.UsedDevice}[r.IntN(2)], ref()
			f.until = times[r.IntN(len(times))]
		}
		facts = append(facts, f)
	}
	return facts
}

func compareFacts(x, y packedFact) int {
	if c := x.pair.compare(y.pair); c != 0 {
		return c
	}
	return compareContent(&x.entry, &y.entry)
}

func TestPackKeepsFacts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 2, 50, 3000} {
		facts := randomFacts(r, n)
		want := slices.Clone(facts)
		slices.SortFunc(want, compareFacts)
		data, first, last := encodePack(facts)
		got, err := unpack(data)
		require.NoError(t, err)
		slices.SortFunc(got, compareFacts)
		require.Equal(t, want, slices.Concat(got[:0:0], got), "%d facts", n)
		for i := range want {
			require.GreaterOrEqual(t, want[i].from.String(), first)
			require.LessOrEqual(t, want[i].from.String(), last)
		}
		again, _, _ := encodePack(slices.Clone(got))
		require.Equal(t, data, again, "the same facts are the same bytes")
		for range 20 {
			if n > 0 {
				broken := slices.Clone(data)
				broken[r.IntN(len(broken))] ^= byte(1 + r.IntN(255))
				_, err := unpack(broken)
				require.ErrorIs(t, err, graph.ErrInvalid)
			}
		}
	}
}

func TestPackingCutsBySize(t *testing.T) {
	var sizes []int
	p := packing{write: func(f []packedFact) error { sizes = append(sizes, len(f)); return nil }}
	of := pair{from: graph.Ref{Kind: graph.Account, Key: "u"}}
	for range packFacts + 1 {
		require.NoError(t, p.add(of, &entry{sources: []source{{input: 1}}}))
	}
	require.Empty(t, p.facts[0].sources)
	for range 3 {
		require.NoError(t, p.add(of, &entry{body: strings.Repeat("x", packBytes/2)}))
	}
	require.NoError(t, p.flush())
	require.NoError(t, p.flush())
	require.Equal(t, []int{packFacts, 3, 1}, sizes)
}

// FuzzUnpack: whatever a database holds, reading it ends with facts or with an
// error. The sum is made right, so that what it covers is looked at.
func FuzzUnpack(f *testing.F) {
	data, _, _ := encodePack(randomFacts(rand.New(rand.NewPCG(3, 4)), 30))
	f.Add(data[:len(data)-4])
	f.Add([]byte{packVersion, 0, 0, 0})
	f.Add([]byte{packVersion, 1, 1, 'a', 200, 1, 255, 255, 255, 255, 15, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		facts, err := unpack(withSum(data))
		if err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
			return
		}
		again, _, _ := encodePack(slices.Clone(facts))
		got, err := unpack(again)
		require.NoError(t, err)
		slices.SortStableFunc(facts, compareFacts)
		slices.SortStableFunc(got, compareFacts)
		require.Equal(t, facts, got)
	})
}

// withSum appends the sum that data has.
func withSum(data []byte) []byte {
	return binary.LittleEndian.AppendUint32(slices.Clone(data), crc32.Checksum(data, castagnoli))
}
