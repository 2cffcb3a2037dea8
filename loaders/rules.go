package loaders

import (
	"fmt"
	"maps"
	"slices"

	"ringleader/graph"
)

// money makes the rules of payments or transfers.
func (p *proposal) money(kind string) {
	payer := "account"
	if !p.has("account") || kind == kindTransfers && p.has("from") {
		payer = "from"
	}
	account := "account:" + in(p.subjectOf(payer, "the account that pays"))
	event, typ := "payment:", graph.Paid
	var target string
	switch {
	case kind == kindTransfers:
		event, typ = "transfer:", graph.TransferredTo
		target = "account:" + in(p.take("to", "the account that receives"))
	case p.has("merchant"):
		target = "merchant:" + in(p.take("merchant", "the merchant"))
	default:
		target = "merchant:" + p.stem
		if p.stem == "-" || len(p.stem) > 200 {
			target = "merchant:shop"
		}
		p.doubt("no column names a merchant; all payments go to %s", target)
	}
	if id := p.take("id", "the ID of the event"); id != "" {
		event += in(id)
	} else {
		event += in(rowColumn)
		p.doubt("no column has an ID for each row; a row is identified by its file and number, so the same row in another file counts twice")
	}
	amount := ""
	if i := p.column("amount"); i >= 0 {
		amount = p.name[i]
	}
	main := LinkRule{From: account, Type: string(typ), To: target, Event: event, At: p.at, Amount: amount, Props: p.rest(p.at, amount, "opened_at")}
	if i := p.column("status"); i >= 0 && p.statuses(i) {
		main.Props = append(main.Props, p.name[i])
	}
	p.table.Links = append(p.table.Links, main)
	if kind == kindPayments {
		if to := p.take("to", "who receives the goods or the money"); to != "" {
			p.table.Links = append(p.table.Links, LinkRule{From: account, Type: string(graph.PaidTo), To: "beneficiary:" + in(to), Event: event, At: p.at, Amount: amount})
		}
	}
	p.identifiers(account, event, p.at)
	p.owner(account)
	if i := p.column("opened"); i >= 0 {
		p.means[i] = "when the account was opened"
		p.table.Nodes = append(p.table.Nodes, NodeRule{Ref: account, Props: []string{p.name[i]}})
	}
}

// rest is the properties that no rule has: "*", and the typed columns but those
// named here.
func (p *proposal) rest(but ...string) []string {
	props := []string{star}
	for _, name := range slices.Sorted(maps.Keys(p.table.Columns)) {
		if c := p.table.Columns[name]; c.Type != "" && !slices.Contains(but, name) {
			props = append(props, name)
		}
	}
	return props
}

// statuses translates the words of a status column if all are known. A status
// that is not one of the four says nothing to the engine.
func (p *proposal) statuses(i int) bool {
	values, ok := p.statusValues(i)
	if !ok {
		p.doubt("%s has values that are none of settled, declined, refunded, reversed; it is kept as a property", p.columns[i].name)
		return false
	}
	p.means[i] = "what became of the payment"
	p.table.Columns[p.name[i]] = Column{Values: values}
	return true
}

// statusValues is the meaning of each value of a status column; ok is false if
// that of one is not known.
func (p *proposal) statusValues(i int) (values map[string]string, ok bool) {
	values = make(map[string]string)
	for v := range p.columns[i].values {
		role, ok := p.words.is(v)
		if !ok || role == "login" {
			return nil, false
		}
		values[v] = role
	}
	return values, true
}

// identifiers makes a sighting of each identifier that no other rule has.
func (p *proposal) identifiers(of, event, at string) {
	for _, id := range identifierKinds {
		for i := range p.guess {
			if p.guess[i].role != id.role {
				continue
			}
			kind := id.kind
			if kind == "imei" && !p.has("device") {
				kind = "device"
			}
			p.means[i] = "seen with the account: " + kind
			p.table.Links = append(p.table.Links, LinkRule{From: of, To: kind + ":" + in(p.name[i]), Event: event, At: at})
		}
	}
}

// owner links an account with its customer.
func (p *proposal) owner(account string) {
	if c := p.take("customer", "who owns the account"); c != "" {
		p.table.Links = append(p.table.Links, LinkRule{From: account, Type: string(graph.OwnedBy), To: "customer:" + in(c)})
	}
}

// accounts makes the rules of a table with one account a row.
func (p *proposal) accounts() {
	account := "account:" + in(p.subjectOf("account", "the account"))
	i := p.column("opened")
	if i < 0 {
		if i = p.column("time"); i >= 0 && p.table.Derive == nil {
			p.at, p.means[i] = "", "a time" // of some kind: a property
		}
	}
	seen := p.at
	if i >= 0 && p.guess[i].role == "opened" {
		p.means[i], seen = "when the account was opened", p.name[i]
	}
	p.table.Nodes = append(p.table.Nodes, NodeRule{Ref: account, Exists: true, Props: p.rest(p.at)})
	p.identifiers(account, "", seen)
	p.owner(account)
}

// uses makes the rules of a table in which accounts repeat.
func (p *proposal) uses(kind string) {
	account := "account:" + in(p.subjectOf("account", "the account"))
	if kind == kindEvents {
		e := EventRule{Of: account, Type: "login", At: p.at, Props: p.rest(p.at)}
		if t := p.take("type", "what happened"); t != "" {
			e.Type = in(t)
		} else {
			p.doubt("no column says what happened; every row is taken for a login")
		}
		p.table.Events = append(p.table.Events, e)
	} else {
		p.table.Nodes = append(p.table.Nodes, NodeRule{Ref: account, Exists: true})
	}
	p.identifiers(account, "", p.at)
	switch {
	case kind == kindEvents:
	case len(p.table.Links) > 0: // of the sighting, for the account has many rows
		p.table.Links[0].Props = p.rest(p.at)
	default:
		p.table.Nodes[0].Props, p.table.Nodes[0].At = p.rest(p.at), p.at
	}
	p.owner(account)
	if i := p.column("merchant"); i >= 0 {
		p.means[i] = "the merchant"
		p.table.Links = append(p.table.Links, LinkRule{From: account, Type: string(graph.Paid), To: "merchant:" + in(p.name[i]), At: p.at})
	}
	if to := p.column("until"); to >= 0 && p.at != "" {
		for i := range p.table.Links {
			p.table.Links[i].Until = p.name[to]
		}
		p.means[to] = "until when"
	}
}

// entities makes the rules of a table that describes things other than
// accounts.
func (p *proposal) entities() {
	ref := ""
	if p.has("customer") {
		ref = "customer:" + in(p.subjectOf("customer", "the customer"))
	}
	for _, id := range identifierKinds {
		if i := p.column(id.role); i >= 0 && ref == "" {
			ref = id.kind + ":" + in(p.subjectOf(id.role, "the "+id.kind))
			p.guess[i].role = "subject"
		}
	}
	p.table.Nodes = append(p.table.Nodes, NodeRule{Ref: ref, Exists: true, Props: p.rest(p.at)})
	p.identifiers(ref, "", p.at)
}

// labels makes labels of a column of yes and no; only the yes is said, for a no
// is often just what nobody has looked at.
func (p *proposal) labels() {
	i := p.column("label")
	account := slices.IndexFunc(p.guess, func(m meaning) bool { return m.role == "account" || m.role == "from" })
	if i < 0 || account < 0 {
		return
	}
	for _, yes := range slices.Sorted(maps.Keys(p.columns[i].values)) {
		switch parseFlag(yes) {
		case "yes":
		default:
			if w := plainWords(yes); w != "fraud" && w != "ja" && w != "oui" && w != "si" && w != "sim" && w != "是" && w != "1 0" {
				continue
			}
		}
		p.means[i] = fmt.Sprintf("the account is labelled fraud where it is %s", yes)
		p.table.Labels = append(p.table.Labels, LabelRule{Account: in(p.name[account]), Label: "fraud", At: p.at, When: []string{p.name[i] + " = " + yes}})
	}
}
