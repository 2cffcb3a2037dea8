package neo4jstore

import (
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

// FuzzRefs: a list is refused or survives unpacking and packing.
func FuzzRefs(f *testing.F) {
	f.Add([]byte{})
	f.Add(packRefs([]string{"account:u1", "account:u12", "account:u2", "device:d", "device:d"}))
	f.Add([]byte{5, 1, 'a'})
	f.Add([]byte{0xff})
	f.Fuzz(func(t *testing.T, packed []byte) {
		refs, err := unpackRefs(nil, packed)
		if err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
			return
		}
		again, err := unpackRefs(nil, packRefs(refs))
		require.NoError(t, err)
		require.Equal(t, refs, again)
	})
}
