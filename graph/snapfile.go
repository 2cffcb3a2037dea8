package graph

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"unsafe"
)

// The file of a snapshot is its columns as they lie in memory, little-endian:
//
//	header    64 bytes: magic, version, number of sections, size of the file,
//	          revision, as-of, checksum of the table, checksum of the header
//	table     40 bytes a section: name, place, number of values, their size,
//	          checksum
//	sections  in the order of the table, each at a multiple of 64
//
// Checksums are CRC-32C. Equal facts at equal revisions give equal bytes.
const (
	fileMagic    = "RINGSNAP"
	fileVersion  = SnapshotFormat
	headerSize   = 64
	entrySize    = 40
	sectionAlign = 64
	mostSections = 256
)

// SnapshotFormat is the version of the file.
const SnapshotFormat = 1

// checksums are computed in hardware where there is some.
var checksums = crc32.MakeTable(crc32.Castagnoli)

// column is one section of the file: a slice of fixed-size values.
type column struct {
	name string // at most 16 bytes
	size int    // of a value, in bytes
	get  func() []byte
	set  func([]byte)
}

// columnOf is the section of a slice. Reading makes the slice a view of the
// file.
func columnOf[T any](name string, values *[]T) column {
	var zero T
	return column{name, int(unsafe.Sizeof(zero)), func() []byte { return bytesOf(*values) }, func(data []byte) {
		*values = nil
		if len(data) > 0 {
			*values = unsafe.Slice((*T)(unsafe.Pointer(&data[0])), len(data)/int(unsafe.Sizeof(zero)))
		}
	}}
}

func textColumns(name string, t *texts) []column {
	return []column{columnOf(name+".ends", &t.ends), columnOf(name+".bytes", &t.bytes)}
}

func optionalColumns[T any](name string, o *optional[T]) []column {
	return []column{columnOf(name+".has", &o.has), columnOf(name+".before", &o.before), columnOf(name, &o.values)}
}

// bytesOf is the memory of values.
func bytesOf[T any](values []T) []byte {
	if len(values) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&values[0])), len(values)*int(unsafe.Sizeof(values[0])))
}

// columns are the sections of the file: the small lists first.
func (s *Snapshot) columns(l *lists) []column {
	var all []column
	add := func(some ...column) { all = append(all, some...) }
	add(textColumns("kinds", &l.kinds)...)
	add(columnOf("kinds.start", &s.kindStart))
	add(textColumns("types", &l.types)...)
	add(textColumns("names", &l.names)...)
	add(textColumns("currencies", &l.currencies)...)
	add(columnOf("exponents", &l.exponents))
	add(textColumns("conflicts", &l.conflicts)...)
	add(columnOf("conflicts.type", &l.conflictTypes), columnOf("conflicts.vers", &l.versions))
	add(textColumns("keys", &s.keys)...)
	add(columnOf("out", &s.outStart), columnOf("in.start", &s.inStart), columnOf("in", &s.in))
	add(columnOf("from", &s.from), columnOf("to", &s.to), columnOf("type", &s.typ), columnOf("at", &s.at))
	add(optionalColumns("until", &s.until)...)
	add(optionalColumns("event", &s.event)...)
	add(optionalColumns("minor", &s.minor)...)
	add(columnOf("unit", &s.unit))
	add(optionalColumns("props", &s.props)...)
	add(optionalColumns("weight", &s.weight)...)
	add(columnOf("attrs", &s.attrStart), columnOf("attrs.name", &s.attrName), columnOf("attrs.value", &s.attrValue))
	add(optionalColumns("attrs.at", &s.attrAt)...)
	add(textColumns("events", &s.events)...)
	add(textColumns("values", &s.values)...)
	add(columnOf("lists", &s.propsStart), columnOf("lists.name", &s.propName), columnOf("lists.value", &s.propValue))
	return all
}

// smallColumns is how many of columns are the small lists.
const smallColumns = 14

// littleEndian reports whether numbers lie in memory as in the file.
func littleEndian() bool { return binary.NativeEndian.Uint16([]byte{1, 0}) == 1 }

// section is an entry of the table.
type section struct {
	name     string
	place    uint64
	count    uint64
	size     uint32
	checksum uint32
}

func (s section) append(dst []byte) []byte {
	var name [16]byte
	copy(name[:], s.name)
	dst = append(dst, name[:]...)
	dst = binary.LittleEndian.AppendUint64(dst, s.place)
	dst = binary.LittleEndian.AppendUint64(dst, s.count)
	dst = binary.LittleEndian.AppendUint32(dst, s.size)
	return binary.LittleEndian.AppendUint32(dst, s.checksum)
}

func readSection(entry []byte) section {
	return section{
		name:     string(bytes.TrimRight(entry[:16], "\x00")),
		place:    binary.LittleEndian.Uint64(entry[16:]),
		count:    binary.LittleEndian.Uint64(entry[24:]),
		size:     binary.LittleEndian.Uint32(entry[32:]),
		checksum: binary.LittleEndian.Uint32(entry[36:]),
	}
}

// align is the first multiple of sectionAlign from n on.
func align(n uint64) uint64 { return (n + sectionAlign - 1) &^ (sectionAlign - 1) }

// head is the header and the table of a file with the columns.
func (s *Snapshot) head(columns []column) []byte {
	sections := make([]section, len(columns))
	parallel(0, len(columns), func(i int) {
		data := columns[i].get()
		sections[i] = section{columns[i].name, 0, uint64(len(data) / columns[i].size), uint32(columns[i].size), crc32.Checksum(data, checksums)}
	})
	place := align(headerSize + entrySize*uint64(len(columns)))
	var table []byte
	for i := range sections {
		sections[i].place = place
		table = sections[i].append(table)
		place = align(place + sections[i].count*uint64(sections[i].size))
	}
	head := append(make([]byte, 0, headerSize), fileMagic...)
	head = binary.LittleEndian.AppendUint32(head, fileVersion)
	head = binary.LittleEndian.AppendUint32(head, uint32(len(columns)))
	head = binary.LittleEndian.AppendUint64(head, place)
	head = binary.LittleEndian.AppendUint64(head, uint64(s.Revision))
	head = binary.LittleEndian.AppendUint64(head, uint64(s.AsOf))
	head = binary.LittleEndian.AppendUint32(head, crc32.Checksum(table, checksums))
	head = append(head, make([]byte, headerSize-4-len(head))...)
	head = binary.LittleEndian.AppendUint32(head, crc32.Checksum(head, checksums))
	return append(head, table...)
}

// WriteTo writes the snapshot as the file that [OpenSnapshot] reads. It fails
// with ErrUnavailable on a machine whose numbers begin with the greatest byte.
func (s *Snapshot) WriteTo(w io.Writer) (n int64, err error) {
	if !littleEndian() {
		return 0, fmt.Errorf("%w: snapshot files are for little-endian machines", ErrUnavailable)
	}
	columns := s.columns(s.lists())
	var pad [sectionAlign]byte
	put := func(data []byte) {
		for len(data) > 0 && err == nil {
			var wrote int
			wrote, err = w.Write(data[:min(len(data), 1<<26)])
			n, data = n+int64(wrote), data[wrote:]
		}
	}
	padded := func(data []byte) {
		put(data)
		put(pad[:align(uint64(n))-uint64(n)])
	}
	padded(s.head(columns))
	for _, c := range columns {
		padded(c.get())
	}
	return n, err
}

// WriteFile writes the snapshot to a file that only its owner can read. The
// file is written under another name, synced and renamed: who opens path finds
// the old one or the new one, whole, and who has the old one open keeps it.
func (s *Snapshot) WriteFile(path string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".ringleader-snapshot-*")
	if err != nil {
		return fmt.Errorf("write snapshot %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("write snapshot %s: %w", path, errors.Join(err, f.Close()))
			_ = os.Remove(f.Name())
		}
	}()
	if _, err := s.WriteTo(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
