package loaders

import (
	"fmt"
	"slices"
	"strings"
)

// meaning is what a column was taken for.
type meaning struct {
	role    string // as in words.yaml; empty: a property
	why     string
	weight  int // of the reason: the whole header, a part of it, the values only
	time    timeGuess
	isTime  bool
	decimal string
	number  bool
}

const (
	byValues = 1 + iota
	byPart
	byHeader
)

// single are the roles that one column of a table can have.
var single = []string{"account", "customer", "merchant", "from", "to", "amount", "currency", "time", "clock", "opened",
	"until", "id", "type", "status", "label"}

// qualifiers make of "device" the "device type", which identifies nothing.
var qualifiers = []string{"type", "model", "category", "domain", "os", "version", "count", "age", "agent", "browser",
	"typ", "modell", "kategorie", "country", "land", "city", "status", "verified", "score", "tipo", "modele", "modelo", "类型", "型号"}

// languageNames are for people.
var languageNames = map[string]string{"en": "English", "de": "German", "fr": "French", "es": "Spanish", "pt": "Portuguese",
	"it": "Italian", "zh": "Chinese"}

// understand decides what each column of a sample means, by header and values.
func (s *sample) understand(words vocabulary) {
	s.guess = make([]meaning, len(s.columns))
	comma := false
	for i, p := range s.columns {
		if found, exact, ok := words.find(p.name); ok {
			m := meaning{role: found.role, weight: byPart, why: fmt.Sprintf("the header says %q (%s)", found.text, languageNames[found.language])}
			if exact {
				m.weight = byHeader
			} else if qualified(p.name, found.text) {
				m.role = "text"
			}
			s.guess[i] = m
			s.language[found.language] += m.weight
		}
		decimal, ok := p.numeric()
		comma = comma || ok && decimal == ","
	}
	dayFirst := comma || s.western()
	for i, p := range s.columns {
		m := &s.guess[i]
		if decimal, ok := p.numeric(); ok {
			m.number, m.decimal = true, decimal
		}
		if m.role != "amount" && m.role != "balance" && m.role != "id" && m.role != "clock" {
			if t, ok := p.times(dayFirst); ok && (!p.mostly(shapeInteger, shapeDot) || m.role == "time" || m.role == "opened" || m.role == "until") {
				m.time, m.isTime = t, true
			}
		}
		if !m.holds(p) {
			*m = meaning{isTime: m.isTime, time: m.time, number: m.number, decimal: m.decimal,
				why: "the header would say " + m.role + ", but the values are of another shape"}
		}
		if m.role == "" {
			m.byShape(p)
		}
	}
	s.once()
}

// western reports whether the headers are mostly of a language whose custom is
// to write the day first.
func (s *sample) western() bool {
	n := 0
	for l, weight := range s.language {
		if l != "en" && l != "zh" {
			n += weight
		}
	}
	return n > s.language["en"]
}

func qualified(header, text string) bool {
	for _, w := range strings.Fields(plainWords(header)) {
		if slices.Contains(qualifiers, w) && !slices.Contains(strings.Fields(text), w) {
			return true
		}
	}
	return false
}

// holds reports whether the values can be what the header says.
func (m *meaning) holds(p *profile) bool {
	few := len(p.values) <= 200
	switch m.role {
	case "time", "opened", "until":
		return m.isTime || m.role == "time" && m.number && p.mostly(shapeInteger)
	case "amount", "balance":
		return m.number
	case "email":
		return p.share(shapeEmail) >= .5
	case "ip":
		return p.share(shapeIP) >= .5 || m.weight == byHeader && p.mostly(shapeInteger, shapeDot)
	case "phone":
		return p.mostly(shapePhone, shapeInteger, shapeIMEI, shapeCard, shapeWord, shapeText) && digitsIn(p) >= .9
	case "card", "imei":
		return digitsIn(p) >= .9
	case "from", "to", "account", "customer", "device":
		return !m.isTime && !p.mostly(shapeDot, shapeComma)
	case "currency":
		return len(p.values) <= 50 && p.mostly(shapeWord)
	case "label":
		return len(p.values) <= 6
	case "type", "status", "country":
		return few
	case "clock":
		return p.mostly(shapeText, shapeWord) && strings.Contains(p.samples[0], ":")
	}
	return true
}

// digitsIn is the part of the values that hold four digits or more.
func digitsIn(p *profile) float64 {
	n := 0
	for _, v := range p.samples {
		digits := 0
		for _, r := range v {
			if r >= '0' && r <= '9' {
				digits++
			}
		}
		if digits >= 4 {
			n++
		}
	}
	return float64(n) / float64(max(len(p.samples), 1))
}

// byShape understands a column by its values alone.
func (m *meaning) byShape(p *profile) {
	took := func(role, what string) { m.role, m.weight, m.why = role, byValues, "the values look like "+what }
	switch {
	case p.mostly(shapeEmail):
		took("email", "e-mail addresses")
	case p.mostly(shapeIP):
		took("ip", "addresses of the network")
	case p.mostly(shapeIBAN):
		took("iban", "IBANs with right check digits")
	case p.mostly(shapeIMEI):
		took("imei", "IMEIs with right check digits")
	case p.mostly(shapeCard):
		took("card", "card numbers with right check digits")
	case p.mostly(shapePhone):
		took("phone", "phone numbers")
	case m.isTime:
		took("time", "times")
	case m.number && p.mostly(shapeDot, shapeComma):
		took("amount", "amounts")
	case p.mostly(shapeUUID) && !p.unique():
		took("device", "identifiers that rows share")
	case m.why == "":
		m.why = "nothing says what it is"
	}
}

// once leaves each role that only one column can have to the best: the whole
// header before a part, a part before values alone, then the earlier column.
func (s *sample) once() {
	for _, role := range single {
		best := -1
		for i := range s.guess {
			m := &s.guess[i]
			if m.role != role || role == "id" && !s.identifies(i) || role == "amount" && m.weight == byValues && s.vague("amount") {
				continue
			}
			if best < 0 || m.weight > s.guess[best].weight {
				best = i
			}
		}
		for i := range s.guess {
			m := &s.guess[i]
			if m.role != role || i == best {
				continue
			}
			m.role = ""
			switch {
			case best >= 0:
				m.why += ", but " + s.columns[best].name + " says it better"
			case role == "id":
				m.why += ", but it does not name each row"
			default:
				m.why += ", but those of others do so too"
			}
		}
	}
}

// identifies reports whether a column names each row: one that only ends in
// "id" must do so in a good many rows.
func (s *sample) identifies(i int) bool {
	return s.columns[i].unique() && (s.guess[i].weight == byHeader || s.rows >= 20)
}

// vague reports whether several columns have a role by their values alone, so
// that none of them says it.
func (s *sample) vague(role string) bool {
	n := 0
	for _, m := range s.guess {
		if m.role == role && m.weight == byValues {
			n++
		}
	}
	return n > 1
}

// column is the index of the column with a role, -1 if there is none.
func (s *sample) column(role string) int {
	return slices.IndexFunc(s.guess, func(m meaning) bool { return m.role == role })
}

func (s *sample) has(role string) bool { return s.column(role) >= 0 }

// relate settles what only all files together tell: whether customers are the
// accounts, and which columns hold keys of another file.
func relate(samples []*sample) {
	accounts := slices.ContainsFunc(samples, func(s *sample) bool { return s.has("account") || s.has("from") })
	for _, s := range samples {
		i := s.column("customer")
		if i >= 0 && !accounts {
			s.guess[i].role = "account"
			s.guess[i].why += "; no file names other accounts"
		}
	}
	for _, s := range samples {
		if s.has("account") || s.has("from") {
			continue
		}
		s.foreign(samples)
	}
}

// foreign finds a column whose values are keys of another file's accounts.
func (s *sample) foreign(samples []*sample) {
	for _, other := range samples {
		key := other.column("account")
		if other == s || key < 0 || !other.columns[key].unique() {
			continue
		}
		for i, p := range s.columns {
			m := &s.guess[i]
			if m.role != "" && m.role != "id" && m.role != "text" || m.isTime || len(p.values) < 2 {
				continue
			}
			shared := 0
			for v := range p.values {
				if other.columns[key].values[v] > 0 {
					shared++
				}
			}
			if shared*10 >= len(p.values)*8 {
				m.role, m.weight = "account", byValues
				m.why = fmt.Sprintf("%d of its %d values are accounts of %s", shared, len(p.values), other.stem)
				return
			}
		}
	}
}
