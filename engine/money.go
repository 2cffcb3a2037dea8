package engine

import (
	"slices"
	"strings"

	"ringleader/graph"
)

// Statuses of a payment that the engine knows; any other counts as settled.
const (
	statusDeclined = "declined"
	statusRefunded = "refunded"
	statusReversed = "reversed"
)

// Properties that a dispute gives to the money event it is about.
const (
	propDispute  = "dispute"
	propRefunded = "refunded"
)

// ledger adds up debits, each event once, by currency. Sums are exact; an event
// whose amount is not known, or would overflow, adds nothing.
type ledger struct {
	seen map[string]bool
	by   map[string]*sums
}

type sums struct {
	gross, refunded, declined graph.Money
	events                    int
}

func newLedger() *ledger {
	return &ledger{seen: make(map[string]bool), by: make(map[string]*sums)}
}

// add counts a debit of an account and what came back of it.
func (d *ground) addDebit(b *ledger, account graph.Vertex, x debit) {
	key := x.event
	if key == "" {
		key = LinkKey(d.g, x.link)
	}
	if b.seen[key] {
		return
	}
	b.seen[key] = true
	m := d.g.Money(x.link)
	if !m.Known {
		return
	}
	s := b.by[m.Currency]
	if s == nil {
		s = &sums{}
		b.by[m.Currency] = s
	}
	if d.g.Prop(x.link, propStatus) == statusDeclined {
		s.declined = plus(s.declined, m)
		return
	}
	s.events++
	s.gross = plus(s.gross, m)
	s.refunded = plus(s.refunded, d.refundOf(account, x, m))
}

// plus is a + b, or a where the sum cannot be had.
func plus(a, b graph.Money) graph.Money {
	if sum, err := a.Add(b); err == nil {
		return sum
	}
	return a
}

// refundOf is what came back of a debit: by payments that name it, by what a
// dispute won, or all of it if its status says so; never more than it was. The
// same money is often stated twice, so the greatest of the three holds.
func (d *ground) refundOf(account graph.Vertex, x debit, m graph.Money) graph.Money {
	none := graph.Money{Exponent: m.Exponent, Known: true, Currency: m.Currency}
	back := none
	_, id, _ := strings.Cut(x.event, ":")
	for l, hi := d.g.Out(account); l < hi && x.event != ""; l++ {
		if d.g.Type(l) != graph.Paid {
			continue
		}
		if of := d.g.Prop(l, propRefundOf); of == id || of == x.event {
			if r := d.g.Money(l); r.Minor < 0 {
				back = plus(back, r.Neg())
			} else {
				back = plus(back, r)
			}
		}
	}
	if r, ok := d.disputed(x.event); ok && r.Known && r.Currency == m.Currency && r.Float() > back.Float() {
		back = plus(none, r)
	}
	if s := d.g.Prop(x.link, propStatus); s == statusRefunded || s == statusReversed || back.Float() > m.Float() {
		return m
	}
	return back
}

// disputed is whether a money event was disputed, and what that gave back.
func (d *ground) disputed(event string) (refunded graph.Money, ok bool) {
	if event == "" {
		return graph.Money{}, false
	}
	ref, err := graph.ParseRef(event)
	if err != nil {
		return graph.Money{}, false
	}
	v, ok := d.g.Lookup(ref)
	if !ok {
		return graph.Money{}, false
	}
	_, ok = d.g.Attr(v, propDispute)
	amount, currency, _ := strings.Cut(d.g.Value(v, propRefunded), " ")
	refunded, err = graph.ParseMoney(amount, currency)
	if err != nil {
		refunded = graph.Money{}
	}
	return refunded, ok
}

// loss is the ledger by currency.
func (b *ledger) loss() []Loss {
	out := []Loss{}
	currencies := make([]string, 0, len(b.by))
	for c := range b.by {
		currencies = append(currencies, c)
	}
	slices.Sort(currencies)
	for _, c := range currencies {
		s := b.by[c]
		zero := graph.Money{Known: true, Currency: c, Exponent: max(s.gross.Exponent, s.declined.Exponent)}
		out = append(out, Loss{Currency: c, Amount: plus(plus(zero, s.gross), s.refunded.Neg()).Amount(),
			Gross: plus(zero, s.gross).Amount(), Refunded: plus(zero, s.refunded).Amount(),
			Declined: plus(zero, s.declined).Amount(), Events: s.events})
	}
	return out
}

// taken is the net loss in words: 1944.00 CNY.
func (b *ledger) taken() string {
	var words []string
	for _, l := range b.loss() {
		words = append(words, strings.TrimSpace(l.Gross+" "+l.Currency))
	}
	return strings.Join(words, ", ")
}
