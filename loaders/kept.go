package loaders

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/klauspost/compress/zstd"

	"ringleader/graph"
	"ringleader/vault"
)

// Keeper keeps loaded files in a folder beside the store, so that evidence
// outlives them: decompressed, text as UTF-8, which is how rows are counted and
// hashed; then compressed with zstd and sealed under the store's key. Each is
// named by the SHA-256 of the file that was loaded.
type Keeper struct {
	Dir string
	Key *vault.Key
}

// path is where a kept file lies.
func (k Keeper) path(file string) string { return filepath.Join(k.Dir, file+".zst.sealed") }

// keptFileOf names the kept form of a source. One that a mapping decodes in a way
// of its own is another file.
func keptFileOf(s *source) string {
	if s.table.Encoding == "" || s.format == formatParquet {
		return s.content
	}
	return s.content + "-" + s.table.Encoding
}

// KeptInput is a kept file as one input reads it: a record of
// [graph.StreamKept].
type KeptInput struct {
	Input     string   `json:"input"`
	Content   string   `json:"content"`
	File      string   `json:"file"` // in the folder, without its extensions
	Name      string   `json:"name"`
	Format    string   `json:"format"`
	Header    []string `json:"header,omitempty"`
	Skip      int      `json:"skip,omitempty"`
	Delimiter string   `json:"delimiter,omitempty"`
}

// Types of the records of graph.StreamKept.
const (
	recordKept    = "kept"    // data: KeptInput
	recordDropped = "dropped" // data: droppedRecord; the file is gone
)

type droppedRecord struct {
	File string `json:"file"`
}

// Kept lists the inputs whose files are kept, in the order they came.
func Kept(ctx context.Context, log graph.Log) ([]KeptInput, error) {
	var list []KeptInput
	err := log.Read(ctx, graph.StreamKept, 0, func(r graph.Record) error {
		var in KeptInput
		if err := json.Unmarshal(r.Data, &in); err != nil {
			return fmt.Errorf("record %d of kept files: %w", r.Seq, err)
		}
		switch r.Type {
		case recordKept:
			list = append(list, in)
		case recordDropped:
			list = slices.DeleteFunc(list, func(have KeptInput) bool { return have.File == in.File })
		}
		return nil
	})
	return list, err
}

// keep keeps the files of a load that are not kept yet.
func (k Keeper) keep(ctx context.Context, log graph.Log, found *sources) error {
	have, err := Kept(ctx, log)
	if err != nil {
		return err
	}
	known := make(map[string]bool, len(have))
	for _, in := range have {
		known[in.Input] = true
	}
	if err := os.MkdirAll(k.Dir, 0o700); err != nil {
		return fmt.Errorf("keep sources: %w", err)
	}
	for i := range found.list {
		s := &found.list[i]
		if known[s.input] {
			continue
		}
		file := keptFileOf(s)
		if _, err := os.Stat(k.path(file)); errors.Is(err, fs.ErrNotExist) {
			if err := k.keepFile(ctx, s, file); err != nil {
				return fmt.Errorf("keep %s: %w", s.name, err)
			}
		} else if err != nil {
			return fmt.Errorf("keep %s: %w", s.name, err)
		}
		t := s.table
		err := appendRecord(ctx, log, graph.StreamKept, recordKept, KeptInput{
			Input: s.input, Content: s.content, File: file, Name: s.name, Format: string(s.format),
			Header: t.Header, Skip: t.Skip, Delimiter: t.Delimiter,
		})
		if err != nil {
			return err
		}
		known[s.input] = true
	}
	return nil
}

func (k Keeper) keepFile(ctx context.Context, s *source, file string) error {
	in, err := openStream(s.path)
	if err != nil {
		return err
	}
	defer in.Close()
	plain := interruptible(ctx, in)
	if s.format != formatParquet {
		if plain, err = decodeText(plain, s.table.Encoding); err != nil {
			return err
		}
	}
	return k.write(file, k.Key, func(w io.Writer) error {
		if _, err := io.Copy(w, plain); err != nil {
			return err
		}
		return s.unchanged()
	})
}

// write makes or replaces a kept file, whole or not at all.
func (k Keeper) write(file string, key *vault.Key, fill func(io.Writer) error) error {
	f, err := os.CreateTemp(k.Dir, ".part-*") // mode 0600
	if err != nil {
		return err
	}
	err = sealInto(f, key, fill)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), k.path(file))
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

func sealInto(f io.Writer, key *vault.Key, fill func(io.Writer) error) error {
	b := bufio.NewWriterSize(f, 1<<17)
	sealer, err := vault.NewSealer(b, key)
	if err != nil {
		return err
	}
	z, err := zstd.NewWriter(sealer, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	if err := errors.Join(fill(z), z.Close()); err != nil {
		return err
	}
	return errors.Join(sealer.Close(), b.Flush())
}

// keptFile is an open kept file, in plain.
type keptFile struct {
	io.Reader
	file *os.File
	zstd *zstd.Decoder
}

// open opens a kept file. It fails with ErrNotFound where the folder lacks it.
func (k Keeper) open(file string) (*keptFile, error) {
	f, err := os.Open(k.path(file))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("kept file %.12s… %w in folder %s; name its folder with --sources-dir", file, graph.ErrNotFound, k.Dir)
	}
	if err != nil {
		return nil, fmt.Errorf("kept file: %w", err)
	}
	u, err := vault.NewUnsealer(bufio.NewReaderSize(f, 1<<17), k.Key)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("kept file %.12s…: %w", file, err), f.Close())
	}
	z, err := zstd.NewReader(u, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &keptFile{z, f, z}, nil
}

// Close releases the file.
func (f *keptFile) Close() error {
	f.zstd.Close()
	return f.file.Close()
}

// DropUnclaimed removes kept files that no input of the store has any more, as
// after a revert, and notes it. It can be repeated.
func (k Keeper) DropUnclaimed(ctx context.Context, store graph.Store, log graph.Log) (dropped int, err error) {
	kept, err := Kept(ctx, log)
	if err != nil || len(kept) == 0 {
		return 0, err
	}
	inputs, err := store.Inputs(ctx)
	if err != nil {
		return 0, err
	}
	claimed := make(map[string]bool, len(inputs))
	for _, in := range inputs {
		claimed[in.Content] = true
	}
	dropping := make(map[string]bool)
	for _, in := range kept {
		if claimed[in.Content] || dropping[in.File] {
			continue
		}
		dropping[in.File] = true
		if err := k.drop(ctx, log, in.File); err != nil {
			return dropped, err
		}
		dropped++
	}
	return dropped, nil
}

func (k Keeper) drop(ctx context.Context, log graph.Log, file string) error {
	if err := os.Remove(k.path(file)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove kept file: %w", err)
	}
	return appendRecord(ctx, log, graph.StreamKept, recordDropped, droppedRecord{file})
}

// Reseal seals all kept files under another key. Files that are sealed under it
// already are passed over, so it can be repeated.
func (k Keeper) Reseal(ctx context.Context, log graph.Log, from, to *vault.Key) error {
	kept, err := Kept(ctx, log)
	if err != nil {
		return err
	}
	done := make(map[string]bool)
	for _, in := range kept {
		if done[in.File] {
			continue
		}
		done[in.File] = true
		if under, err := k.sealedUnder(in.File); err != nil {
			return err
		} else if under == to.Fingerprint() {
			continue
		}
		old, err := Keeper{k.Dir, from}.open(in.File)
		if err != nil {
			return err
		}
		err = k.write(in.File, to, func(w io.Writer) error {
			_, err := io.Copy(w, interruptible(ctx, old))
			return err
		})
		if err := errors.Join(err, old.Close()); err != nil {
			return fmt.Errorf("seal kept file %.12s… anew: %w", in.File, err)
		}
	}
	return nil
}

func (k Keeper) sealedUnder(file string) (string, error) {
	f, err := os.Open(k.path(file))
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("kept file %.12s… %w in folder %s; name its folder with --sources-dir", file, graph.ErrNotFound, k.Dir)
	}
	if err != nil {
		return "", fmt.Errorf("kept file: %w", err)
	}
	under, err := vault.SealedUnder(f)
	return under, errors.Join(err, f.Close())
}
