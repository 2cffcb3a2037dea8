package graphtest

import (
	"os"
	"testing"
)

// TestMemory shows that the suite can be passed. In a process that
// TestBrokenStoresFail starts, the store is one of the broken ones.
func TestMemory(t *testing.T) {
	open := memories()
	if name := os.Getenv(breakageEnv); name != "" {
		open = broken(name, open)
	}
	Run(t, open)
}

func BenchmarkMemory(b *testing.B) { Benchmark(b, memories()) }
