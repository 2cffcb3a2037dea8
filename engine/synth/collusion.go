package synth

import (
	"math/rand/v2"

	"ringleader/graph"
)

// merchantCollusion is accounts that buy nothing at merchants who are in it,
// all within the same hours, round after round. They share no device and no
// paper: only the hours and the shops tell. The owner of the shops gives some
// of them their share back.
func merchantCollusion() typology {
	return typology{name: "merchant_collusion", sizes: ringSizes{5, 11, 60}, hired: func(n int) int { return n / 3 }, papers: early, write: writeCollusion}
}

// collusionAttendance is how likely an account is at a shop in a round.
const collusionAttendance = .85

// writeCollusion runs three to six rounds over two to four shops. Shops have
// honest customers too, more of them the better the camouflage.
func writeCollusion(m *maker, g *gang, hands []*hand) {
	r := g.streams.at(5<<40 | g.number)
	shops := make([]string, 2+r.IntN(3))
	for n := range shops {
		shops[n] = g.shop(m, r, n)
	}
	rounds := make([]int64, 3+r.IntN(4))
	for n := range rounds {
		rounds[n] = g.begins + int64(n)*(g.ends-g.begins)/int64(len(rounds))
	}
	owner, buyers := hands[0], hands[1:]
	owner.role = beneficiary
	for _, h := range buyers {
		if h.role = mule; !h.hired {
			h.role = operator
		}
	}
	for n, opens := range rounds {
		for k, shop := range shops {
			hours := opens + int64(k)*3*hour + between(r, 0, 2*hour)
			for _, h := range buyers {
				if n > 0 && !chance(r, collusionAttendance) {
					continue
				}
				when := m.window(r, hours, 1)
				p := m.payment(r, h.account, "", when)
				p.Merchant = shop
				g.charge(m, h, p, between(r, 5, 40)*10_000-pick(r, []int64{0, 0, 100, 1200}), when)
			}
		}
		for _, h := range buyers {
			if n == 0 || chance(r, .5) {
				g.send(m, owner, h.key, between(r, 10, 60)*10_000, opens+12*hour+between(r, 0, 2*day))
			}
		}
	}
}

// shop opens the ring's n-th shop, which looks like the smallest others.
func (g *gang) shop(m *maker, r *rand.Rand, n int) string {
	key := merchantKey(m.merchants() + g.serial<<4 + uint64(n))
	m.out.entity(graph.Ref{Kind: graph.Merchant, Key: key}, pick(r, trades), "", "Merchant "+key[2:], "", 0)
	for visit := range poisson(r, 15*m.knobs.camouflage) {
		a := m.people.account(r.Uint64N(m.honest))
		if a.opened > start {
			continue
		}
		p := m.payment(r, a, m.eventID("P", customerEvents, g.serial<<8|uint64(n), visit), shopping(r, start, end, a.zone))
		p.Merchant, p.Amount = key, yuan(basket(r, g.serial))
		m.out.payment(p)
	}
	return key
}
