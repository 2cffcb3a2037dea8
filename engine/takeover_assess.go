package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// assessment is a wave under the lens: what its lines are computed from.
type assessment struct {
	takeover
	r         *candidate
	w         wave
	hits      []visit                         // by time, one for each victim and thing
	victims   []graph.Vertex                  // accounts that were debited, ascending
	things    []graph.Vertex                  // the operator's, ascending
	receivers map[graph.Vertex][]graph.Vertex // beneficiary → victims that paid it
	debits    map[graph.Vertex][]debit        // victim → debits of the pattern, by time
	own       map[graph.Vertex]float64        // bits by account
}

func (t takeover) assess(c *component, accounts []graph.Vertex) (*candidate, bool) {
	if !slices.ContainsFunc(c.ties, func(t tie) bool { return t.found == policy.DetectorTakeover }) {
		return nil, false
	}
	var visits []visit
	for _, a := range accounts {
		visits = append(visits, c.visits(t, a)...)
	}
	waves := t.waves(visits, byAnything)
	if len(waves) == 0 {
		return nil, false
	}
	w := slices.MaxFunc(waves, func(a, b wave) int { // the first of the largest
		return cmp.Or(cmp.Compare(len(a.accounts), len(b.accounts)), cmp.Compare(b.visits[0].since, a.visits[0].since))
	})
	w.visits = slices.DeleteFunc(w.visits, func(v visit) bool { // of another component
		_, here := slices.BinarySearch(accounts, v.account)
		return v.blind && !here
	})
	x := &assessment{takeover: t, w: w, own: make(map[graph.Vertex]float64),
		r: &candidate{typology: Takeover}}
	x.gather()
	if len(x.victims) < t.policy.Takeover.Accounts {
		return nil, false
	}
	x.weigh(c)
	x.addMembers()
	return x.r, true
}

// gather works out the wave's victims, things, receivers and debits.
func (x *assessment) gather() {
	x.receivers = make(map[graph.Vertex][]graph.Vertex)
	x.debits = make(map[graph.Vertex][]debit)
	on := make(map[graph.Vertex]int)
	for _, v := range x.w.visits {
		if v.hit() && !v.blind {
			on[v.on]++
		}
		for _, d := range v.debits {
			if v.hit() && d.hasReceiver && d.onThing {
				x.receivers[d.beneficiary] = nil
			}
		}
	}
	x.chooseThings(on)
	ledger := newLedger()
	for _, v := range x.w.visits {
		if !v.hit() {
			continue
		}
		var kept []debit
		for _, d := range v.debits {
			_, theirs := x.receivers[d.beneficiary]
			if d.onThing || d.hasReceiver && theirs || len(x.receivers) == 0 {
				kept = append(kept, d)
			}
		}
		if len(kept) == 0 {
			continue
		}
		v.debits = kept
		x.hits = append(x.hits, v)
		x.victims = append(x.victims, v.account)
		for _, d := range kept {
			if !slices.ContainsFunc(x.debits[v.account], func(have debit) bool { return have.link == d.link }) {
				x.debits[v.account] = append(x.debits[v.account], d)
			}
			if d.hasReceiver && !slices.Contains(x.receivers[d.beneficiary], v.account) {
				x.receivers[d.beneficiary] = append(x.receivers[d.beneficiary], v.account)
			}
			x.addDebit(ledger, v.account, d)
			x.r.to = max(x.r.to, d.at)
		}
	}
	slices.Sort(x.victims)
	x.victims = slices.Compact(x.victims)
	x.r.loss = ledger.loss()
	x.r.from = x.w.visits[0].since
	x.r.to = max(x.r.to, x.w.visits[len(x.w.visits)-1].since)
}

// chooseThings takes as the operator's the things that two victims or more were
// debited on; where there is none, each victim's.
func (x *assessment) chooseThings(on map[graph.Vertex]int) {
	shared := false
	for _, n := range on {
		shared = shared || n > 1
	}
	for v, n := range on {
		if n > 1 || !shared {
			x.things = append(x.things, v)
		}
	}
	slices.Sort(x.things)
}

// addMembers names the parts that accounts, things and receivers play.
func (x *assessment) addMembers() {
	r := x.r
	seen := make(map[graph.Vertex]bool)
	for _, v := range x.w.visits {
		if seen[v.account] {
			continue
		}
		seen[v.account] = true
		m := member{v: v.account, bits: x.own[v.account], since: v.since}
		where := fmt.Sprintf("%s %s", x.g.Kind(v.on), x.g.Ref(v.on).Mask())
		switch _, hit := slices.BinarySearch(x.victims, v.account); {
		case hit:
			m.role = RoleVictim
			m.reasons = x.victimReasons(&v, where)
		case v.aged:
			m.role, m.bits, m.next = RoleVictim, m.bits+4, true
			m.reasons = []string{"old account, first seen on the wave's " + where + " at " + v.since.String() + ", not debited yet"}
		case x.paidByOthers(v.account):
			m.role, m.bits = RoleCashOut, m.bits+4
			m.reasons = []string{"young account on the wave's " + where + ", paid by other accounts"}
		default:
			m.role, m.bits = RoleOperator, m.bits+4
			m.reasons = []string{"young account on the wave's " + where}
		}
		r.members = append(r.members, m)
		r.accounts = append(r.accounts, v.account)
	}
	slices.Sort(r.accounts)
	for _, d := range x.things {
		n, since := 0, graph.Time(0)
		for _, v := range x.hits {
			if v.on == d {
				n++
				if !since.Known() || v.since < since {
					since = v.since
				}
			}
		}
		r.members = append(r.members, member{v: d, role: RoleOperator, bits: float64(2 * n), since: since,
			reasons: []string{fmt.Sprintf("%d old accounts were first seen and debited on it", n)}})
	}
	for y, payers := range x.receivers {
		if len(payers) > 0 {
			r.members = append(r.members, member{v: y, role: RoleBeneficiary, bits: float64(2 * len(payers)), since: r.from,
				reasons: []string{"received debits of " + counted(len(payers), "victim", "victims")}})
		}
	}
}

func (x *assessment) victimReasons(v *visit, where string) []string {
	ledger := newLedger()
	debits := x.debits[v.account]
	for _, d := range debits {
		x.addDebit(ledger, v.account, d)
	}
	out := []string{fmt.Sprintf("old account, first seen on %s at %s", where, v.since)}
	if v.blind {
		out[0] = fmt.Sprintf("old account, paid the wave's %s in step with its victims, from a thing that nobody recorded", where)
	}
	took := debits[len(debits)-1].at.Millis() - debits[0].at.Millis()
	sum := fmt.Sprintf("%s within %s", counted(len(debits), "payment", "payments"), duration(took))
	if taken := ledger.taken(); taken != "" {
		sum += ", " + taken + " debited"
	}
	out = append(out, sum)
	var to []string
	for _, d := range debits {
		if d.hasReceiver {
			to = append(to, x.g.Ref(d.beneficiary).Mask())
		}
	}
	slices.Sort(to)
	if to = slices.Compact(to); len(to) > 0 {
		out = append(out, "to "+strings.Join(to, ", "))
	}
	return out
}

// paidByOthers reports whether an account received transfers.
func (x *assessment) paidByOthers(a graph.Vertex) bool {
	return slices.ContainsFunc(x.g.In(a), func(l graph.LinkID) bool { return x.g.Type(l) == graph.TransferredTo })
}
