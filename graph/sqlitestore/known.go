package sqlitestore

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"

	"ringleader/graph"
)

// maxKnown bounds the nodes that a writer remembers: about 200 MB.
const maxKnown = 1 << 22

// known is the nodes that the writing connection has met, by reference, so that
// a load looks each one up once and not in every batch. Whoever holds that
// connection may use it. It follows its own transactions only: forget empties
// it after any other change of the file.
type known struct {
	version int64 // pragma data_version: moves when another connection commits
	open    bool
	keys    graph.Interner
	kinds   []int64     // words of kinds, by their numbers in keys
	nodes   []knownNode // by number of keys
	// whole: it holds every node of the file, so one that it lacks is new.
	whole bool
	most  int // of nodes that it holds; 0 is maxKnown
}

// knownNode is the id of a node, 0 while it has none, and its live bits.
type knownNode uint64

const liveBits = 2

func newKnownNode(id, live int64) knownNode { return knownNode(id<<liveBits | live) }

func (n knownNode) id() int64   { return int64(n >> liveBits) }
func (n knownNode) live() int64 { return int64(n & (1<<liveBits - 1)) }

// follow makes it ready for a write transaction that has begun.
func (k *known) follow(conn *sqlite.Conn) error {
	version, err := queryInt(conn, "pragma data_version")
	if err != nil {
		return err
	}
	if k.open && version == k.version {
		return nil
	}
	k.forget()
	k.version, k.open = version, true
	some, err := queryInt(conn, "select exists (select 1 from nodes)")
	k.whole = some == 0
	return err
}

// forget empties it: the next transaction starts anew.
func (k *known) forget() { *k = known{most: k.most} }

// makeRoom forgets nodes where n more would be too many.
func (k *known) makeRoom(n int) {
	if k.keys.Len() > 0 && k.keys.Len()+n > cmp.Or(k.most, maxKnown) {
		*k = known{version: k.version, open: true, most: k.most}
	}
}

// kind is the number in keys of the word of a kind.
func (k *known) kind(word int64) uint16 {
	for i, have := range k.kinds {
		if have == word {
			return uint16(i)
		}
	}
	k.kinds = append(k.kinds, word)
	return uint16(len(k.kinds) - 1)
}

// wanted are the references of a batch that a fact uses, in their order.
type wanted struct {
	at    []int // in the batch
	keys  []string
	kinds []uint16
	ids   []uint32 // in known.keys
}

// addNodes finds or makes the node of every reference that a fact uses, in the
// order of references: neighbours in the index are written together.
func (a *applier) addNodes() error {
	if a.batch.Len() == 0 {
		return nil
	}
	k := a.known
	if err := k.follow(a.conn); err != nil {
		return err
	}
	k.makeRoom(len(a.batch.Refs))
	w, err := a.wanted()
	if err != nil {
		return err
	}
	before := k.keys.Len()
	if err := graph.InternAll(&k.keys, w.kinds, w.keys, w.ids); err != nil {
		return err
	}
	k.nodes = append(k.nodes, make([]knownNode, k.keys.Len()-before)...)
	bit := int64(1) << a.class
	var fresh []int   // in w
	var lives []int64 // again
	for i, id := range w.ids {
		if int(id) >= before && !k.whole {
			if k.nodes[id], err = a.findNode(k.kinds[w.kinds[i]], w.keys[i]); err != nil {
				return err
			}
		}
		switch n := k.nodes[id]; {
		case n == 0:
			fresh = append(fresh, i)
		case n.live()&bit == 0:
			lives = append(lives, n.id())
			k.nodes[id] = newKnownNode(n.id(), n.live()|bit)
			if a.class == observed {
				a.counts[count{countNodes, k.kinds[w.kinds[i]]}]++
			}
		}
	}
	if err := errors.Join(a.liven(lives), a.makeNodes(w, fresh)); err != nil {
		return err
	}
	a.nodes = make([]int64, len(a.batch.Refs))
	for i, at := range w.at {
		a.nodes[at] = k.nodes[w.ids[i]].id()
	}
	return nil
}

// wanted lists the references that a fact uses.
func (a *applier) wanted() (*wanted, error) {
	b := a.batch
	used := make([]bool, len(b.Refs))
	for i := range b.Attrs {
		used[b.Attrs[i].Node] = true
	}
	for i := range b.Links {
		used[b.Links[i].From], used[b.Links[i].To] = true, true
	}
	w := &wanted{make([]int, 0, len(used)), make([]string, 0, len(used)), make([]uint16, 0, len(used)), nil}
	var kind uint16
	var of graph.Kind
	for i := range b.Refs {
		r := &b.Refs[i]
		if !used[i] {
			continue
		}
		if of != r.Kind {
			word, err := a.words.add(string(r.Kind))
			if err != nil {
				return nil, err
			}
			kind, of = a.known.kind(word), r.Kind
		}
		w.at, w.keys, w.kinds = append(w.at, i), append(w.keys, r.Key), append(w.kinds, kind)
	}
	w.ids = make([]uint32, len(w.keys))
	return w, nil
}

// liven brings nodes to life that had no fact of this class, by their ids. The last
// statement names its last node again for those that it lacks.
func (a *applier) liven(ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	st, err := a.conn.Prepare("update nodes set live = live | ? where id in (?" + strings.Repeat(", ?", insertRows-1) + ")")
	if err != nil {
		return err
	}
	st.BindInt64(1, 1<<a.class)
	for some := range slices.Chunk(ids, insertRows) {
		for i := range insertRows {
			st.BindInt64(2+i, some[min(i, len(some)-1)])
		}
		if err := step(st); err != nil {
			return err
		}
	}
	return nil
}

// findNode is a node of the file, 0 if there is none.
func (a *applier) findNode(kind int64, key string) (node knownNode, err error) {
	find, err := a.conn.Prepare("select id, live from nodes where kind = ? and key = ?")
	if err != nil {
		return 0, err
	}
	find.BindInt64(1, kind)
	find.BindText(2, key)
	found, err := find.Step()
	if err != nil {
		return 0, err
	}
	if found {
		node = newKnownNode(find.ColumnInt64(0), find.ColumnInt64(1))
	}
	return node, find.Reset()
}

// makeNodes makes the nodes of some of the references wanted. A new node takes the
// id after the greatest, so those of one statement have ids that follow one another.
func (a *applier) makeNodes(w *wanted, some []int) error {
	k := a.known
	live := int64(1) << a.class
	in := insertion{into: "nodes (live, kind, key)", row: []string{"?%d", "?%d"}, alike: []int64{live}, anyway: true}
	bind := func(st *sqlite.Stmt, p, i int) error {
		st.BindInt64(p, k.kinds[w.kinds[some[i]]])
		st.BindText(p+1, w.keys[some[i]])
		return nil
	}
	return in.insert(a.conn, len(some), bind, func(from, to, _ int) error {
		id := a.conn.LastInsertRowID() - int64(to-from)
		for _, i := range some[from:to] {
			id++
			k.nodes[w.ids[i]] = newKnownNode(id, live)
			if a.class == observed {
				a.counts[count{countNodes, k.kinds[w.kinds[i]]}]++
			}
		}
		return nil
	})
}
