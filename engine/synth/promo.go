package synth

import (
	"ringleader/graph"
	"ringleader/loaders"
)

// promoAbuse is accounts opened for a newcomer's discount. The device is reset
// before each, so no two share one; they share a Wi-Fi and a few numbers.
func promoAbuse() typology {
	return typology{name: "promo_abuse", sizes: ringSizes{4, 10, 60}, papers: fewNumbers, write: writePromo}
}

// fewNumbers opens three to five accounts on each number.
func fewNumbers(_ *maker, g *gang, hands []*hand) {
	r := g.streams.at(5<<40 | g.number)
	each := 3 + r.IntN(3)
	for k, h := range hands {
		h.phone = hands[k/each*each].phone
		h.opened = h.joins - between(r, minute, 3*hour)
		h.linked = h.opened
		h.since = h.opened
		h.until = h.opened // no device before it: it was reset
		if h.credential != "" {
			h.buysApps = chance(r, .3)
		}
	}
}

// writePromo takes the discount with each account and passes the goods on.
func writePromo(m *maker, g *gang, hands []*hand) {
	r := g.streams.at(6<<40 | g.number)
	wifi := []string{g.ip(m, 0), g.ip(m, 1)}[:1+r.IntN(2)]
	host := m.somewhere(r)
	goods := []int64{990, 1990, 2900, 4900}
	for _, h := range hands {
		m.out.use(h.key, graph.Device, h.device, h.joins, 0)
		m.out.use(h.key, graph.IP, pick(r, wifi), h.joins, 0)
		m.out.event(loaders.Event{Account: h.key, Type: "login", At: at(h.joins), Device: h.device, IP: pick(r, wifi)})
		when := h.joins + between(r, 2*minute, 2*hour)
		for range 1 + r.IntN(2) {
			g.charge(m, h, loaders.Payment{Merchant: host, Device: h.device, IP: m.cover(r, pick(r, wifi)), Auth: pick(r, []string{"otp", "password_free"})}, pick(r, goods), when)
			when += between(r, 5*minute, 2*day)
		}
	}
	g.payUp(m, hands, 8)
}
