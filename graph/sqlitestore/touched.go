package sqlitestore

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"ringleader/graph"
)

// change says where a revision changed observed facts: the links of a type that
// leave a node, or with type 0 its statements.
type change struct{ node, typ int64 }

func compareChanges(x, y change) int {
	return cmp.Or(cmp.Compare(x.node, y.node), cmp.Compare(x.typ, y.typ))
}

// The changes of a revision are packed into blobs of table touched: sorted, for
// each the difference to the node before it and the type as varints, some three
// bytes. As rows of their own they took an eighth of the time of a load.

// partChanges is how many changes one blob holds at most.
const partChanges = 1 << 16

// packChanges appends sorted changes to dst.
func packChanges(dst []byte, changes []change) []byte {
	node := int64(0)
	for _, c := range changes {
		dst = binary.AppendUvarint(dst, uint64(c.node-node))
		dst = binary.AppendUvarint(dst, uint64(c.typ))
		node = c.node
	}
	return dst
}

// unpackChanges appends what a blob holds to dst.
func unpackChanges(dst []change, blob []byte) ([]change, error) {
	node := int64(0)
	for len(blob) > 0 {
		step, n := binary.Uvarint(blob)
		if n <= 0 {
			return dst, errTouched
		}
		typ, m := binary.Uvarint(blob[n:])
		if m <= 0 {
			return dst, errTouched
		}
		node += int64(step)
		dst = append(dst, change{node, int64(typ)})
		blob = blob[n+m:]
	}
	return dst, nil
}

var errTouched = fmt.Errorf("%w store: the changes of a revision are damaged; run store check", graph.ErrInvalid)

// addChanges notes where this revision changed facts.
func (a *applier) addChanges() error {
	if len(a.touched) == 0 {
		return nil
	}
	slices.SortFunc(a.touched, compareChanges)
	part := int64(0)
	for some := range slices.Chunk(slices.Compact(a.touched), partChanges) {
		if err := a.exec("insert into touched (rev, part, places) values (?, ?, ?)", a.rev, part, packChanges(nil, some)); err != nil {
			return err
		}
		part++
	}
	return nil
}

// places are the nodes and types with changes after a revision, sorted, each
// once.
func (c *scanner) places(since int64) (places []change, err error) {
	err = c.run("select places from touched where rev > ?", func(st *sqlite.Stmt) (err error) {
		c.buf = appendColumn(c.buf[:0], st, 0)
		places, err = unpackChanges(places, c.buf)
		return err
	}, since)
	slices.SortFunc(places, compareChanges)
	return slices.Compact(places), err
}

// changesPacker is an aggregate of SQL, for the step of the layout that packs
// what were rows: pack_changes(node, type).
type changesPacker struct{ list []change }

func (p *changesPacker) Step(_ sqlite.Context, args []sqlite.Value) error {
	p.list = append(p.list, change{args[0].Int64(), args[1].Int64()})
	return nil
}

func (p *changesPacker) WindowInverse(sqlite.Context, []sqlite.Value) error {
	return fmt.Errorf("%w use of pack_changes: it is no window function", graph.ErrInvalid)
}

func (p *changesPacker) WindowValue(sqlite.Context) (sqlite.Value, error) {
	slices.SortFunc(p.list, compareChanges)
	return sqlite.BlobValue(packChanges(nil, p.list)), nil
}

func (p *changesPacker) Finalize(sqlite.Context) {}

func registerPacker(conn *sqlite.Conn) error {
	return conn.CreateFunction("pack_changes", &sqlite.FunctionImpl{
		NArgs:         2,
		Deterministic: true,
		AllowIndirect: true,
		MakeAggregate: func(sqlite.Context) (sqlite.AggregateFunction, error) { return &changesPacker{}, nil },
	})
}

// countUntouched counts observed facts that the changes of their revision do
// not name. Memory: 16 bytes for each change.
func countUntouched(conn *sqlite.Conn) (n int, err error) {
	touched := make(map[int64][]change)
	var blob []byte
	err = sqlitex.Execute(conn, "select rev, places from touched order by rev, part", &sqlitex.ExecOptions{
		ResultFunc: func(st *sqlite.Stmt) (err error) {
			rev := st.ColumnInt64(0)
			blob = appendColumn(blob[:0], st, 1)
			touched[rev], err = unpackChanges(touched[rev], blob)
			return err
		},
	})
	if err != nil {
		return 0, err
	}
	const facts = `select abs(rev), src, type from links where derived = 0
		union all select abs(rev), node, 0 from attrs where derived = 0`
	err = sqlitex.Execute(conn, facts, &sqlitex.ExecOptions{
		ResultFunc: func(st *sqlite.Stmt) error {
			at := change{st.ColumnInt64(1), st.ColumnInt64(2)}
			if _, ok := slices.BinarySearchFunc(touched[st.ColumnInt64(0)], at, compareChanges); !ok {
				n++
			}
			return nil
		},
	})
	return n, err
}
