package synth

import (
	"math/rand/v2"

	"ringleader/graph"
)

// shiftingFarm is device farms whose lives have a turn: one ring splits, two
// merge, one swaps all of its devices, one goes dormant and returns. Truth is
// as of the end; truth/nights.csv says when.
func shiftingFarm() typology {
	return typology{name: "device_farm", sizes: ringSizes{8, 12, 40}, papers: seasoned, write: writeShifting}
}

// Turns in the life of a ring, by its number.
const (
	turnSplit = iota
	turnMerge
	turnDormant
	turnSwap
	turns
)

// seasoned lets the ring begin ten days before the nights, with everybody.
func seasoned(m *maker, g *gang, hands []*hand) {
	g.begins, g.ends = end-int64(m.knobs.nights+10)*day, end-day
	r := g.streams.at(6<<40 | g.number)
	for _, h := range hands {
		h.joins = between(r, g.begins, g.begins+8*day)
		h.opened = min(h.opened, h.joins-between(r, hour, 20*day))
		h.linked = min(max(h.linked, h.opened), h.joins)
	}
}

// writeShifting lets the ring work before its turn and after it.
func writeShifting(m *maker, g *gang, hands []*hand) {
	r := g.streams.at(5<<40 | g.number)
	turn := end - int64(m.knobs.nights)*day/2 + between(r, -3, 3)*day
	before, after, second := turn, turn, g.ring+"-b"
	switch g.number % turns {
	case turnSplit:
		m.out.lived(turn, g.ring, "split", second)
		m.out.summary.Rings++
		for k, h := range hands {
			if k%2 == 1 {
				h.ring = second
			}
		}
	case turnMerge:
		m.out.lived(turn, g.ring, "merge", second)
	case turnDormant:
		before, after = turn-6*day, turn+6*day
		m.out.lived(before, g.ring, "dormant", "")
		m.out.lived(after, g.ring, "return", "")
	case turnSwap:
		m.out.lived(turn, g.ring, "swap", "")
	}
	devices := make([]string, 4)
	for n := range devices {
		devices[n] = g.device(m, n)
	}
	for k, h := range hands {
		g.work(m, r, h, devices[g.bench(k, false)], h.joins, before)
		g.work(m, r, h, devices[g.bench(k, true)], after, g.ends)
	}
}

// bench is which of four devices the k-th hand works on: the first two before
// the turn, the others after it. Halves that are apart have one each.
func (g *gang) bench(k int, after bool) int {
	n := 0
	if apart := g.number%turns == turnSplit && after || g.number%turns == turnMerge && !after; apart {
		n = k % 2
	}
	if after && g.number%turns != turnDormant {
		n += 2
	}
	return n
}

// work is what a hand does on one device in one stretch of time: it is seen
// there, and spends from stolen means.
func (g *gang) work(m *maker, r *rand.Rand, h *hand, device string, from, to int64) {
	h.act(from)
	for n := range 2 + poisson(r, 2) {
		when := moment(r, from, to, zones[0])
		ip := m.cover(r, g.ip(m, 0))
		m.out.use(h.key, graph.Device, device, when, 0)
		m.out.use(h.key, graph.IP, ip, when, 0)
		if n > 0 && chance(r, .5) {
			continue
		}
		p := m.payment(r, h.account, "", when)
		p.Device, p.IP, p.Auth, p.Merchant = device, ip, "password", m.somewhere(r)
		g.charge(m, h, p, basket(r, r.Uint64()), when)
	}
}
