package graph

import (
	"cmp"
	"fmt"
	"slices"
)

// Batch is facts on their way: from a loader to a store, from a store to a
// Builder, from a run to a store. Refs is its dictionary; facts name nodes by
// their index in it. An index means nothing outside its batch.
type Batch struct {
	Refs  []Ref
	Attrs []Attr
	Links []Link

	// Derived marks what a run found. Derived facts carry no sources, never
	// feed a snapshot and do not advance the revision.
	Derived bool

	// Gone marks a batch of a changes scan that holds tombstones: facts that
	// are no more. A store takes no such batch.
	Gone bool

	// Retract is applied before the facts above are.
	Retract Retract

	// Input, if set, is recorded with the facts, atomically: how far a load
	// has come. Its ID must be that of the batch's sources.
	Input *Input

	// Fence is the number of the lease under which the batch is written, zero
	// for none. A store refuses a number lower than one it has seen, so a job
	// that lost its lease cannot write on.
	Fence uint64
}

// Retract names facts to take back. A fact goes when its last source goes; a
// node goes with its last fact. What goes leaves a tombstone. In a derived
// batch it touches derived facts only.
type Retract struct {
	Inputs []string // every source with one of these inputs, and the record of the input
	Refs   []Ref    // every fact about these nodes, whatever its sources, derived ones too
}

// Empty reports whether there is nothing to retract.
func (r Retract) Empty() bool { return len(r.Inputs) == 0 && len(r.Refs) == 0 }

// Len is the number of facts.
func (b *Batch) Len() int { return len(b.Attrs) + len(b.Links) }

// Validate checks every rule that a store relies on. Loaders check rows
// themselves, with positions; this is the gate for everybody else.
// Time: O(facts).
func (b *Batch) Validate() error {
	if b.Gone {
		return fmt.Errorf("%w batch: tombstones cannot be applied; use Retract", ErrInvalid)
	}
	for _, r := range b.Refs {
		if err := r.Validate(); err != nil {
			return err
		}
	}
	if in := b.Input; in != nil && (in.ID == "" || !validText(in.ID) || !validText(in.Name) || !validText(in.Content)) {
		return fmt.Errorf("%w batch: input: want an ID, and UTF-8 without NUL", ErrInvalid)
	}
	n := uint32(len(b.Refs))
	for i := range b.Attrs {
		a := &b.Attrs[i]
		if a.Node >= n {
			return fmt.Errorf("%w batch: attribute %d names node %d of %d", ErrInvalid, i, a.Node, n)
		}
		if a.Name != "" {
			if err := validName(a.Name); err != nil {
				return err
			}
		}
		if !validText(a.Value) {
			return fmt.Errorf("%w value of %q: want UTF-8 without NUL", ErrInvalid, clip(a.Name))
		}
		if !b.Derived && b.Refs[a.Node].Kind.Derived() {
			return fmt.Errorf("%w batch: %s is derived, only a run makes it", ErrInvalid, b.Refs[a.Node].Kind)
		}
		if err := b.checkSources(a.Sources); err != nil {
			return err
		}
	}
	for i := range b.Links {
		l := &b.Links[i]
		if l.From >= n || l.To >= n {
			return fmt.Errorf("%w batch: link %d names node %d of %d", ErrInvalid, i, max(l.From, l.To), n)
		}
		if err := l.validate(); err != nil {
			return err
		}
		if !b.Derived && (l.Type == MemberOf || b.Refs[l.From].Kind.Derived() || b.Refs[l.To].Kind.Derived()) {
			return fmt.Errorf("%w batch: %s to %s is derived, only a run makes it", ErrInvalid, l.Type, b.Refs[l.To].Kind)
		}
		if err := b.checkSources(l.Sources); err != nil {
			return err
		}
	}
	return nil
}

func (b *Batch) checkSources(s []Source) error {
	if b.Derived != (len(s) == 0) {
		return fmt.Errorf("%w batch: an observed fact needs a source, a derived one has none", ErrInvalid)
	}
	for i := range s {
		if s[i].Input == "" {
			return fmt.Errorf("%w batch: source without an input", ErrInvalid)
		}
		if !validText(s[i].Input) {
			return fmt.Errorf("%w batch: input of a source: want UTF-8 without NUL", ErrInvalid)
		}
	}
	return nil
}

// Sort brings facts into the canonical order, by references and content, and
// joins the sources of equal facts. Stores write sorted batches several times
// faster, and equal inputs become equal batches. Time: O(n log n).
func (b *Batch) Sort() {
	rank := b.rankRefs()
	slices.SortFunc(b.Attrs, func(x, y Attr) int {
		return cmp.Or(cmp.Compare(rank[x.Node], rank[y.Node]), cmp.Compare(x.Name, y.Name),
			cmp.Compare(x.At, y.At), cmp.Compare(x.Value, y.Value))
	})
	b.Attrs = joinEqual(b.Attrs, func(x, y *Attr) bool {
		return rank[x.Node] == rank[y.Node] && x.Name == y.Name && x.At == y.At && x.Value == y.Value
	}, func(a *Attr) *[]Source { return &a.Sources })

	compareLinks := func(x, y *Link) int {
		c := cmp.Or(cmp.Compare(rank[x.From], rank[y.From]), cmp.Compare(x.Type, y.Type), cmp.Compare(rank[x.To], rank[y.To]))
		if c != 0 {
			return c // cmp.Or would compare contents of all pairs
		}
		return x.CompareContent(y)
	}
	slices.SortFunc(b.Links, func(x, y Link) int { return compareLinks(&x, &y) })
	b.Links = joinEqual(b.Links, func(x, y *Link) bool { return compareLinks(x, y) == 0 },
		func(l *Link) *[]Source { return &l.Sources })
}

// rankRefs gives the rank of each index of the dictionary, equal references
// sharing one.
func (b *Batch) rankRefs() []uint32 {
	order := make([]uint32, len(b.Refs))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(x, y uint32) int { return b.Refs[x].Compare(b.Refs[y]) })
	rank := make([]uint32, len(b.Refs))
	for i, v := range order {
		rank[v] = uint32(i)
		if i > 0 && b.Refs[order[i-1]] == b.Refs[v] {
			rank[v] = rank[order[i-1]]
		}
	}
	return rank
}

// joinEqual keeps the first of each run of equal facts and gives it the
// sources of all. A run is joined at once: one fact may stand in every row.
func joinEqual[T any](facts []T, equal func(a, b *T) bool, sources func(*T) *[]Source) []T {
	kept := facts[:0]
	for i := 0; i < len(facts); {
		all := *sources(&facts[i])
		j := i + 1
		for ; j < len(facts) && equal(&facts[i], &facts[j]); j++ {
			if j == i+1 {
				all = slices.Clip(all) // the array behind it is shared
			}
			all = append(all, *sources(&facts[j])...)
		}
		*sources(&facts[i]) = sortedSources(all)
		kept = append(kept, facts[i])
		i = j
	}
	clear(facts[len(kept):])
	return kept
}

// sortedSources is s sorted, each once; s itself, unchanged, if it is so.
func sortedSources(s []Source) []Source {
	for i := 1; i < len(s); i++ {
		if s[i-1].Compare(s[i]) >= 0 {
			s = slices.Clone(s)
			slices.SortFunc(s, Source.Compare)
			return slices.Compact(s)
		}
	}
	return s
}

// MergeSources is the sorted union of two lists of sources. Neither list is
// changed; it returns have itself if nothing is new.
func MergeSources(have, add []Source) []Source {
	fresh := false
	for _, s := range add {
		if !slices.Contains(have, s) {
			fresh = true
			break
		}
	}
	if !fresh {
		return have
	}
	return sortedSources(slices.Concat(have, add))
}

// BatchBuilder fills a Batch, giving each reference one index. The zero value
// is ready. Take hands the batch over and starts a new one.
type BatchBuilder struct {
	batch   Batch
	index   map[Ref]uint32
	sources []Source
}

// Ref is the index of r in the batch under construction.
func (w *BatchBuilder) Ref(r Ref) uint32 {
	if i, ok := w.index[r]; ok {
		return i
	}
	if w.index == nil {
		w.index = make(map[Ref]uint32)
	}
	i := uint32(len(w.batch.Refs))
	w.batch.Refs = append(w.batch.Refs, r)
	w.index[r] = i
	return i
}

// Attr adds a statement about r; an empty name states that r exists.
func (w *BatchBuilder) Attr(r Ref, name, value string, at Time, from ...Source) {
	w.batch.Attrs = append(w.batch.Attrs, Attr{w.Ref(r), name, value, at, w.keep(from)})
}

// Link adds l between two references; l.From, l.To and l.Sources are set here.
// It sorts l.Props by name.
func (w *BatchBuilder) Link(from, to Ref, l Link, sources ...Source) {
	l.From, l.To, l.Sources = w.Ref(from), w.Ref(to), w.keep(sources)
	slices.SortFunc(l.Props, func(a, b Prop) int { return cmp.Compare(a.Name, b.Name) })
	w.batch.Links = append(w.batch.Links, l)
}

// keep copies sources into one shared array: nearly every fact has just one.
func (w *BatchBuilder) keep(s []Source) []Source {
	if len(s) == 0 {
		return nil
	}
	n := len(w.sources)
	w.sources = append(w.sources, s...)
	return w.sources[n:len(w.sources):len(w.sources)]
}

// Len is the number of facts so far.
func (w *BatchBuilder) Len() int { return w.batch.Len() }

// Take returns the batch and resets the builder. The next batch is expected to
// be about as large as this one.
func (w *BatchBuilder) Take() *Batch {
	b := w.batch
	*w = BatchBuilder{
		batch: Batch{
			Refs:  make([]Ref, 0, len(b.Refs)),
			Attrs: make([]Attr, 0, len(b.Attrs)),
			Links: make([]Link, 0, len(b.Links)),
		},
		index:   make(map[Ref]uint32, len(b.Refs)),
		sources: make([]Source, 0, len(w.sources)),
	}
	return &b
}
