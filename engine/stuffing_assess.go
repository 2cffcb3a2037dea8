package engine

import (
	"math"
	"slices"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// stuffingNoFactor is the rate of accounts without a second factor among those
// that a stolen password opens.
const stuffingNoFactor = .95

func (x stuffing) assess(c *component, accounts []graph.Vertex) (*candidate, bool) {
	ties := c.patterns(policy.DetectorStuffing, accounts)
	if len(ties) == 0 {
		return nil, false
	}
	p := x.largest(ties)
	w := x.weighing(CredentialStuffing, ties)
	opened := make(map[graph.Vertex]attempt)
	for _, o := range p.opened {
		if _, ok := slices.BinarySearch(w.r.accounts, o.account); ok {
			opened[o.account] = o
			w.at(o.account, o.at)
		}
	}
	w.r.accounts = sortedVertices(opened)
	if len(opened) < minRing {
		return nil, false
	}
	x.addTried(w, p)
	x.addOpened(w, p, opened)
	spent := x.addSpent(w, opened)
	x.addUnprotected(w)
	w.finish(func(graph.Vertex) Role { return RoleVictim })
	for i := range w.r.members {
		m := &w.r.members[i]
		if _, ok := opened[m.v]; ok {
			m.next = !spent[m.v]
		}
	}
	return w.r, true
}

// largest is the pool of the ties that opened most accounts, the first of equals.
func (x stuffing) largest(ties []tie) *pool {
	t := &x.tables.logins
	n := make([]int, len(t.pools))
	for _, b := range ties {
		for _, a := range b.accounts {
			for _, i := range t.of[a] {
				n[i]++
			}
		}
	}
	return &t.pools[slices.Index(n, slices.Max(n))]
}

// addTried: failures of strangers, against the share of failures among all
// logins.
func (x stuffing) addTried(w *weighing, p *pool) {
	t := &x.tables.logins
	var accounts []graph.Vertex
	links := make([]graph.LinkID, 0, len(p.tried))
	for _, f := range p.tried {
		accounts = append(accounts, f.account)
		links = append(links, f.link)
	}
	accounts = distinct(accounts)
	q := share(t.failed-len(p.tried), t.logins-p.all)
	w.add("tried", min(14, surprise(float64(len(p.tried)), q*float64(p.all))), p.things, links,
		"%d accounts that had never been there were tried from %d addresses and devices; %d of %d logins failed, of all logins %s",
		len(accounts), len(p.things), len(p.tried), p.all, percent(q))
	for _, v := range p.things {
		w.member(v, RoleOperator, 4, "tried the logins of many accounts")
	}
}

// addOpened: accounts that came to the pool's things for the first time while it
// was at work. Who stays there for long lives there.
func (x stuffing) addOpened(w *weighing, p *pool, opened map[graph.Vertex]attempt) {
	stay := 0
	for _, a := range w.r.accounts {
		o := opened[a]
		w.say(a, 4, "opened on %s %s at %s", x.g.Kind(x.g.To(o.link)), x.g.Ref(x.g.To(o.link)).Key, o.at)
		for l, hi := x.g.Out(a); l < hi; l++ {
			if _, ok := slices.BinarySearch(p.things, x.g.To(l)); ok && x.g.At(l).Millis() > later(p.to.Millis(), x.policy.Stuffing.CashOut.Millis()) {
				stay++
				w.say(a, -4, "went on being there afterwards")
				break
			}
		}
	}
	n := len(opened)
	w.add("opened", min(8, 2*float64(n-1)), nil, nil, "%d accounts were opened from there for the first time in the days of the attempts", n)
	if stay > 0 {
		w.add("staying", -4*float64(stay), nil, nil, "%d of them went on being there afterwards", stay)
	}
}

// addSpent: debits soon after the opening, at few merchants, against the
// merchants' share of all debits.
func (x stuffing) addSpent(w *weighing, opened map[graph.Vertex]attempt) map[graph.Vertex]bool {
	at := make(map[graph.Vertex]map[graph.Vertex]bool)
	debits := make(map[graph.Vertex][]debit)
	for _, a := range w.r.accounts {
		from := opened[a].at
		for _, d := range x.debitsOf(a) {
			if d.at < from || d.at.Millis()-from.Millis() > x.policy.Stuffing.CashOut.Millis() {
				continue
			}
			debits[a] = append(debits[a], d)
			if at[d.merchant] == nil {
				at[d.merchant] = make(map[graph.Vertex]bool)
			}
			at[d.merchant][a] = true
		}
	}
	var shops []graph.Vertex
	bits := 0.0
	for _, m := range sortedVertices(at) {
		if k := len(at[m]); k > 1 {
			shops = append(shops, m)
			chance := float64(len(debits)) * share(len(x.g.In(m)), x.pop.debits)
			bits = max(bits, surprise(float64(k), chance))
		}
	}
	spent, receivers := make(map[graph.Vertex]bool), make(map[graph.Vertex][]graph.Vertex)
	var links []graph.LinkID
	disputed := 0
	for _, a := range w.r.accounts {
		for _, d := range debits[a] {
			if _, ok := slices.BinarySearch(shops, d.merchant); !ok {
				continue
			}
			spent[a] = true
			links = append(links, d.link)
			x.addDebit(w.ledger, a, d)
			w.at(a, d.at)
			if d.hasReceiver {
				receivers[d.beneficiary] = append(receivers[d.beneficiary], a)
			}
		}
		if slices.ContainsFunc(debits[a], func(d debit) bool { _, ok := x.disputed(d.event); return ok }) {
			disputed++
		}
		if spent[a] {
			w.say(a, 2, "%s within %s of it", counted(len(debits[a]), "payment", "payments"), x.policy.Stuffing.CashOut.Words())
		}
	}
	for _, y := range sortedVertices(receivers) {
		if n := len(distinct(receivers[y])); n > 1 && n >= x.payers(y)/2 {
			w.member(y, RoleBeneficiary, float64(2*n), "received debits of "+counted(n, "victim", "victims"))
		}
	}
	if len(spent) > 0 {
		w.add("spent", min(8, bits), shops, links, "%d of %d were spent from soon after, at %d merchants", len(spent), len(opened), len(shops))
	}
	if disputed > 0 {
		q := share(x.pop.disputes-disputed, x.pop.debits)
		w.add("disputed", max(0, ratio(disputed, len(spent)+disputed, max(waveDisputed, q), q)), nil, nil, "%d owners disputed debits", disputed)
	}
	return spent
}

// addUnprotected: accounts whose login has no second factor.
func (x stuffing) addUnprotected(w *weighing) {
	without, known := 0, 0
	for _, a := range w.r.accounts {
		f := x.factorOf(a)
		without += one(f == factorNo)
		known += one(f != "")
	}
	if known == 0 {
		return
	}
	f := &x.pop.factor
	q := share((*f)[factorNo]-without, (*f)[factorNo]+(*f)[factorYes]-known)
	w.add("two_factor", math.Min(4, ratio(without, known, max(stuffingNoFactor, q), q)), nil, nil,
		"%d of %d accounts had no second factor; %s of all accounts have none", without, known, percent(q))
}
