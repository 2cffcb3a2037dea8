package loaders

import (
	"io"
	"slices"

	"github.com/parquet-go/parquet-go"
)

// parquetGroup is how many rows a table holds in memory before it writes them.
const parquetGroup = 1 << 15

// parquetTable writes rows of text as Parquet: every column is a string, as
// exact as in CSV, and its columns are in order of their names.
type parquetTable struct {
	out   *parquet.GenericWriter[any]
	place []int // of each value among the columns of the file
	row   []parquet.Row
}

func newParquetTable(w io.Writer, columns []string) *parquetTable {
	group := make(parquet.Group)
	for _, c := range columns {
		group[c] = parquet.String()
	}
	sorted := slices.Sorted(slices.Values(columns))
	t := &parquetTable{row: []parquet.Row{make(parquet.Row, len(columns))}}
	for _, c := range columns {
		t.place = append(t.place, slices.Index(sorted, c))
	}
	t.out = parquet.NewGenericWriter[any](w, parquet.NewSchema("row", group), parquet.Compression(&parquet.Snappy), parquet.MaxRowsPerRowGroup(parquetGroup))
	return t
}

func (t *parquetTable) write(values []string) error {
	for i, v := range values {
		t.row[0][t.place[i]] = parquet.ByteArrayValue([]byte(v)).Level(0, 0, t.place[i])
	}
	_, err := t.out.WriteRows(t.row)
	return err
}
