package graph

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
)

// BuildOptions say which facts a snapshot holds.
type BuildOptions struct {
	// AsOf leaves out what happened later, and forgets stated ends that lay in
	// the future then. Zero takes everything. Facts without a time always
	// count.
	AsOf Time
	// KnownAt leaves out what had not been loaded by then. Zero takes
	// everything. Only [ReadSnapshot] heeds it.
	KnownAt Time
}

// Builder collects batches and builds a Snapshot. Each fact must be added once,
// as a scan yields them or as loaders make them; equal facts are joined.
// Memory: the facts, once.
type Builder struct {
	opts  BuildOptions
	index map[Ref]uint32
	refs  []Ref
	attrs []Attr
	links []Link
}

// NewBuilder starts an empty snapshot.
func NewBuilder(o BuildOptions) *Builder {
	return &Builder{opts: o, index: make(map[Ref]uint32)}
}

// Add takes the facts of an observed batch. The batch may be reused afterwards.
func (b *Builder) Add(batch *Batch) error {
	if batch.Derived || batch.Gone || !batch.Retract.Empty() {
		return fmt.Errorf("%w batch for a snapshot: want observed facts only", ErrInvalid)
	}
	local := make([]uint32, len(batch.Refs))
	for i := range local {
		local[i] = math.MaxUint32
	}
	intern := func(i uint32) uint32 {
		if local[i] == math.MaxUint32 {
			local[i] = b.intern(batch.Refs[i])
		}
		return local[i]
	}
	for _, a := range batch.Attrs {
		if b.later(a.At) {
			continue
		}
		a.Node, a.Sources = intern(a.Node), nil
		b.attrs = append(b.attrs, a)
	}
	for _, l := range batch.Links {
		if b.later(l.At) {
			continue
		}
		if b.later(l.Until) {
			l.Until = 0
		}
		l.From, l.To, l.Sources = intern(l.From), intern(l.To), nil
		b.links = append(b.links, l)
	}
	return nil
}

func (b *Builder) later(t Time) bool { return b.opts.AsOf != 0 && t > b.opts.AsOf }

func (b *Builder) intern(r Ref) uint32 {
	if i, ok := b.index[r]; ok {
		return i
	}
	i := uint32(len(b.refs))
	b.refs = append(b.refs, r)
	b.index[r] = i
	return i
}

// Build makes the snapshot; the Builder is used up. It fails on more vertices,
// links or types than a snapshot can number. Time: O(f log f) for f facts.
func (b *Builder) Build(rev Revision) (*Snapshot, error) {
	if uint64(len(b.refs)) >= math.MaxUint32 || uint64(len(b.links)) >= math.MaxUint32 {
		return nil, fmt.Errorf("%w snapshot: more than %d vertices or links", ErrInvalid, uint32(math.MaxUint32))
	}
	s := &Snapshot{Revision: rev, AsOf: b.opts.AsOf}
	b.buildVertices(s)
	b.buildAttrs(s)
	if err := b.buildLinks(s); err != nil {
		return nil, err
	}
	s.buildIn()
	*b = Builder{}
	return s, nil
}

// buildVertices sorts references, which is what numbers vertices, and renames
// the ends of all facts.
func (b *Builder) buildVertices(s *Snapshot) {
	order := make([]uint32, len(b.refs))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(x, y uint32) int { return b.refs[x].Compare(b.refs[y]) })
	rank := make([]uint32, len(order))
	s.refs = make([]Ref, len(order))
	for i, old := range order {
		rank[old] = uint32(i)
		s.refs[i] = b.refs[old]
		if i == 0 || s.refs[i-1].Kind != s.refs[i].Kind {
			s.kinds = append(s.kinds, s.refs[i].Kind)
			s.kindStart = append(s.kindStart, Vertex(i))
		}
	}
	s.kindStart = append(s.kindStart, Vertex(len(order)))
	for i := range b.attrs {
		b.attrs[i].Node = rank[b.attrs[i].Node]
	}
	for i := range b.links {
		b.links[i].From, b.links[i].To = rank[b.links[i].From], rank[b.links[i].To]
	}
}

func (b *Builder) buildAttrs(s *Snapshot) {
	slices.SortFunc(b.attrs, func(x, y Attr) int {
		return cmp.Or(cmp.Compare(x.Node, y.Node), cmp.Compare(x.Name, y.Name),
			cmp.Compare(x.At, y.At), cmp.Compare(x.Value, y.Value))
	})
	s.attrs = slices.CompactFunc(b.attrs, func(x, y Attr) bool {
		return x.Node == y.Node && x.Name == y.Name && x.At == y.At && x.Value == y.Value
	})
	s.attrStart = make([]uint32, len(s.refs)+1)
	for i := range s.attrs {
		s.attrStart[s.attrs[i].Node+1]++
	}
	accumulate(s.attrStart)
}

func (b *Builder) buildLinks(s *Snapshot) error {
	links := b.resolveEvents(s)
	slices.SortFunc(links, func(x, y Link) int { return compareEnds(&x, &y) })
	links = slices.CompactFunc(links, func(x, y Link) bool { return compareEnds(&x, &y) == 0 })
	types := make(map[LinkType]uint8)
	for i := range links {
		types[links[i].Type] = 0
	}
	if len(types) > math.MaxUint8 {
		return fmt.Errorf("%w snapshot: %d link types, at most %d", ErrInvalid, len(types), math.MaxUint8)
	}
	for t := range types {
		s.types = append(s.types, t)
	}
	slices.Sort(s.types)
	for i, t := range s.types {
		types[t] = uint8(i)
	}

	n := len(links)
	s.from, s.to, s.typ = make([]Vertex, n), make([]Vertex, n), make([]uint8, n)
	s.at, s.until = make([]Time, n), make([]Time, n)
	s.event, s.extra = make([]uint32, n), make([]uint32, n)
	s.outStart = make([]LinkID, len(s.refs)+1)
	s.events, s.bodies = []string{""}, []linkBody{{}}
	events := map[string]uint32{"": 0}
	for i := range links {
		l := &links[i]
		s.from[i], s.to[i], s.typ[i] = Vertex(l.From), Vertex(l.To), types[l.Type]
		s.at[i], s.until[i] = l.At, l.Until
		s.outStart[l.From+1]++
		e, ok := events[l.Event]
		if !ok {
			e = uint32(len(s.events))
			s.events = append(s.events, l.Event)
			events[l.Event] = e
		}
		s.event[i] = e
		if !l.Plain() {
			s.extra[i] = uint32(len(s.bodies))
			s.bodies = append(s.bodies, linkBody{l.Weight, l.Money, l.Props})
		}
	}
	accumulate(s.outStart)
	return nil
}

func compareEnds(x, y *Link) int {
	return cmp.Or(cmp.Compare(x.From, y.From), cmp.Compare(x.Type, y.Type), cmp.Compare(x.To, y.To), x.CompareContent(y))
}

// resolveEvents keeps one version of each event: among links of one type and
// event, those with the greatest body, then the latest time and the greatest
// ends. A rule over content alone, so no order of loading can change it.
func (b *Builder) resolveEvents(s *Snapshot) []Link {
	slices.SortFunc(b.links, func(x, y Link) int {
		return cmp.Or(cmp.Compare(x.Event, y.Event), cmp.Compare(x.Type, y.Type), x.compareBody(&y), compareEnds(&x, &y))
	})
	kept := b.links[:0]
	for i := 0; i < len(b.links); {
		if b.links[i].Event == "" {
			kept = append(kept, b.links[i])
			i++
			continue
		}
		j, versions := i+1, 1
		for ; j < len(b.links) && b.links[j].Event == b.links[i].Event && b.links[j].Type == b.links[i].Type; j++ {
			if compareEnds(&b.links[j], &b.links[j-1]) != 0 {
				versions++
			}
		}
		if versions > 1 {
			s.Conflicts = append(s.Conflicts, Conflict{b.links[i].Event, b.links[i].Type, versions})
		}
		kept = append(kept, b.links[j-1])
		i = j
	}
	return kept
}

// buildIn lists, for each vertex, the links that end there.
func (s *Snapshot) buildIn() {
	s.inStart = make([]uint32, len(s.refs)+1)
	for _, v := range s.to {
		s.inStart[v+1]++
	}
	accumulate(s.inStart)
	s.in = make([]LinkID, len(s.to))
	next := slices.Clone(s.inStart)
	for l, v := range s.to {
		s.in[next[v]] = LinkID(l)
		next[v]++
	}
}

// accumulate turns counts at v+1 into starts.
func accumulate[T uint32 | LinkID](start []T) {
	for i := 1; i < len(start); i++ {
		start[i] += start[i-1]
	}
}

// ReadSnapshot scans the observed facts of a store into a snapshot.
func ReadSnapshot(ctx context.Context, store Store, o BuildOptions) (*Snapshot, error) {
	b := NewBuilder(o)
	query, add := ScanQuery{}, b.Add
	if o.KnownAt != 0 {
		inputs, err := store.Inputs(ctx)
		if err != nil {
			return nil, fmt.Errorf("read snapshot: %w", err)
		}
		known := make(map[string]bool, len(inputs))
		for _, in := range inputs {
			known[in.ID] = in.Loaded <= o.KnownAt
		}
		query.Sources = true
		add = func(batch *Batch) error { return b.Add(keepKnown(batch, known)) }
	}
	rev, err := store.Scan(ctx, query, add)
	if err != nil {
		return nil, fmt.Errorf("read snapshot: %w", err)
	}
	return b.Build(rev)
}

// keepKnown leaves the facts with a source among the known inputs.
func keepKnown(batch *Batch, known map[string]bool) *Batch {
	unknown := func(s []Source) bool {
		return !slices.ContainsFunc(s, func(s Source) bool { return known[s.Input] })
	}
	b := *batch
	b.Attrs = slices.DeleteFunc(b.Attrs, func(a Attr) bool { return unknown(a.Sources) })
	b.Links = slices.DeleteFunc(b.Links, func(l Link) bool { return unknown(l.Sources) })
	return &b
}
