package vault

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"ringleader/graph"
)

const fileHead = `# The key of a ringleader store. Keep a copy apart from the store and from its
# backups: without it nothing more can be loaded and sealed values stay sealed;
# with it and the store they can be read.
`

// fileFormat is the first line of a key file that is no comment.
const fileFormat = "ringleader-key 1"

// maxKeyFile and maxRetired bound what is taken for a key file.
const (
	maxKeyFile = 64 << 10
	maxRetired = 500
)

// MarshalText is the text of a key file.
func (k *Key) MarshalText() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(fileHead)
	fmt.Fprintf(&b, "%s\nkey %x\n", fileFormat, k.master)
	if k.replacing != nil {
		fmt.Fprintf(&b, "replacing %x\n", k.replacing)
	}
	for _, root := range k.retired {
		fmt.Fprintf(&b, "retired %x\n", root)
	}
	return b.Bytes(), nil
}

// ParseKey reads the text of a key file. Its errors name the line and tell
// nothing of the key.
func ParseKey(text []byte) (*Key, error) {
	if len(text) > maxKeyFile {
		return nil, fmt.Errorf("%w key file: larger than %d bytes", graph.ErrInvalid, maxKeyFile)
	}
	var master, replacing []byte
	var retired [][]byte
	head := false
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		fail := func(why string) (*Key, error) {
			return nil, fmt.Errorf("%w key file: line %d: %s", graph.ErrInvalid, n, why)
		}
		if line == "" || line[0] == '#' {
			continue
		}
		if !head {
			if line != fileFormat {
				return fail("want " + fileFormat + "; this is no key file, or one of a newer version")
			}
			head = true
			continue
		}
		name, value, _ := strings.Cut(line, " ")
		key, err := hex.DecodeString(value)
		if err != nil || len(key) != keyBytes {
			return fail("want a name and 64 hexadecimal digits")
		}
		switch {
		case name == "key" && master == nil:
			master = key
		case name == "replacing" && replacing == nil:
			replacing = key
		case name == "retired" && len(retired) < maxRetired:
			retired = append(retired, key)
		default:
			return fail("a name that is not known, or once too often")
		}
	}
	switch {
	case lines.Err() != nil:
		return nil, fmt.Errorf("%w key file: %w", graph.ErrInvalid, lines.Err())
	case master == nil:
		return nil, fmt.Errorf("%w key file: no key in it", graph.ErrInvalid)
	case replacing != nil && len(retired) == 0:
		return nil, fmt.Errorf("%w key file: it replaces a key and retires none", graph.ErrInvalid)
	}
	return newKey(master, replacing, retired)
}

// ReadKey reads a key file. It fails with ErrNotFound if there is none, and with
// ErrInvalid on one that others may read or that is none.
func ReadKey(path string) (*Key, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("key file %s: %w", path, graph.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%w key file %s: others may read it; run chmod 600 on it", graph.ErrInvalid, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	k, err := ParseKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return k, nil
}

// MakeKey reads the key file at path, or makes one for its owner only if there
// is none. made tells which.
func MakeKey(path string) (k *Key, made bool, err error) {
	if k, err = ReadKey(path); !errors.Is(err, graph.ErrNotFound) {
		return k, false, err
	}
	if k, err = NewKey(); err != nil {
		return nil, false, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, false, fmt.Errorf("make key file: %w", err)
	}
	err = WriteKey(path, k, false)
	if errors.Is(err, fs.ErrExist) { // another process was faster
		k, err = ReadKey(path)
		return k, false, err
	}
	return k, err == nil, err
}

// WriteKey writes a key file whole or not at all: synced, then put in place. It
// replaces one that is there only if told to.
func WriteKey(path string, k *Key, replace bool) error {
	text, err := k.MarshalText()
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".part*") // mode 0600
	if err != nil {
		return fmt.Errorf("write key file: %w", err)
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil && replace {
		err = os.Rename(f.Name(), path)
	} else if err == nil {
		err = os.Link(f.Name(), path) // fails where a file is there
	}
	if err != nil || !replace {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	if err != nil {
		return fmt.Errorf("write key file %s: %w", path, err)
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes a rename last through a power cut, where the system can.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("key folder: %w", err)
	}
	_ = d.Sync() // not every file system knows it
	return d.Close()
}
