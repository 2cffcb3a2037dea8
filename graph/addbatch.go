package graph

import (
	"fmt"
	"slices"
)

// Add takes the facts of an observed batch, which may be reused afterwards. It
// fails on more vertices, links, kinds or types than a snapshot can number.
// Time: O(facts) expected.
func (b *Builder) Add(batch *Batch) error {
	if batch.Derived || batch.Gone || !batch.Retract.Empty() {
		return fmt.Errorf("%w batch for a snapshot: want observed facts only", ErrInvalid)
	}
	if err := b.room(len(batch.Links), len(batch.Attrs)); err != nil {
		return err
	}
	if err := b.addRefs(batch); err != nil {
		return err
	}
	if b.opts.Topology {
		return b.addEnds(batch.Links)
	}
	if err := b.addAttrs(batch.Attrs); err != nil {
		return err
	}
	return b.addLinks(batch.Links)
}

// addEnds takes of links what [BuildOptions.Topology] keeps.
func (b *Builder) addEnds(links []Link) error {
	for i := range links {
		l := &links[i]
		if b.later(l.At) {
			continue
		}
		r, err := b.rowOf(l.Type, l.At, b.work.ref[l.From], b.work.ref[l.To])
		if err != nil {
			return err
		}
		b.addLink(r, extra{event: eventHash(l.Event)})
	}
	return nil
}

// addRefs numbers the references that a fact of the batch names: a batch may
// hold some that none does.
func (b *Builder) addRefs(batch *Batch) error {
	w := &b.work
	w.ref = append(w.ref[:0], make([]uint32, len(batch.Refs))...)
	for i := range batch.Attrs {
		if a := &batch.Attrs[i]; !b.later(a.At) {
			w.ref[a.Node] = 1
		}
	}
	for i := range batch.Links {
		if l := &batch.Links[i]; !b.later(l.At) {
			w.ref[l.From], w.ref[l.To] = 1, 1
		}
	}
	w.start()
	var last Kind
	var kind uint16
	for i, used := range w.ref {
		if used == 0 {
			continue
		}
		r := &batch.Refs[i]
		if r.Kind != last || len(w.keys) == 0 {
			var err error
			if kind, err = b.kindNumber(r.Kind); err != nil {
				return err
			}
			last = r.Kind
		}
		w.keys, w.kinds, w.places = append(w.keys, r.Key), append(w.kinds, kind), append(w.places, uint32(i))
	}
	if len(w.kinds) == 0 {
		return nil
	}
	if err := b.numberRefs(); err != nil {
		return err
	}
	for i, at := range w.places {
		w.ref[at] = w.ids[i]
	}
	return nil
}

// numberRefs numbers the references at hand: by arrival, as long as they may wait.
func (b *Builder) numberRefs() error {
	w := &b.work
	if b.refs.Len() == 0 && b.waiting.n+len(w.keys) <= b.mostWaiting {
		w.ids = slices.Grow(w.ids[:0], len(w.keys))[:len(w.keys)]
		return b.waiting.add(w.keys, w.kinds, w.ids)
	}
	if err := b.numberWaiting(); err != nil {
		return err
	}
	return w.intern(&b.refs, w.kinds)
}

// unsaid reports whether a statement of that name says only that its node is
// there: one without a name, and a sealed value, which nobody here can read.
func unsaid(name string) bool { return name == "" || name == PropSealed }

func (b *Builder) addAttrs(attrs []Attr) error {
	w := &b.work
	w.start()
	for i := range attrs {
		if a := &attrs[i]; !unsaid(a.Name) && !b.later(a.At) {
			w.keys, w.places = append(w.keys, a.Value), append(w.places, uint32(i))
		}
	}
	if err := w.intern(&b.values, oneKind); err != nil {
		return err
	}
	var last string
	var name uint32
	for i, at := range w.places {
		a := &attrs[at]
		if a.Name != last {
			var err error
			if name, _, err = b.names.InternText(0, a.Name); err != nil {
				return err
			}
			last = a.Name
		}
		b.attrs.add(statement{at: a.At, node: w.ref[a.Node], name: name, value: w.ids[i]})
	}
	return nil
}

func (b *Builder) addLinks(links []Link) error {
	w := &b.work
	w.start()
	for i := range links {
		if l := &links[i]; l.Event != "" && !b.later(l.At) {
			w.keys = append(w.keys, l.Event)
		}
	}
	if err := w.intern(&b.events, oneKind); err != nil {
		return err
	}
	events := w.ids
	for i := range links {
		l := &links[i]
		if b.later(l.At) {
			continue
		}
		r, err := b.rowOf(l.Type, l.At, w.ref[l.From], w.ref[l.To])
		if err != nil {
			return err
		}
		var x extra
		if l.Event != "" {
			x.event, events = events[0], events[1:]
		}
		if x.body, err = b.bodyOf(l.Until, l.Weight, l.Money, l.Props); err != nil {
			return err
		}
		b.addLink(r, x)
	}
	return nil
}
