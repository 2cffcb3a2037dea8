//go:build !unix

package graph

import "os"

// mapping is a file in memory: on this system a copy of it.
type mapping struct{ data []byte }

// mapFile reads size bytes of f.
func mapFile(f *os.File, size int64) (*mapping, error) { return copyFile(f, size) }

func (m *mapping) close() error { return nil }
