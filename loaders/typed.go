package loaders

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"ringleader/graph"
)

// holds is what the values of a column are.
type holds uint8

const (
	holdsText holds = iota
	holdsTime
	holdsAmount
	holdsNumber
	holdsFlag
)

// holdings are the types of columns by their names in mappings.
var holdings = map[string]holds{"": holdsText, "text": holdsText, "time": holdsTime, "amount": holdsAmount,
	"number": holdsNumber, "flag": holdsFlag}

// typedColumn is a column whose values are checked or translated.
type typedColumn struct {
	Column
	name     string
	index    int // -1 if the file lacks it
	holds    holds
	plain    bool // a text that is taken as it stands
	time     *timeFormat
	currency template
}

// typedColumns are the columns with something to check, in the order of names,
// amounts last.
func (c *compiler) typedColumns() []typedColumn {
	var out []typedColumn
	for _, name := range slices.Sorted(maps.Keys(c.columns)) {
		col, path := c.columns[name], "columns."+name
		if col.Decimal != "" && col.Decimal != "," && col.Decimal != "." {
			c.fail(path+".decimal", fmt.Errorf("%w decimal: want a comma or a dot", graph.ErrInvalid))
		}
		if !col.Required && (col.Type == "" || col.Type == "text") && col.OneOf == nil && col.Values == nil {
			continue
		}
		t := typedColumn{Column: col, name: name, index: c.column(path, name)}
		if t.index < 0 && col.Required && !c.open {
			c.missing(path, name)
		}
		var known bool
		if t.holds, known = holdings[col.Type]; !known {
			c.fail(path+".type", fmt.Errorf("%w type: want text, time, amount, number or flag", graph.ErrInvalid))
		}
		t.plain = t.holds == holdsText && col.OneOf == nil && col.Values == nil && col.Decimal == "" && !col.Absolute
		switch t.holds {
		case holdsTime:
			f, err := newTimeFormat(col, c.zone)
			c.fail(path, err)
			t.time = f
		case holdsAmount:
			t.currency = c.template(path+".currency", col.Currency)
		}
		out = append(out, t)
	}
	slices.SortStableFunc(out, func(a, b typedColumn) int { // the currency of an amount may be translated
		return cmp.Compare(len(a.currency.parts), len(b.currency.parts))
	})
	return out
}

// value checks one value and parses it into its column's place.
func (f *facts) value(c *typedColumn, values []string) *problem {
	if c.index >= 0 {
		switch c.holds {
		case holdsTime:
			f.times[c.index] = 0
		case holdsAmount:
			f.moneys[c.index] = graph.Money{}
		case holdsNumber:
			f.nums[c.index] = 0
		}
	}
	if c.index < 0 || values[c.index] == "" {
		if c.Required {
			return &problem{c.name, "required, but absent"}
		}
		return nil
	}
	if c.plain {
		return nil
	}
	v := &values[c.index]
	if c.Values != nil {
		to, ok := c.Values[*v]
		if !ok {
			return &problem{c.name, "not one of " + strings.Join(slices.Sorted(maps.Keys(c.Values)), ", ")}
		}
		*v = to
	}
	if c.OneOf != nil && !slices.Contains(c.OneOf, *v) {
		return &problem{c.name, "not one of " + strings.Join(c.OneOf, ", ")}
	}
	if *v == "" {
		return nil // translated to absent
	}
	if c.Decimal != "" {
		*v = plainDecimal(*v, c.Decimal)
	}
	if c.Absolute {
		*v = strings.TrimPrefix(*v, "-")
	}
	switch c.holds {
	case holdsTime:
		format, p := f.inOwnZone(c.time, values)
		if p != nil {
			return p
		}
		t, p := format.parse(*v)
		if p != nil {
			return &problem{c.name, p.reason}
		}
		f.times[c.index] = t
	case holdsAmount:
		return f.amount(c, values)
	case holdsNumber:
		n, err := strconv.ParseFloat(*v, 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			return &problem{c.name, "not a number"}
		}
		f.nums[c.index] = n
	case holdsFlag:
		*v = parseFlag(*v)
	}
	return nil
}

func (f *facts) amount(c *typedColumn, values []string) *problem {
	currency, _ := c.currency.text(values)
	m, err := graph.ParseMoney(values[c.index], strings.ToUpper(currency))
	if err != nil {
		return &problem{c.name, err.Error()} // it names the rule, not the value
	}
	if m.Minor < 0 {
		return &problem{c.name, "a negative amount; if it is money given back, state it as a refund: status refunded, the amount without its sign"}
	}
	f.moneys[c.index] = m
	return nil
}

// at is the time of a column, unknown for no column.
func (f *facts) at(index int) graph.Time {
	if index < 0 {
		return 0
	}
	return f.times[index]
}

// propertyText is the value of a property as it is stored: times in RFC 3339,
// amounts with their currency.
func (f *facts) propertyText(p *property, values []string) string {
	if p.index < 0 {
		s, _ := p.template.text(values)
		return s
	}
	if values[p.index] == "" {
		return ""
	}
	switch p.typ {
	case "time":
		return f.times[p.index].String()
	case "amount":
		return f.moneys[p.index].String()
	}
	return values[p.index]
}
