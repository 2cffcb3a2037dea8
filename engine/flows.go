package engine

import (
	"cmp"
	"context"
	"math"
	"slices"

	"ringleader/engine/algo"
	"ringleader/engine/policy"
	"ringleader/graph"
)

// flows finds chains of mules: accounts that pass on what they are paid, less a
// small cut, within days, until nobody can follow it. The eight patterns of
// AMLworld (Altman et al. 2023, arXiv:2306.16424) are made of such passes:
// fan-in, fan-out, cycle, scatter-gather, gather-scatter, stack, bipartite and
// random.
//
// The unit is a pass: transfers into one account that left again within the
// policy's window, in order of time, first in, first out ([algo.PassThrough]).
// A pass ties the account to whom it paid; the rest of its transfers tie
// nobody, and who paid in from outside is no member. Null models: the
// population's transfers say how rare an amount is and how likely one of them
// would come so close to what came in; the account's own number of transfers
// says how many fall into so short a time by chance. Cost: O(transfers · log
// transfers of an account). Known to misfire on: payrolls and landlords (the
// same payments month after month speak against), and accounts of traders that
// pay out all that they earn.
type flows struct{ *ground }

func (flows) name() string { return policy.DetectorFlows }

// transfer is one transfer with a time and an amount above nothing.
type transfer struct {
	link   graph.LinkID
	peer   graph.Vertex // the other end
	at     int64
	amount float64
}

// pass is what one account passed on in one stretch of time.
type pass struct {
	account graph.Vertex
	in, out []transfer // by time
	bits    float64    // how unlikely by chance
	ratio   float64    // of what came in, how much left again
}

// flowTable is the population's transfers and the passes among them.
type flowTable struct {
	amounts   map[string][]float64 // by currency, ascending
	transfers int
	span      float64  // milliseconds from the first to the last
	passes    [][]pass // by account
}

// transfersOf is the transfers of an account in one currency, by time.
func (d *ground) transfersOf(a graph.Vertex, currency string) (in, out []transfer) {
	read := func(l graph.LinkID, peer graph.Vertex, to []transfer) []transfer {
		m, at := d.g.Money(l), d.g.At(l)
		if d.g.Type(l) != graph.TransferredTo || peer == a || !at.Known() || !m.Known || m.Minor <= 0 || m.Currency != currency {
			return to
		}
		return append(to, transfer{l, peer, at.Millis(), m.Float()})
	}
	for l, hi := d.g.Out(a); l < hi; l++ {
		out = read(l, d.g.To(l), out)
	}
	for _, l := range d.g.In(a) {
		in = read(l, d.g.From(l), in)
	}
	byTime := func(a, b transfer) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.link, b.link)) }
	slices.SortFunc(in, byTime)
	slices.SortFunc(out, byTime)
	return in, out
}

func (d *ground) measureFlows(ctx context.Context) error {
	t := &d.tables.flows
	t.amounts = make(map[string][]float64)
	typ, ok := d.g.TypeIndex(graph.TransferredTo)
	if !ok {
		return nil
	}
	lo, hi := int64(never), int64(always)
	for l := range graph.LinkID(d.g.Links()) {
		if m := d.g.Money(l); d.g.TypeOf(l) == typ && m.Known && m.Minor > 0 && d.g.At(l).Known() {
			t.amounts[m.Currency] = append(t.amounts[m.Currency], m.Float())
			lo, hi = min(lo, d.g.At(l).Millis()), max(hi, d.g.At(l).Millis())
		}
	}
	t.span = float64(max(hi-lo, 24*hour))
	for _, list := range t.amounts {
		slices.Sort(list)
		t.transfers += len(list)
	}
	t.passes = make([][]pass, d.pop.accounts)
	currencies := sortedKeys(t.amounts)
	return d.each(ctx, d.pop.accounts, 256, func(i int) error {
		for _, currency := range currencies {
			t.passes[i] = append(t.passes[i], d.passesOf(d.lo+graph.Vertex(i), currency)...)
		}
		return nil
	})
}

// sideShare is the part of the largest payment of a pass below which a payment
// is everyday life beside it.
const sideShare = .1

// passesOf is the passes of an account that chance does not explain.
func (d *ground) passesOf(a graph.Vertex, currency string) []pass {
	in, out := d.transfersOf(a, currency)
	if len(in) == 0 || len(out) == 0 {
		return nil
	}
	flow := func(list []transfer) []algo.Flow {
		f := make([]algo.Flow, len(list))
		for i, t := range list {
			f[i] = algo.Flow{At: t.at, Amount: t.amount}
		}
		return f
	}
	matches := algo.PassThrough(flow(in), flow(out), d.policy.Flows.Within.Millis(), d.policy.Flows.Cut/2)
	// Matches that share an in- or an out-flow belong to one stretch; as both
	// come in order of time, a new one begins where both are new.
	var all []pass
	start := 0
	for i := 1; i <= len(matches); i++ {
		if i < len(matches) && (matches[i].In <= matches[i-1].In || matches[i].Out <= matches[i-1].Out) {
			continue
		}
		if p, ok := d.passOf(a, in, out, matches[start:i], currency); ok {
			all = append(all, p)
		}
		start = i
	}
	return d.choose(all, in, out)
}

// choose adds to each of an account's passes how soon its payments follow the
// first (which could have been anybody's), of all of that size that the account
// ever was paid and paid; mostHaste at most. From that it takes the choice: log2 of
// the pairs of such payments that might have looked like a pass, for each pass
// that there is. Three passes of four pairs are no coincidence, one of forty is
// (the false discoveries of Benjamini and Hochberg 1995,
// doi:10.1111/j.2517-6161.1995.tb02031.x). Those of enough bits stay.
func (d *ground) choose(all []pass, in, out []transfer) []pass {
	t := &d.tables.flows
	for i := range all {
		p := &all[i]
		in, out := sizable(in, p.in), sizable(out, p.out)
		took := float64(max(p.out[len(p.out)-1].at-p.in[0].at, hour))
		haste := surprise(float64(len(p.in)+len(p.out)-1), float64(len(in)+len(out)-1)*took/t.span)
		pairs := pairsWithin(in, out, d.policy.Flows.Within.Millis())
		p.bits += min(mostHaste, max(0, haste-math.Log2(float64(max(1, pairs))/float64(max(1, min(pairs, len(all)))))))
	}
	return slices.DeleteFunc(all, func(p pass) bool { return p.bits < d.policy.Flows.Bits })
}

// mostHaste is the most bits for how soon the payments of a pass follow each other.
const mostHaste = 6

// sizable is the transfers that are no everyday life beside those of a pass.
func sizable(all, of []transfer) []transfer {
	byAmount := func(a, b transfer) int { return cmp.Compare(a.amount, b.amount) }
	least := sideShare * slices.MaxFunc(of, byAmount).amount
	return slices.DeleteFunc(slices.Clone(all), func(t transfer) bool { return t.amount < least })
}

// passOf weighs one stretch of matches; ok is false if too little of what came
// in left again, or chance explains it.
func (d *ground) passOf(a graph.Vertex, in, out []transfer, matches []algo.Passed, currency string) (pass, bool) {
	p := pass{account: a}
	covered := make(map[int]float64)
	largestIn, largestOut := 0.0, 0.0
	for _, m := range matches {
		covered[m.Out] += m.Amount
		largestIn = max(largestIn, in[m.In].amount)
		largestOut = max(largestOut, out[m.Out].amount)
	}
	came, went := 0.0, 0.0
	lastIn, lastOut := -1, -1
	for _, m := range matches {
		if m.In > lastIn && in[m.In].amount >= sideShare*largestIn {
			p.in, came, lastIn = append(p.in, in[m.In]), came+in[m.In].amount, m.In
		}
		if o := out[m.Out]; m.Out > lastOut && o.amount >= sideShare*largestOut && covered[m.Out] >= o.amount/2 {
			p.out, went, lastOut = append(p.out, o), went+o.amount, m.Out
		}
	}
	if len(p.in) == 0 || len(p.out) == 0 {
		return p, false
	}
	p.ratio = went / came
	if p.ratio < 1-d.policy.Flows.Cut || p.ratio > 1+d.policy.Flows.Cut/2 {
		return p, false
	}
	p.bits = d.passBits(&p, currency)
	return p, p.bits+mostHaste >= d.policy.Flows.Bits
}

// passBits is how unlikely the amounts of a pass are by chance: that the payments
// are so large, and that what left is so close to what came; six bits each at
// most.
func (d *ground) passBits(p *pass, currency string) float64 {
	t := &d.tables.flows
	amounts := t.amounts[currency]
	k := len(p.in) + len(p.out)
	largest := 0.0
	came := 0.0
	for _, x := range p.in {
		came += x.amount
		largest = max(largest, x.amount)
	}
	rare := -math.Log2(share(len(amounts)-rank(amounts, largest), len(amounts)))
	// A payment of the population in the place of those that left, spread over
	// as many: how often would it come so close?
	n := float64(len(p.out))
	off := max(math.Abs(1-p.ratio), .02)
	near := rank(amounts, came*(1+off/2)/n) - rank(amounts, came*(1-off)/n)
	fit := -math.Log2(share(max(0, near-k), max(len(amounts)-k, 1)))
	if len(p.out) > 1 { // a sum is no payment, round or not: of sums around what came, so many come as close
		fit = min(fit, -math.Log2(1.5*off))
	}
	return min(6, rare) + min(6, max(0, fit))
}

// pairsWithin counts the pairs of a payment that came and one that left within a
// span after it. Both come by time. Time: linear.
func pairsWithin(in, out []transfer, span int64) int {
	n, lo, hi := 0, 0, 0
	for _, x := range in {
		for lo < len(out) && out[lo].at < x.at {
			lo++
		}
		for hi < len(out) && out[hi].at-x.at <= span {
			hi++
		}
		n += hi - lo
	}
	return n
}

// rank is how many of an ascending list are below x.
func rank(list []float64, x float64) int {
	n, _ := slices.BinarySearch(list, x)
	return n
}

// ties binds each account that passes money on to those whom it paid.
func (x flows) ties(_ context.Context, found *tied) error {
	for i, passes := range x.tables.flows.passes {
		for _, p := range passes {
			if len(p.out) > x.policy.Flows.Cap {
				continue
			}
			b := tie{accounts: []graph.Vertex{x.lo + graph.Vertex(i)}, on: p.account, found: policy.DetectorFlows, bits: p.bits,
				from: graph.Millis(p.out[0].at), to: graph.Millis(p.out[len(p.out)-1].at)}
			for _, o := range p.out {
				b.accounts = append(b.accounts, o.peer)
				b.links = append(b.links, o.link)
			}
			b.accounts = distinct(b.accounts)
			slices.Sort(b.links)
			found.ties = append(found.ties, b)
		}
	}
	return nil
}

func (x flows) propose(_ context.Context, c *component) ([][]graph.Vertex, error) {
	return c.proposals(policy.DetectorFlows), nil
}

func (x flows) lacks() []Lack {
	return x.lacksLinks(graph.TransferredTo, "no transfers between accounts", "transfers.id")
}
