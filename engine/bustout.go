package engine

import (
	"context"
	"slices"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// bustOut finds accounts that pay their small bills for months and then, within
// days of each other, take all that their limits give, at the same few
// merchants.
//
// A splurge is the days in which an account of age spends, in several debits at
// few merchants, many times what it ever spent besides. Splurges at one merchant
// within the policy's span belong together if they are more than the merchant's
// own pace of splurges explains. Null models: that pace; the share of all debits
// that are so large; the share of accounts whose limits were changed in so long
// a time. Cost: O(debits · log debits of an account + splurges · cap). Known to misfire on: guests
// of one wedding who all buy at the same jeweller (no raised limits), and a
// takeover wave, which empties accounts within the hour (hurry speaks against).
type bustOut struct{ *ground }

func (bustOut) name() string { return policy.DetectorBustOut }

// eventLimit is the event of a changed limit.
const eventLimit = graph.EventPrefix + "limit_changed"

// splurge is the days in which an account spent far more than ever.
type splurge struct {
	account   graph.Vertex
	debits    []debit // by time
	merchants []graph.Vertex
	from, to  int64
	times     float64 // what it spent, by what it spent besides
	usual     float64 // median amount
	raised    bool    // a limit was changed not long before
}

// splurgeTable is the population's splurges and which belong together.
type splurgeTable struct {
	all     []splurge // by account
	groups  [][]uint32
	of      map[graph.Vertex]int // by account: its splurge
	at      map[graph.Vertex][]int
	amounts map[string][]float64     // of all debits, by currency, ascending
	starts  []int64                  // of splurges, ascending
	popular map[graph.Vertex]float64 // by merchant with a splurge: its share of all debits
	visits  float64                  // mean number of merchants of a splurge
	limits  int                      // changes of limits
	span    float64                  // milliseconds from first to last debit
}

func (d *ground) measureSplurges(ctx context.Context) error {
	t := &d.tables.splurges
	t.of, t.at, t.amounts = make(map[graph.Vertex]int), make(map[graph.Vertex][]int), make(map[string][]float64)
	if _, ok := d.g.TypeIndex(graph.Paid); !ok {
		return nil
	}
	lo, hi := int64(never), int64(always)
	for l := range graph.LinkID(d.g.Links()) {
		if m, at := d.g.Money(l), d.g.At(l); d.g.Type(l) == graph.Paid && m.Known && m.Minor > 0 && at.Known() {
			t.amounts[m.Currency] = append(t.amounts[m.Currency], m.Float())
			lo, hi = min(lo, at.Millis()), max(hi, at.Millis())
		}
	}
	t.span = float64(max(hi-lo, 28*24*hour))
	for _, list := range t.amounts {
		slices.Sort(list)
	}
	found := make([]splurge, d.pop.accounts)
	changes := make([]int, d.pop.accounts)
	err := d.each(ctx, d.pop.accounts, 256, func(i int) error {
		found[i], changes[i] = d.splurgeOf(d.lo + graph.Vertex(i))
		return nil
	})
	for i := range found {
		t.limits += changes[i]
		if len(found[i].debits) == 0 {
			continue
		}
		n := len(t.all)
		t.of[found[i].account] = n
		t.all = append(t.all, found[i])
		for _, m := range found[i].merchants {
			t.at[m] = append(t.at[m], n)
		}
	}
	d.measureSeason(t)
	d.groupSplurges(t)
	return err
}

// measureSeason is when splurges begin at all, and where debits are made.
func (d *ground) measureSeason(t *splurgeTable) {
	for i := range t.all {
		t.starts = append(t.starts, t.all[i].from)
		t.visits += float64(len(t.all[i].merchants)) / float64(len(t.all))
	}
	slices.Sort(t.starts)
	debits := 0
	for _, list := range t.amounts {
		debits += len(list)
	}
	t.popular = make(map[graph.Vertex]float64, len(t.at))
	for m := range t.at {
		n := 0
		for _, l := range d.g.In(m) {
			n += one(d.g.Type(l) == graph.Paid)
		}
		t.popular[m] = float64(n) / float64(debits)
	}
}

// splurgeOf is the greatest splurge of an account, without debits if it has
// none, and how often its limits were changed.
func (d *ground) splurgeOf(a graph.Vertex) (best splurge, changes int) {
	rule := &d.policy.BustOut
	best = splurge{account: a}
	var limits []int64
	for e := range d.g.History(a) {
		if e.Name == eventLimit {
			changes++
			if e.At.Known() {
				limits = append(limits, e.At.Millis())
			}
		}
	}
	all := d.settledOf(a)
	if len(all) < rule.Debits {
		return best, changes
	}
	opened := d.openedAt(a)
	if !opened.Known() {
		opened = all[0].at
	}
	total := 0.0
	for _, x := range all {
		total += d.g.Money(x.link).Float()
	}
	sum, j := 0.0, 0
	for i := range all {
		if i > 0 {
			sum -= d.g.Money(all[i-1].link).Float()
		}
		for ; j < len(all) && all[j].at.Millis()-all[i].at.Millis() <= rule.Within.Millis(); j++ {
			sum += d.g.Money(all[j].link).Float()
		}
		if j-i < rule.Debits || all[i].at.Millis()-opened.Millis() < rule.Aged.Millis() {
			continue
		}
		median := middle(d.tables.splurges.amounts[d.g.Money(all[i].link).Currency])
		if times := sum / (total - sum + median); times >= rule.Times && times > best.times {
			best = splurge{account: a, debits: all[i:j], times: times}
		}
	}
	if len(best.debits) > 0 && !d.describeSplurge(&best, limits) {
		best.debits = nil
	}
	return best, changes
}

// settledOf is the debits of an account with time and amount that were not
// refused, by time.
func (d *ground) settledOf(a graph.Vertex) []debit {
	return slices.DeleteFunc(d.debitsOf(a), func(x debit) bool {
		m := d.g.Money(x.link)
		return !x.at.Known() || !m.Known || m.Minor <= 0 || d.g.Prop(x.link, propStatus) == statusDeclined
	})
}

// middle is the median of an ascending list.
func middle(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	return list[len(list)/2]
}

// fewMerchants is how many merchants a splurge has at most; hurried is how
// short one is not: accounts emptied within the hour are stolen, or a child's
// play.
const (
	fewMerchants = 3
	hurried      = hour
)

// describeSplurge keeps the large debits of a splurge; ok is false if these are
// too few, no larger than what others pay all the time, at too many merchants, or
// all within the hour.
func (d *ground) describeSplurge(s *splurge, limits []int64) (ok bool) {
	largest := 0.0
	for _, x := range s.debits {
		largest = max(largest, d.g.Money(x.link).Float())
	}
	var amounts []float64
	var kept []debit
	for _, x := range s.debits {
		if m := d.g.Money(x.link).Float(); m >= sideShare*largest {
			kept = append(kept, x)
			amounts = append(amounts, m)
			s.merchants = append(s.merchants, x.merchant)
		}
	}
	s.merchants = distinct(s.merchants)
	slices.Sort(amounts)
	if len(kept) < d.policy.BustOut.Debits || len(s.merchants) > fewMerchants {
		return false
	}
	s.debits, s.usual = kept, middle(amounts)
	s.from, s.to = kept[0].at.Millis(), kept[len(kept)-1].at.Millis()
	s.raised = slices.ContainsFunc(limits, func(at int64) bool {
		return at <= s.to && s.from-at <= d.policy.BustOut.Raised.Millis()
	})
	all := d.tables.splurges.amounts[d.g.Money(kept[0].link).Currency]
	return s.to-s.from >= hurried && share(rank(all, s.usual), len(all)) >= d.policy.BustOut.Large
}

func (x bustOut) ties(_ context.Context, found *tied) error {
	t := &x.tables.splurges
	for _, group := range t.groups {
		if len(group) > x.policy.BustOut.Cap {
			continue
		}
		b := tie{on: t.all[group[0]].merchants[0], found: policy.DetectorBustOut, bits: patternBits}
		for _, i := range group {
			s := &t.all[i]
			b.accounts = append(b.accounts, s.account)
			b.from, b.to = earlier(b.from, graph.Millis(s.from)), max(b.to, graph.Millis(s.to))
			for _, d := range s.debits {
				b.links = append(b.links, d.link)
			}
		}
		slices.Sort(b.accounts)
		slices.Sort(b.links)
		found.ties = append(found.ties, b)
	}
	return nil
}

func (x bustOut) propose(_ context.Context, c *component) ([][]graph.Vertex, error) {
	return c.proposals(policy.DetectorBustOut), nil
}

func (x bustOut) lacks() []Lack { return x.lacksLinks(graph.Paid, "no payments", "payments.id") }
