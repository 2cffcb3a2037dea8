package engine

import (
	"fmt"
	"math"
	"slices"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// owner is an account that deals by transfer with many of a group.
type owner struct {
	account graph.Vertex
	members int // whom it paid or who paid it
	links   []graph.LinkID
}

// ownersOf is the accounts, not of the group, that pay a quarter of a group or
// more within its time and a month after it, or are paid by as many, and that
// deal mostly with the group. Ascending.
func (d *ground) ownersOf(group []graph.Vertex, from, to graph.Time) []owner {
	until := graph.Millis(later(to.Millis(), 30*24*hour))
	at := make(map[graph.Vertex]*owner)
	for _, a := range group {
		met := make(map[graph.Vertex]bool)
		meet := func(l graph.LinkID, peer graph.Vertex) {
			if t := d.g.At(l); d.g.Type(l) != graph.TransferredTo || t < from || t > until || peer == a {
				return
			}
			o := at[peer]
			if o == nil {
				o = &owner{account: peer}
				at[peer] = o
			}
			o.links = append(o.links, l)
			if !met[peer] {
				met[peer] = true
				o.members++
			}
		}
		for _, l := range d.g.In(a) {
			meet(l, d.g.From(l))
		}
		for l, hi := d.g.Out(a); l < hi; l++ {
			meet(l, d.g.To(l))
		}
	}
	var out []owner
	for _, v := range sortedVertices(at) {
		o := at[v]
		_, member := slices.BinarySearch(group, v)
		if !member && o.members >= max(3, len(group)/4) && 2*o.members >= len(d.peersOf(v)) {
			out = append(out, *o)
		}
	}
	return out
}

// peersOf is the accounts that an account ever exchanged transfers with.
func (d *ground) peersOf(a graph.Vertex) []graph.Vertex {
	var out []graph.Vertex
	for l, hi := d.g.Out(a); l < hi; l++ {
		if d.g.Type(l) == graph.TransferredTo {
			out = append(out, d.g.To(l))
		}
	}
	for _, l := range d.g.In(a) {
		if d.g.Type(l) == graph.TransferredTo {
			out = append(out, d.g.From(l))
		}
	}
	return distinct(out)
}

func (x lockstep) assess(c *component, accounts []graph.Vertex) (*candidate, bool) {
	ties := c.patterns(policy.DetectorLockstep, accounts)
	if len(ties) == 0 {
		return nil, false
	}
	w := x.weighing(MerchantCollusion, ties)
	rounds := x.roundsWith(w.r.accounts)
	if len(rounds) < x.policy.Lockstep.Rounds {
		return nil, false
	}
	buyers := x.regulars(rounds)
	buyers = intersect(buyers, w.r.accounts)
	if len(buyers) < minRing {
		return nil, false
	}
	x.addRounds(w, rounds, buyers)
	x.addTrade(w, rounds, buyers)
	owners := x.addOwners(w, buyers)
	w.r.accounts = intersect(w.r.accounts, distinct(append(slices.Clone(buyers), owners...)))
	w.finish(func(a graph.Vertex) Role {
		if slices.Contains(owners, a) {
			return RoleBeneficiary
		}
		return RoleOperator
	})
	for i := range w.r.members { // buyers are paid back, and that is no cashing out
		if w.r.members[i].role == RoleCashOut {
			w.r.members[i].role = RoleOperator
		}
	}
	return w.r, true
}

// roundsWith is the rounds in which two or more of some accounts took part.
func (x lockstep) roundsWith(accounts []graph.Vertex) []uint32 {
	t := &x.tables.rounds
	seen := make(map[int]int)
	for _, a := range accounts {
		for _, i := range t.of[a] {
			seen[i]++
		}
	}
	var out []uint32
	for i, n := range seen {
		if n > 1 {
			out = append(out, uint32(i))
		}
	}
	slices.Sort(out)
	return out
}

// addRounds: more of the group at a merchant within hours than the merchant's
// pace explains, and the same accounts again and again, against accounts drawn
// anew for every round.
func (x lockstep) addRounds(w *weighing, rounds []uint32, buyers []graph.Vertex) {
	t := &x.tables.rounds
	crowd, again := 0.0, 0.0
	attended := 0
	visits := make(map[graph.Vertex]int)
	var links []graph.LinkID
	var shops []graph.Vertex
	for n, i := range rounds {
		r := &t.rounds[i]
		shops = append(shops, r.merchant)
		here := intersect(r.accounts, buyers)
		attended += len(here)
		crowd += min(4, surprise(float64(len(here)), r.pace))
		if n > 0 {
			chance := float64(len(r.accounts)) * float64(len(buyers)) / float64(x.pop.accounts+1)
			again += min(4, surprise(float64(len(here)), chance))
		}
		for _, v := range r.visits {
			if _, ok := slices.BinarySearch(here, v.account); !ok {
				continue
			}
			links = append(links, v.link)
			w.at(v.account, graph.Millis(v.at))
			x.addDebit(w.ledger, v.account, debit{link: v.link, at: graph.Millis(v.at), event: x.g.Event(v.link)})
		}
		for _, a := range here {
			visits[a]++
		}
	}
	shops = distinct(shops)
	for _, a := range buyers {
		w.say(a, min(8, 2*float64(visits[a]-1)), "was in %d of %d rounds at %d merchants", visits[a], len(rounds), len(shops))
	}
	for _, m := range shops {
		w.member(m, RoleBeneficiary, 4, "the accounts of the ring pay it within the same hours")
	}
	w.add("rounds", min(16, crowd), shops, links, "%d times several of %d accounts paid the same of %d merchants within hours, far above their pace",
		len(rounds), len(buyers), len(shops))
	w.add("same_accounts", min(16, again), nil, nil, "the same accounts each time: %.0f %% of them in a round",
		100*float64(attended)/float64(len(rounds)*len(buyers)))
}

// addTrade: how much of all that its merchants sold the group bought, against
// its share of all accounts. A group that is a small part of a merchant's trade
// is its customers.
func (x lockstep) addTrade(w *weighing, rounds []uint32, buyers []graph.Vertex) {
	t := &x.tables.rounds
	var shops []graph.Vertex
	for _, i := range rounds {
		shops = append(shops, t.rounds[i].merchant)
	}
	theirs, all := 0, 0
	for _, m := range distinct(shops) {
		for _, v := range x.visitorsOf(m) {
			all++
			_, ok := slices.BinarySearch(buyers, v.account)
			theirs += one(ok)
		}
	}
	p := float64(theirs) / float64(max(all, 1))
	w.add("trade", min(6, max(-6, 2*math.Log2(p/.25))), nil, nil, "%s of all payments to these merchants are the group's", percent(p))
}

// addOwners: one account that gives many of the group some of it back.
func (x lockstep) addOwners(w *weighing, buyers []graph.Vertex) []graph.Vertex {
	var accounts []graph.Vertex
	best := 0
	var links []graph.LinkID
	for _, o := range x.ownersOf(buyers, w.r.from, w.r.to) {
		if _, ok := slices.BinarySearch(w.r.accounts, o.account); !ok {
			continue
		}
		accounts = append(accounts, o.account)
		best = max(best, o.members)
		links = append(links, o.links...)
		w.say(o.account, 2*float64(o.members), "exchanged transfers with %d of %d accounts that buy in lockstep", o.members, len(buyers))
		first := graph.Time(0)
		for _, l := range o.links {
			first = earliest(first, x.g.At(l))
		}
		w.at(o.account, first)
	}
	if best > 0 {
		w.add("paid_back", min(8, 2*float64(best-1)), accounts, links, "%s", fmt.Sprintf("%d of %d accounts dealt by transfer with the same account meanwhile", best, len(buyers)))
	}
	return accounts
}
