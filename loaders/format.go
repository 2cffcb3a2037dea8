package loaders

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"ringleader/graph"
)

// format is a way to cut a file into rows. A new one is a constant here, a
// case in openRows, and a file of its own.
type format string

const (
	formatCSV   format = "csv"
	formatTSV   format = "tsv"
	formatJSONL format = "jsonl"

	formatParquet format = "parquet"
)

// openRows starts reading a decompressed file whose encoding and delimiter are
// to be found. The header is given for files that have none.
func openRows(f format, r io.Reader, header []string) (rows, error) {
	if f == formatParquet {
		return openParquet(r)
	}
	text, err := decodeText(r, "")
	if err != nil {
		return nil, err
	}
	return openDecoded(f, text, header, 0)
}

// openDecoded starts reading UTF-8 text, or a file that is no text. A zero
// delimiter is that of the format.
func openDecoded(f format, r io.Reader, header []string, delimiter byte) (rows, error) {
	switch f {
	case formatParquet:
		return openParquet(r)
	case formatTSV:
		return openCSV(r, cmp.Or(delimiter, '\t'), header)
	case formatJSONL:
		return openJSONL(r)
	}
	return openCSV(r, delimiter, header)
}

// splitName takes the name of a file apart: payments.csv.gz is the stem
// payments and the format csv. ok is false if the name tells no format.
func splitName(name string) (stem string, f format, ok bool) {
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
	for ext, f := range map[string]format{
		".csv": formatCSV, ".tsv": formatTSV, ".jsonl": formatJSONL, ".ndjson": formatJSONL,
		".psv": formatCSV, ".txt": formatCSV, ".parquet": formatParquet,
	} {
		if stem, ok := strings.CutSuffix(name, ext); ok && stem != "" {
			return stem, f, true
		}
	}
	return name, "", false
}

// isArchive reports whether a name is that of a tar archive.
func isArchive(name string) bool {
	for _, ext := range []string{".tar", ".tgz", ".tar.gz", ".tar.zst"} {
		if strings.HasSuffix(name, ext) {
			return true
		}
	}
	return false
}

// stream is an open file, decompressed.
type stream struct {
	io.Reader
	file  *os.File
	zstd  *zstd.Decoder
	taken int64 // bytes read of the file as it lies on disk
	plain bool  // not compressed
}

// openStream opens a file and undoes its compression, which it knows by the
// first bytes, not by the name.
func openStream(path string) (*stream, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	s := &stream{file: f}
	if err := s.decompress(path); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *stream) decompress(path string) error {
	b := bufio.NewReaderSize(readerFunc(func(p []byte) (int, error) {
		n, err := s.file.Read(p)
		s.taken += int64(n)
		return n, err
	}), 1<<16)
	magic, err := b.Peek(4)
	if err != nil && err != io.EOF {
		return err
	}
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(b)
		if err != nil {
			return brokenStream("gzip", err)
		}
		s.Reader = namedErrors("gzip", z)
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		// One goroutine: the store needs the other core.
		z, err := zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
		if err != nil {
			return brokenStream("zstd", err)
		}
		s.zstd, s.Reader = z, namedErrors("zstd", z)
	case strings.HasSuffix(path, ".gz"), strings.HasSuffix(path, ".zst"), strings.HasSuffix(path, ".tgz"):
		return fmt.Errorf("%w file: named as compressed, but it is not", graph.ErrInvalid)
	default:
		s.Reader, s.plain = b, true
	}
	return nil
}

// Close releases the file.
func (s *stream) Close() error {
	if s.zstd != nil {
		s.zstd.Close()
	}
	return s.file.Close()
}

// readerFunc is an io.Reader in one function.
type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// namedErrors says what a failure to decompress means.
func namedErrors(kind string, r io.Reader) io.Reader {
	return readerFunc(func(p []byte) (int, error) {
		n, err := r.Read(p)
		if err != nil && err != io.EOF {
			err = brokenStream(kind, err)
		}
		return n, err
	})
}

func brokenStream(kind string, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || err == io.EOF {
		return fmt.Errorf("%w file: the %s data ends too early; is it cut off?", graph.ErrInvalid, kind)
	}
	return fmt.Errorf("%w file: damaged %s data: %w", graph.ErrInvalid, kind, err)
}
