package loaders

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"ringleader/graph"
)

// ReadTable yields the rows of one file as they are, without a mapping: CSV,
// TSV, JSON lines or Parquet by its name, compressed or not. columns and values
// are good until yield returns; columns may grow where each row names its own.
// A row that cannot be read ends it with an error that wraps graph.ErrInvalid
// and names file and row.
func ReadTable(ctx context.Context, path string, yield func(columns, values []string) error) error {
	name := filepath.Base(path)
	_, f, ok := splitName(name)
	if !ok {
		return fmt.Errorf("%w file %s: want a name that ends with .csv, .tsv, .jsonl or .parquet", graph.ErrInvalid, name)
	}
	in, err := openStream(path)
	if err != nil {
		return fmt.Errorf("%w file: %w", graph.ErrInvalid, err)
	}
	defer func() { _ = in.Close() }()
	table, err := openRows(f, in, nil)
	if err != nil {
		return fmt.Errorf("file %s: %w", name, err)
	}
	for r := new(row); ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := table.next(r)
		var wrong *problem
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &wrong):
			return fmt.Errorf("%w file %s, row %d: %w", graph.ErrInvalid, name, r.number, wrong)
		case err != nil:
			return fmt.Errorf("file %s: %w", name, err)
		}
		if err := yield(table.columns(), r.values); err != nil {
			return fmt.Errorf("file %s, row %d: %w", name, r.number, err)
		}
	}
}
