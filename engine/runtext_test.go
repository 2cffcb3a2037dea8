package engine

import (
	"encoding/json"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

// A ring is stored as encoding/json writes it, and its digest is of the same
// without meta; so are its pages, which hold as many rings as fit.
func TestEncodeRun(t *testing.T) {
	run := &Run{Info: RunInfo{ID: "x"}, Rings: []Ring{}, Scores: []AccountScore{}}
	for i := range 5000 {
		r := Ring{ID: "ring-" + strconv.Itoa(i), Score: float64(i), Typology: DeviceFarm,
			Evidence: []Evidence{{Text: `<"meta":{"run":"","status":""}}>`}}}
		if i%3 > 0 {
			r.Meta = RingMeta{Run: "x", Status: "new", Sources: []graph.Source{{Input: "a", Row: int64(i)}}}
		}
		text, err := encodeRing(&r)
		require.NoError(t, err)
		want, err := json.Marshal(r)
		require.NoError(t, err)
		require.Equal(t, string(want), string(text.whole))
		r.Meta = RingMeta{}
		bare, err := json.Marshal(r)
		require.NoError(t, err)
		require.Equal(t, string(bare), string(text.bare))
		run.Rings = append(run.Rings, r)
		run.Scores = append(run.Scores, AccountScore{Account: strconv.Itoa(i)})
	}
	run.Suppressed, run.Rings = run.Rings[4000:], run.Rings[:4000]
	text, err := encodeRun(run)
	require.NoError(t, err)
	require.Len(t, text.rings, 4000)
	require.Len(t, text.digest, 32)
	back := &Run{Rings: []Ring{}, Scores: []AccountScore{}}
	for _, p := range text.pages {
		require.NoError(t, back.addPage(p))
	}
	back.Info.CutBy = nil
	require.Equal(t, run, back)

	run.Rings[3].Meta.Status = "confirmed"
	same, err := encodeRun(run)
	require.NoError(t, err)
	require.Equal(t, text.digest, same.digest)
	require.Equal(t, text.rings, same.rings)
	run.Rings[3].Score++
	other, err := encodeRun(run)
	require.NoError(t, err)
	require.NotEqual(t, text.digest, other.digest)
	require.NotEqual(t, text.rings[3], other.rings[3])
	require.Equal(t, text.rings[4], other.rings[4])
}
