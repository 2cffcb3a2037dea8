package graphtest

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"ringleader/graph"
)

// Dump is everything that a store shows, as sorted lines of text: observed and
// derived facts with their sources, the nodes that a search finds, inputs and
// counts. Left out are the revision and the size on disk, which tell of the
// way there and not of what is there. Equal dumps mean equal stores.
// Memory: the whole store as text; it is made for tests.
func Dump(ctx context.Context, s graph.Store) (string, error) {
	var lines []string
	for _, derived := range []bool{false, true} {
		f := newFacts()
		if _, err := s.Scan(ctx, graph.ScanQuery{Derived: derived, Sources: true}, f.take); err != nil {
			return "", fmt.Errorf("dump: scan derived=%t: %w", derived, err)
		}
		for _, l := range f.lines() {
			lines = append(lines, fmt.Sprintf("derived=%t %s", derived, l))
		}
	}
	refs, err := searchAll(ctx, s, graph.SearchQuery{Limit: 1000})
	if err != nil {
		return "", fmt.Errorf("dump: search: %w", err)
	}
	for _, r := range refs {
		lines = append(lines, "node "+strconv.Quote(r.String()))
	}
	inputs, err := s.Inputs(ctx)
	if err != nil {
		return "", fmt.Errorf("dump: inputs: %w", err)
	}
	for _, in := range inputs {
		lines = append(lines, fmt.Sprintf("input %+q", fmt.Sprintf("%+v", in)))
	}
	stats, err := s.Stats(ctx)
	if err != nil {
		return "", fmt.Errorf("dump: stats: %w", err)
	}
	lines = append(lines, counts(stats)...)
	slices.Sort(lines)
	return strings.Join(lines, "\n"), nil
}

// counts is the comparable part of the statistics. A count of zero and no
// count are the same.
func counts(s graph.Stats) []string {
	lines := []string{fmt.Sprintf("count attrs %d", s.Attrs), fmt.Sprintf("count derived %d", s.Derived)}
	for k, n := range s.Nodes {
		if n != 0 {
			lines = append(lines, fmt.Sprintf("count node %s %d", k, n))
		}
	}
	for t, n := range s.Links {
		if n != 0 {
			lines = append(lines, fmt.Sprintf("count link %s %d", t, n))
		}
	}
	return lines
}

// searchAll reads all pages of a search.
func searchAll(ctx context.Context, s graph.Store, q graph.SearchQuery) ([]graph.Ref, error) {
	var all []graph.Ref
	for {
		page, next, err := s.Search(ctx, q)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if next == "" {
			return all, nil
		}
		if next == q.Cursor || len(page) == 0 {
			return nil, fmt.Errorf("search of %+v stands still at cursor %q", q, next)
		}
		q.Cursor = next
	}
}

// facts is a set of facts by content, as text.
type facts struct {
	by      map[string]*fact
	nodes   map[graph.Ref]bool
	gone    []string // tombstones, in the order they came
	batches []int    // facts in each batch taken
}

// fact is what a line of text stands for.
type fact struct {
	ends    []graph.Ref // one of a statement, two of a link
	typ     graph.LinkType
	sources []graph.Source
}

func newFacts() *facts {
	return &facts{by: map[string]*fact{}, nodes: map[graph.Ref]bool{}}
}

// take adds a batch of a scan. A fact that comes twice is an error: facts of a
// scan are distinct.
func (f *facts) take(b *graph.Batch) error { return f.add(b, false) }

// factsOf is the facts of batches, joined as a store would: equal facts have
// the sources of all.
func factsOf(batches ...*graph.Batch) *facts {
	f := newFacts()
	for _, b := range batches {
		_ = f.add(b, true) // only a repetition could fail, and here it may be
	}
	return f
}

func (f *facts) add(b *graph.Batch, join bool) error {
	f.batches = append(f.batches, b.Len())
	put := func(line string, one fact) error {
		if b.Gone {
			f.gone = append(f.gone, line)
			return nil
		}
		for _, r := range one.ends {
			f.nodes[r] = true
		}
		have, twice := f.by[line]
		if twice && !join {
			return fmt.Errorf("a scan yields a fact twice: %s", line)
		}
		if twice {
			one.sources = slices.Concat(have.sources, one.sources)
		}
		one.sources = slices.Clone(one.sources)
		f.by[line] = &one
		return nil
	}
	for i := range b.Attrs {
		a := &b.Attrs[i]
		if err := put(attrLine(b, a), fact{ends: []graph.Ref{b.Refs[a.Node]}, sources: a.Sources}); err != nil {
			return err
		}
	}
	for i := range b.Links {
		l := &b.Links[i]
		ends := []graph.Ref{b.Refs[l.From], b.Refs[l.To]}
		if err := put(linkLine(b, l), fact{ends, l.Type, l.Sources}); err != nil {
			return err
		}
	}
	return nil
}

// content is the facts without their sources, sorted.
func (f *facts) content() []string { return slices.Sorted(maps.Keys(f.by)) }

// lines is the facts with their sources, sorted. Order and repetition of
// sources mean nothing.
func (f *facts) lines() []string {
	lines := f.content()
	for i, line := range lines {
		s := slices.Clone(f.by[line].sources)
		slices.SortFunc(s, graph.Source.Compare)
		for _, one := range slices.Compact(s) {
			lines[i] += fmt.Sprintf(" <%+q %d %d %x>", one.Input, one.Row, one.Offset, one.Hash)
		}
	}
	return lines
}

// about is the facts about r: its statements, or its links.
func (f *facts) about(r graph.Ref, links bool) *facts {
	part := newFacts()
	for line, one := range f.by {
		if slices.Contains(one.ends, r) && (len(one.ends) == 2) == links {
			part.by[line] = one
		}
	}
	return part
}

func attrLine(b *graph.Batch, a *graph.Attr) string {
	return fmt.Sprintf("attr %+q %+q = %+q at %d", b.Refs[a.Node].String(), a.Name, a.Value, int64(a.At))
}

func linkLine(b *graph.Batch, l *graph.Link) string {
	var s strings.Builder
	fmt.Fprintf(&s, "link %+q %s %+q at %d until %d", b.Refs[l.From].String(), l.Type, b.Refs[l.To].String(), int64(l.At), int64(l.Until))
	if l.Event != "" {
		fmt.Fprintf(&s, " event %+q", l.Event)
	}
	if l.Weight != 0 {
		fmt.Fprintf(&s, " weight %x", math.Float64bits(l.Weight))
	}
	if l.Money.Known {
		fmt.Fprintf(&s, " money %d/%d %+q", l.Money.Minor, l.Money.Exponent, l.Money.Currency)
	}
	for _, p := range l.Props {
		fmt.Fprintf(&s, " %+q=%+q", p.Name, p.Value)
	}
	return s.String()
}

// names reports whether the fact is about r.
func (f *fact) names(r graph.Ref) bool { return slices.Contains(f.ends, r) }

// without is the content that is in f and not in other.
func (f *facts) without(other *facts) []string {
	return slices.DeleteFunc(f.content(), func(line string) bool { return other.by[line] != nil })
}
