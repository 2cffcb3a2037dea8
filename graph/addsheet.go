package graph

// AddSheet takes the facts of a sheet, which may be reused afterwards, and so may the
// memory of its texts. It fails as [Builder.Add] does. Time: O(facts) expected.
func (b *Builder) AddSheet(s *Sheet) error {
	if err := b.room(len(s.Links), len(s.Attrs)); err != nil {
		return err
	}
	if err := b.sheetAttrs(s); err != nil {
		return err
	}
	return b.sheetLinks(s)
}

// want puts a reference among the keys to be numbered.
func (b *Builder) want(r *Ref) error {
	kind, err := b.kindNumber(r.Kind)
	b.work.keys, b.work.kinds = append(b.work.keys, r.Key), append(b.work.kinds, kind)
	return err
}

// internRefs numbers the references wanted, into buffers.ref.
func (b *Builder) internRefs() error {
	w := &b.work
	if len(w.keys) == 0 {
		return nil
	}
	err := b.numberWaiting()
	if err == nil {
		err = w.intern(&b.refs, w.kinds)
	}
	w.ref, w.ids = w.ids, w.ref
	return err
}

func (b *Builder) sheetAttrs(s *Sheet) error {
	w := &b.work
	w.start()
	for i := range s.Attrs {
		if a := &s.Attrs[i]; !b.later(a.At) {
			if err := b.want(&a.Of); err != nil {
				return err
			}
			w.places = append(w.places, uint32(i))
		}
	}
	if err := b.internRefs(); err != nil || b.opts.Topology {
		return err
	}
	for j, i := range w.places {
		a := &s.Attrs[i]
		if unsaid(a.Name) {
			continue
		}
		name, _, err := b.names.InternText(0, a.Name)
		if err != nil {
			return err
		}
		value, _, err := b.values.InternText(0, a.Value)
		if err != nil {
			return err
		}
		b.attrs.add(statement{at: a.At, node: w.ref[j], name: name, value: value})
	}
	return nil
}

func (b *Builder) sheetLinks(s *Sheet) error {
	w := &b.work
	w.start()
	for i := range s.Links {
		if l := &s.Links[i]; !b.later(l.At) {
			if err := b.want(&l.From); err != nil {
				return err
			}
			if err := b.want(&l.To); err != nil {
				return err
			}
			w.places = append(w.places, uint32(i))
		}
	}
	if err := b.internRefs(); err != nil {
		return err
	}
	events, err := b.sheetEvents(s)
	if err != nil {
		return err
	}
	for j, i := range w.places {
		l := &s.Links[i]
		r, err := b.rowOf(l.Type, l.At, w.ref[2*j], w.ref[2*j+1])
		if err != nil {
			return err
		}
		var x extra
		if d := s.Detail(l); d != nil && b.opts.Topology {
			x.event = eventHash(d.Event)
		} else if d != nil {
			if d.Event != "" {
				x.event, events = events[0], events[1:]
			}
			if x.body, err = b.bodyOf(d.Until, d.Weight, d.Money, d.Props); err != nil {
				return err
			}
		}
		b.addLink(r, x)
	}
	return nil
}

// sheetEvents numbers the events of the links that are kept, in their order.
func (b *Builder) sheetEvents(s *Sheet) ([]uint32, error) {
	if b.opts.Topology || len(s.Details) == 0 {
		return nil, nil
	}
	w := &b.work
	w.keys = w.keys[:0]
	for _, i := range w.places {
		if d := s.Detail(&s.Links[i]); d != nil && d.Event != "" {
			w.keys = append(w.keys, d.Event)
		}
	}
	err := w.intern(&b.events, oneKind)
	return w.ids, err
}
