package synth

import (
	"math/rand/v2"

	"ringleader/graph"
	"ringleader/loaders"
)

// muleChain is accounts that pass stolen money on until nobody can follow it,
// in one of the eight patterns of AMLworld. Half of the accounts belong to
// people who lend theirs.
func muleChain() typology {
	return typology{name: "mule_chain", sizes: ringSizes{4, 9, 40}, hired: func(n int) int { return n / 2 }, papers: early, write: writeMules}
}

// early opens the ring's accounts before the first money comes.
func early(_ *maker, g *gang, hands []*hand) {
	r := g.streams.at(6<<40 | g.number)
	for _, h := range hands {
		if !h.hired {
			h.opened = min(h.opened, g.begins-between(r, 5, 60)*day)
		}
	}
}

// writeMules lets strangers pay into the sources of the pattern and each
// account pass on what it got, less its cut, layer after layer.
func writeMules(m *maker, g *gang, hands []*hand) {
	r := g.streams.at(5<<40 | g.number)
	// Lent accounts and the ring's own come in any order.
	r.Shuffle(len(hands), func(i, j int) { hands[i], hands[j] = hands[j], hands[i] })
	steps := patterns[g.number%uint64(len(patterns))].steps(r, len(hands))
	layers := steps[len(steps)-1].layer + 1
	balance, out, in := make([]int64, len(hands)), make([]int, len(hands)), make([]int, len(hands))
	for _, s := range steps {
		out[s.from]++
		in[s.to]++
	}
	for k, h := range hands {
		h.role = mule
		switch {
		case in[k] == 0 || k == steps[0].from:
			balance[k] = g.deposit(m, r, h)
		case out[k] == 0:
			h.role = cashOut
		}
	}
	if balance[0] > 0 && in[0] > 0 && out[0] > 0 { // a cycle comes back to where it began
		hands[0].role = cashOut
	}
	width := max(hour, (g.ends-g.begins)/int64(layers))
	for _, s := range steps {
		cut := between(r, 2, 8)
		fen := max(100, balance[s.from]*(100-cut)/100/int64(out[s.from]))
		if fen > 50_000 && chance(r, .6) {
			fen = fen / 10_000 * 10_000 // people pass on round sums
		}
		balance[s.from] -= fen
		out[s.from]--
		balance[s.to] += fen
		opens := g.begins + int64(s.layer)*width
		when := moment(r, opens, opens+width, zones[0])
		g.send(m, hands[s.from], hands[s.to].key, fen, when)
		hands[s.to].act(when)
	}
}

// deposit is what two to five strangers were talked into paying a source, in
// fen; those payments are the loss.
func (g *gang) deposit(m *maker, r *rand.Rand, h *hand) (sum int64) {
	for range 2 + r.IntN(4) {
		payer := m.people.account(r.Uint64N(m.honest))
		if m.inRing[payer.index] || payer.opened > g.begins-10*day {
			continue
		}
		fen, when := between(r, 10, 400)*10_000, g.begins-between(r, hour, 4*day)
		id := g.id(m, "T", h)
		m.out.transfer(loaders.Transfer{ID: id, From: payer.key, To: h.key, Amount: yuan(fen), At: at(when)})
		m.out.loss(graph.Ref{Kind: graph.Transfer, Key: id}, g.ring, fen, 0)
		h.act(when)
		sum += fen
	}
	return max(sum, 1_000_000)
}
