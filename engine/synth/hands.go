package synth

import (
	"math/rand/v2"

	"ringleader/graph"
	"ringleader/loaders"
)

// Roles of accounts in truth.
const (
	victim      = "victim"
	operator    = "operator"
	mule        = "mule"
	cashOut     = "cash_out"
	beneficiary = "beneficiary"
)

// hand is a member of a ring while the ring is written.
type hand struct {
	*account
	hired bool
	joins int64 // when the ring starts to use it
	role  string
	bad   int64  // the first wrong it did or suffered; zero: none yet
	ring  string // in truth, if its ring split; empty: the gang's
}

// act notes that a hand did or suffered wrong.
func (h *hand) act(when int64) {
	if h.bad == 0 || when < h.bad {
		h.bad = when
	}
}

// muster makes the accounts of a ring: those it opened, then those of others.
// All open or come in during the first two thirds of its time.
func (g *gang) muster(m *maker) []*hand {
	hands := make([]*hand, 0, g.owned+len(g.hired))
	r := g.streams.at(3<<40 | g.number)
	for k := range g.owned {
		joins := between(r, g.begins, g.begins+(g.ends-g.begins)*2/3)
		hands = append(hands, &hand{account: m.alias(g, g.own+uint64(k), joins), joins: joins, role: operator})
	}
	for _, i := range g.hired {
		a := *m.people.account(i)
		hands = append(hands, &hand{account: &a, hired: true, joins: between(r, g.begins, g.begins+(g.ends-g.begins)*2/3), role: victim})
	}
	return hands
}

// alias makes an account that a ring opened: a person on paper, with a phone
// and a home. The better the camouflage, the more of them are old, bought
// accounts, and the more live with honest people.
func (m *maker) alias(g *gang, i uint64, joins int64) *account {
	r := m.seeds.of("aliases").at(i)
	a := *m.people.account(i)
	a.owner = i
	a.home = &household{people: 1, address: m.people.name("addr-", "alias address", i), ip: m.people.ip(homeNet, i)}
	if chance(r, .3*m.knobs.camouflage) {
		family := m.people.account(r.Uint64N(m.honest))
		a.home = family.home
		m.trap(family.index, "ring_family")
	}
	a.customer = m.people.name("c", "customer", i)
	a.phone = m.people.phone(i)
	a.nationalID = m.people.nationalID(r, i)
	a.device = m.people.name("dev-", "device", i)
	a.previous = m.people.name("dev-", "previous", i)
	if a.credential != "" {
		a.credential = m.people.name("aid-", "credential", i)
		a.game = m.people.name("game-", "game", i)
	}
	if !chance(r, .1+.5*m.knobs.camouflage) {
		a.opened = joins - between(r, 0, 20*day)
	} else if a.opened > joins {
		a.opened = joins - between(r, 30*day, 900*day)
	}
	if a.linked < a.opened || a.linked > joins {
		a.linked = between(r, a.opened, joins)
	}
	return &a
}

// moment is a waking moment of a hand within the ring's time, after another
// time. The ring's zone is that of most people.
func (g *gang) moment(r *rand.Rand, after int64) int64 {
	from := max(after, g.begins)
	if from >= g.ends {
		return from + between(r, minute, 3*hour)
	}
	return moment(r, from, g.ends, zones[0])
}

// window is a moment in a window that opens at the given time: hours wide
// where the ring does not stagger, days where it does.
func (m *maker) window(r *rand.Rand, opens int64, hours int64) int64 {
	width := hours * hour
	return opens + between(r, 0, width+int64(m.knobs.stagger*float64(5*width)))
}

// name is the ring's n-th key of a class.
func (g *gang) name(m *maker, prefix, class string, n int) string {
	return m.people.name(prefix, "ring "+class, g.serial<<14|uint64(n))
}

// device is the ring's n-th device, which it has had for a while.
func (g *gang) device(m *maker, n int) string {
	device := g.name(m, "dev-", "device", n)
	m.out.entity(graph.Ref{Kind: graph.Device, Key: device}, "", models[(g.serial+uint64(n))%uint64(len(models))], "", "", g.begins-30*day)
	return device
}

// ringNet is where the addresses of rings begin among those of homes: they
// look like any other connection.
const ringNet = 1 << 26

// ip is the ring's n-th address, n below 64.
func (g *gang) ip(m *maker, n int) string {
	return m.people.ip(homeNet, ringNet+g.serial<<6+uint64(n))
}

// id is the name of a hand's next money event.
func (g *gang) id(m *maker, prefix string, h *hand) string {
	n := g.events[h.index]
	g.events[h.index]++
	return m.eventID(prefix, ringEvents, h.index, n)
}

// charge writes a settled payment, and into truth that it was fraud.
func (g *gang) charge(m *maker, h *hand, p loaders.Payment, fen, when int64) string {
	p.ID, p.Account, p.Amount, p.At, p.Status = g.id(m, "P", h), h.key, yuan(fen), at(when), "settled"
	m.out.payment(p)
	m.out.debit(p.ID, g.ring, fen, 0)
	h.act(when)
	return p.ID
}

// send writes a transfer from a hand to an account. Whoever calls it says what
// is fraud.
func (g *gang) send(m *maker, from *hand, to string, fen, when int64) string {
	t := loaders.Transfer{ID: g.id(m, "T", from), From: from.key, To: to, Amount: yuan(fen), At: at(when)}
	if chance(g.streams.at(4<<40|from.index), m.knobs.camouflage) && when >= from.since {
		t.Device = from.device
	}
	m.out.transfer(t)
	from.act(when)
	return t.ID
}

// payUp makes one hand of so many a cash_out and lets the others pay it some
// of what they took, in the days after the ring's time: six of ten do where
// nobody hides, three where all do.
func (g *gang) payUp(m *maker, hands []*hand, every int) {
	r := g.streams.at(10<<40 | g.number)
	var sinks []*hand
	for k, h := range hands {
		if k%every == every/2 {
			h.role = cashOut
			sinks = append(sinks, h)
		}
	}
	for _, h := range hands {
		if h.role == cashOut || len(sinks) == 0 || !chance(r, .6-.3*m.knobs.camouflage) {
			continue
		}
		g.send(m, h, pick(r, sinks).key, between(r, 3, 90)*1000, g.ends+between(r, hour, 8*day))
	}
}

// cover is the address that a ring's act is seen from: its own, or a carrier's
// if it hides well.
func (m *maker) cover(r *rand.Rand, own string) string {
	if chance(r, .5*m.knobs.camouflage) {
		return m.carrierIP(r)
	}
	return own
}

// somewhere is a merchant as popular as its rank.
func (m *maker) somewhere(r *rand.Rand) string { return merchantKey(zipf(r, m.merchants())) }
