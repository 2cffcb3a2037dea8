package neo4jstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ringleader/graph"
)

// Stored is a store to make files of: facts and decisions.
type Stored interface {
	graph.Store
	graph.Log
}

// ImportFiles are files for neo4j-admin database import full: a first load of
// very many facts is three to four times as fast by them as over Bolt.
type ImportFiles struct {
	Dir   string
	Facts int64
	Nodes int64
	Links int64 // relationships: all facts of one type between two nodes are one

	// Unnamed are properties with ( ) { } in their names, which the tool cannot
	// name. The facts hold them; what people see of a node or relationship in
	// Neo4j's browser lacks them until it changes.
	Unnamed []string

	args []string
}

// Command is the command of Neo4j's tool that makes a database of the files, as
// words. The server must be down, and what the database held before is gone. The
// store is whole when it is opened the next time: that makes its constraints.
func (f *ImportFiles) Command(database string) []string {
	words := []string{"neo4j-admin", "database", "import", "full", database, "--overwrite-destination"}
	return append(words, f.args...)
}

// WriteImportFiles writes all that a store holds, sources, inputs, rings and
// decisions included, as files into a new folder. It wants a store that scans
// the statements of a node, and the links of one type between two nodes, side
// by side, as a file store does, and fails with ErrInvalid on another.
//
// All facts count as having come with the revision that the store has, and
// scans of changes from before it are refused, as after a purge.
//
// The files are for their owner only: they hold the data in the clear. Memory:
// the references of the store, and its derived facts. Time: O(facts).
func WriteImportFiles(ctx context.Context, from Stored, dir string, progress func(facts int64)) (*ImportFiles, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("import files: %w", err)
	}
	if strings.ContainsAny(dir, ",*?[](){}|^$+\\\n") {
		return nil, fmt.Errorf("import files: %w folder %s: the import tool reads commas and patterns in names; take another", graph.ErrInvalid, dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("import files: %w", err)
	}
	w := &importWriter{
		files: &ImportFiles{Dir: dir}, progress: progress, tables: map[string]*importTable{},
		numbers: map[string]uint64{}, packs: packState{links: map[graph.LinkType]int64{}}, ringAttrs: map[graph.Ref][]entry{}, ringLinks: map[pair][]entry{},
	}
	w.packing.write = w.writePack
	err = w.write(ctx, from)
	for _, t := range w.order {
		err = errors.Join(err, t.close())
	}
	if err != nil {
		return nil, fmt.Errorf("import files: %w", err)
	}
	w.arguments()
	return w.files, nil
}

// importWriter writes one set of files. Facts come one after the other; a
// record is complete when the next one begins.
type importWriter struct {
	files    *ImportFiles
	progress func(facts int64)
	tables   map[string]*importTable
	order    []*importTable
	rev      graph.Revision
	numbers  map[string]uint64 // of inputs
	seen     graph.Interner    // nodes that are written
	left     graph.Interner    // nodes whose links of a type are written

	packing packing
	packs   packState

	ringAttrs map[graph.Ref][]entry // derived facts, until their node or pair comes
	ringLinks map[pair][]entry

	node   graph.Ref
	nodeIs record
	pair   pair
	pairIs record
	from   pair               // of a node and a type only: whose links come now
	met    map[graph.Ref]bool // their other ends
	body   []byte
}

func (w *importWriter) write(ctx context.Context, from Stored) error {
	if _, err := from.Scan(ctx, graph.ScanQuery{Derived: true}, w.keepDerived); err != nil {
		return fmt.Errorf("rings: %w", err)
	}
	stats, err := from.Stats(ctx)
	if err != nil {
		return err
	}
	w.rev = stats.Revision
	rev, err := from.Scan(ctx, graph.ScanQuery{Sources: true}, w.take)
	if err == nil && rev != w.rev {
		err = fmt.Errorf("%w: the store changed meanwhile; try again", graph.ErrConflict)
	}
	if err != nil {
		return fmt.Errorf("facts: %w", err)
	}
	if err := errors.Join(w.endNode(), w.endPair(), w.restOfDerived(), w.packing.flush()); err != nil {
		return err
	}
	if err := w.inputs(ctx, from); err != nil {
		return fmt.Errorf("inputs: %w", err)
	}
	if err := w.streams(ctx, from); err != nil {
		return fmt.Errorf("streams: %w", err)
	}
	return w.state()
}

func (w *importWriter) keepDerived(b *graph.Batch) error {
	for i := range b.Attrs {
		a := &b.Attrs[i]
		w.ringAttrs[b.Refs[a.Node]] = append(w.ringAttrs[b.Refs[a.Node]], entry{at: a.At, name: a.Name, body: a.Value})
	}
	for i := range b.Links {
		l := &b.Links[i]
		p := pair{b.Refs[l.From], l.Type, b.Refs[l.To]}
		w.ringLinks[p] = append(w.ringLinks[p], entry{at: l.At, until: l.Until, name: l.Event, body: string(l.AppendBody(nil))})
	}
	w.count(b.Len())
	return nil
}

func (w *importWriter) count(facts int) {
	w.files.Facts += int64(facts)
	if w.progress != nil {
		w.progress(w.files.Facts)
	}
}

// take takes a batch of observed facts.
func (w *importWriter) take(b *graph.Batch) error {
	for i := range b.Attrs {
		a := &b.Attrs[i]
		if r := b.Refs[a.Node]; r != w.node {
			if err := w.endNode(); err != nil {
				return err
			}
			w.node = r
		}
		w.nodeIs.add(entry{w.rev, a.At, 0, a.Name, a.Value, w.sources(a.Sources)}, false)
	}
	if len(b.Links) > 0 { // which may name the last node
		if err := w.endNode(); err != nil {
			return err
		}
	}
	for i := range b.Links {
		l := &b.Links[i]
		if p := (pair{b.Refs[l.From], l.Type, b.Refs[l.To]}); p != w.pair {
			if err := errors.Join(w.endPair(), w.beginPair(p)); err != nil {
				return err
			}
		}
		w.body = l.AppendBody(w.body[:0])
		w.pairIs.add(entry{w.rev, l.At, l.Until, l.Event, string(w.body), w.sources(l.Sources)}, false)
	}
	w.count(b.Len())
	return nil
}

// sources translates sources and numbers inputs in the order they are met.
func (w *importWriter) sources(from []graph.Source) []source {
	for i := range from {
		w.number(from[i].Input)
	}
	return numbered(from, w.numbers)
}

func (w *importWriter) number(input string) uint64 {
	n, ok := w.numbers[input]
	if !ok {
		n = uint64(len(w.numbers) + 1)
		w.numbers[input] = n
	}
	return n
}

var errScattered = fmt.Errorf("%w scan: facts about one thing do not come side by side; copy the store into a file first (store copy)", graph.ErrInvalid)

// endNode writes the node whose statements have come, if there is one.
func (w *importWriter) endNode() error {
	if w.node == (graph.Ref{}) {
		return nil
	}
	_, fresh, err := w.seen.InternText(0, w.node.String())
	if err != nil {
		return err
	}
	if !fresh {
		return errScattered
	}
	err = errors.Join(w.writeNode(w.node, &w.nodeIs), w.pack(pair{from: w.node}, w.nodeIs.observed))
	w.node, w.nodeIs = graph.Ref{}, record{observed: w.nodeIs.observed[:0]}
	return err
}

// bareNode writes a node that only links name, the first time.
func (w *importWriter) bareNode(r graph.Ref) error {
	_, fresh, err := w.seen.InternText(0, r.String())
	if err != nil || !fresh {
		return err
	}
	return w.writeNode(r, &record{})
}

func (w *importWriter) writeNode(r graph.Ref, is *record) error {
	is.derived = sortedEntries(w.ringAttrs[r])
	delete(w.ringAttrs, r)
	t, err := w.table("nodes-"+string(r.Kind), "_Ringleader:"+r.Kind.Label(), "ref:ID(node)")
	if err != nil {
		return err
	}
	w.files.Nodes++
	return t.add([]string{r.String()}, is.nodeProperties(r))
}

// beginPair makes ready for the facts of a pair.
func (w *importWriter) beginPair(p pair) error {
	w.pair = p
	if from := (pair{from: p.from, typ: p.typ}); from != w.from {
		_, fresh, err := w.left.InternText(0, p.from.String()+" "+string(p.typ))
		if err != nil {
			return err
		}
		if !fresh {
			return errScattered
		}
		w.from, w.met = from, map[graph.Ref]bool{}
	}
	if w.met[p.to] {
		return errScattered
	}
	w.met[p.to] = true
	return nil
}

// endPair writes the relationship whose facts have come, if there is one, and
// its nodes.
func (w *importWriter) endPair() error {
	p := w.pair
	if p.typ == "" {
		return nil
	}
	err := errors.Join(w.writePair(p, &w.pairIs), w.pack(p, w.pairIs.observed))
	w.pair, w.pairIs = pair{}, record{observed: w.pairIs.observed[:0]}
	return err
}

func (w *importWriter) writePair(p pair, is *record) error {
	if err := errors.Join(w.bareNode(p.from), w.bareNode(p.to)); err != nil {
		return err
	}
	is.derived = sortedEntries(w.ringLinks[p])
	delete(w.ringLinks, p)
	t, err := w.table("links-"+string(p.typ), string(p.typ), ":START_ID(node)", ":END_ID(node)")
	if err != nil {
		return err
	}
	w.files.Links++
	w.packs.links[p.typ]++
	return t.add([]string{p.from.String(), p.to.String()}, is.linkProperties())
}

// restOfDerived writes derived facts about what no observed fact names.
func (w *importWriter) restOfDerived() error {
	for _, r := range sortedKeys(w.ringAttrs, graph.Ref.Compare) {
		if err := w.bareNode(r); err != nil {
			return err
		}
	}
	if len(w.ringAttrs) > 0 { // about nodes that were written without them
		return errScattered
	}
	for _, p := range sortedKeys(w.ringLinks, pair.compare) {
		if err := w.writePair(p, &record{}); err != nil {
			return err
		}
	}
	return nil
}

func sortedKeys[K comparable, V any](m map[K]V, compare func(a, b K) int) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compare)
	return keys
}

func sortedEntries(entries []entry) []entry {
	slices.SortFunc(entries, func(x, y entry) int { return compareContent(&x, &y) })
	return entries
}

func (w *importWriter) table(stem, name string, fixed ...string) (*importTable, error) {
	if t := w.tables[stem]; t != nil {
		return t, nil
	}
	t, err := newImportTable(w.files.Dir, stem, name, fixed...)
	if err != nil {
		return nil, err
	}
	w.tables[stem] = t
	w.order = append(w.order, t)
	return t, nil
}
