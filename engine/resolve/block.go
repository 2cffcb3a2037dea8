package resolve

import (
	"cmp"
	"slices"
	"strconv"
)

// rule is one blocking rule: two records are compared if they agree in all its
// parts. A record that lacks one is in no block of the rule.
type rule struct {
	name   string
	strict bool // most pairs that it compares are of one person: good to learn from
	parts  []keyPart
}

// keyPart makes the text of a part from the value of a column.
type keyPart struct {
	column string
	text   func(v *value) string
}

// rules are the blocking rules. Each joins two statements, so that no block
// grows with a common name or town alone, or takes one that is nearly
// exclusive. Together they find a pair with mistakes in any two fields.
func rules() []rule {
	sur := keyPart{"name", func(v *value) string { return v.parts[0] }}
	given := keyPart{"name", func(v *value) string { return v.parts[1] }}
	either := keyPart{"name", func(v *value) string { // whichever way round
		if v.parts[0] == "" || v.parts[1] == "" {
			return ""
		}
		return min(v.parts[0], v.parts[1]) + "|" + max(v.parts[0], v.parts[1])
	}}
	stems := keyPart{"name", func(v *value) string { return stem(v.sides[1], v.sides[0], 3, 4) }}
	shorts := keyPart{"name", func(v *value) string { return stem(v.sides[1], v.sides[0], 2, 2) }}
	born := keyPart{"birth_date", func(v *value) string {
		if !v.date.whole() {
			return ""
		}
		return v.key
	}}
	year := keyPart{"birth_date", func(v *value) string { return v.parts[0] }}
	eitherDay := keyPart{"birth_date", func(v *value) string {
		d := v.date
		if !d.whole() {
			return ""
		}
		return v.parts[0] + "-" + strconv.Itoa(min(d.day, d.month)) + "-" + strconv.Itoa(max(d.day, d.month))
	}}
	full := func(column string) keyPart { return keyPart{column, func(v *value) string { return v.key }} }
	district := keyPart{"postcode", func(v *value) string { return string(v.runes[:max(len(v.runes)-3, min(2, len(v.runes)))]) }}
	return []rule{
		{"national ID", true, []keyPart{full("national_id")}},
		{"phone", true, []keyPart{full("phone")}},
		{"e-mail", true, []keyPart{full("email")}},
		{"both names, birth year", true, []keyPart{either, year}},
		{"surname, birth date", true, []keyPart{sur, eitherDay}},
		{"first name, birth date", true, []keyPart{given, eitherDay}},
		{"surname, postcode", true, []keyPart{sur, full("postcode")}},
		{"first name, postcode", true, []keyPart{given, full("postcode")}},
		{"birth date, postcode district", true, []keyPart{born, district}},
		{"birth date, birth place", true, []keyPart{born, full("birth_place")}},
		{"surname, address", true, []keyPart{sur, full("address")}},
		{"first name, address", true, []keyPart{given, full("address")}},
		{"birth date, address", true, []keyPart{born, full("address")}},
		{"surname, postcode district", false, []keyPart{sur, district}},
		{"first name, postcode district", false, []keyPart{given, district}},
		{"starts of the names, birth year", false, []keyPart{shorts, year}},
		{"starts of the names", false, []keyPart{stems}},
		{"birth date, occupation", false, []keyPart{born, full("occupation")}},
		{"surname, birth place", false, []keyPart{sur, full("birth_place")}},
		{"first name, birth place, occupation", false, []keyPart{given, full("birth_place"), full("occupation")}},
	}
}

// stem is the first characters of both names, empty where one is missing.
func stem(given, sur []rune, g, s int) string {
	if len(given) == 0 || len(sur) == 0 {
		return ""
	}
	return string(given[:min(g, len(given))]) + "|" + string(sur[:min(s, len(sur))])
}

// blocking is the blocks of every rule that the data has columns for. Memory:
// 12 bytes a record and rule.
type blocking struct {
	rules []blockedRule
	cap   int
}

type blockedRule struct {
	name    string
	strict  bool
	columns []int
	order   []uint32 // records that have the key, block by block
	starts  []uint32 // of blocks in order, and the end
	block   []uint32 // by record: 1 + its block; 0: none
	at      []uint32 // by record: its place in order
	big     []bool   // by block: above the cap
}

// Window is how many of its next records, in the order of the columns, a record
// of a block above the cap is compared with.
const Window = 10

// newBlocking sorts the records into blocks. Time: O(records·log records) a
// rule.
func newBlocking(t *table, limit int) *blocking {
	b := &blocking{cap: limit}
	for _, r := range rules() {
		if keys := t.keys(r); keys != nil {
			blocked := t.blocks(keys, limit)
			blocked.name, blocked.strict = r.name, r.strict
			for i, c := range t.columns {
				if slices.ContainsFunc(r.parts, func(p keyPart) bool { return p.column == c.name }) {
					blocked.columns = append(blocked.columns, i)
				}
			}
			b.rules = append(b.rules, blocked)
		}
	}
	return b
}

// keys is the hash of the key of each record, 0 where it has none; nil if a
// column is not there.
func (t *table) keys(r rule) []uint64 {
	hashes := make([][]uint64, len(r.parts)) // by part and value
	columns := make([]*column, len(r.parts))
	for i, p := range r.parts {
		at := slices.IndexFunc(t.columns, func(c *column) bool { return c.name == p.column })
		if at < 0 {
			return nil
		}
		c := t.columns[at]
		columns[i], hashes[i] = c, make([]uint64, len(c.values))
		for n := range c.values[1:] {
			if text := p.text(&c.values[n+1]); text != "" {
				hashes[i][n+1] = hash(text)
			}
		}
	}
	keys := make([]uint64, len(t.refs))
	for rec := range keys {
		key := uint64(1)
		for i, c := range columns {
			h := hashes[i][c.of[rec]]
			if h == 0 {
				key = 0
				break
			}
			key = mix(key ^ h)
		}
		keys[rec] = key
	}
	return keys
}

func (t *table) blocks(keys []uint64, limit int) blockedRule {
	r := blockedRule{block: make([]uint32, len(keys)), at: make([]uint32, len(keys))}
	for rec, k := range keys {
		if k != 0 {
			r.order = append(r.order, uint32(rec))
		}
	}
	slices.SortFunc(r.order, func(x, y uint32) int { return cmp.Or(cmp.Compare(keys[x], keys[y]), cmp.Compare(x, y)) })
	kept := r.order[:0]
	for lo := 0; lo < len(r.order); {
		hi := lo + 1
		for hi < len(r.order) && keys[r.order[hi]] == keys[r.order[lo]] {
			hi++
		}
		if hi-lo > 1 {
			members := r.order[lo:hi]
			if hi-lo > limit {
				slices.SortFunc(members, t.compareValues)
			}
			r.starts, r.big = append(r.starts, uint32(len(kept))), append(r.big, hi-lo > limit)
			for _, rec := range members {
				r.block[rec], r.at[rec] = uint32(len(r.starts)), uint32(len(kept))
				kept = append(kept, rec)
			}
		}
		lo = hi
	}
	r.order = kept
	r.starts = append(r.starts, uint32(len(kept)))
	return r
}

// compareValues orders records by their values, column by column.
func (t *table) compareValues(x, y uint32) int {
	for _, c := range t.columns {
		if c.of[x] != c.of[y] {
			return cmp.Compare(c.of[x], c.of[y])
		}
	}
	return cmp.Compare(x, y)
}

// compares reports whether a rule compares two records.
func (r *blockedRule) compares(x, y uint32) bool {
	b := r.block[x]
	if b == 0 || b != r.block[y] {
		return false
	}
	return !r.big[b-1] || max(r.at[x], r.at[y])-min(r.at[x], r.at[y]) <= Window
}

// before reports whether a rule before number n compares two records.
func (b *blocking) before(n int, x, y uint32) bool {
	for i := range b.rules[:n] {
		if b.rules[i].compares(x, y) {
			return true
		}
	}
	return false
}

// pairs yields the pairs of one block that no rule before compares, the smaller
// record first.
func (b *blocking) pairs(n, block int, yield func(x, y uint32)) {
	r := &b.rules[n]
	members := r.order[r.starts[block]:r.starts[block+1]]
	reach := len(members)
	if r.big[block] {
		reach = Window
	}
	for i, x := range members {
		for _, y := range members[i+1 : min(len(members), i+1+reach)] {
			if !b.before(n, x, y) {
				yield(min(x, y), max(x, y))
			}
		}
	}
}

// strict is the columns of each strict rule.
func (b *blocking) strict() [][]int {
	var out [][]int
	for i := range b.rules {
		if b.rules[i].strict {
			out = append(out, b.rules[i].columns)
		}
	}
	return out
}

// strictly has a bit for each strict rule, from number n on, that compares two
// records; none before does.
func (b *blocking) strictly(n int, x, y uint32) uint32 {
	var bits uint32
	at := 0
	for i := range b.rules {
		if r := &b.rules[i]; r.strict {
			if i >= n && r.compares(x, y) {
				bits |= 1 << at
			}
			at++
		}
	}
	return bits
}

// Capped is the blocks of one rule that held more records than the cap: each
// record of one was compared with the next few only.
type Capped struct {
	Rule    string `json:"rule"`
	Blocks  int    `json:"blocks"`
	Largest int    `json:"largest"` // records
}

// capped lists the rules that hit the cap.
func (b *blocking) capped() []Capped {
	var out []Capped
	for i := range b.rules {
		r := &b.rules[i]
		c := Capped{Rule: r.name}
		for n, big := range r.big {
			if big {
				c.Blocks++
				c.Largest = max(c.Largest, int(r.starts[n+1]-r.starts[n]))
			}
		}
		if c.Blocks > 0 {
			out = append(out, c)
		}
	}
	return out
}

// hash is FNV-1a, mixed: the same on every machine and in every run.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return mix(h) | 1
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood 2014,
// doi:10.1145/2660193.2660195).
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
