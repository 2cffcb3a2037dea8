package graphtest

import "testing"

func TestMemory(t *testing.T) { Run(t, memories()) }
