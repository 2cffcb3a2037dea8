package synth

import "ringleader/graph"

// deviceFarm is accounts that one operator opens and runs on a few devices,
// to spend from stolen means.
func deviceFarm() typology {
	return typology{name: "device_farm", sizes: ringSizes{4, 9, 60}, write: writeFarm}
}

// writeFarm lets accounts take turns on the farm's devices, six to two dozen
// on each; a farm beyond the usual sizes has them all on one.
func writeFarm(m *maker, g *gang, hands []*hand) {
	r := g.streams.at(5<<40 | g.number)
	each := 6 + r.IntN(18)
	if len(hands) > g.typology.sizes.most {
		each = len(hands)
	}
	var devices, ips []string
	for n := range 1 + (len(hands)-1)/each {
		devices = append(devices, g.device(m, n))
	}
	for n := range 1 + r.IntN(3) {
		ips = append(ips, g.ip(m, n))
	}
	resale := g.name(m, "game-", "beneficiary", 0)
	for k, h := range hands {
		device := devices[k%len(devices)]
		m.out.use(h.key, graph.Device, device, h.joins, 0)
		h.act(h.joins)
		for range 1 + poisson(r, 2) {
			when := g.moment(r, h.joins)
			m.out.use(h.key, graph.Device, device, when, 0)
			m.out.use(h.key, graph.IP, m.cover(r, pick(r, ips)), when, 0)
		}
		if chance(r, .2) {
			m.out.use(h.key, graph.Device, pick(r, devices), g.moment(r, h.joins), 0)
		}
		for range 1 + poisson(r, 1.2) {
			p := m.payment(r, h.account, "", h.joins)
			p.Device, p.IP, p.Auth = device, m.cover(r, pick(r, ips)), "password"
			fen := basket(r, r.Uint64())
			if p.Merchant = m.somewhere(r); chance(r, .35) {
				p.Merchant, p.Beneficiary, fen = appStore, resale, appPrices[5+r.IntN(6)]
			}
			g.charge(m, h, p, fen, g.moment(r, h.joins))
		}
	}
	g.payUp(m, hands, 8)
}
