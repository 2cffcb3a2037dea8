package graph

import (
	"encoding/binary"
	"strings"
	"unsafe"
)

// propsMemo is the last list of properties that got a number, and its number:
// links of one event share it.
type propsMemo struct {
	first *Prop
	size  int
	list  uint32
}

// bodyOf numbers what few links have, 0 if this one has nothing of it.
func (b *Builder) bodyOf(until Time, weight float64, money Money, props []Prop) (uint32, error) {
	if b.later(until) {
		until = 0
	}
	if until == 0 && weight == 0 && !money.Known && len(props) == 0 {
		return 0, nil
	}
	memo := &b.work.props
	if first := unsafe.SliceData(props); first != memo.first || len(props) != memo.size {
		list, err := b.propsNumber(props)
		if err != nil {
			return 0, err
		}
		*memo = propsMemo{first, len(props), list}
	}
	x := body{until: until, weight: weight + 0, props: memo.list} // −0 + 0 is 0
	if money.Known {
		x.minor = money.Minor
		b.work.list = append(append(b.work.list[:0], money.Exponent), money.Currency...)
		var err error
		if x.unit, _, err = b.units.Intern(1, b.work.list); err != nil {
			return 0, err
		}
	}
	b.bodies.add(x)
	return uint32(b.bodies.len() - 1), nil
}

// propsNumber numbers a list of properties; 0 is that of none.
func (b *Builder) propsNumber(props []Prop) (uint32, error) {
	list := b.work.list[:0]
	for i := range props {
		name, _, err := b.names.InternText(0, props[i].Name)
		if err != nil {
			return 0, err
		}
		value, _, err := b.values.InternText(0, props[i].Value)
		if err != nil {
			return 0, err
		}
		list = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(list, name), value)
	}
	b.work.list = list
	id, _, err := b.lists.Intern(0, list)
	return id, err
}

// encode is the canonical encoding of a body.
func (b *Builder) encode(x body) []byte {
	l := Link{Weight: x.weight, Props: b.propsOf(x.props)}
	if x.unit != 0 {
		u := b.unitOf(x.unit)
		l.Money = Money{Minor: x.minor, Exponent: u.Exponent, Known: true, Currency: u.Currency}
	}
	return l.AppendBody(nil)
}

func (b *Builder) unitOf(id uint32) unit {
	text := b.units.Text(id)
	return unit{text[0], strings.Clone(text[1:])}
}

// propsOf is a list of properties by its number.
func (b *Builder) propsOf(id uint32) (props []Prop) {
	for name, value := range b.listOf(id) {
		props = append(props, Prop{b.names.Text(name), b.values.Text(value)})
	}
	return props
}
