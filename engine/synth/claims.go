package synth

import (
	"context"
	"math/rand/v2"

	"ringleader/graph"
	"ringleader/loaders"
)

// claimFraud is accounts that claim the same few broken devices over and over
// at the same shops, have the replacements sent to the same addresses and sell
// them.
func claimFraud() typology {
	return typology{name: "claim_fraud", sizes: ringSizes{4, 8, 40}, write: writeClaims}
}

// claimReasons are what customers say.
var claimReasons = []string{"screen", "battery", "water", "does not start", "camera"}

// writeClaims lets each account claim once to three times. One serial serves
// two to four claims; no replacement is ever used by who claimed it.
func writeClaims(m *maker, g *gang, hands []*hand) {
	r := g.streams.at(5<<40 | g.number)
	var shops, addresses []string
	for range 1 + r.IntN(2) {
		shops = append(shops, m.serviceShop(r))
	}
	for n := range 1 + len(hands)/8 {
		addresses = append(addresses, g.name(m, "addr-", "drop address", n))
	}
	serials := max(2, len(hands)/2)
	for n := range serials {
		m.out.entity(graph.Ref{Kind: graph.Device, Key: g.name(m, "dev-", "serial", n)}, "", pick(r, models), "", "", g.begins-200*day)
	}
	claim := 0
	for _, h := range hands {
		when := h.joins
		for range 1 + r.IntN(3) {
			address := pick(r, addresses)
			if chance(r, .4*m.knobs.camouflage) {
				address = h.home.address
			}
			c := loaders.Claim{ID: g.id(m, "C", h), Account: h.key, Device: g.name(m, "dev-", "serial", claim%serials), Replacement: g.name(m, "dev-", "replacement", claim),
				Shop: pick(r, shops), Address: address, Amount: yuan(m.replacementPrice(r)), At: at(when), Reason: pick(r, claimReasons)}
			m.out.claim(c)
			m.out.loss(graph.Ref{Kind: graph.Claim, Key: c.ID}, g.ring, c.Amount.Minor, 0)
			h.act(when)
			m.resell(r, c.Replacement, when)
			claim++
			when = g.moment(r, when+hour)
		}
	}
	g.payUp(m, hands, 6)
}

// resell lets an honest stranger use what a ring got, six times of ten.
func (m *maker) resell(r *rand.Rand, device string, when int64) {
	buyer := m.people.account(r.Uint64N(m.honest))
	from := max(when+3*day, buyer.opened)
	if from >= end-day || !chance(r, .6) {
		return
	}
	for range 1 + poisson(r, 2) {
		m.out.use(buyer.key, graph.Device, device, moment(r, from, end, buyer.zone), 0)
	}
	m.trap(buyer.index, "bought_replacement")
}

// warranties lets one account in fifty claim its owner's broken phone. The
// owner uses the replacement afterwards.
func warranties(ctx context.Context, m *maker) error {
	streams := m.seeds.of("warranties")
	for n := range m.count(50) {
		if err := ctx.Err(); err != nil {
			return err
		}
		r := streams.at(n)
		a := m.people.account(r.Uint64N(m.honest))
		from := max(start, a.opened, a.since)
		if from >= end-20*day {
			continue
		}
		when := moment(r, from, end-10*day, a.zone)
		replacement := m.people.name("dev-", "replacement", n)
		m.out.claim(loaders.Claim{ID: m.eventID("C", claimEvents, n, 0), Account: a.key, Device: a.device, Replacement: replacement, Shop: m.serviceShop(r),
			Address: a.home.address, Amount: yuan(m.replacementPrice(r)), At: at(when), Reason: pick(r, claimReasons)})
		for range 1 + poisson(r, 3) {
			later := moment(r, when+2*day, end, a.zone)
			m.out.use(a.key, graph.Device, replacement, later, 0)
			if a.credential != "" && a.linked < later {
				m.out.event(loaders.Event{Account: a.key, Type: "login", At: at(later), Device: replacement, IP: a.home.ip, Credential: a.credential})
			}
		}
	}
	return nil
}

// serviceShop is a shop that takes claims, as popular as its rank.
func (m *maker) serviceShop(r *rand.Rand) string {
	return "service-" + merchantKey(zipf(r, m.count(2000)+5))[2:]
}

// replacementPrice is what a device costs who hands it out, in fen.
func (m *maker) replacementPrice(r *rand.Rand) int64 {
	return pick(r, []int64{219900, 299900, 388800, 498800, 588800, 838800})
}
