package sqlitestore

import (
	"fmt"
	"strings"

	"zombiezen.com/go/sqlite"
)

// insertRows is how many rows one statement inserts at most. What SQLite does
// once for each statement is about as much as for a short row.
const insertRows = 64

// insertion says how rows go into a table. The columns that all rows have alike
// come first in the statement, as parameters from 1 on.
type insertion struct {
	into   string // table and columns, as they stand behind "insert into"
	row    []string
	alike  []int64
	anyway bool // each row is new: nothing need be looked for
}

// rows is the statement for n rows. Statements are kept by their text.
func (in *insertion) rows(conn *sqlite.Conn, n int) (*sqlite.Stmt, error) {
	var text strings.Builder
	text.WriteString("insert into " + in.into + " values ")
	next := len(in.alike)
	for i := range n {
		if i > 0 {
			text.WriteString(", ")
		}
		text.WriteByte('(')
		for j := range in.alike {
			fmt.Fprintf(&text, "?%d, ", j+1)
		}
		for j, column := range in.row {
			if j > 0 {
				text.WriteString(", ")
			}
			next++
			fmt.Fprintf(&text, column, next)
		}
		text.WriteByte(')')
	}
	if !in.anyway {
		text.WriteString(" on conflict do nothing")
	}
	st, err := conn.Prepare(text.String())
	if err != nil {
		return nil, err
	}
	for i, v := range in.alike {
		st.BindInt64(i+1, v)
	}
	return st, nil
}

// insert inserts n rows in their order, but for those that are there already.
// bind gives parameters from p on the values of row i; after learns of rows from
// to to−1 that fresh of them were not there.
func (in *insertion) insert(conn *sqlite.Conn, n int, bind func(st *sqlite.Stmt, p, i int) error, after func(from, to, fresh int) error) error {
	size := insertRows
	for from := 0; from < n; {
		for size > n-from {
			size /= 2 // the last rows take one statement of each size, not one of any
		}
		st, err := in.rows(conn, size)
		if err != nil {
			return err
		}
		for ; from+size <= n; from += size {
			for i := range size {
				if err := bind(st, 1+len(in.alike)+i*len(in.row), from+i); err != nil {
					return err
				}
			}
			if err := step(st); err != nil {
				return err
			}
			if err := after(from, from+size, conn.Changes()); err != nil {
				return err
			}
		}
	}
	return nil
}
