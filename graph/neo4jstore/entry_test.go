package neo4jstore

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

func TestEntriesSurviveEncoding(t *testing.T) {
	want := []entry{
		{},
		{added: math.MaxUint64, at: math.MinInt64, until: math.MaxInt64, name: "payment:P1", body: "\x00\xff"},
		{added: 3, name: "opened_at", body: "2014", sources: []source{
			{1, 1, 0, math.MaxUint64}, {2, math.MaxInt64, math.MinInt64, 0},
		}},
	}
	got, err := decodeEntries(encodeEntries(want))
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestDamagedEntriesAreReported(t *testing.T) {
	whole := encodeEntries([]entry{{added: 7, at: 5, name: "payment:P1", body: "body", sources: []source{{1, 2, 3, 4}}}})
	for n := 1; n < len(whole); n++ {
		_, err := decodeEntries(whole[:n])
		require.ErrorIs(t, err, graph.ErrInvalid, "cut at %d of %d", n, len(whole))
	}
}

// What decodes encodes to something that decodes to the same.
func FuzzDecodeEntries(f *testing.F) {
	f.Add(encodeEntries([]entry{{added: 1, at: 2, name: "a", body: "b", sources: []source{{1, 2, 3, 4}, {5, 6, 7, 8}}}, {}}))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := decodeEntries(b)
		if err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
			return
		}
		again, err := decodeEntries(encodeEntries(first))
		require.NoError(t, err)
		require.Equal(t, first, again)
	})
}

func FuzzParsePlace(f *testing.F) {
	good, err := (&place{Type: "PAID", From: "account:a", To: "merchant:b", At: 5, Event: "payment:1", Body: []byte{0, 1}}).cursor()
	require.NoError(f, err)
	f.Add(good)
	f.Add("")
	f.Fuzz(func(t *testing.T, cursor string) {
		p, err := parsePlace(cursor)
		if err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
			return
		}
		if p != nil {
			again, err := p.cursor()
			require.NoError(t, err)
			same, err := parsePlace(again)
			require.NoError(t, err)
			require.Equal(t, p, same)
		}
	})
}

// No two names of the data are shown under one, and none under ours.
func TestViewNames(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"country", "ref", "key", "_n", "_facts", "data:ref", "data:data:ref", "data:_n", "count", "ключ"} {
		shown := viewName(name, nodeNames)
		require.NotContains(t, seen, shown, "%s and %s", name, seen[shown])
		seen[shown] = name
		require.NotContains(t, append(nodeNames, "_n", "_facts"), shown)
	}
	require.Equal(t, "country", viewName("country", nodeNames))
}

func TestViewOfManyFacts(t *testing.T) {
	var facts []entry
	for i := range 250 {
		facts = append(facts, entry{at: graph.TimeOf(time.Unix(1539108840+int64(i), 0)), name: "payment:P"})
	}
	m := viewLink(facts)
	require.Equal(t, 250, m["count"])
	require.Len(t, m["at"], viewFacts)
	require.Equal(t, facts[249].at.String(), m["at"].([]string)[viewFacts-1], "the latest ones")
	require.Equal(t, facts[0].at.Std(), m["first_seen"].(time.Time).UTC())
	require.NotContains(t, m, "amount", "a list that would hold nothing is left out")
}

func TestSuccessor(t *testing.T) {
	for s, want := range map[string]string{
		"a:": "a;", "a:b": "a:c", "a:\U0010ffff": "a;", "a:\ud7ff": "a:\ue000", "a:\U0010fffe": "a:\U0010ffff",
	} {
		require.Equal(t, want, successor(s), "%+q", s)
	}
}
