package synth

import (
	"strconv"

	"ringleader/loaders"
)

// credentialTakeover is the waves of takeover.go, as many and as large as the
// world has room for: stolen store logins that pay from aged accounts with
// either provider, from one to three devices or only from their addresses.
func credentialTakeover() typology {
	return typology{name: "takeover", sizes: ringSizes{4, 11, 60}, hired: func(n int) int { return n - sellersOf(n) }, fits: fallsFor, papers: early, write: writeWave}
}

// sellersOf is how many of a wave's n accounts sell what was bought: none of
// the smallest, at most two.
func sellersOf(n int) int { return min(2, n/8) }

// fallsFor reports whether a person's account is worth a phishing page: aged,
// with a linked login, which in sixteen of seventeen has no second factor.
func fallsFor(g *gang, a *account) bool {
	spared := a.credentialFactor && g.streams.hash(a.index)%16 != 0
	return a.credential != "" && !spared && a.opened < g.begins-300*day && a.linked < g.begins-30*day
}

// writeWave phishes, logs in and spends. One of seven whom it reached is next.
func writeWave(m *maker, g *gang, hands []*hand) {
	t := &takeovers{m: m, streams: g.streams}
	r := g.streams.at(8<<40 | g.number)
	w := g.wave(m)
	sellers, people := hands[:g.owned], hands[g.owned:]
	debited := len(people) - len(people)/7
	for _, h := range people[:debited] {
		w.victims = append(w.victims, h.index)
	}
	for range 1 + len(people)/6 {
		if a := m.people.account(r.Uint64N(m.honest)); fallsFor(g, a) && !m.inRing[a.index] {
			t.escape(w, a)
		}
	}
	t.disguise(w)
	for n, h := range people {
		if n < debited {
			h.act(t.hit(w, n, h.account))
		} else {
			h.act(t.reach(w, h.account))
		}
	}
	g.sell(m, w, sellers)
}

// wave is where and with what the ring's thieves work. One wave in six leaves
// no device, only addresses.
func (g *gang) wave(m *maker) *wave {
	r := g.streams.at(7<<40 | g.number)
	w := &wave{ring: g.ring, number: g.serial, opened: g.begins - 2*day, lasts: max(1, (g.ends-g.begins)/day),
		page: "id-check-" + strconv.FormatUint(g.streams.hash(g.number)%1_000_000, 36) + ".example"}
	if chance(r, 1.0/6) {
		w.devices = []string{""}
	} else {
		for n := range 1 + r.IntN(3) {
			w.devices = append(w.devices, g.device(m, n))
		}
	}
	for n := range 1 + r.IntN(3) {
		w.ips = append(w.ips, g.ip(m, n))
	}
	for n := range 1 + r.IntN(4) {
		w.games = append(w.games, g.name(m, "game-", "beneficiary", n))
	}
	return w
}

// sell lets strangers pay the ring's first account for game currency, and the
// second take most of it.
func (g *gang) sell(m *maker, w *wave, sellers []*hand) {
	if len(sellers) == 0 {
		return
	}
	r := g.streams.at(9<<40 | g.number)
	seller := sellers[0]
	seller.role = cashOut
	first := g.begins - between(r, day, 4*day)
	m.out.event(loaders.Event{Account: seller.key, Type: "login", At: at(first), Device: w.devices[0], IP: w.ips[0]})
	seller.act(first)
	for range 3 + r.IntN(8) {
		payer := m.people.key(r.Uint64N(m.honest))
		m.out.transfer(loaders.Transfer{ID: g.id(m, "T", seller), From: payer, To: seller.key, Amount: yuan(pick(r, []int64{30000, 45000, 50000, 60000, 90000})),
			At: at(moment(r, g.begins+day, g.ends+3*day, zones[0]))})
	}
	if len(sellers) == 1 {
		return
	}
	sellers[1].role = mule
	for range 1 + r.IntN(3) {
		when := moment(r, g.ends+3*day, g.ends+6*day, zones[0])
		g.send(m, seller, sellers[1].key, between(r, 6, 19)*10_000, when)
		sellers[1].act(when)
	}
}
