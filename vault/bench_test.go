package vault_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/vault"
)

// What a load pays for each value of a secret kind that it has not met lately.
func BenchmarkSecret(b *testing.B) {
	v := vault.Loose(vault.FixedKey("bench"))
	refs := make([]graph.Ref, 1024)
	for i := range refs {
		refs[i] = id(fmt.Sprintf("1101011990030%05d", i))
	}
	b.Run("hash", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			_ = v.Ref(refs[i%len(refs)])
		}
	})
	b.Run("seal", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			_ = v.Seal(refs[i%len(refs)])
		}
	})
}

func BenchmarkSealer(b *testing.B) {
	data := bytes.Repeat([]byte("u17,device,dev-9f,2018-10-09T18:14:00Z,\n"), 1<<15)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		s, err := vault.NewSealer(io.Discard, vault.FixedKey("bench"))
		require.NoError(b, err)
		_, err = s.Write(data)
		require.NoError(b, err)
		require.NoError(b, s.Close())
	}
}
