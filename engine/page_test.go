package engine

import (
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

// FuzzPage reads pages that may be damaged or hostile: an error, never a panic.
func FuzzPage(f *testing.F) {
	enc, err := zstd.NewWriter(nil)
	require.NoError(f, err)
	for kind, text := range map[string]string{recordInfo: `{"id":"x"}`, recordRings: `[{"id":"r-1"}]`, recordSuppressed: `[{"id":"r-2"}]`, recordScores: `[{"account":"a"}]`, "other": `{}`} {
		f.Add(kind, enc.EncodeAll([]byte(text), nil))
		f.Add(kind, []byte(text))
	}
	f.Fuzz(func(t *testing.T, kind string, data []byte) {
		var r Run
		if err := r.addPage(graph.Record{Seq: 1, Type: kind, Data: data}); err == nil {
			_, err = encodeRun(&r)
			require.NoError(t, err)
		}
	})
}
