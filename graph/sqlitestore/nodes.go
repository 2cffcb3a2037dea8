package sqlitestore

import (
	"fmt"
	"slices"

	"zombiezen.com/go/sqlite"

	"ringleader/graph"
)

// addNodes finds or makes the node of every reference that a fact uses, in the
// order of references: neighbours in the index are written together.
func (a *applier) addNodes() error {
	refs := a.batch.Refs
	a.nodes = make([]int64, len(refs))
	order := a.usedRefs()
	if len(order) == 0 {
		return nil
	}
	find, err := a.conn.Prepare("select id, live from nodes where kind = ? and key = ?")
	if err != nil {
		return err
	}
	insert, err := a.conn.Prepare("insert into nodes (kind, key, live) values (?, ?, ?)")
	if err != nil {
		return err
	}
	var kind int64
	for i, at := range order {
		if i > 0 && refs[order[i-1]] == refs[at] {
			a.nodes[at] = a.nodes[order[i-1]]
			continue
		}
		if i == 0 || refs[order[i-1]].Kind != refs[at].Kind {
			if kind, err = a.words.add(string(refs[at].Kind)); err != nil {
				return err
			}
		}
		if a.nodes[at], err = a.addNode(find, insert, kind, refs[at].Key); err != nil {
			return err
		}
	}
	return nil
}

// usedRefs is the indices of the references that a fact of the batch names, in
// the order of references.
func (a *applier) usedRefs() []uint32 {
	b := a.batch
	used := make([]bool, len(b.Refs))
	for i := range b.Attrs {
		used[b.Attrs[i].Node] = true
	}
	for i := range b.Links {
		used[b.Links[i].From], used[b.Links[i].To] = true, true
	}
	order := make([]uint32, 0, len(b.Refs))
	for i, u := range used {
		if u {
			order = append(order, uint32(i))
		}
	}
	slices.SortFunc(order, func(x, y uint32) int { return b.Refs[x].Compare(b.Refs[y]) })
	return order
}

// addNode is the node of one reference, made or brought back to life if need
// be.
func (a *applier) addNode(find, insert *sqlite.Stmt, kind int64, key string) (id int64, err error) {
	find.BindInt64(1, kind)
	find.BindText(2, key)
	found, err := find.Step()
	if err != nil {
		return 0, err
	}
	var live int64
	if found {
		id, live = find.ColumnInt64(0), find.ColumnInt64(1)
	}
	if err := find.Reset(); err != nil {
		return 0, err
	}
	bit := int64(1) << a.class
	switch {
	case !found:
		insert.BindInt64(1, kind)
		insert.BindText(2, key)
		insert.BindInt64(3, bit)
		err = step(insert)
		id = a.conn.LastInsertRowID()
	case live&bit == 0:
		err = a.exec("update nodes set live = ? where id = ?", live|bit, id)
	}
	if live&bit == 0 && a.class == observed {
		a.counts[count{countNodes, kind}]++
	}
	return id, err
}

// nodeCache is the references of nodes by id, read in pages as they are met: a
// full scan reads the table once, a scan of few changes a little of it.
type nodeCache struct {
	conn  *sqlite.Conn
	word  func(int64) (string, error)
	pages []*[pageNodes]cachedNode
	stamp uint32
}

const pageNodes = 64

type cachedNode struct {
	ref   graph.Ref
	index uint32 // in the batch numbered stamp
	stamp uint32
}

func (n *nodeCache) get(id int64) (*cachedNode, error) {
	page := id / pageNodes
	if id < 0 || page >= int64(len(n.pages)) || n.pages[page] == nil {
		if err := n.load(page); err != nil {
			return nil, err
		}
	}
	node := &n.pages[page][id%pageNodes]
	if node.ref.Kind == "" {
		return nil, fmt.Errorf("%w store: node %d is missing; run store check", graph.ErrInvalid, id)
	}
	return node, nil
}

func (n *nodeCache) load(page int64) error {
	const most = 1 << 32 / pageNodes // a snapshot numbers no more
	if page < 0 || page > most {
		return fmt.Errorf("%w store: node number out of range; run store check", graph.ErrInvalid)
	}
	for int64(len(n.pages)) <= page {
		n.pages = append(n.pages, nil)
	}
	p := new([pageNodes]cachedNode)
	n.pages[page] = p
	st, err := n.conn.Prepare("select id, kind, key from nodes where id between ? and ?")
	if err != nil {
		return err
	}
	st.BindInt64(1, page*pageNodes)
	st.BindInt64(2, page*pageNodes+pageNodes-1)
	return rows(st, func(st *sqlite.Stmt) error {
		kind, err := n.word(st.ColumnInt64(1))
		if err != nil {
			return err
		}
		p[st.ColumnInt64(0)%pageNodes].ref = graph.Ref{Kind: graph.Kind(kind), Key: st.ColumnText(2)}
		return nil
	})
}
