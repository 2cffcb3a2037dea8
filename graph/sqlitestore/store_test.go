package sqlitestore

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph/graphtest"
)

// files opens stores by name in one folder, as the conformance suite asks.
func files(dir string) graphtest.Open {
	return func(t testing.TB, name string) graphtest.Subject {
		s, err := Open(t.Context(), filepath.Join(dir, name+".db"), Options{})
		require.NoError(t, err)
		return s
	}
}

func TestConformance(t *testing.T) { graphtest.Run(t, files(t.TempDir())) }

func BenchmarkStore(b *testing.B) { graphtest.Benchmark(b, files(b.TempDir())) }
