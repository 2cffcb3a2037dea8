package neo4jstore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph/graphtest"
	"ringleader/graph/neo4jstore"
	"ringleader/graph/neo4jstore/neo4jtest"
)

// opener gives the suite stores on the one database of the server: it is wiped
// for each new name.
func opener(c neo4jstore.Config) graphtest.Open {
	last := ""
	return func(t testing.TB, name string) graphtest.Subject {
		if name != last {
			neo4jtest.Wipe(t, c)
			last = name
		}
		s, err := neo4jstore.Open(t.Context(), c)
		require.NoError(t, err)
		return s
	}
}

func TestStore(t *testing.T) {
	graphtest.Run(t, opener(neo4jtest.Server(t)))
}

func BenchmarkStore(b *testing.B) {
	graphtest.Benchmark(b, opener(neo4jtest.Server(b)))
}
