//go:build unix

package graph

import (
	"fmt"
	"os"
	"syscall"
)

// mapping is a file in memory: its pages are shared with every process that
// maps it, and are read when they are first touched.
type mapping struct {
	data   []byte
	mapped bool // not a copy
}

// mapFile maps size bytes of f to be read.
func mapFile(f *os.File, size int64) (*mapping, error) {
	if int64(int(size)) != size {
		return nil, fmt.Errorf("%w: %d bytes, more than this machine can address", ErrInvalid, size)
	}
	data, err := syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map: %w", err)
	}
	return &mapping{data, true}, nil
}

func (m *mapping) close() error {
	if !m.mapped {
		return nil
	}
	return syscall.Munmap(m.data)
}
