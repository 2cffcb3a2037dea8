package loaders_test

import (
	"testing"

	"github.com/dchest/siphash"
	"github.com/stretchr/testify/require"

	"ringleader/loaders"
)

// The vector is appendix A of the paper: key 00…0f, input 00…0e.
func TestRowHashIsSipHash24(t *testing.T) {
	var in [15]byte
	for i := range in {
		in[i] = byte(i)
	}
	require.Equal(t, uint64(0xa129ca6149be45e5), siphash.Hash(0x0706050403020100, 0x0f0e0d0c0b0a0908, in[:]))
}

// Stores hold these hashes, so none may ever change. The first column was made
// by another implementation, in Python, of the paper and of what NewRowHasher
// says of its key; the second by openssl dgst -sha256 -hmac.
func TestRowHashIsStable(t *testing.T) {
	row := []byte("u17,device,dev-9f,2018-10-09T18:14:00Z,")
	for _, tt := range []struct {
		key         string
		now, former uint64
	}{
		{"", 0x26c84540379d9420, 0xb423900401887a61},
		{"secret", 0x4286c7c197cfa8f1, 0x41534ed57a22dd01},
	} {
		require.Equal(t, tt.now, loaders.NewRowHasher([]byte(tt.key)).Sum(row), "key %q", tt.key)
		require.Equal(t, tt.former, loaders.FormerRowHash([]byte(tt.key), row), "key %q", tt.key)
	}
	one := loaders.NewRowHasher([]byte("k"))
	require.NotEqual(t, one.Sum(row), one.Sum(row[1:]))
	require.NotEqual(t, one.Sum(row), loaders.NewRowHasher([]byte("l")).Sum(row))
}

func BenchmarkRowHash(b *testing.B) {
	row := []byte("acct-0012345,device,dev-00f3a21,2018-10-09T18:14:00Z,")
	h := loaders.NewRowHasher([]byte("secret"))
	b.SetBytes(int64(len(row)))
	for b.Loop() {
		h.Sum(row)
	}
}
