package graph

import (
	"encoding/binary"
	"iter"
)

// listOf yields the numbers of names and values in a list of properties.
func (b *Builder) listOf(id uint32) iter.Seq2[uint32, uint32] {
	return func(yield func(name, value uint32) bool) {
		for list := b.lists.Key(id); len(list) > 0; list = list[8:] {
			if !yield(binary.LittleEndian.Uint32(list), binary.LittleEndian.Uint32(list[4:])) {
				return
			}
		}
	}
}

// numberDetails fills the columns that few links have. Events, units and lists
// of properties are numbered in the order of the links that have them.
func (p *placing) numberDetails(names []uint32, values *renaming) {
	s, b, n := p.s, p.b, p.s.Links()
	var have struct{ until, event, money, props, weight int }
	for _, own := range p.extrasOfLinks {
		if own.event != 0 {
			have.event++
		}
		if own.body == 0 {
			continue
		}
		x := b.bodies.at(own.body)
		have.until += one(x.until != 0)
		have.money += one(x.unit != 0)
		have.props += one(x.props != 0)
		have.weight += one(x.weight != 0)
	}
	s.until, s.event = makeOptional[Time](n, have.until), makeOptional[uint32](n, have.event)
	s.minor, s.unit = makeOptional[int64](n, have.money), makeHuge[uint32](have.money)[:0]
	s.props, s.weight = makeOptional[uint32](n, have.props), makeOptional[float64](n, have.weight)
	events := &renaming{of: make([]uint32, b.events.Len())}
	units := &renaming{of: make([]uint32, b.units.Len())}
	lists := &renaming{of: make([]uint32, b.lists.Len())}
	for i, own := range p.extrasOfLinks {
		if own.event != 0 {
			s.event.set(i, events.number(own.event))
		}
		if own.body == 0 {
			continue
		}
		x := b.bodies.at(own.body)
		if x.until != 0 {
			s.until.set(i, x.until)
		}
		if x.unit != 0 {
			s.minor.set(i, x.minor)
			s.unit = append(s.unit, units.number(x.unit))
		}
		if x.props != 0 {
			s.props.set(i, lists.number(x.props))
		}
		if x.weight != 0 {
			s.weight.set(i, x.weight)
		}
	}
	for _, o := range []interface{ finish() }{&s.until, &s.event, &s.minor, &s.props, &s.weight} {
		o.finish()
	}
	p.extras, b.bodies = nil, chunks[body]{}
	s.events = events.texts(&b.events)
	for _, old := range units.olds {
		s.units = append(s.units, b.unitOf(old))
	}
	p.placeProps(names, values, lists.olds)
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// placeProps writes the lists of properties that links have, in their order.
func (p *placing) placeProps(names []uint32, values *renaming, lists []uint32) {
	s := p.s
	s.propsStart = make([]uint32, 1, len(lists)+1)
	for _, old := range lists {
		for name, value := range p.b.listOf(old) {
			s.propName, s.propValue = append(s.propName, names[name]), append(s.propValue, values.number(value))
		}
		s.propsStart = append(s.propsStart, uint32(len(s.propName)))
	}
}
