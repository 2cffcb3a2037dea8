package synth

import (
	"math"
	"math/rand/v2"

	"ringleader/graph"
)

// syntheticIdentity is people who exist on paper only. Each piece of paper
// serves two or three accounts, so the ring is a long thin chain.
func syntheticIdentity() typology {
	return typology{name: "synthetic_identity", sizes: ringSizes{4, 9, 60}, papers: forge, write: writeSynthetic}
}

// papersShared are the kinds of paper that pass from account to account.
var papersShared = []graph.Kind{graph.Phone, graph.NationalID, graph.Address}

// paper is the key that an account holds of a kind of paper.
func (a *account) paper(kind graph.Kind) string {
	switch kind {
	case graph.Phone:
		return a.phone
	case graph.NationalID:
		return a.nationalID
	default:
		return a.home.address
	}
}

// copyPaper opens an account with the paper of another.
func (a *account) copyPaper(from *account, kind graph.Kind) {
	switch kind {
	case graph.Phone:
		a.phone = from.phone
	case graph.NationalID:
		a.nationalID = from.nationalID
	default:
		home := *a.home
		home.address = from.home.address
		a.home = &home
	}
}

// link is one paper that several hands of a chain hold.
type link struct {
	kind  graph.Kind
	hands []*hand
}

// chain says who shares which paper: each account's paper serves the next,
// every fourth the one after it too. No two links that follow each other are
// of one kind, so no paper serves more than three.
func (g *gang) chain(hands []*hand) []link {
	r := g.streams.at(6<<40 | g.number)
	var links []link
	kind := r.IntN(len(papersShared))
	for k := 0; k < len(hands)-1; {
		kind = (kind + 1 + r.IntN(2)) % len(papersShared)
		serves := 2
		if k+2 < len(hands) && chance(r, .25) {
			serves = 3
		}
		links = append(links, link{papersShared[kind], hands[k : k+serves]})
		k += serves - 1
	}
	return links
}

// forge opens the accounts on the chain's papers.
func forge(_ *maker, g *gang, hands []*hand) {
	for _, l := range g.chain(hands) {
		for _, h := range l.hands[1:] {
			h.copyPaper(l.hands[0].account, l.kind)
		}
	}
}

// writeSynthetic shows each shared paper again at later checks, nurses the
// accounts with small purchases and lets them take what they are good for.
func writeSynthetic(m *maker, g *gang, hands []*hand) {
	r := g.streams.at(5<<40 | g.number)
	for _, l := range g.chain(hands) {
		for _, h := range l.hands {
			m.out.use(h.key, l.kind, h.paper(l.kind), g.moment(r, h.joins), 0)
		}
	}
	for _, h := range hands {
		h.act(h.joins)
		for step := range 2 + r.IntN(4) {
			p := m.payment(r, h.account, g.id(m, "P", h), g.moment(r, h.joins))
			p.Merchant, p.Amount = m.somewhere(r), yuan(basket(r, r.Uint64())*int64(1+step))
			m.out.payment(p)
		}
		for range 1 + r.IntN(3) {
			p := m.payment(r, h.account, "", g.ends)
			p.Merchant = m.somewhere(r)
			g.charge(m, h, p, m.credit(r), g.ends+between(r, 0, 5*day))
		}
	}
}

// credit is an amount that an account is good for, in fen: log-normal around
// 1,800 yuan.
func (m *maker) credit(r *rand.Rand) int64 {
	return int64(math.Exp(math.Log(180_000)+.5*r.NormFloat64()))/100*100 + 100
}
