package vault_test

import (
	"bytes"
	"io"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/vault"
)

func sealedBytes(t testing.TB, k *vault.Key, plain []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	s, err := vault.NewSealer(&out, k)
	require.NoError(t, err)
	_, err = s.Write(plain)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	return out.Bytes()
}

func unseal(k *vault.Key, sealed []byte) ([]byte, error) {
	u, err := vault.NewUnsealer(iotest.HalfReader(bytes.NewReader(sealed)), k)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(u)
}

// Sizes around that of a piece, 64 KiB.
func TestSealedFiles(t *testing.T) {
	k := vault.FixedKey("files")
	for _, n := range []int{0, 1, 1<<16 - 1, 1 << 16, 1<<16 + 1, 3 << 16, 200_000} {
		plain := bytes.Repeat([]byte("row,of,data\n"), n/12+1)[:n]
		sealed := sealedBytes(t, k, plain)
		got, err := unseal(k, sealed)
		require.NoError(t, err, n)
		require.True(t, bytes.Equal(plain, got), n)
		require.NotContains(t, string(sealed), "row,of,data")
		under, err := vault.SealedUnder(bytes.NewReader(sealed))
		require.NoError(t, err)
		require.Equal(t, k.Fingerprint(), under)

		_, err = unseal(vault.FixedKey("other"), sealed)
		require.ErrorIs(t, err, vault.ErrOtherKey)
		for _, cut := range []int{0, 10, 48, len(sealed) - 16, len(sealed) - 1} {
			_, err := unseal(k, sealed[:cut])
			require.ErrorIs(t, err, graph.ErrInvalid, "%d bytes cut to %d", n, cut)
		}
		for _, at := range []int{0, 20, 47, len(sealed) - 1} {
			bad := bytes.Clone(sealed)
			bad[at] ^= 1
			_, err := unseal(k, bad)
			require.ErrorIs(t, err, graph.ErrInvalid, "byte %d", at)
		}
	}
	// A file of two pieces without its second.
	sealed := sealedBytes(t, k, make([]byte, 1<<17))
	_, err := unseal(k, sealed[:48+1<<16+16])
	require.ErrorIs(t, err, graph.ErrInvalid, "the first piece is not the last")
}

func FuzzUnsealer(f *testing.F) {
	k := vault.FixedKey("files")
	f.Add(sealedBytes(f, k, []byte("x")), 50)
	f.Add([]byte("RLKEPT1\n"), 0)
	f.Fuzz(func(t *testing.T, sealed []byte, at int) {
		plain, err := unseal(k, sealed)
		if err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
			return
		}
		if at >= 0 && at < len(sealed) {
			bad := bytes.Clone(sealed)
			bad[at] ^= 1
			_, err := unseal(k, bad)
			require.Error(t, err, "of %d bytes", len(plain))
		}
	})
}
