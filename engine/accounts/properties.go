package accounts

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"ringleader/graph"
)

// An measuring names a value of a property in a column if at least so many
// accounts have it: a name never tells of one person.
const (
	topValues    = 8
	commonValue  = 5
	commonShare  = .01
	neverNumbers = "event/" // events are no properties
)

// attributes adds a column per property of accounts: numbers as they are,
// moments as days before the latest moment of the data, and of other texts how
// common the value is and one column for each of the most common.
func (m *measuring) attributes(context.Context) error {
	values := make(map[string][]string) // by property, then account
	for v := m.lo; v < m.hi; v++ {
		for a := range m.g.History(v) { // ascending by (name, at, value): the last of a name holds
			if strings.HasPrefix(a.Name, neverNumbers) || slices.Contains(m.o.Without, a.Name) {
				continue
			}
			if values[a.Name] == nil {
				values[a.Name] = make([]string, m.accounts())
			}
			values[a.Name][v-m.lo] = a.Value
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		column := "attr_" + plainName(name)
		switch list := values[name]; {
		case allParse(list, parseNumber):
			m.parsed(column, list, parseNumber)
		case allParse(list, m.parseAge):
			m.parsed(column+"_days", list, m.parseAge)
		default:
			m.categories(column, list)
		}
	}
	return nil
}

func parseNumber(s string) (float64, bool) {
	x, err := strconv.ParseFloat(s, 64)
	return x, err == nil
}

// parseAge reads a moment or a day.
func (m *measuring) parseAge(s string) (float64, bool) {
	var t graph.Time
	if err := t.UnmarshalText([]byte(s)); err == nil {
		return m.days(t), true
	}
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		return m.days(graph.TimeOf(day)), true
	}
	return 0, false
}

func allParse(values []string, parse func(string) (float64, bool)) bool {
	for _, s := range values {
		if s == "" {
			continue
		}
		if _, ok := parse(s); !ok {
			return false
		}
	}
	return true
}

func (m *measuring) parsed(name string, values []string, parse func(string) (float64, bool)) {
	c := m.column(name)
	for i, s := range values {
		if x, ok := parse(s); ok {
			c[i] = x
		}
	}
}

// categories tells how common a value is, and the most common ones apart. A
// column has its value in its name, so that it means the same wherever it is
// measured.
func (m *measuring) categories(name string, values []string) {
	count := make(map[string]int)
	for _, s := range values {
		count[s]++
	}
	delete(count, "")
	share := m.column(name + "_share")
	for i, s := range values {
		if s != "" {
			share[i] = float64(count[s]) / float64(len(values))
		}
	}
	top := slices.Sorted(maps.Keys(count))
	slices.SortStableFunc(top, func(a, b string) int { return cmp.Compare(count[b], count[a]) })
	least := max(commonValue, int(commonShare*float64(len(values))))
	taken := make(map[string]bool)
	for _, value := range top[:min(topValues, len(top))] {
		plain := name + "_is_" + plainName(value)
		if count[value] < least || taken[plain] {
			continue
		}
		taken[plain] = true
		c := m.count(plain)
		for i, s := range values {
			if s == value {
				c[i] = 1
			}
		}
	}
}

// plainName keeps letters and digits: LightGBM takes no others in names.
func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' {
			return r
		}
		return '_'
	}, s)
}

// links adds how many links and how many other ends an account has, by type
// and direction. An association has no direction.
func (m *measuring) links(ctx context.Context) error {
	type pair struct{ links, ends []float64 }
	columns := make(map[string]pair)
	for _, t := range slices.Sorted(slices.Values(m.g.Types())) {
		sides := []string{"out_", "in_"}
		if t == graph.Associated {
			sides = []string{"with_"}
		}
		for _, side := range sides {
			name := side + strings.ToLower(plainName(string(t)))
			columns[side+string(t)] = pair{m.count(name + "_links"), m.count(name + "_ends")}
		}
	}
	return m.each(ctx, func(i int) {
		var out, in []end
		a := m.lo + graph.Vertex(i)
		lo, hi := m.g.Out(a)
		for l := lo; l < hi; l++ {
			out = append(out, end{m.g.Type(l), m.g.To(l)})
		}
		for _, l := range m.g.In(a) {
			in = append(in, end{m.g.Type(l), m.g.From(l)})
		}
		for k, list := range [][]end{out, in} {
			for _, e := range list {
				columns[sideOf(k, e.t)].links[i]++
			}
			slices.SortFunc(list, func(a, b end) int { return cmp.Or(cmp.Compare(a.t, b.t), cmp.Compare(a.v, b.v)) })
			for _, e := range slices.Compact(list) {
				columns[sideOf(k, e.t)].ends[i]++
			}
		}
	})
}

// end is where a link of an account leads.
type end struct {
	t graph.LinkType
	v graph.Vertex
}

func sideOf(k int, t graph.LinkType) string {
	switch {
	case t == graph.Associated:
		return "with_" + string(t)
	case k == 0:
		return "out_" + string(t)
	}
	return "in_" + string(t)
}
