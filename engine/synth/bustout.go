package synth

import (
	"ringleader/graph"
	"ringleader/loaders"
)

// bustOut is accounts that pay their bills for months, have their limits
// raised, and within days take everything at the same few merchants.
func bustOut() typology {
	return typology{name: "bust_out", sizes: ringSizes{4, 8, 40}, papers: season, write: writeBustOut}
}

// season ages the accounts and lets some share an address or a phone with one
// that came before.
func season(_ *maker, g *gang, hands []*hand) {
	r := g.streams.at(5<<40 | g.number)
	for k, h := range hands {
		h.opened = g.begins - between(r, 150, 600)*day
		h.linked = max(h.linked, h.opened)
		switch u := r.Float64(); {
		case k > 0 && u < .4:
			h.copyPaper(hands[r.IntN(k)].account, graph.Address)
		case k > 0 && u < .6:
			h.copyPaper(hands[r.IntN(k)].account, graph.Phone)
		}
	}
}

// writeBustOut writes good months, raised limits and the last days. Some
// accounts are looked after on another one's device.
func writeBustOut(m *maker, g *gang, hands []*hand) {
	r := g.streams.at(6<<40 | g.number)
	shops := make([]string, 1+r.IntN(3))
	for n := range shops {
		shops[n] = m.somewhere(r)
	}
	day0 := between(r, g.begins+(g.ends-g.begins)/2, g.ends)
	for k, h := range hands {
		if k > 0 && chance(r, .5) {
			other := hands[r.IntN(k)]
			m.out.use(h.key, graph.Device, other.device, moment(r, max(start, h.opened, other.since), end, h.zone), 0)
		}
		for range 2 + poisson(r, 3) {
			p := m.payment(r, h.account, g.id(m, "P", h), shopping(r, max(start, h.opened), day0, h.zone))
			p.Merchant, p.Amount = m.somewhere(r), yuan(basket(r, r.Uint64()))
			m.out.payment(p)
		}
		when := m.window(r, day0, 24)
		m.out.event(loaders.Event{Account: h.key, Type: "limit_changed", At: at(when - between(r, 2, 30)*day)})
		for range 3 + r.IntN(5) {
			p := m.payment(r, h.account, "", when)
			p.Merchant, p.Auth = pick(r, shops), "password"
			g.charge(m, h, p, 3*m.credit(r), when)
			when += between(r, 10*minute, 9*hour)
		}
	}
	g.payUp(m, hands, 7)
}
