package loaders

import (
	"context"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"ringleader/graph"
)

// Join brings columns of a second file to each row, found by key. The second
// file lies in the folder of the first and is held in memory; of its rows with
// one key the first holds. A row without a partner has these columns empty.
type Join struct {
	// File is the name of the other file without extensions, or a pattern that
	// one file of the folder fits. A star in it stands for what the star of the
	// table's own pattern stands for.
	File string `yaml:"file" json:"file"`
	// On says which column here equals which column there. Names are those of
	// the files, before Rename.
	On map[string]string `yaml:"on" json:"on"`
	// Columns are what to bring; none: all but the key.
	Columns []string `yaml:"columns,omitempty" json:"columns,omitempty"`
	// Prefix is put before the names of the columns that are brought.
	Prefix string `yaml:"prefix,omitempty" json:"prefix,omitempty"`
}

// joinFile finds the other file of a join.
func (s *source) joinFile(j *Join) (file string, f format, err error) {
	folder := filepath.Dir(s.path)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "", "", err
	}
	pattern := s.likewise(j.File)
	for _, e := range entries {
		stem, format, ok := splitName(e.Name())
		if fits, _ := path.Match(pattern, stem); !ok || !fits || e.IsDir() {
			continue
		}
		if file != "" {
			return "", "", fmt.Errorf("%w join: two files in the folder of %s fit %q", graph.ErrInvalid, s.name, j.File)
		}
		file, f = filepath.Join(folder, e.Name()), format
	}
	if file == "" {
		return "", "", fmt.Errorf("%w join: no file %s beside %s", graph.ErrInvalid, pattern, s.name)
	}
	return file, f, nil
}

// likewise puts what the star of the table's pattern stands for in place of the
// star of another: train_transaction of *_transaction joins train_identity of
// *_identity.
func (s *source) likewise(pattern string) string {
	before, after, one := strings.Cut(s.table.File, "*")
	stem, _, _ := splitName(filepath.Base(s.path))
	if !one || strings.Count(pattern, "*") != 1 || strings.ContainsAny(after, `*?[\`) || strings.ContainsAny(before, `?[\`) ||
		len(stem) < len(before)+len(after) || !strings.HasPrefix(stem, before) || !strings.HasSuffix(stem, after) {
		return pattern
	}
	return strings.Replace(pattern, "*", stem[len(before):len(stem)-len(after)], 1)
}

// hashJoins adds the content of joined files to the identity of an input: the
// same rows beside another file state other facts. A file that is not there is
// an error of opening the table, not of this.
func (s *source) hashJoins(ctx context.Context, h hash.Hash) error {
	for i := range s.table.Joins {
		file, _, err := s.joinFile(&s.table.Joins[i])
		if err != nil {
			continue
		}
		f, err := os.Open(file)
		if err != nil {
			return fileError(file, err)
		}
		_, err = io.Copy(h, interruptible(ctx, f))
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return fmt.Errorf("load %s: %w", file, err)
		}
	}
	return nil
}

// joins reports whether some table brings columns from files of a stem.
func (m *Mapping) joins(stem string) bool {
	for i := range m.Tables {
		for j := range m.Tables[i].Joins {
			if ok, _ := path.Match(m.Tables[i].Joins[j].File, stem); ok {
				return true
			}
		}
	}
	return false
}
