package synth

import "ringleader/loaders"

// credentialStuffing is passwords leaked elsewhere and tried from a pool of
// addresses: most fail, some open an account, and part of these are spent from.
func credentialStuffing() typology {
	return typology{name: "credential_stuffing", sizes: ringSizes{4, 9, 60}, hired: func(n int) int { return n }, fits: reuses, write: writeStuffing}
}

// reuses reports whether a person reuses a password at a login without a
// second factor.
func reuses(g *gang, a *account) bool {
	return a.credential != "" && !a.credentialFactor && a.opened < g.begins-60*day && a.linked < g.begins-10*day
}

// writeStuffing tries five to nine logins for each that opens. Those that do
// not are honest and remain so.
func writeStuffing(m *maker, g *gang, hands []*hand) {
	r := g.streams.at(5<<40 | g.number)
	pool := make([]string, 3+len(hands)/5+r.IntN(4))
	for n := range pool {
		pool[n] = g.ip(m, n)
	}
	for range len(hands) * (5 + r.IntN(5)) {
		a := m.people.account(r.Uint64N(m.honest))
		if a.credential == "" || m.inRing[a.index] {
			continue
		}
		when := between(r, g.begins, g.ends)
		for range 1 + r.IntN(2) {
			m.out.event(loaders.Event{Account: a.key, Type: "login_failed", At: at(when), IP: pick(r, pool), Credential: a.credential})
			when += between(r, 1, 40)
		}
		m.trap(a.index, "stuffing_target")
	}
	cards := m.somewhere(r) // where vouchers are bought
	for k, h := range hands {
		when := between(r, g.begins, g.ends)
		for range r.IntN(3) {
			m.out.event(loaders.Event{Account: h.key, Type: "login_failed", At: at(when), IP: pick(r, pool), Credential: h.credential})
			when += between(r, 1, 40)
		}
		m.out.event(loaders.Event{Account: h.key, Type: "login", At: at(when), IP: pick(r, pool), Credential: h.credential})
		h.act(when)
		if k%5 >= 3 {
			continue // opened, and not spent from yet
		}
		for range 1 + r.IntN(3) {
			when += between(r, minute, 3*hour)
			p := loaders.Payment{Merchant: cards, IP: m.cover(r, pick(r, pool)), Credential: h.credential, Auth: "password_free"}
			if chance(r, .3) {
				p.Merchant, p.Beneficiary = appStore, g.name(m, "game-", "beneficiary", r.IntN(2))
			}
			id := g.charge(m, h, p, pick(r, []int64{5000, 10000, 20000, 30000, 50000}), when)
			if chance(r, .4) {
				m.out.dispute(h.key, id, when+between(r, day, 9*day), pick(r, []string{"open", "lost"}), 0)
			}
		}
	}
}
