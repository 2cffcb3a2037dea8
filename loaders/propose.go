package loaders

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"ringleader/graph"
)

// Kinds of tables.
const (
	kindCanonical = "canonical"
	kindAccounts  = "accounts"
	kindPayments  = "payments"
	kindTransfers = "transfers"
	kindEvents    = "events"
	kindUses      = "uses"
	kindLinks     = "links"
	kindEntities  = "entities"
	kindNothing   = "nothing" // a table of a database that is left out
)

// identifierKinds are the roles of columns that are identifiers, with their
// kinds, in the order in which one stands in for an account that has no name.
var identifierKinds = []struct{ role, kind string }{
	{"card", "card"}, {"email", "email"}, {"phone", "phone"}, {"iban", "iban"}, {"wallet", "wallet"},
	{"device", "device"}, {"imei", "imei"}, {"ip", "ip"}, {"cookie", "cookie"}, {"address", "address"}, {"national_id", "national_id"},
}

// propose makes the mapping of all samples.
func propose(samples []*sample, words vocabulary) (*Inference, error) {
	canonical, err := ShippedMapping("canonical")
	if err != nil {
		return nil, err
	}
	for _, s := range samples {
		s.understand(words)
	}
	foreign := slices.DeleteFunc(slices.Clone(samples), func(s *sample) bool { return s.fits(canonical.table(s.stem)) })
	relate(foreign)
	m := &Mapping{Name: "inferred", About: "Made by looking at headers and values; the reasons stand above."}
	g := new(Inference)
	for _, s := range samples {
		if !slices.Contains(foreign, s) {
			t := *canonical.table(s.stem)
			t.Read = s.source.read
			m.Tables = append(m.Tables, t)
			g.Tables = append(g.Tables, TableGuess{File: s.stem, Kind: kindCanonical, Why: "name and header are those of the canonical layout", Rows: s.rows})
			continue
		}
		p := &proposal{sample: s, words: words, table: Table{File: s.pattern(), Skip: s.skip, Delimiter: s.stated, Columns: make(map[string]Column)}}
		if err := p.build(); err != nil {
			if left, ok := s.leftOut(err); ok {
				g.Tables = append(g.Tables, left)
				continue
			}
			return nil, fmt.Errorf("infer %s: %w", s.source.name, err)
		}
		p.readingOf()
		m.Tables = append(m.Tables, p.table)
		g.Tables = append(g.Tables, p.report)
	}
	if len(m.Tables) == 0 {
		return nil, fmt.Errorf("%w source: nothing in its tables names an account or another thing", graph.ErrInvalid)
	}
	if g.YAML, err = g.write(m); err != nil {
		return nil, err
	}
	g.Mapping, err = ParseMapping("the inferred mapping", g.YAML)
	return g, err
}

// write is the mapping as YAML, with the reasons before it.
func (g *Inference) write(m *Mapping) ([]byte, error) {
	var b bytes.Buffer
	for _, t := range g.Tables {
		fmt.Fprintf(&b, "# %s: %s, because %s\n", comment(t.File), t.Kind, comment(t.Why))
		for _, c := range t.Columns {
			fmt.Fprintf(&b, "#   %s: %s; %s\n", comment(c.Name), comment(c.Means), comment(c.Why))
		}
		for _, d := range t.Doubts {
			fmt.Fprintf(&b, "#   LOOK: %s\n", comment(d))
		}
	}
	body, err := yaml.MarshalWithOptions(m, yaml.UseSingleQuote(false))
	if err != nil {
		return nil, fmt.Errorf("write the mapping: %w", err)
	}
	b.Write(body)
	return b.Bytes(), nil
}

func comment(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, s)
}

// proposal is a table under construction.
type proposal struct {
	*sample
	words  vocabulary
	table  Table
	report TableGuess
	name   []string // of each column in the mapping
	means  []string
	at     string // column of the time
}

func (p *proposal) doubt(format string, args ...any) {
	p.report.Doubts = append(p.report.Doubts, fmt.Sprintf(format, args...))
}

// take names the column of a role, empty if there is none, and says what it
// became.
func (p *proposal) take(role, means string) string {
	i := p.column(role)
	if i < 0 {
		return ""
	}
	p.means[i] = means
	return p.name[i]
}

// subjectOf is take for the column that each row must have.
func (p *proposal) subjectOf(role, means string) string {
	name := p.take(role, means)
	p.table.Columns[name] = Column{Required: true}
	return name
}

func in(name string) string { return "{" + name + "}" }

func (p *proposal) build() error {
	p.report = TableGuess{File: p.table.File, Rows: p.rows}
	p.means = make([]string, len(p.columns))
	if p.unnamed {
		p.table.Header = slices.Clone(p.header)
		p.doubt("the file has no header; the columns are numbered")
	}
	p.names()
	p.typed()
	kind, why := p.classify()
	p.report.Kind, p.report.Why = kind, why
	var err error
	switch kind {
	case kindPayments, kindTransfers:
		p.money(kind)
	case kindAccounts:
		p.accounts()
	case kindEvents, kindUses:
		p.uses(kind)
	case kindLinks:
		p.table.Links = append(p.table.Links, LinkRule{From: "account:" + in(p.subjectOf("from", "one account")),
			To: "account:" + in(p.take("to", "the other account")), Type: string(graph.Associated), At: p.at, Props: []string{star}})
	case kindEntities:
		p.entities()
	default:
		err = fmt.Errorf("%w file: no column names an account, a customer or another identifier; write a mapping, see docs/data.md", graph.ErrInvalid)
	}
	p.labels()
	for i, c := range p.columns {
		if p.means[i] == "" {
			p.means[i] = "a property"
			if p.guess[i].why == "" {
				p.guess[i].why = "nothing says what it is"
			}
		}
		p.report.Columns = append(p.report.Columns, ColumnGuess{c.name, p.means[i], p.guess[i].why})
	}
	return err
}

// names gives columns names that templates and conditions can hold, and those
// that have a fixed meaning to the engine.
func (p *proposal) names() {
	p.table.Rename = make(map[string]string)
	taken := make(map[string]bool)
	for _, c := range p.columns {
		taken[c.name] = true
	}
	for i, c := range p.columns {
		name := strings.NewReplacer("{", "(", "}", ")", "|", "/", "=", "-", "!", "-", "<", "-", ">", "-").Replace(c.name)
		if name == star {
			name = "column"
		}
		switch role := p.guess[i].role; role {
		case "opened":
			name = "opened_at"
		case "country":
			name = role
		case "status":
			if _, ok := p.statusValues(i); ok {
				name = role
			}
		}
		if name != c.name {
			for taken[name] {
				name += "_"
			}
			p.table.Rename[c.name], taken[name] = name, true
		}
		p.name = append(p.name, name)
	}
	if len(p.table.Rename) == 0 {
		p.table.Rename = nil
	}
}

// typed says of times, amounts and numbers how they are written.
func (p *proposal) typed() {
	for i, m := range p.guess {
		name := p.name[i]
		switch {
		case m.role == "time" && !m.isTime:
			p.table.Columns[name] = Column{Type: "time", Epoch: "2000-01-01", Unit: "1h"}
			p.doubt("%s counts steps: that step 0 is 2000-01-01 and a step an hour is an assumption", p.columns[i].name)
			p.means[i] = "when, in steps"
		case m.isTime && m.role != "id" && m.role != "text":
			p.table.Columns[name] = Column{Type: "time", Format: m.time.format}
			if m.time.doubt {
				p.doubt("%s: the day and the month may be the other way round; taken for %s", p.columns[i].name, m.time.format)
			}
			p.means[i] = "a time"
		case m.role == "amount":
			p.amount(i)
		}
	}
	p.when()
}

func (p *proposal) amount(i int) {
	c := p.columns[i]
	col := Column{Type: "amount", Decimal: p.guess[i].decimal}
	switch j := p.column("currency"); {
	case j >= 0:
		col.Currency = in(p.name[j])
		p.means[j] = "the currency"
	case c.sign() != "":
		col.Currency = c.sign()
	default:
		for _, w := range strings.Fields(strings.ToUpper(plainWords(c.name))) {
			if slices.Contains([]string{"EUR", "USD", "GBP", "CNY", "CHF", "BRL", "MXN", "INR", "JPY", "RMB"}, w) {
				col.Currency = strings.Replace(w, "RMB", "CNY", 1)
			}
		}
	}
	if col.Currency == "" {
		p.doubt("no column says the currency of %s; add it there, such as currency: EUR", c.name)
	}
	if c.negative > 0 {
		col.Absolute = c.negative == len(c.samples)
		if !col.Absolute {
			p.doubt("%s is negative in some rows; those are rejected unless the mapping says absolute: true", c.name)
		}
	}
	p.table.Columns[p.name[i]] = col
	p.means[i] = "the amount"
}

// when finds the time of a row, joining a day with a column of the clock.
func (p *proposal) when() {
	i := p.column("time")
	if i < 0 {
		return
	}
	p.at = p.name[i]
	j, m := p.column("clock"), p.guess[i]
	day := m.time.format
	if j < 0 || strings.Contains(day, "HH") || strings.Contains(day, "h:") {
		p.means[i] = "when it happened"
		return
	}
	if day == "" {
		day = "YYYY-MM-DD"
	}
	clock := " HH:mm"
	if strings.Count(p.columns[j].samples[0], ":") == 2 {
		clock = " HH:mm:ss"
	}
	for p.at = "happened_at"; slices.Contains(p.name, p.at); {
		p.at += "_"
	}
	p.table.Derive = map[string]string{p.at: in(p.columns[i].name) + " " + in(p.columns[j].name)}
	delete(p.table.Columns, p.name[i])
	p.table.Columns[p.at] = Column{Type: "time", Format: day + clock}
	p.means[i], p.means[j] = "the day it happened", "the time of the day"
}

// classify decides what the table is about.
func (p *proposal) classify() (kind, why string) {
	amount := p.has("amount")
	switch {
	case p.has("from") && p.has("to") && amount:
		return kindTransfers, "it names a sender, a receiver and an amount"
	case p.has("from") && p.has("to"):
		return kindLinks, "it names two accounts and no amount"
	case (p.has("account") || p.has("from")) && p.has("merchant"):
		return kindPayments, "it names an account and a merchant"
	case p.has("account") && p.has("to") && amount:
		return kindTransfers, "it names an account, a receiver and an amount"
	case p.has("account") && amount && !p.incidental():
		return kindPayments, "it names an account and an amount"
	}
	if i := p.column("account"); i >= 0 {
		t := p.column("time")
		happens := t >= 0 && p.guess[t].weight > byValues && p.has("type")
		switch unique := p.columns[i].unique(); {
		case unique && !happens:
			return kindAccounts, fmt.Sprintf("each of its %d rows has an account of its own", p.rows)
		case p.has("time") && (p.has("type") || p.saysLogin()):
			return kindEvents, "accounts repeat, and something happens to them at a time"
		}
		return kindUses, "accounts repeat beside identifiers"
	}
	for _, id := range identifierKinds {
		i := p.column(id.role)
		if i < 0 {
			continue
		}
		others := slices.ContainsFunc(identifierKinds, func(x struct{ role, kind string }) bool { return x != id && p.has(x.role) })
		if amount || others || p.has("merchant") {
			p.guess[i].role = "account"
			p.guess[i].why += "; it stands for the account, which no column names"
			return p.classify()
		}
		return kindEntities, "it describes one " + id.kind + " a row"
	}
	if p.has("customer") {
		return kindEntities, "it describes one customer a row"
	}
	return "", ""
}

// incidental reports that an amount is only a property of accounts: each row has
// an account of its own, and nothing says when money moved.
func (p *proposal) incidental() bool {
	i, j := p.column("account"), p.column("amount")
	return i >= 0 && j >= 0 && p.columns[i].unique() && (!p.has("time") || p.guess[j].weight == byValues)
}

func (p *proposal) saysLogin() bool {
	for _, w := range strings.Fields(plainWords(p.stem)) {
		if role, ok := p.words.is(w); ok && role == "login" {
			return true
		}
	}
	for _, c := range p.columns {
		for _, w := range strings.Fields(plainWords(c.name)) {
			if role, ok := p.words.is(w); ok && role == "login" {
				return true
			}
		}
	}
	return false
}
