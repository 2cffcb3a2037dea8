package sqlitestore

import (
	"strings"

	"zombiezen.com/go/sqlite"

	"ringleader/graph"
)

// maxKnown bounds the nodes that a writer remembers: about 60 MB.
const maxKnown = 1 << 19

// known is the nodes that the writing connection has met, by reference, so that
// a load looks each one up once and not in every batch. Whoever holds that
// connection may use it. It follows its own transactions only: forget empties
// it after any other change of the file.
type known struct {
	version int64 // pragma data_version: moves when another connection commits
	nodes   map[int64]map[string]knownNode
	n       int
	// whole: it holds every node of the file, so one that it lacks is new.
	whole bool
}

type knownNode struct{ id, live int64 }

// open makes it ready for a write transaction that has begun.
func (k *known) open(conn *sqlite.Conn) error {
	version, err := queryInt(conn, "pragma data_version")
	if err != nil {
		return err
	}
	if k.nodes != nil && version == k.version {
		return nil
	}
	k.forget()
	k.version, k.nodes = version, make(map[int64]map[string]knownNode)
	some, err := queryInt(conn, "select exists (select 1 from nodes)")
	k.whole = some == 0
	return err
}

// forget empties it: the next transaction starts anew.
func (k *known) forget() { *k = known{} }

// put remembers a node. The key is copied: it may be a piece of a large text.
func (k *known) put(kind int64, key string, node knownNode) {
	if k.n >= maxKnown {
		k.nodes, k.n, k.whole = make(map[int64]map[string]knownNode), 0, false
	}
	of := k.nodes[kind]
	if of == nil {
		of = make(map[string]knownNode)
		k.nodes[kind] = of
	}
	have := len(of)
	of[strings.Clone(key)] = node
	k.n += len(of) - have
}

// addNodes finds or makes the node of every reference that a fact uses, in the
// order of references: neighbours in the index are written together.
func (a *applier) addNodes() error {
	if a.batch.Len() == 0 {
		return nil
	}
	if err := a.known.open(a.conn); err != nil {
		return err
	}
	b := a.batch
	used := make([]bool, len(b.Refs))
	for i := range b.Attrs {
		used[b.Attrs[i].Node] = true
	}
	for i := range b.Links {
		used[b.Links[i].From], used[b.Links[i].To] = true, true
	}
	a.nodes = make([]int64, len(b.Refs))
	var kind int64
	var of graph.Kind
	for i, r := range b.Refs {
		if !used[i] {
			continue
		}
		var err error
		if of != r.Kind {
			if kind, err = a.words.add(string(r.Kind)); err != nil {
				return err
			}
			of = r.Kind
		}
		if a.nodes[i], err = a.addNode(kind, r.Key); err != nil {
			return err
		}
	}
	return nil
}

// addNode is the node of one reference, made or brought back to life if need
// be.
func (a *applier) addNode(kind int64, key string) (int64, error) {
	node, found := a.known.nodes[kind][key]
	fresh := false
	if !found {
		var err error
		if !a.known.whole {
			if node, found, err = a.findNode(kind, key); err != nil {
				return 0, err
			}
		}
		if !found {
			if node, err = a.makeNode(kind, key); err != nil {
				return 0, err
			}
			fresh = true
		}
		a.known.put(kind, key, node)
	}
	bit := int64(1) << a.class
	if node.live&bit == 0 {
		node.live |= bit
		fresh = true
		if err := a.exec("update nodes set live = ? where id = ?", node.live, node.id); err != nil {
			return 0, err
		}
		a.known.put(kind, key, node)
	}
	if fresh && a.class == observed {
		a.counts[count{countNodes, kind}]++
	}
	return node.id, nil
}

func (a *applier) findNode(kind int64, key string) (node knownNode, found bool, err error) {
	find, err := a.conn.Prepare("select id, live from nodes where kind = ? and key = ?")
	if err != nil {
		return node, false, err
	}
	find.BindInt64(1, kind)
	find.BindText(2, key)
	if found, err = find.Step(); err != nil {
		return node, false, err
	}
	if found {
		node = knownNode{find.ColumnInt64(0), find.ColumnInt64(1)}
	}
	return node, found, find.Reset()
}

func (a *applier) makeNode(kind int64, key string) (knownNode, error) {
	insert, err := a.conn.Prepare("insert into nodes (kind, key, live) values (?, ?, ?)")
	if err != nil {
		return knownNode{}, err
	}
	live := int64(1) << a.class
	insert.BindInt64(1, kind)
	insert.BindText(2, key)
	insert.BindInt64(3, live)
	if err := step(insert); err != nil {
		return knownNode{}, err
	}
	return knownNode{a.conn.LastInsertRowID(), live}, nil
}
