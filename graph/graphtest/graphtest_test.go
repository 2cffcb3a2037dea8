package graphtest

import "testing"

func TestMemory(t *testing.T) { Run(t, memories()) }

func BenchmarkMemory(b *testing.B) { Benchmark(b, memories()) }
