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

	sources []Source // the array that a builder put most sources of its facts in
}

// Retract names facts to take back. A fact goes when its last source goes; a
// node goes with its last fact. What goes leaves a tombstone. In a derived
// batch it touches derived facts only.
type Retract struct {
	Inputs []string   // every source with one of these inputs, and the record of the input
	Refs   []Ref      // every fact about these nodes, whatever its sources, derived ones too
	Types  []LinkType // every derived link of these types; observed ones stay
}

// Empty reports whether there is nothing to retract.
func (r Retract) Empty() bool { return len(r.Inputs) == 0 && len(r.Refs) == 0 && len(r.Types) == 0 }

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
	for _, t := range b.Retract.Types {
		if _, err := ParseLinkType(string(t)); err != nil {
			return err
		}
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
		if !b.Derived && (l.Type.Derived() || b.Refs[l.From].Kind.Derived() || b.Refs[l.To].Kind.Derived()) {
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

// Sort brings references and facts into the canonical order, by references and
// content, and joins equal references and the sources of equal facts. Indices
// into Refs taken before it mean nothing after it. Stores write sorted batches
// several times faster, and equal inputs become equal batches.
// Time: O(n log n), O(n) for a batch that is sorted already.
func (b *Batch) Sort() {
	b.sortRefs()
	slices.SortFunc(b.Attrs, func(x, y Attr) int {
		if c := cmp.Or(cmp.Compare(x.Node, y.Node), cmp.Compare(x.Name, y.Name), cmp.Compare(x.At, y.At)); c != 0 {
			return c
		}
		return cmp.Compare(x.Value, y.Value)
	})
	b.Attrs = joinEqual(b.Attrs, func(x, y *Attr) bool {
		return x.Node == y.Node && x.Name == y.Name && x.At == y.At && x.Value == y.Value
	}, func(a *Attr) *[]Source { return &a.Sources })

	b.sortLinks()
	b.Links = joinEqual(b.Links, func(x, y *Link) bool { return compareLinks(x, y) == 0 },
		func(l *Link) *[]Source { return &l.Sources })
}

// compareLinks orders the links of a batch whose references are sorted.
func compareLinks(x, y *Link) int {
	if x.From != y.From {
		return cmp.Compare(x.From, y.From)
	}
	if c := cmp.Compare(x.Type, y.Type); c != 0 {
		return c
	}
	if x.To != y.To {
		return cmp.Compare(x.To, y.To)
	}
	return x.CompareContent(y)
}

// sortLinks sorts places and moves each link once: links are large.
func (b *Batch) sortLinks() {
	place := make([]uint32, len(b.Links))
	sorted := true
	for i := range place {
		place[i] = uint32(i)
		sorted = sorted && (i == 0 || compareLinks(&b.Links[i-1], &b.Links[i]) <= 0)
	}
	if sorted {
		return
	}
	slices.SortFunc(place, func(x, y uint32) int { return compareLinks(&b.Links[x], &b.Links[y]) })
	links := make([]Link, len(b.Links))
	for i, p := range place {
		links[i] = b.Links[p]
	}
	b.Links = links
}

// sortRefs makes Refs ascending, each once, and gives facts their new indices.
func (b *Batch) sortRefs() {
	sorted := true
	for i := 1; i < len(b.Refs) && sorted; i++ {
		sorted = b.Refs[i-1].Compare(b.Refs[i]) < 0
	}
	if sorted {
		return
	}
	order := make([]uint32, len(b.Refs))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(x, y uint32) int { return b.Refs[x].Compare(b.Refs[y]) })
	refs, rank := make([]Ref, 0, len(b.Refs)), make([]uint32, len(b.Refs))
	for _, at := range order {
		if n := len(refs); n == 0 || refs[n-1] != b.Refs[at] {
			refs = append(refs, b.Refs[at])
		}
		rank[at] = uint32(len(refs) - 1)
	}
	b.Refs = refs
	for i := range b.Attrs {
		b.Attrs[i].Node = rank[b.Attrs[i].Node]
	}
	for i := range b.Links {
		b.Links[i].From, b.Links[i].To = rank[b.Links[i].From], rank[b.Links[i].To]
	}
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
