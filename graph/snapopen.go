package graph

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// OpenOptions say how a file of a snapshot is opened.
type OpenOptions struct {
	// Unverified leaves out the checksums and structure of the large columns,
	// so that a file of any size is open at once. Header, table, the sizes of
	// all columns and the short lists are always checked. Until
	// [Snapshot.Verify] has found nothing, a damaged file may make a method
	// panic; none reads beyond the file.
	Unverified bool
	// Copy reads the file into memory instead of mapping it: for a file that
	// others may cut short while it is open, as on a network file system,
	// where touching a lost page would end the process.
	Copy bool
	// Threads verify; 0 is one per processor.
	Threads int
}

// OpenSnapshot opens a file that [Snapshot.WriteFile] wrote, mapped into
// memory: processes that open one file share its pages. A file that is
// damaged, cut short, foreign or newer than this program fails with ErrInvalid,
// one that is not there with ErrNotFound. Memory: what is touched of the file.
// Where the system cannot map files, it is read.
func OpenSnapshot(ctx context.Context, path string, o OpenOptions) (*Snapshot, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: snapshot %s", ErrNotFound, path)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: open snapshot: %w", ErrUnavailable, err)
	}
	defer f.Close() // the mapping stays
	s, err := openSnapshot(ctx, f, o)
	if err != nil {
		return nil, fmt.Errorf("snapshot %s: %w", path, err)
	}
	return s, nil
}

func openSnapshot(ctx context.Context, f *os.File, o OpenOptions) (*Snapshot, error) {
	if !littleEndian() {
		return nil, fmt.Errorf("%w: snapshot files are for little-endian machines", ErrUnavailable)
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%w: not a file", ErrInvalid)
	case info.Size() < headerSize:
		return nil, fmt.Errorf("%w: %d bytes, too short for a snapshot", ErrInvalid, info.Size())
	}
	var m *mapping
	if o.Copy {
		m, err = copyFile(f, info.Size())
	} else {
		m, err = mapFile(f, info.Size())
	}
	if err != nil {
		return nil, err
	}
	s, err := decodeSnapshot(m.data)
	if err == nil {
		s.file = m
		if !o.Unverified {
			err = s.Verify(ctx, o.Threads)
		}
	}
	if err != nil {
		return nil, errors.Join(err, m.close())
	}
	return s, nil
}

// copyFile reads size bytes of f to an address that suits every column.
func copyFile(f *os.File, size int64) (*mapping, error) {
	if int64(int(size)) != size {
		return nil, fmt.Errorf("%w: %d bytes, more than this machine can address", ErrInvalid, size)
	}
	data := bytesOf(makeHuge[uint64](int((size + 7) / 8)))[:size]
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	return &mapping{data: data}, nil
}

// Mapped reports whether the snapshot lies in a file that was opened.
func (s *Snapshot) Mapped() bool { return s.file != nil }

// Close gives up the file of a snapshot that was opened. Strings and slices
// that came from it must not be used after it, nor the snapshot. Without it the
// file stays mapped until the process ends, which costs no memory of its own.
// It does nothing to a snapshot that was built.
func (s *Snapshot) Close() error {
	m := s.file
	if m == nil {
		return nil
	}
	*s = Snapshot{}
	return m.close()
}

// decodeSnapshot makes the columns views of data, whose address divides by
// eight. It reads header, table and short lists only.
func decodeSnapshot(data []byte) (*Snapshot, error) {
	table, err := readHead(data)
	if err != nil {
		return nil, err
	}
	s, l := &Snapshot{}, &lists{}
	s.Revision, s.AsOf = Revision(binary.LittleEndian.Uint64(data[24:])), Time(binary.LittleEndian.Uint64(data[32:]))
	columns := s.columns(l)
	if len(table) != len(columns) {
		return nil, fmt.Errorf("%w: %d sections instead of %d", ErrInvalid, len(table), len(columns))
	}
	place := align(headerSize + entrySize*uint64(len(table)))
	if place > uint64(len(data)) || !blank(data[headerSize+entrySize*len(table):place]) {
		return nil, fmt.Errorf("%w: damaged after the table of sections", ErrInvalid)
	}
	for i, c := range columns {
		entry := table[i]
		if entry.name != c.name || entry.size != uint32(c.size) || entry.place != place {
			return nil, fmt.Errorf("%w: section %d is %q of %d bytes a value at %d, not %q of %d at %d",
				ErrInvalid, i, entry.name, entry.size, entry.place, c.name, c.size, place)
		}
		if entry.count > uint64(len(data))/uint64(c.size) || place+entry.count*uint64(c.size) > uint64(len(data)) {
			return nil, fmt.Errorf("%w: section %q lies beyond the end of the file", ErrInvalid, c.name)
		}
		end := place + entry.count*uint64(c.size)
		c.set(data[place:end])
		if i < smallColumns && crc32.Checksum(data[place:end], checksums) != entry.checksum {
			return nil, fmt.Errorf("%w: section %q is damaged: its checksum differs", ErrInvalid, c.name)
		}
		place = align(end)
		if place > uint64(len(data)) || !blank(data[end:place]) {
			return nil, fmt.Errorf("%w: damaged after section %q", ErrInvalid, c.name)
		}
	}
	if place != uint64(len(data)) {
		return nil, fmt.Errorf("%w: %d bytes after the last section", ErrInvalid, uint64(len(data))-place)
	}
	if err := s.take(l); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if err := s.checkSizes(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return s, nil
}

// blank reports whether all bytes are zero, as those between sections are.
func blank(data []byte) bool {
	for _, b := range data {
		if b != 0 {
			return false
		}
	}
	return true
}

// readHead checks the header and the table, and returns the latter.
func readHead(data []byte) ([]section, error) {
	switch {
	case len(data) < headerSize || string(data[:8]) != fileMagic:
		return nil, fmt.Errorf("%w: not a snapshot of ringleader", ErrInvalid)
	case binary.LittleEndian.Uint32(data[8:]) > fileVersion:
		return nil, fmt.Errorf("%w: written by a newer version of ringleader (format %d, this one reads %d)",
			ErrInvalid, binary.LittleEndian.Uint32(data[8:]), fileVersion)
	case binary.LittleEndian.Uint32(data[8:]) != fileVersion:
		return nil, fmt.Errorf("%w: format %d, which this version does not read", ErrInvalid, binary.LittleEndian.Uint32(data[8:]))
	case crc32.Checksum(data[:headerSize-4], checksums) != binary.LittleEndian.Uint32(data[headerSize-4:]):
		return nil, fmt.Errorf("%w: the header is damaged: its checksum differs", ErrInvalid)
	case binary.LittleEndian.Uint64(data[16:]) != uint64(len(data)):
		return nil, fmt.Errorf("%w: %d bytes instead of %d: cut short, or written to", ErrInvalid, len(data), binary.LittleEndian.Uint64(data[16:]))
	}
	n := binary.LittleEndian.Uint32(data[12:])
	if n > mostSections || headerSize+entrySize*uint64(n) > uint64(len(data)) {
		return nil, fmt.Errorf("%w: a table of %d sections", ErrInvalid, n)
	}
	table := data[headerSize : headerSize+entrySize*int(n)]
	if crc32.Checksum(table, checksums) != binary.LittleEndian.Uint32(data[40:]) {
		return nil, fmt.Errorf("%w: the table of sections is damaged: its checksum differs", ErrInvalid)
	}
	sections := make([]section, n)
	for i := range sections {
		sections[i] = readSection(table[entrySize*i:])
	}
	return sections, nil
}

// sumsOf are the checksums that a file states of its sections.
func sumsOf(data []byte) []uint32 {
	sums := make([]uint32, binary.LittleEndian.Uint32(data[12:]))
	for i := range sums {
		sums[i] = readSection(data[headerSize+entrySize*i:]).checksum
	}
	return sums
}
