package engine

import (
	"cmp"
	"slices"

	"ringleader/graph"
)

// accountFacts is what one account did, as far as the features of a candidate
// ask. A component reads it once for each of its accounts.
type accountFacts struct {
	opened    graph.Time
	factor    factor
	customer  graph.Vertex
	owned     bool // customer is known
	debits    []factDebit
	in, out   []move
	disputed  int
	claims    int
	messages  int
	failed    int // logins
	limits    int // changes of its limits
	phished   bool
	addresses int // identifiers of public kinds
	things    int // and of the kinds that accounts are taken over with
}

// factDebit is a payment that was not given back.
type factDebit struct {
	at       graph.Time
	to       graph.Vertex // merchant
	receiver graph.Vertex // beneficiary
	named    bool         // the receiver is known
	amount   float64
	auth     string
	declined bool
}

// move is a transfer from or to another account.
type move struct {
	at     graph.Time
	other  graph.Vertex
	amount float64
}

// Names of events of accounts that features count.
const (
	eventLimitChanged = graph.EventPrefix + "limit_changed"
)

// factsOf reads one account. Time: O(links and attributes of the account).
func (d *ground) factsOf(a graph.Vertex) accountFacts {
	f := accountFacts{opened: d.openedAt(a), factor: d.factorOf(a)}
	f.customer, f.owned = d.customerOf(a)
	for _, x := range d.debitsOf(a) {
		f.debits = append(f.debits, factDebit{at: x.at, to: x.merchant, receiver: x.beneficiary, named: x.hasReceiver,
			amount: d.g.Money(x.link).Float(), auth: d.g.Prop(x.link, propAuth), declined: d.g.Prop(x.link, propStatus) == statusDeclined})
		if d.pop.disputes > 0 {
			if _, ok := d.disputed(x.event); ok {
				f.disputed++
			}
		}
	}
	last := a
	for l, hi := d.g.Out(a); l < hi; l++ {
		to := d.g.To(l)
		switch d.g.Type(l) {
		case graph.TransferredTo:
			f.out = append(f.out, move{d.g.At(l), to, d.g.Money(l).Float()})
		case graph.Claimed:
			f.claims++
		case graph.Sent:
			f.messages++
		default:
			if to == last || d.never[d.g.TypeOf(l)] {
				continue
			}
			last = to
			switch r := d.rules[d.g.Kind(to)]; {
			case r.Public():
				f.addresses++
			case r.NewOwner:
				f.things++
			}
		}
	}
	for _, l := range d.g.In(a) {
		if d.g.Type(l) == graph.TransferredTo {
			f.in = append(f.in, move{d.g.At(l), d.g.From(l), d.g.Money(l).Float()})
		}
	}
	byTime := func(x, y move) int { return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.other, y.other)) }
	slices.SortStableFunc(f.in, byTime)
	slices.SortStableFunc(f.out, byTime)
	for e := range d.g.History(a) {
		switch e.Name {
		case eventLoginFailed:
			f.failed++
		case eventLimitChanged:
			f.limits++
		case eventPhished:
			f.phished = true
		}
	}
	return f
}

// facts is the facts of an account of the component, read when first asked for.
func (c *component) facts(a graph.Vertex) *accountFacts {
	c = c.root()
	i, _ := slices.BinarySearch(c.accounts, a)
	if c.known == nil {
		c.known = make([]*accountFacts, len(c.accounts))
	}
	if c.known[i] == nil {
		f := c.factsOf(a)
		c.known[i] = &f
	}
	return c.known[i]
}
