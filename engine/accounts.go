package engine

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"ringleader/graph"
)

// Names of properties that the canonical layout gives to accounts and money
// links.
const (
	propOpened   = "opened_at"
	propFactor   = "two_factor"
	propStatus   = "status"
	propAuth     = "auth"
	propRefundOf = "refund_of"
)

// debit is one payment of an account: its PAID link and whom it went to.
type debit struct {
	link        graph.LinkID
	at          graph.Time
	event       string
	merchant    graph.Vertex
	beneficiary graph.Vertex
	hasReceiver bool
	onThing     bool // made on the thing that it is counted for
}

// debitsOf lists the payments of an account by time; payments that give
// another one back are left out. Time: O(links of the account).
func (d *ground) debitsOf(a graph.Vertex) []debit {
	receivers := make(map[string]graph.Vertex)
	lo, hi := d.g.Out(a)
	n := 0
	for l := lo; l < hi; l++ {
		switch d.g.Type(l) {
		case graph.Paid:
			n++
		case graph.PaidTo:
			if e := d.g.Event(l); e != "" {
				receivers[e] = d.g.To(l)
			}
		}
	}
	if n == 0 {
		return nil
	}
	out := make([]debit, 0, n)
	for l := lo; l < hi; l++ {
		if d.g.Type(l) != graph.Paid || d.g.Prop(l, propRefundOf) != "" {
			continue
		}
		x := debit{link: l, at: d.g.At(l), event: d.g.Event(l), merchant: d.g.To(l)}
		x.beneficiary, x.hasReceiver = receivers[x.event]
		out = append(out, x)
	}
	slices.SortStableFunc(out, func(a, b debit) int { return cmp.Compare(a.at, b.at) })
	return out
}

// openedAt is when an account was opened, zero if the data does not say.
func (d *ground) openedAt(a graph.Vertex) graph.Time { return d.opened[a-d.lo] }

// readOpening reads when an account was opened, as the data says.
func (d *ground) readOpening(a graph.Vertex) graph.Time {
	text := d.g.Value(a, propOpened)
	var t graph.Time
	if err := t.UnmarshalText([]byte(text)); err == nil {
		return t
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return graph.TimeOf(day)
	}
	return 0
}

// measureAccounts fills the part of the population's table that is about
// accounts and their debits.
func (d *ground) measureAccounts(ctx context.Context) error {
	p := &d.pop
	d.opened = make([]graph.Time, p.accounts)
	p.auth, p.factor = make(map[string]int), make(map[factor]int)
	for a := d.lo; a < d.hi; a++ {
		if a%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if t := d.readOpening(a); t.Known() {
			d.opened[a-d.lo] = t
			p.opened = append(p.opened, t.Millis())
		}
		p.factor[d.factorOf(a)]++
		for e := range d.g.History(a) {
			if e.Name == eventPhished {
				p.phished++
				break
			}
		}
		last := graph.Vertex(0)
		for l, hi := d.g.Out(a); l < hi; l++ {
			switch d.g.Type(l) {
			case graph.PaidTo:
				if to := d.g.To(l); to != last { // links of a type come by their end
					p.receivers++
					last = to
				}
			case graph.Paid:
				if d.g.Prop(l, propRefundOf) != "" {
					continue
				}
				p.debits++
				p.auth[d.g.Prop(l, propAuth)]++
				if d.g.Prop(l, propStatus) == statusDeclined {
					p.declined++
				}
				if at := d.g.At(l); at.Known() {
					p.hours[at.Std().Hour()]++
				}
			}
		}
	}
	slices.Sort(p.opened)
	d.countPayers()
	for _, k := range []graph.Kind{graph.Payment, graph.Transfer} {
		for v, hi := d.g.OfKind(k); v < hi; v++ {
			if _, ok := d.g.Attr(v, propDispute); ok {
				p.disputes++
			}
		}
	}
	return nil
}

// countPayers counts the distinct accounts that pay each merchant.
func (d *ground) countPayers() {
	lo, hi := d.g.OfKind(graph.Merchant)
	d.pop.merchants, d.pop.payers = lo, make([]int32, hi-lo)
	for m := lo; m < hi; m++ {
		last := graph.Vertex(math.MaxUint32)
		for _, l := range d.g.In(m) { // ascending by link, so by payer
			if from := d.g.From(l); from != last && d.g.Type(l) == graph.Paid {
				d.pop.payers[m-lo]++
				last = from
			}
		}
	}
}

// payersOf is how many accounts pay a merchant.
func (d *ground) payersOf(m graph.Vertex) int {
	if i := int(m) - int(d.pop.merchants); i >= 0 && i < len(d.pop.payers) {
		return int(d.pop.payers[i])
	}
	return 0
}

// share is how large a part of a count of n is, by the rule of succession: one
// more yes and one more no than were seen.
func share(part, n int) float64 { return (float64(max(part, 0)) + 1) / (float64(max(n, 0)) + 2) }

// openedBetween is the share of accounts opened in lo ≤ t ≤ hi, with some of
// them left out.
func (p *population) openedBetween(lo, hi int64, without int) float64 {
	i, _ := slices.BinarySearch(p.opened, lo)
	j, _ := slices.BinarySearch(p.opened, hi+1)
	return share(j-i-without, len(p.opened)-without)
}

// factor is what is known of an account's second factor.
type factor string

const (
	factorNo  factor = "no"
	factorYes factor = "yes"
)

// factorOf is the second factor of what an account is reached with: of its
// identifiers, such as the credential that is linked to it, where the data
// states one, else its own. One identifier without is a way in.
func (d *ground) factorOf(a graph.Vertex) factor {
	worst := factor("")
	last := a
	for l, hi := d.g.Out(a); l < hi; l++ {
		to := d.g.To(l)
		if to == last || d.never[d.g.TypeOf(l)] {
			continue
		}
		last = to
		switch parseFactor(d.g.Value(to, propFactor)) {
		case factorNo:
			return factorNo
		case factorYes:
			worst = factorYes
		}
	}
	if worst != "" {
		return worst
	}
	return parseFactor(d.g.Value(a, propFactor))
}

func parseFactor(s string) factor {
	switch s {
	case "no", "false", "0":
		return factorNo
	case "":
		return ""
	}
	return factorYes
}

// sortedKeys keeps map order out of results.
func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}
