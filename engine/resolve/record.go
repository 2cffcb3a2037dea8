package resolve

import (
	"slices"
	"strings"

	"ringleader/graph"
)

// A record is a vertex; what is compared of it are the values of columns. A
// column holds each distinct value once, so that equal values are equal
// numbers and costly forms (runes, words, dates) are made once.
type table struct {
	refs    []graph.Ref // ascending
	columns []*column
}

// column is one thing that is compared: a name in all its parts, a birth date.
type column struct {
	comparison
	of     []uint32 // by record; 0 is missing
	values []value  // by number; the first stands for missing
	known  int      // records that have one
}

// value is one distinct value and what is needed to compare it.
type value struct {
	key   string // what makes it equal to another; folded
	runes []rune
	words []string // ascending, distinct
	parts [2]string
	sides [2][]rune // parts as runes
	date  date
	lat   float64
	lon   float64
	count int             // records that have it
	part  [partKinds]part // its parts, for term frequencies
}

// part is how common a part of a value is: how many records have it, and the
// share of records that is to be expected to.
type part struct {
	records int
	share   float64
}

const (
	whole = iota // the value
	first        // the first of its parts: a surname, the local part of an address
	second
	partKinds
)

// raw is the attributes of a record by role.
type raw map[Role]string

// readTable reads the records of a kind. An identifier (phone, e-mail, address,
// national ID) that no attribute states is taken from the node that the record
// or an account of it is linked with last. Records without any field stay out.
// Time and memory: O(attributes and links of the records).
func readTable(g *graph.Snapshot, kind graph.Kind, f Fields) *table {
	t := new(table)
	roles := f.roleOf()
	var rows []raw
	lo, hi := g.OfKind(kind)
	for v := lo; v < hi; v++ {
		r := readRaw(g, v, roles)
		linked(g, v, f, r)
		if len(r) > 0 {
			t.refs, rows = append(t.refs, g.Ref(v)), append(rows, r)
		}
	}
	for _, c := range comparisons() {
		if col := newColumn(c, rows); col != nil {
			t.columns = append(t.columns, col)
		}
	}
	return t
}

func readRaw(g *graph.Snapshot, v graph.Vertex, roles map[string]place) raw {
	r, rank := make(raw), make(map[Role]int)
	for a := range g.History(v) { // ascending by name and time: of one name the last holds
		p, ok := roles[plainName(a.Name)]
		if !ok || strings.TrimSpace(a.Value) == "" {
			continue
		}
		if have, is := rank[p.role]; is && have < p.rank {
			continue
		}
		r[p.role], rank[p.role] = a.Value, p.rank
	}
	return r
}

// linked adds what links say: the record's own, then those of its accounts.
func linked(g *graph.Snapshot, v graph.Vertex, f Fields, r raw) {
	for _, role := range []Role{Phone, Email, Address, NationalID} {
		if _, stated := r[role]; stated || f[role] != nil {
			continue
		}
		if key := lastOf(g, v, role); key != "" {
			r[role] = key
		}
	}
}

func lastOf(g *graph.Snapshot, v graph.Vertex, role Role) string {
	key, at := "", graph.Time(0)
	see := func(from graph.Vertex) {
		lo, hi := g.Out(from)
		for l := lo; l < hi; l++ {
			if to := g.To(l); string(g.Kind(to)) == string(role) {
				if k := g.Ref(to).Key; key == "" || g.At(l) > at || g.At(l) == at && k > key {
					key, at = k, g.At(l)
				}
			}
		}
	}
	see(v)
	if key != "" {
		return key
	}
	for _, l := range g.In(v) {
		if g.Type(l) == graph.OwnedBy {
			see(g.From(l))
		}
	}
	return key
}

// newColumn interns what a comparison makes of each record. Numbers follow the
// order of the values, so they depend on what is there and not on where. Nil
// where no two records have a value.
func newColumn(c comparison, rows []raw) *column {
	col := &column{comparison: c, of: make([]uint32, len(rows)), values: make([]value, 1)}
	at := make(map[string]uint32)
	made := make([]value, len(rows))
	for i, r := range rows {
		v, ok := c.read(r)
		if !ok {
			continue
		}
		made[i] = v
		at[v.key] = 0
		col.known++
	}
	if col.known < 2 {
		return nil
	}
	keys := make([]string, 0, len(at))
	for k := range at {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for i, k := range keys {
		at[k] = uint32(i + 1)
	}
	col.values = make([]value, len(keys)+1)
	for i := range made {
		if made[i].key == "" {
			continue
		}
		n := at[made[i].key]
		v := &col.values[n]
		if v.count == 0 {
			*v = made[i]
		} else {
			v.words = union(v.words, made[i].words)
		}
		v.count++
		col.of[i] = n
	}
	col.countParts()
	return col
}

// union is both of two ascending lists.
func union(a, b []string) []string {
	for _, w := range b {
		if !contains(a, w) {
			both := slices.Concat(a, b)
			slices.Sort(both)
			return slices.Compact(both)
		}
	}
	return a
}

// fewRecords is how many records the shipped chance of agreement weighs
// against the data's: of ten records one in five says little.
const fewRecords = 1000

// countParts gives each value the share of records that have its parts.
func (c *column) countParts() {
	var usual [partKinds]float64
	for _, lv := range c.levels {
		if lv.exact > 0 {
			usual[lv.exact-1] = max(usual[lv.exact-1], lv.u)
		}
	}
	var counts [partKinds]map[string]int
	for k := range counts {
		counts[k] = make(map[string]int)
	}
	each := func(f func(v *value, kind int, text string)) {
		for i := range c.values[1:] {
			v := &c.values[i+1]
			f(v, whole, v.key)
			for k, text := range v.parts {
				if text != "" {
					f(v, first+k, text)
				}
			}
		}
	}
	each(func(v *value, kind int, text string) { counts[kind][text] += v.count })
	each(func(v *value, kind int, text string) {
		v.part[kind].records = counts[kind][text]
		v.part[kind].share = (float64(counts[kind][text]) + fewRecords*usual[kind]) / (float64(c.known) + fewRecords)
	})
}

// expected is how probable it is that two records agree in a part by chance:
// the sum of the squared shares.
func (c *column) expected(kind int) float64 {
	sum, seen := 0.0, make(map[string]bool)
	for i := range c.values[1:] {
		v := &c.values[i+1]
		text := v.key
		if kind != whole {
			text = v.parts[kind-first]
		}
		if text != "" && !seen[text] {
			seen[text] = true
			sum += v.part[kind].share * v.part[kind].share
		}
	}
	return sum
}
