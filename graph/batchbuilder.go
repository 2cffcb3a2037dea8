package graph

import (
	"cmp"
	"slices"
)

// BatchBuilder fills a Batch, giving each reference one index. The zero value
// is ready. Take hands the batch over and starts a new one.
type BatchBuilder struct {
	batch Batch
	index refIndex
	spare *Batch // whose memory the next batch gets

	// References wait until there is a group of them: see refIndex.place.
	waiting int
	refs    [group]Ref
	owner   [group]end
	placed  [group]uint32
}

// end is a field that waits for the index of its reference: of the attribute
// or the link with that number.
type end struct {
	fact  uint32
	field uint8
}

const (
	attrNode = iota
	linkFrom
	linkTo
)

// wait puts the reference of a fact that is in the batch already among those to be placed.
func (w *BatchBuilder) wait(r Ref, fact int, field uint8) {
	if w.waiting == group {
		w.settle()
	}
	w.refs[w.waiting], w.owner[w.waiting] = r, end{uint32(fact), field}
	w.waiting++
}

// settle places the references that wait and writes their indices into their
// facts.
func (w *BatchBuilder) settle() {
	if w.waiting == 0 {
		return
	}
	w.batch.Refs = w.index.place(w.batch.Refs, w.refs[:w.waiting], w.placed[:])
	for i, o := range w.owner[:w.waiting] {
		w.name(o, w.placed[i])
	}
	w.waiting = 0
}

// name writes the index of a reference into the field that waits for it.
func (w *BatchBuilder) name(o end, at uint32) {
	switch o.field {
	case attrNode:
		w.batch.Attrs[o.fact].Node = at
	case linkFrom:
		w.batch.Links[o.fact].From = at
	case linkTo:
		w.batch.Links[o.fact].To = at
	}
}

// Ref is the index of r in the batch under construction.
func (w *BatchBuilder) Ref(r Ref) uint32 {
	w.settle()
	w.refs[0] = r
	w.batch.Refs = w.index.place(w.batch.Refs, w.refs[:1], w.placed[:])
	return w.placed[0]
}

// Attr adds a statement about r; an empty name states that r exists.
func (w *BatchBuilder) Attr(r Ref, name, value string, at Time, from ...Source) {
	w.batch.Attrs = append(w.batch.Attrs, Attr{Name: name, Value: value, At: at, Sources: w.keep(from)})
	w.wait(r, len(w.batch.Attrs)-1, attrNode)
}

// Link adds l between two references; l.From, l.To and l.Sources are set here.
// It sorts l.Props by name.
func (w *BatchBuilder) Link(from, to Ref, l Link, sources ...Source) {
	w.AddLink(from, to, &l, sources...)
}

// AddLink is Link for a link that is large to pass; l itself is not changed but
// for the order of its Props.
func (w *BatchBuilder) AddLink(from, to Ref, l *Link, sources ...Source) {
	if len(l.Props) > 1 {
		slices.SortFunc(l.Props, func(a, b Prop) int { return cmp.Compare(a.Name, b.Name) })
	}
	n := len(w.batch.Links)
	w.batch.Links = append(w.batch.Links, *l)
	w.batch.Links[n].Sources = w.keep(sources)
	w.wait(from, n, linkFrom)
	w.wait(to, n, linkTo)
}

// keep copies sources into one shared array: nearly every fact has just one.
func (w *BatchBuilder) keep(s []Source) []Source {
	if len(s) == 0 {
		return nil
	}
	n := len(w.batch.sources)
	w.batch.sources = append(w.batch.sources, s...)
	return w.batch.sources[n:len(w.batch.sources):len(w.batch.sources)]
}

// Len is the number of facts so far.
func (w *BatchBuilder) Len() int { return w.batch.Len() }

// Reuse gives the builder the memory of a batch that nobody looks at any more,
// nor at its facts, their Props excepted. The batch after the present one is
// made in it.
func (w *BatchBuilder) Reuse(b *Batch) { w.spare = b }

// Take returns the batch and resets the builder. The next batch is expected to
// be about as large as this one.
func (w *BatchBuilder) Take() *Batch {
	w.settle()
	b := w.batch
	next := cmp.Or(w.spare, &Batch{})
	w.batch = Batch{
		Refs:    slices.Grow(next.Refs[:0], len(b.Refs)),
		Attrs:   slices.Grow(next.Attrs[:0], len(b.Attrs)),
		Links:   slices.Grow(next.Links[:0], len(b.Links)),
		sources: slices.Grow(next.sources[:0], len(b.sources)),
	}
	w.spare = nil
	w.index.grow(nil, max(64, len(w.index.slots)))
	return &b
}
