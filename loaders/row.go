package loaders

import (
	"fmt"

	"ringleader/graph"
)

// row is one row of a file. Its bytes and values are good until the next one
// is asked for.
type row struct {
	number int64 // 1-based, the header and blank lines not counted
	offset int64 // of its first byte, decompressed
	raw    []byte
	values []string // by column
}

// rows is a file cut into rows: what a format makes.
type rows interface {
	// columns names the values of a row. The list may grow while rows are
	// read, where a format names its columns in each row.
	columns() []string
	// fixed reports that columns never grows: a column that is not there now
	// will not come.
	fixed() bool
	// next reads a row. It returns io.EOF at the end, a *problem for a row
	// that cannot be read though the next ones may, and any other error when
	// the file is of no further use.
	next(*row) error
	// offset is the end of what has been read, in decompressed bytes.
	offset() int64
}

// problem is what is wrong with a row. It never quotes the row.
type problem struct {
	column string // empty: the whole row
	reason string
}

func (p *problem) Error() string {
	if p.column == "" {
		return p.reason
	}
	return p.column + ": " + p.reason
}

// RowError is a bad row: where it is and what is wrong with it, without its
// content. It wraps [graph.ErrInvalid].
type RowError struct {
	File   string `json:"file"`
	Row    int64  `json:"row"`    // 1-based, the header and blank lines not counted
	Offset int64  `json:"offset"` // bytes into the decompressed file
	Column string `json:"column,omitempty"`
	Reason string `json:"reason"`
}

func (e *RowError) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("%s, row %d: %s", e.File, e.Row, e.Reason)
	}
	return fmt.Sprintf("%s, row %d, column %s: %s", e.File, e.Row, e.Column, e.Reason)
}

// Unwrap makes a RowError a [graph.ErrInvalid].
func (e *RowError) Unwrap() error { return graph.ErrInvalid }
