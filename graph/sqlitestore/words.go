package sqlitestore

import (
	"fmt"
	"sync"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"ringleader/graph"
)

// words caches the dictionary of kinds, types, names and inputs. It holds
// committed words only; these never change.
type words struct {
	mu   sync.RWMutex
	id   map[string]int64
	text map[int64]string
}

func newWords() *words {
	return &words{id: make(map[string]int64), text: make(map[int64]string)}
}

// dictionary is the words as one transaction sees them. What it learns reaches
// the cache only when the transaction is known to stand: an id that is rolled
// back is given to another word later.
type dictionary struct {
	shared *words
	conn   *sqlite.Conn
	id     map[string]int64
	text   map[int64]string
}

func (w *words) open(conn *sqlite.Conn) *dictionary {
	return &dictionary{shared: w, conn: conn, id: make(map[string]int64), text: make(map[int64]string)}
}

// publish makes what the transaction learned known to all.
func (d *dictionary) publish() {
	if len(d.id) == 0 {
		return
	}
	d.shared.mu.Lock()
	defer d.shared.mu.Unlock()
	for text, id := range d.id {
		d.shared.id[text], d.shared.text[id] = id, text
	}
}

func (d *dictionary) learn(id int64, text string) {
	d.id[text], d.text[id] = id, text
}

// find is the number of a word; ok is false if no fact has used it yet.
func (d *dictionary) find(text string) (id int64, ok bool, err error) {
	if id, ok = d.id[text]; ok {
		return id, true, nil
	}
	d.shared.mu.RLock()
	id, ok = d.shared.id[text]
	d.shared.mu.RUnlock()
	if ok {
		return id, true, nil
	}
	id, err = queryInt(d.conn, "select id from words where word = ?", text)
	if err != nil || id == 0 {
		return 0, false, err
	}
	d.learn(id, text)
	return id, true, nil
}

// add is the number of a word, made if need be. Only in a write transaction.
func (d *dictionary) add(text string) (int64, error) {
	id, ok, err := d.find(text)
	if ok || err != nil {
		return id, err
	}
	if err := sqlitex.Execute(d.conn, "insert into words (word) values (?)", &sqlitex.ExecOptions{Args: []any{text}}); err != nil {
		return 0, err
	}
	id = d.conn.LastInsertRowID()
	d.learn(id, text)
	return id, nil
}

// word is the text of a number that a fact holds.
func (d *dictionary) word(id int64) (string, error) {
	if text, ok := d.text[id]; ok {
		return text, nil
	}
	d.shared.mu.RLock()
	text, ok := d.shared.text[id]
	d.shared.mu.RUnlock()
	if ok {
		return text, nil
	}
	err := sqlitex.Execute(d.conn, "select word from words where id = ?", &sqlitex.ExecOptions{
		Args: []any{id},
		ResultFunc: func(st *sqlite.Stmt) error {
			text, ok = st.ColumnText(0), true
			return nil
		},
	})
	if err == nil && !ok {
		err = fmt.Errorf("%w store: word %d is missing; run store check", graph.ErrInvalid, id)
	}
	if err != nil {
		return "", err
	}
	d.learn(id, text)
	return text, nil
}
