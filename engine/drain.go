package engine

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"ringleader/engine/algo"
	"ringleader/engine/policy"
	"ringleader/graph"
)

// drains finds takeover waves by the money alone, as a wallet sees them that
// knows neither device nor receiver: accounts emptied one after another at one
// merchant, minutes apart.
//
// A drain is several debits of one account of age at one merchant, minutes
// apart, far faster than the account ever pays, and large in sum. A session is
// drains of different accounts that follow each other sooner than the
// merchant's own pace of drains explains. It ties its accounts; where the data
// name neither thing nor receiver of the debits, so do the sessions of the
// policy's horizon, for nothing else tells waves apart. Victims are named; who
// did it is not visible. Cost: O(debits · log debits of an account). Known to
// misfire on: a studio that buys for its customers one after the other (the
// sums are small), and two children who spend at the same hour.
type drains struct{ *ground }

func (drains) name() string { return policy.DetectorDrains }

// drain is an account emptied at one merchant.
type drain struct {
	account, merchant graph.Vertex
	debits            []debit // by time, refused ones too
	from, to          int64
	blind             bool // the data say neither on what nor to whom
}

// drainTable is all drains and sessions of them.
type drainTable struct {
	all       []drain              // by account, then time
	of        map[graph.Vertex]int // by account: its first
	sessions  [][]int              // by merchant, then time: drains of two accounts, or one that may be of a wave
	sessionOf map[int]int          // by drain
	soon      [][]float64          // by session: bits by which a drain followed the one before
	closeOf   map[int]int          // by drain of a session: the stretch of it in which no step is chance
	close     int                  // such stretches
}

func (d *ground) measureDrains(ctx context.Context) error {
	t := &d.tables.drains
	t.of, t.sessionOf, t.closeOf = make(map[graph.Vertex]int), make(map[int]int), make(map[int]int)
	if len(d.tables.splurges.amounts) == 0 {
		return nil
	}
	found := make([][]drain, d.pop.accounts)
	err := d.each(ctx, d.pop.accounts, 256, func(i int) error {
		found[i] = d.drainsOf(d.lo + graph.Vertex(i))
		return nil
	})
	if err != nil {
		return err
	}
	t.all = slices.Concat(found...)
	byMerchant := make(map[graph.Vertex][]int)
	for i := range t.all {
		x := &t.all[i]
		if _, ok := t.of[x.account]; !ok {
			t.of[x.account] = i
		}
		byMerchant[x.merchant] = append(byMerchant[x.merchant], i)
	}
	for _, m := range sortedVertices(byMerchant) {
		d.sessionsAt(t, byMerchant[m])
	}
	return nil
}

// drainsOf is the drains of an account. Debits of one follow each other within
// the gap.
func (d *ground) drainsOf(a graph.Vertex) []drain {
	rule := &d.policy.Drain
	all := slices.DeleteFunc(d.debitsOf(a), func(x debit) bool { return !x.at.Known() })
	if len(all) < rule.Debits {
		return nil
	}
	since := d.openedAt(a)
	aged := d.policy.Takeover.Aged
	if !since.Known() {
		since, aged = all[0].at, d.policy.Takeover.SeenBefore
	}
	slices.SortStableFunc(all, func(a, b debit) int { return cmp.Or(cmp.Compare(a.merchant, b.merchant), cmp.Compare(a.at, b.at)) })
	var out []drain
	start := 0
	for i := 1; i <= len(all); i++ {
		if i < len(all) && all[i].merchant == all[i-1].merchant && all[i].at.Millis()-all[i-1].at.Millis() <= rule.Gap.Millis() {
			continue
		}
		run := all[start:i]
		start = i
		if len(run) >= rule.Debits && run[0].at.Millis()-since.Millis() >= aged.Millis() && d.drainBits(run, len(all)) >= rule.Bits {
			x := drain{account: a, merchant: run[0].merchant, debits: slices.Clone(run), from: run[0].at.Millis(), to: run[len(run)-1].at.Millis()}
			x.blind = d.blindDebits(a, run)
			out = append(out, x)
		}
	}
	slices.SortFunc(out, func(a, b drain) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.merchant, b.merchant)) })
	return out
}

// drainBits is how unlikely so many debits are in so short a time at the
// account's own pace, and that their sum is so large beside single debits of the
// population; six bits each at most.
func (d *ground) drainBits(run []debit, all int) float64 {
	t := &d.tables.splurges
	sum, currency := 0.0, ""
	for _, x := range run {
		if m := d.g.Money(x.link); m.Known {
			sum, currency = sum+m.Float(), m.Currency
		}
	}
	list := t.amounts[currency]
	took := float64(max(run[len(run)-1].at.Millis()-run[0].at.Millis(), minute))
	haste := surprise(float64(len(run)), float64(all-len(run)+1)*took/t.span)
	return min(6, haste) + min(6, -math.Log2(share(len(list)-rank(list, sum), len(list))))
}

// blindDebits reports whether the data say neither on what debits were made nor
// to whom they went.
func (d *ground) blindDebits(a graph.Vertex, run []debit) bool {
	for _, x := range run {
		if x.hasReceiver {
			return false
		}
	}
	for l, hi := d.g.Out(a); l < hi; l++ {
		if e := d.g.Event(l); e != "" && d.isThing(d.g.To(l)) && slices.ContainsFunc(run, func(x debit) bool { return x.event == e }) {
			return false
		}
	}
	return true
}

// probes reports whether a drain began with a small debit, to see whether the
// account pays. A child that spends buys the same thing over and over.
func (d *ground) probes(x *drain) bool {
	largest := 0.0
	for _, p := range x.debits {
		largest = max(largest, d.g.Money(p.link).Float())
	}
	return d.g.Money(x.debits[0].link).Float() <= sideShare*largest
}

// sessionsAt finds the sessions at one merchant: each drain begins within the
// policy's span of the end of the one before, which at the merchant's pace of
// drains is rarer than its bits.
func (d *ground) sessionsAt(t *drainTable, list []int) {
	slices.SortFunc(list, func(i, j int) int { return cmp.Or(cmp.Compare(t.all[i].from, t.all[j].from), cmp.Compare(i, j)) })
	pace := float64(len(list)) / d.tables.splurges.span
	var hours [24]int // of the day, UTC, in which drains begin
	for _, n := range list {
		hours[graph.Millis(t.all[n].from).Std().Hour()]++
	}
	isolated := max(d.policy.Drain.Soon, math.Log2(float64(len(list))))
	var session []int
	var soon []float64
	keep := func() {
		accounts := make([]graph.Vertex, len(session))
		for i, n := range session {
			accounts[i] = t.all[n].account
		}
		if len(distinct(accounts)) > 1 || len(session) == 1 && t.all[session[0]].blind && d.probes(&t.all[session[0]]) {
			for _, n := range session {
				t.sessionOf[n] = len(t.sessions)
			}
			t.sessions, t.soon = append(t.sessions, session), append(t.soon, soon)
		}
		session, soon = nil, nil
	}
	end := int64(always)
	for _, n := range list {
		x := &t.all[n]
		wait := max(x.from-end, 0)
		bits := followBits(pace, wait)
		if end == always || wait > d.policy.Drain.Apart.Millis() || bits < d.policy.Drain.Soon {
			keep()
			bits = 0
		}
		nightly := 24 * float64(hours[graph.Millis(x.from).Std().Hour()]) / d.tables.splurges.span
		if len(session) == 0 || followBits(max(pace, nightly), wait) < isolated {
			t.close++
		}
		t.closeOf[n] = t.close
		session, soon = append(session, n), append(soon, bits)
		end = max(end, x.to)
	}
	keep()
}

// followBits is how unlikely it is that at a pace the next drain begins after so
// short a wait.
func followBits(pace float64, wait int64) float64 {
	return -math.Log2(1 - math.Exp(-pace*float64(max(wait, 5*minute))))
}

func (x drains) ties(_ context.Context, found *tied) error {
	t := &x.tables.drains
	u := algo.NewUnionFind(len(t.sessions))
	last := -1
	for i, session := range t.sessions { // by merchant, then time
		first := &t.all[session[0]]
		if !x.blindSession(session) {
			continue
		}
		if last >= 0 {
			before := t.sessions[last]
			end := &t.all[before[len(before)-1]]
			if end.merchant == first.merchant && first.from-end.to <= x.policy.Drain.Horizon.Millis() {
				u.Union(uint32(last), uint32(i))
			}
		}
		last = i
	}
	for _, group := range algo.Groups(u.Labels()) {
		b := tie{found: policy.DetectorDrains, bits: patternBits}
		if !slices.ContainsFunc(group, func(i uint32) bool { return len(t.sessions[i]) > 1 }) {
			continue
		}
		for _, i := range group {
			for _, n := range t.sessions[i] {
				d := &t.all[n]
				b.on = d.merchant
				b.accounts = append(b.accounts, d.account)
				b.from, b.to = earlier(b.from, graph.Millis(d.from)), max(b.to, graph.Millis(d.to))
				for _, p := range d.debits {
					b.links = append(b.links, p.link)
				}
			}
		}
		b.accounts = distinct(b.accounts)
		slices.Sort(b.links)
		if len(b.accounts) <= x.policy.Drain.Cap {
			found.ties = append(found.ties, b)
		}
	}
	return nil
}

// blindSession reports whether the data say of no drain on what or to whom.
func (x drains) blindSession(session []int) bool {
	return !slices.ContainsFunc(session, func(n int) bool { return !x.tables.drains.all[n].blind })
}

func (x drains) propose(_ context.Context, c *component) ([][]graph.Vertex, error) {
	return c.proposals(policy.DetectorDrains), nil
}

func (x drains) lacks() []Lack { return x.lacksLinks(graph.Paid, "no payments", "payments.id") }

// assess weighs drains as a wave of which only the money is known.
func (x drains) assess(c *component, accounts []graph.Vertex) (*candidate, bool) {
	ties := c.patterns(policy.DetectorDrains, accounts)
	if len(ties) == 0 {
		return nil, false
	}
	t := &x.tables.drains
	w := wave{}
	bits := 0.0
	sessions := 0
	for _, i := range x.sessionsOf(accounts) {
		session := t.sessions[i]
		here := 0
		for k, n := range session {
			d := &t.all[n]
			if _, ok := slices.BinarySearch(accounts, d.account); !ok {
				continue
			}
			here++
			if here > 1 {
				bits += min(4, t.soon[i][k])
			}
			w.visits = append(w.visits, visit{account: d.account, on: d.merchant, link: d.debits[0].link, since: graph.Millis(d.from),
				aged: true, blind: true, debits: d.debits})
		}
		sessions += one(here > 0)
	}
	if len(w.visits) == 0 {
		return nil, false
	}
	slices.SortFunc(w.visits, compareVisits)
	a := &assessment{takeover: takeover(x), w: w, own: make(map[graph.Vertex]float64), r: &candidate{typology: Takeover}}
	a.gather()
	if len(a.victims) < max(minRing, x.policy.Takeover.Accounts) {
		return nil, false
	}
	a.weigh(c)
	a.add("drains", "", min(bits, policy.LineBits)).text = drainText(a, sessions)
	for _, v := range a.victims {
		a.own[v] += 2
	}
	a.addMembers()
	return a.r, true
}

// sessionsOf is the sessions in which accounts (ascending) were emptied, ascending.
func (d *ground) sessionsOf(accounts []graph.Vertex) []int {
	t := &d.tables.drains
	var out []int
	for _, a := range accounts {
		first, ok := t.of[a]
		for n := first; ok && n < len(t.all) && t.all[n].account == a; n++ {
			if i, held := t.sessionOf[n]; held {
				out = append(out, i)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func drainText(a *assessment, sessions int) string {
	text := fmt.Sprintf("%d old accounts were emptied at %s one after another, in %d sessions, sooner than its pace explains",
		len(a.victims), a.g.Ref(a.w.visits[0].on).Key, sessions)
	if len(a.things) == 0 && len(a.receivers) == 0 {
		text += "; by whom is not visible in these data"
	}
	return text
}
