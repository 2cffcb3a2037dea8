package engine

import (
	"cmp"
	"context"
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
}

// debitsOf lists the payments of an account by time; payments that give
// another one back are left out. Time: O(links of the account).
func (d *ground) debitsOf(a graph.Vertex) []debit {
	var out []debit
	receivers := make(map[string]graph.Vertex)
	lo, hi := d.g.Out(a)
	for l := lo; l < hi; l++ {
		if d.g.Type(l) == graph.PaidTo && d.g.Event(l) != "" {
			receivers[d.g.Event(l)] = d.g.To(l)
		}
	}
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

// openedAt is when an account was opened, as the data says.
func (d *ground) openedAt(a graph.Vertex) graph.Time {
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
	p.auth, p.factor = make(map[string]int), make(map[string]int)
	for a := d.lo; a < d.hi; a++ {
		if a%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if t := d.openedAt(a); t.Known() {
			p.opened = append(p.opened, t.Millis())
		}
		p.factor[d.g.Value(a, propFactor)]++
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
	return nil
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
