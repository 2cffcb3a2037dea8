package engine

import (
	"context"
	"fmt"
	"math"
	"slices"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// claims finds refund and warranty rings: accounts that claim the same broken
// things over and over, at the same shops, with the replacements sent to the
// same places, and that never use what they get.
//
// Accounts are tied over a thing that two of them claimed, and over a place
// that the policy's number of them had replacements sent to. Null models: how
// seldom a thing is claimed at all; how many claimants a place has; which share
// of all claimants had used the thing before and use the replacement
// afterwards. Cost: O(claims · log claims). Known to misfire on: a repairer who
// claims for customers in accounts of theirs (the replacements are used, which
// speaks against); a thing sold on and claimed again by its next owner is one
// pair, and no ring.
type claims struct{ *ground }

func (claims) name() string { return policy.DetectorClaims }

func (x claims) lacks() []Lack {
	return x.lacksLinks(graph.Claimed, "no claims", "claims.device")
}

// claim is one claim with all that its event names.
type claim struct {
	account graph.Vertex
	link    graph.LinkID // CLAIMED
	thing   graph.Vertex
	shop    graph.Vertex   // where it was handed in; the thing if nobody says
	places  []graph.Vertex // identifiers that the event names: addresses, phones
	known   bool           // the account was seen on the thing before
	swapped bool           // the claim names a replacement
	used    bool           // which the account was seen on
}

// claimTable is all claims and the counts of their null models.
type claimTable struct {
	all       []claim // by account, then link
	byThing   map[graph.Vertex][]int
	byPlace   map[graph.Vertex][]int
	things    int   // of the kinds that are claimed
	known     int   // claims of a thing that the account had used
	swapped   int   // claims that name a replacement
	used      int   // of these, used by the account
	claimants []int // claimants[k]: places of k claimants or more
}

func (d *ground) measureClaims(ctx context.Context) error {
	t := &d.tables.claims
	t.byThing, t.byPlace = make(map[graph.Vertex][]int), make(map[graph.Vertex][]int)
	if _, ok := d.g.TypeIndex(graph.Claimed); !ok {
		return nil
	}
	kinds := make(map[graph.Kind]bool)
	for a := d.lo; a < d.hi; a++ {
		if a%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		for l, hi := d.g.Out(a); l < hi; l++ {
			if d.g.Type(l) == graph.Claimed {
				kinds[d.g.Kind(d.g.To(l))] = true
				t.all = append(t.all, d.claimOf(a, l))
			}
		}
	}
	for _, k := range sortedKeys(kinds) {
		lo, hi := d.g.OfKind(k)
		t.things += int(hi - lo)
	}
	for i := range t.all {
		c := &t.all[i]
		t.byThing[c.thing] = append(t.byThing[c.thing], i)
		for _, p := range c.places {
			t.byPlace[p] = append(t.byPlace[p], i)
		}
		t.known += one(c.known)
		t.swapped += one(c.swapped)
		t.used += one(c.used)
	}
	t.claimants = make([]int, maxTail+2)
	for _, list := range t.byPlace {
		t.claimants[min(len(claimantsOf(t.all, list)), maxTail)]++
	}
	for i := maxTail; i > 0; i-- {
		t.claimants[i-1] += t.claimants[i]
	}
	return nil
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// claimOf reads one claim of an account. Time: O(links of the account).
func (d *ground) claimOf(a graph.Vertex, claimed graph.LinkID) claim {
	c := claim{account: a, link: claimed, thing: d.g.To(claimed), shop: d.g.To(claimed)}
	event := d.g.Event(claimed)
	replacement := c.thing
	lo, hi := d.g.Out(a)
	for l := lo; l < hi && event != ""; l++ {
		if d.g.Event(l) != event {
			continue
		}
		switch to := d.g.To(l); {
		case d.g.Type(l) == graph.Received:
			replacement, c.swapped = to, true
		case d.g.Type(l) == graph.ClaimedAt:
			c.shop = to
		case d.mayTie(l) && d.placeholderOf(to) == "":
			c.places = append(c.places, to)
		}
	}
	at := d.g.At(claimed)
	for l := lo; l < hi; l++ {
		if d.never[d.g.TypeOf(l)] || event != "" && d.g.Event(l) == event {
			continue
		}
		switch to := d.g.To(l); {
		case to == c.thing:
			c.known = c.known || !at.Known() || d.g.At(l) <= at
		case c.swapped && to == replacement:
			c.used = true
		}
	}
	return c
}

// mayTie reports whether a link is a sighting on an identifier that may tie.
func (d *ground) mayTie(l graph.LinkID) bool {
	return !d.never[d.g.TypeOf(l)] && d.rules[d.g.Kind(d.g.To(l))].Cap > 0
}

// claimantsOf is the distinct accounts of some claims, ascending.
func claimantsOf(all []claim, list []int) []graph.Vertex {
	out := make([]graph.Vertex, len(list))
	for i, n := range list {
		out[i] = all[n].account
	}
	return distinct(out)
}

func (x claims) ties(_ context.Context, found *tied) error {
	t := &x.tables.claims
	add := func(on graph.Vertex, list []int, least int, bits float64) {
		accounts := claimantsOf(t.all, list)
		if len(accounts) < least || len(accounts) > x.policy.Claims.Cap {
			return
		}
		b := tie{accounts: accounts, on: on, found: policy.DetectorClaims, bits: min(patternBits, bits*float64(len(accounts)-1))}
		for _, n := range list {
			b.links = append(b.links, t.all[n].link)
			if at := x.g.At(t.all[n].link); at.Known() {
				b.from, b.to = earlier(b.from, at), max(b.to, at)
			}
		}
		slices.Sort(b.links)
		found.ties = append(found.ties, b)
	}
	for _, v := range sortedVertices(t.byThing) {
		add(v, t.byThing[v], 2, x.repeatBits())
	}
	for _, v := range sortedVertices(t.byPlace) {
		n := len(claimantsOf(t.all, t.byPlace[v]))
		add(v, t.byPlace[v], x.policy.Claims.Accounts, x.placeBits(n))
	}
	return nil
}

func sortedVertices[V any](m map[graph.Vertex]V) []graph.Vertex {
	keys := make([]graph.Vertex, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// repeatBits is how rare it is that a claim falls on a thing claimed before,
// if claims fell on things at random.
func (x claims) repeatBits() float64 {
	t := &x.tables.claims
	return -math.Log2(share(len(t.all), t.things))
}

// placeBits is how rare a place of n claimants is.
func (x claims) placeBits(n int) float64 {
	t := &x.tables.claims
	return -math.Log2(share(t.claimants[min(n, maxTail)], len(t.byPlace)))
}

func (x claims) propose(_ context.Context, c *component) ([][]graph.Vertex, error) {
	return c.proposals(policy.DetectorClaims), nil
}

// Rates inside a ring of claims, where the population's own are the null model.
const (
	claimStrange = .9  // claims of a thing that the account was never seen on
	claimUnused  = .95 // replacements that the account is never seen on
)

func (x claims) assess(c *component, accounts []graph.Vertex) (*candidate, bool) {
	ties := c.patterns(policy.DetectorClaims, accounts)
	if len(ties) == 0 {
		return nil, false
	}
	w := x.weighing(ClaimFraud, ties)
	var list []int // claims of the accounts, ascending
	for _, a := range w.r.accounts {
		list = append(list, x.tables.claims.of(a)...)
	}
	x.addRepeats(w, list)
	x.addPlaces(w, list)
	x.addUse(w, list)
	for _, n := range list {
		c := &x.tables.claims.all[n]
		x.addDebit(w.ledger, c.account, debit{link: c.link, at: x.g.At(c.link), event: x.g.Event(c.link)})
		w.at(c.account, x.g.At(c.link))
	}
	return w.finish(func(graph.Vertex) Role { return RoleOperator }), true
}

// of is the claims of an account by number.
func (t *claimTable) of(a graph.Vertex) []int {
	i, _ := slices.BinarySearchFunc(t.all, a, func(c claim, a graph.Vertex) int { return int(c.account) - int(a) })
	var out []int
	for ; i < len(t.all) && t.all[i].account == a; i++ {
		out = append(out, i)
	}
	return out
}

// addRepeats: things that several accounts of the ring claimed.
func (x claims) addRepeats(w *weighing, list []int) {
	t := &x.tables.claims
	by := make(map[graph.Vertex][]int)
	for _, n := range list {
		by[t.all[n].thing] = append(by[t.all[n].thing], n)
	}
	var things []graph.Vertex
	var links []graph.LinkID
	repeats, claimed := 0, 0
	each := min(4, x.repeatBits())
	for _, v := range sortedVertices(by) {
		accounts := claimantsOf(t.all, by[v])
		if len(accounts) < 2 {
			continue
		}
		repeats += len(accounts) - 1
		claimed += len(by[v])
		things = append(things, v)
		for _, n := range by[v] {
			links = append(links, t.all[n].link)
		}
		for _, a := range accounts {
			w.say(a, each, "claimed %s %s, which %d others claimed", x.g.Kind(v), x.g.Ref(v).Key, len(accounts)-1)
		}
		w.member(v, RoleOperator, each*float64(len(accounts)-1), fmt.Sprintf("%d accounts of the ring claimed it", len(accounts)))
	}
	if repeats > 0 {
		w.add("claimed_again", min(policy.LineBits, float64(repeats)*each), things, links,
			"%d claims were made for %d things; there are %d claims for %d things in all", claimed, len(things), len(t.all), t.things)
	}
}

// addPlaces: replacements sent to one place for people who do not live there.
func (x claims) addPlaces(w *weighing, list []int) {
	t := &x.tables.claims
	by := make(map[graph.Vertex][]int)
	for _, n := range list {
		for _, p := range t.all[n].places {
			by[p] = append(by[p], n)
		}
	}
	bits, guests := 0.0, 0
	var places []graph.Vertex
	for _, p := range sortedVertices(by) {
		var strangers []graph.Vertex
		for _, a := range claimantsOf(t.all, by[p]) {
			if !x.lives(a, p) {
				strangers = append(strangers, a)
			}
		}
		if len(strangers) < 2 {
			continue
		}
		places = append(places, p)
		guests += len(strangers)
		each := min(3, x.placeBits(len(strangers)))
		bits += float64(len(strangers)-1) * each
		w.member(p, RoleOperator, each*float64(len(strangers)-1), fmt.Sprintf("replacements for %d accounts of the ring went there", len(strangers)))
		for _, a := range strangers {
			w.say(a, each, "had a replacement sent to %s %s, as did %d others", x.g.Kind(p), x.g.Ref(p).Key, len(strangers)-1)
		}
	}
	if len(places) > 0 {
		w.add("sent_to_one_place", min(10, bits), places, nil, "replacements for %d accounts went to %d places where none of them is at home", guests, len(places))
	}
}

// lives reports whether an account is known at a place by more than claims.
func (x claims) lives(a, p graph.Vertex) bool {
	for _, l := range x.g.In(p) {
		if x.g.From(l) != a || x.never[x.g.TypeOf(l)] {
			continue
		}
		event := x.g.Event(l)
		if event == "" || !slices.ContainsFunc(x.tables.claims.of(a), func(n int) bool {
			return x.g.Event(x.tables.claims.all[n].link) == event
		}) {
			return true
		}
	}
	return false
}

// addUse: things that the claimant never had, replacements that it never uses.
func (x claims) addUse(w *weighing, list []int) {
	t := &x.tables.claims
	strange, swapped, unused := 0, 0, 0
	for _, n := range list {
		c := &t.all[n]
		strange += one(!c.known)
		swapped += one(c.swapped)
		unused += one(c.swapped && !c.used)
		if c.used {
			w.say(c.account, -4, "uses the replacement that it got")
		}
		if c.known {
			w.say(c.account, -2, "had used what it claimed")
		}
	}
	if t.known > 0 {
		q := share(len(t.all)-t.known-strange, len(t.all)-len(list))
		w.add("claimed_unused", ratio(strange, len(list), max(claimStrange, q), q), nil, nil,
			"%d of %d claims are for things that the account was never seen on; so are %s of all other claims", strange, len(list), percent(q))
	}
	if t.used > 0 && swapped > 0 {
		q := share(t.swapped-t.used-unused, t.swapped-swapped)
		w.add("replacement_unused", ratio(unused, swapped, max(claimUnused, q), q), nil, nil,
			"%d of %d replacements were never used by the account that got them; nor were %s of all others", unused, swapped, percent(q))
	}
}
