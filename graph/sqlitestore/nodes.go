package sqlitestore

import (
	"fmt"

	"zombiezen.com/go/sqlite"

	"ringleader/graph"
)

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
