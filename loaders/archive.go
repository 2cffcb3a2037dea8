package loaders

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"ringleader/graph"
)

// addArchive takes a tar archive as the folder that it holds. Members that a
// table reads are spooled, because a tar can only be read from its beginning.
func (s *sources) addArchive(ctx context.Context, name string) error {
	in, err := openStream(name)
	if err != nil {
		return fmt.Errorf("load %s: %w", name, err)
	}
	defer in.Close()
	t := tar.NewReader(in)
	for {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("load %s: %w archive: %w", name, graph.ErrInvalid, err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		if err := s.addMember(ctx, name, h.Name, t); err != nil {
			return err
		}
	}
}

func (s *sources) addMember(ctx context.Context, archive, member string, r io.Reader) error {
	folders := strings.Split(path.Dir(path.Clean(member)), "/")
	base := path.Base(member)
	if slices.Contains(folders, truthFolder) || strings.HasPrefix(base, ".") {
		return nil
	}
	name := archive + "/" + member
	stem, _, ok := splitName(base)
	if !ok || s.mapping.table(stem) == nil {
		s.skipped = append(s.skipped, name)
		return nil
	}
	at, err := s.spoolFile(ctx, base, r)
	if err != nil {
		return fmt.Errorf("load %s: %w", name, err)
	}
	_, err = s.addFile(name, at, base)
	return err
}
