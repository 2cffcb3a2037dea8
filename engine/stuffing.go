package engine

import (
	"cmp"
	"context"
	"slices"
	"time"

	"ringleader/engine/algo"
	"ringleader/engine/policy"
	"ringleader/graph"
)

// stuffing finds pools of addresses or devices that try the logins of many
// accounts which were never seen there: passwords leaked elsewhere. Most fail;
// what opens is spent from.
//
// A thing tries if so many accounts failed to log in on it that had not been
// seen on it before, and failures are far more common there than anywhere.
// Things that tried one account within the hour are one pool. The pool ties the
// accounts that it opened; who was only tried is no member. Null model: the
// share of failures among all logins. Cost: O(login events + links of who tried).
// Known to misfire on: an office that moves to a new address on the day on which
// all passwords expire (that its accounts stay there speaks against).
type stuffing struct{ *ground }

func (stuffing) name() string { return policy.DetectorStuffing }

// Events of logins.
const (
	eventLogin       = graph.EventPrefix + "login"
	eventLoginFailed = graph.EventPrefix + "login_failed"
)

// attempt is one try to log in, on a thing.
type attempt struct {
	account graph.Vertex
	at      graph.Time
	failed  bool
	link    graph.LinkID
}

// pool is things that try logins together.
type pool struct {
	things   []graph.Vertex // ascending
	tried    []attempt      // failures of strangers, by account, then time
	all      int            // logins of strangers on the things
	opened   []attempt      // the first time that each account got in, by account
	from, to graph.Time     // of the failures
}

// loginTable is the pools, and how often logins fail.
type loginTable struct {
	logins, failed int
	on             map[graph.Vertex][]attempt // failures by thing; each by account, then time
	pools          []pool
	of             map[graph.Vertex][]int // by opened account
}

// loginEvent is one login by its time.
type loginEvent struct {
	at     graph.Time
	failed bool
}

// loginsOf reads the login events of an account with the things that they
// happened on: sightings at the very moment. Time: O(links · log events).
func (d *ground) loginsOf(a graph.Vertex, yield func(thing graph.Vertex, x attempt)) (logins, failed int) {
	var events []loginEvent
	for e := range d.g.History(a) {
		if (e.Name == eventLogin || e.Name == eventLoginFailed) && e.At.Known() {
			events = append(events, loginEvent{e.At, e.Name == eventLoginFailed})
			failed += one(e.Name == eventLoginFailed)
		}
	}
	slices.SortFunc(events, func(a, b loginEvent) int { return cmp.Or(cmp.Compare(a.at, b.at), one(a.failed)-one(b.failed)) })
	for l, hi := d.g.Out(a); l < hi && len(events) > 0; l++ {
		if d.g.Event(l) != "" || d.never[d.g.TypeOf(l)] || !d.isThing(d.g.To(l)) {
			continue
		}
		at := d.g.At(l)
		i, ok := slices.BinarySearchFunc(events, at, func(e loginEvent, at graph.Time) int { return cmp.Compare(e.at, at) })
		if ok {
			yield(d.g.To(l), attempt{a, at, events[i].failed, l})
		}
	}
	return len(events), failed
}

// noteFailures finds the sightings that failed logins left, and counts logins.
func (d *ground) noteFailures() {
	t := &d.tables.logins
	d.failed, t.on = make(map[graph.LinkID]bool), make(map[graph.Vertex][]attempt)
	for a := d.lo; a < d.hi; a++ {
		n, failed := d.loginsOf(a, func(thing graph.Vertex, x attempt) {
			if x.failed {
				d.failed[x.link] = true
				t.on[thing] = append(t.on[thing], x)
			}
		})
		t.logins += n
		t.failed += failed
	}
}

// isThing reports whether a vertex is something that accounts come from and
// that bursts are looked for on: a device, an address, a cookie.
func (d *ground) isThing(v graph.Vertex) bool { return d.rules[d.g.Kind(v)].Burst.Accounts > 0 }

func (d *ground) measureLogins(ctx context.Context) error {
	t := &d.tables.logins
	t.of = make(map[graph.Vertex][]int)
	var things []graph.Vertex
	for _, v := range sortedVertices(t.on) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if d.tries(v, t.on[v]) {
			things = append(things, v)
		}
	}
	for _, group := range d.unitePools(things, t.on) {
		p := d.poolOf(group, t.on)
		if len(p.opened) < 2 {
			continue
		}
		for _, x := range p.opened {
			t.of[x.account] = append(t.of[x.account], len(t.pools))
		}
		t.pools = append(t.pools, p)
	}
	return nil
}

// tries reports whether so many strangers failed on a thing that chance, at the
// share of failures among all logins, does not explain it. Failures come by
// account.
func (d *ground) tries(thing graph.Vertex, failures []attempt) bool {
	accounts, strangers := 0, 0
	for i, x := range failures {
		if i > 0 && failures[i-1].account == x.account {
			continue
		}
		accounts++
		strangers += one(d.firstOn(x.account, thing) >= x.at)
	}
	seen := len(accountsOf(d.sightingsOf(thing, nil))) + accounts
	q := share(d.tables.logins.failed-len(failures), d.tables.logins.logins-len(failures))
	return strangers >= d.policy.Stuffing.Accounts && surprise(float64(strangers), q*float64(seen)) >= d.policy.Stuffing.Bits
}

// firstOn is when an account was first seen on a thing.
func (d *ground) firstOn(a, thing graph.Vertex) graph.Time {
	first := graph.Time(0)
	for l, hi := d.g.Out(a); l < hi; l++ {
		if d.g.To(l) == thing && !d.never[d.g.TypeOf(l)] && d.g.At(l).Known() {
			first = earlier(first, d.g.At(l))
		}
	}
	return first
}

// unitePools groups things on which one account was tried, or came in, within
// the hour.
func (d *ground) unitePools(things []graph.Vertex, on map[graph.Vertex][]attempt) [][]graph.Vertex {
	type try struct {
		account graph.Vertex
		at      graph.Time
		thing   int
	}
	var all []try
	for i, v := range things {
		for _, x := range on[v] {
			all = append(all, try{x.account, x.at, i})
		}
		for _, x := range d.sightingsOf(v, nil) {
			if at := d.g.At(x.link); at.Known() {
				all = append(all, try{x.account, at, i})
			}
		}
	}
	slices.SortFunc(all, func(a, b try) int {
		return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.at, b.at), cmp.Compare(a.thing, b.thing))
	})
	u := algo.NewUnionFind(len(things))
	for i := 1; i < len(all); i++ {
		if a, b := all[i-1], all[i]; a.account == b.account && b.at.Millis()-a.at.Millis() <= hour {
			u.Union(uint32(a.thing), uint32(b.thing))
		}
	}
	var out [][]graph.Vertex
	for _, g := range algo.Groups(u.Labels()) {
		var group []graph.Vertex
		for _, i := range g {
			group = append(group, things[i])
		}
		out = append(out, group)
	}
	return out
}

// poolOf works out whom a pool tried and whom it opened: accounts that were new
// to one of its things while it was at work, by a login or a payment.
func (d *ground) poolOf(things []graph.Vertex, on map[graph.Vertex][]attempt) pool {
	p := pool{things: things}
	for _, v := range things {
		for _, x := range on[v] {
			p.tried = append(p.tried, x)
			p.from, p.to = earlier(p.from, x.at), max(p.to, x.at)
		}
	}
	byAccount := func(a, b attempt) int {
		return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.at, b.at), cmp.Compare(a.link, b.link))
	}
	slices.SortFunc(p.tried, byAccount)
	until := graph.Millis(later(p.to.Millis(), d.policy.Stuffing.CashOut.Millis()))
	var in []attempt
	for _, v := range things {
		start := on[v][0].at
		for _, x := range on[v] {
			start = min(start, x.at)
		}
		start = start.Add(-time.Hour)
		for _, s := range d.sightingsOf(v, nil) {
			at := d.g.At(s.link)
			if !at.Known() || at > until || d.firstOn(s.account, v) < start {
				continue
			}
			in = append(in, attempt{s.account, at, false, s.link})
		}
	}
	p.all = len(in) + len(p.tried)
	slices.SortFunc(in, byAccount)
	p.opened = slices.CompactFunc(in, func(a, b attempt) bool { return a.account == b.account })
	return p
}

func (x stuffing) ties(_ context.Context, found *tied) error {
	for _, p := range x.tables.logins.pools {
		if len(p.opened) > x.policy.Stuffing.Cap {
			continue
		}
		b := tie{on: p.things[0], found: policy.DetectorStuffing, bits: patternBits, from: p.opened[0].at}
		for _, o := range p.opened {
			b.accounts = append(b.accounts, o.account)
			b.links = append(b.links, o.link)
			b.from, b.to = min(b.from, o.at), max(b.to, o.at)
		}
		slices.Sort(b.links)
		found.ties = append(found.ties, b)
	}
	return nil
}

func (x stuffing) propose(_ context.Context, c *component) ([][]graph.Vertex, error) {
	return c.proposals(policy.DetectorStuffing), nil
}

func (x stuffing) lacks() []Lack {
	if x.tables.logins.failed > 0 {
		return nil
	}
	return []Lack{{"no failed logins", "events.type", true}}
}
