package synth

import (
	"math/rand/v2"
	"strconv"

	"ringleader/graph"
	"ringleader/loaders"
)

// messageSpam is accounts, a third of them stolen, that send the same few
// texts to thousands from a box of numbers. Some who get one pay.
func messageSpam() typology {
	return typology{name: "message_spam", sizes: ringSizes{4, 9, 60}, hired: func(n int) int { return n / 3 }, write: writeSpam}
}

// writeSpam sends in rounds. Numbers and texts are shared by about four
// accounts each; hidden well, every other message is one of a kind.
func writeSpam(m *maker, g *gang, hands []*hand) {
	r := g.streams.at(5<<40 | g.number)
	boxes := 1 + len(hands)/4
	texts := 2 + len(hands)/6
	for k, h := range hands {
		if !h.hired && k%6 == 2 {
			h.role = cashOut
		}
		number := m.people.phone(ringNumbers + g.serial<<6 + uint64(k%boxes))
		for n := range 4 + poisson(r, 6) {
			when := g.moment(r, h.joins)
			text := g.text(r.IntN(texts))
			if n > 1 && chance(r, .5*m.knobs.camouflage) {
				text = g.text(1000 + k*100 + n)
			}
			m.out.message(loaders.Message{ID: g.id(m, "M", h), Account: h.key, Phone: number, ContentHash: text, Recipients: int(between(r, 5, 300)), At: at(when)})
			h.act(when)
		}
	}
	g.collect(m, r, hands)
}

// ringNumbers is where the numbers of rings begin, beyond those of people.
const ringNumbers = 60_000_000

// text is the hash of the ring's n-th text.
func (g *gang) text(n int) string {
	return contentHash(g.streams.hash(g.number<<20 | uint64(n)))
}

// contentHash is how messages name their text.
func contentHash(n uint64) string { return "h" + strconv.FormatUint(n, 16) }

// collect lets strangers who believed a message pay the accounts that collect:
// about one for every account of the ring.
func (g *gang) collect(m *maker, r *rand.Rand, hands []*hand) {
	var collectors []*hand
	for _, h := range hands {
		if h.role == cashOut {
			collectors = append(collectors, h)
		}
	}
	if len(collectors) == 0 {
		return
	}
	for range hands {
		payer := m.people.account(r.Uint64N(m.honest))
		if m.inRing[payer.index] || payer.opened > g.begins {
			continue
		}
		h := pick(r, collectors)
		fen, when := between(r, 2, 60)*10_000, g.moment(r, h.joins+2*hour)
		id := g.id(m, "T", h)
		m.out.transfer(loaders.Transfer{ID: id, From: payer.key, To: h.key, Amount: yuan(fen), At: at(when)})
		m.out.loss(graph.Ref{Kind: graph.Transfer, Key: id}, g.ring, fen, 0)
		h.act(when)
	}
}
