package graphtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"ringleader/graph"
)

// memory is the smallest honest store: it proves that the suite can be passed,
// and it is what the broken stores of TestBrokenStoresFail are made from. Each
// fact keeps the spans of revisions it was alive in, so a scan can stay where
// it began while others write.
type memory struct {
	shelf *shelf
	mu    sync.Mutex
	shut  bool
}

// shelf is what outlives a handle.
type shelf struct {
	mu      sync.RWMutex
	rev     graph.Revision
	fence   uint64
	purged  graph.Revision // changes since an earlier revision are not known
	facts   map[string]*kept
	derived map[string]*kept
	inputs  map[string]graph.Input
	streams map[string][]graph.Record
}

// kept is one fact. Node indices in attr and link mean nothing; ends do.
type kept struct {
	line    string
	ends    []graph.Ref
	attr    graph.Attr
	link    graph.Link
	sources []graph.Source
	added   graph.Revision
	gone    graph.Revision // zero while alive
}

var errShut = errors.New("the store is closed")

// memories gives stores by name, as an Open does.
func memories() Open {
	var mu sync.Mutex
	shelves := map[string]*shelf{}
	return func(_ testing.TB, name string) Subject {
		mu.Lock()
		defer mu.Unlock()
		if shelves[name] == nil {
			shelves[name] = &shelf{
				facts: map[string]*kept{}, derived: map[string]*kept{},
				inputs: map[string]graph.Input{}, streams: map[string][]graph.Record{},
			}
		}
		return &memory{shelf: shelves[name]}
	}
}

func (m *memory) ready(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.shut {
		return errShut
	}
	return ctx.Err()
}

func (m *memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shut = true
	return nil
}

func (m *memory) Apply(ctx context.Context, b *graph.Batch) (graph.Revision, error) {
	if err := m.ready(ctx); err != nil {
		return 0, err
	}
	if err := b.Validate(); err != nil {
		return 0, err
	}
	s := m.shelf
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.Fence != 0 && b.Fence < s.fence {
		return 0, fmt.Errorf("%w: fence %d, %d was seen", graph.ErrConflict, b.Fence, s.fence)
	}
	s.fence = max(s.fence, b.Fence)
	next, changed := s.rev+1, false
	if !b.Derived || !b.Retract.Empty() {
		changed = s.retract(b, next)
	}
	into := s.facts
	if b.Derived {
		into = s.derived
	}
	each(b, func(f kept) {
		have := into[f.line]
		if have == nil {
			have = &kept{line: f.line, ends: f.ends, attr: f.attr, link: f.link, gone: next}
			into[f.line] = have
		}
		if have.gone != 0 {
			changed = true
			have.added, have.gone, have.sources = next, 0, nil
		}
		have.sources = graph.MergeSources(have.sources, f.sources)
	})
	if b.Input != nil {
		s.inputs[b.Input.ID] = *b.Input
	}
	if changed && !b.Derived {
		s.rev = next
	}
	return s.rev, nil
}

func (m *memory) Purge(ctx context.Context) error {
	if err := m.ready(ctx); err != nil {
		return err
	}
	s := m.shelf
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.facts, func(_ string, f *kept) bool { return !alive(f) })
	s.purged = s.rev
	return nil
}

// retract takes back and reports whether an observed fact went.
func (s *shelf) retract(b *graph.Batch, next graph.Revision) bool {
	changed := false
	about := func(f *kept) bool {
		return slices.ContainsFunc(f.ends, func(r graph.Ref) bool { return slices.Contains(b.Retract.Refs, r) })
	}
	maps.DeleteFunc(s.derived, func(_ string, f *kept) bool {
		return about(f) || len(f.ends) == 2 && slices.Contains(b.Retract.Types, f.link.Type)
	})
	if b.Derived {
		return false
	}
	for _, f := range s.facts {
		if f.gone != 0 {
			continue
		}
		had := len(f.sources)
		f.sources = slices.DeleteFunc(slices.Clone(f.sources), func(src graph.Source) bool {
			return slices.Contains(b.Retract.Inputs, src.Input)
		})
		if about(f) || had > 0 && len(f.sources) == 0 {
			f.gone, changed = next, true
		}
	}
	for _, id := range b.Retract.Inputs {
		delete(s.inputs, id)
	}
	return changed
}

// each yields the facts of a batch one by one.
func each(b *graph.Batch, yield func(kept)) {
	for i := range b.Attrs {
		a := &b.Attrs[i]
		yield(kept{line: attrLine(b, a), ends: []graph.Ref{b.Refs[a.Node]}, attr: *a, sources: a.Sources})
	}
	for i := range b.Links {
		l := &b.Links[i]
		yield(kept{line: linkLine(b, l), ends: []graph.Ref{b.Refs[l.From], b.Refs[l.To]}, link: *l, sources: l.Sources})
	}
}

// sorted copies the facts that pass, in the order of their text.
func sorted(facts map[string]*kept, pass func(*kept) bool) []kept {
	var all []kept
	for _, f := range facts {
		if pass(f) {
			all = append(all, *f)
		}
	}
	slices.SortFunc(all, func(a, b kept) int { return cmp.Compare(a.line, b.line) })
	return all
}

func alive(f *kept) bool { return f.gone == 0 }

// batchOf makes a batch of facts.
func batchOf(facts []kept, sources bool) *graph.Batch {
	var w graph.BatchBuilder
	for _, f := range facts {
		if !sources {
			f.sources = nil
		}
		if len(f.ends) == 1 {
			w.Attr(f.ends[0], f.attr.Name, f.attr.Value, f.attr.At, f.sources...)
		} else {
			w.Link(f.ends[0], f.ends[1], f.link, f.sources...)
		}
	}
	return w.Take()
}

func (m *memory) Scan(ctx context.Context, q graph.ScanQuery, yield func(*graph.Batch) error) (graph.Revision, error) {
	if err := m.ready(ctx); err != nil {
		return 0, err
	}
	m.shelf.mu.RLock()
	rev, from := m.shelf.rev, m.shelf.facts
	if q.Derived {
		from = m.shelf.derived
	}
	live := sorted(from, func(f *kept) bool { return alive(f) && (q.Derived || f.added > q.Since) })
	if purged := m.shelf.purged; q.Since > 0 && q.Since < purged && !q.Derived {
		m.shelf.mu.RUnlock()
		return 0, fmt.Errorf("%w: purged up to revision %d", graph.ErrConflict, purged)
	}
	var dead []kept
	if q.Since > 0 && !q.Derived {
		dead = sorted(from, func(f *kept) bool { return f.gone > q.Since })
	}
	m.shelf.mu.RUnlock()
	for i, part := range [][]kept{dead, live} {
		for page := range slices.Chunk(part, cmp.Or(q.Limit, 1000)) {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			b := batchOf(page, q.Sources && i == 1)
			b.Gone, b.Derived = i == 0, q.Derived
			if err := yield(b); err != nil {
				return 0, err
			}
		}
	}
	return rev, nil
}

func (m *memory) Get(ctx context.Context, r graph.Ref) (*graph.Batch, error) {
	if err := m.ready(ctx); err != nil {
		return nil, err
	}
	m.shelf.mu.RLock()
	defer m.shelf.mu.RUnlock()
	for _, from := range []map[string]*kept{m.shelf.facts, m.shelf.derived} {
		about := sorted(from, func(f *kept) bool { return alive(f) && slices.Contains(f.ends, r) })
		if len(about) > 0 {
			return batchOf(slices.DeleteFunc(about, func(f kept) bool { return len(f.ends) == 2 }), true), nil
		}
	}
	return nil, fmt.Errorf("get %s: %w", r.Kind, graph.ErrNotFound)
}

func (m *memory) Neighbors(ctx context.Context, r graph.Ref, q graph.NeighborQuery) (*graph.Batch, string, error) {
	if err := m.ready(ctx); err != nil {
		return nil, "", err
	}
	m.shelf.mu.RLock()
	defer m.shelf.mu.RUnlock()
	from := m.shelf.facts
	if q.Derived {
		from = m.shelf.derived
	}
	page := sorted(from, func(f *kept) bool {
		return alive(f) && len(f.ends) == 2 && slices.Contains(f.ends, r) && f.line > q.Cursor &&
			(len(q.Types) == 0 || slices.Contains(q.Types, f.link.Type))
	})
	next := ""
	if limit := cmp.Or(q.Limit, 100); len(page) > limit {
		page = page[:limit]
		next = page[limit-1].line
	}
	return batchOf(page, true), next, nil
}

func (m *memory) Search(ctx context.Context, q graph.SearchQuery) ([]graph.Ref, string, error) {
	if err := m.ready(ctx); err != nil {
		return nil, "", err
	}
	m.shelf.mu.RLock()
	defer m.shelf.mu.RUnlock()
	found := map[graph.Ref]bool{}
	for _, from := range []map[string]*kept{m.shelf.facts, m.shelf.derived} {
		for _, f := range from {
			for _, r := range f.ends {
				if alive(f) && (q.Kind == "" || r.Kind == q.Kind) && strings.HasPrefix(r.Key, q.Prefix) {
					found[r] = true
				}
			}
		}
	}
	refs := slices.SortedFunc(maps.Keys(found), graph.Ref.Compare)
	if q.Cursor != "" {
		after, err := graph.ParseRef(q.Cursor)
		if err != nil {
			return nil, "", err
		}
		refs = slices.DeleteFunc(refs, func(r graph.Ref) bool { return r.Compare(after) <= 0 })
	}
	if limit := cmp.Or(q.Limit, 100); len(refs) > limit {
		return refs[:limit], refs[limit-1].String(), nil
	}
	return refs, "", nil
}

func (m *memory) Inputs(ctx context.Context) ([]graph.Input, error) {
	if err := m.ready(ctx); err != nil {
		return nil, err
	}
	m.shelf.mu.RLock()
	defer m.shelf.mu.RUnlock()
	return slices.SortedFunc(maps.Values(m.shelf.inputs), func(a, b graph.Input) int { return cmp.Compare(a.ID, b.ID) }), nil
}

func (m *memory) Stats(ctx context.Context) (graph.Stats, error) {
	if err := m.ready(ctx); err != nil {
		return graph.Stats{}, err
	}
	m.shelf.mu.RLock()
	defer m.shelf.mu.RUnlock()
	s := graph.Stats{
		Revision: m.shelf.rev, Derived: int64(len(m.shelf.derived)),
		Nodes: map[graph.Kind]int64{}, Links: map[graph.LinkType]int64{},
	}
	nodes := map[graph.Ref]bool{}
	for _, f := range m.shelf.facts {
		if !alive(f) {
			continue
		}
		for _, r := range f.ends {
			nodes[r] = true
		}
		if len(f.ends) == 1 {
			s.Attrs++
		} else {
			s.Links[f.link.Type]++
		}
	}
	for r := range nodes {
		s.Nodes[r.Kind]++
	}
	return s, nil
}
