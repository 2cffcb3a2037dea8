package synth

import (
	"context"
	"math"
	"strconv"

	"ringleader/loaders"
)

// typology is a way to defraud: one file each.
type typology struct {
	name  string // as in truth.csv
	sizes ringSizes

	// hired is how many of a ring's n accounts belong to others: drawn in,
	// bought or stolen. The rest the ring opened itself. Nil: none.
	hired func(n int) int
	// fits says whom a ring can hire. Nil: whoever was there before it.
	fits func(*gang, *account) bool
	// papers, if set, changes what the ring's own accounts were opened with.
	papers func(*maker, *gang, []*hand)
	// write adds the ring's doings and their truth, and says of every hand its
	// role and, by hand.act, when it first did or suffered wrong.
	write func(*maker, *gang, []*hand)
}

// ringSizes is how many accounts rings have: log-normal around the usual number,
// cut at both ends.
type ringSizes struct{ least, usual, most int }

// sizeSpread is the standard deviation of the logarithm of ring sizes.
const sizeSpread = .6

// at is the size at quantile u of the distribution, times a factor.
func (s ringSizes) at(u, factor float64) int {
	z := math.Sqrt2 * math.Erfinv(2*u-1)
	n := int(math.Round(float64(s.usual) * factor * math.Exp(sizeSpread*z)))
	return min(max(n, s.least), s.most)
}

// mean is the expected size, by the midpoint rule.
func (s ringSizes) mean(factor float64) float64 {
	const steps = 200
	sum := 0
	for i := range steps {
		sum += s.at((float64(i)+.5)/steps, factor)
	}
	return float64(sum) / steps
}

// quota is what a typology has of a world's rings.
type quota struct {
	typology typology
	share    int   // of the world's rings, against the other quotas
	exact    []int // sizes of further rings, where the world is four times as large
}

// gang is one planned ring.
type gang struct {
	typology *typology
	ring     string // its name in truth
	serial   uint64 // among all rings of the world
	size     int
	own      uint64   // index of the first account it opened
	owned    int      // how many it opened
	hired    []uint64 // indices of other people's accounts
	begins   int64
	ends     int64 // of its doings, before the end of the world
	streams  streams
	number   uint64 // among the rings of its typology
	events   map[uint64]int
}

// rings are all planned rings of a world.
type rings struct {
	m     *maker
	gangs []*gang
}

// draft draws how many rings of which sizes a world holds, before anybody is
// in them. Sizes are a stratified sample, so small worlds have typical rings.
func draft(m *maker, quotas []quota) *rings {
	all, weighted, shares := &rings{m: m}, 0.0, 0
	for _, q := range quotas {
		weighted += float64(q.share) * q.typology.sizes.mean(m.knobs.size)
		shares += q.share
	}
	total := 0
	if shares > 0 && m.knobs.prevalence > 0 {
		total = max(1, int(math.Round(m.knobs.prevalence*float64(m.people.size)*float64(shares)/weighted)))
	}
	for n, count := range apportion(total, quotas) {
		q := &quotas[n]
		streams := m.seeds.of("rings " + q.typology.name)
		var list []int
		for k := range count {
			place := streams.permute(uint64(k), uint64(count))
			u := (float64(place) + streams.at(uint64(k)).Float64()) / float64(count)
			list = append(list, q.typology.sizes.at(u, m.knobs.size))
		}
		for _, size := range q.exact {
			if uint64(size) <= m.people.size/4 {
				list = append(list, size)
			}
		}
		for k, size := range list {
			all.add(q, streams, k, size)
		}
	}
	return all
}

// add plans one ring: its name, its time, and how many accounts it opens.
func (all *rings) add(q *quota, streams streams, number, size int) {
	g := &gang{typology: &q.typology, ring: q.typology.name + "-" + strconv.Itoa(number+1), serial: uint64(len(all.gangs)),
		size: size, owned: size, number: uint64(number), streams: streams, events: make(map[uint64]int)}
	if q.typology.hired != nil {
		g.owned -= q.typology.hired(size)
	}
	r := streams.at(1<<40 | g.number)
	span := 6*hour + int64(all.m.knobs.stagger*float64(between(r, 10*day, 80*day)))
	g.begins = between(r, start+15*day, end-15*day-span)
	g.ends = g.begins + span
	all.gangs = append(all.gangs, g)
}

// apportion gives rings to quotas by their shares, after Sainte-Laguë: the
// next ring goes where share/(2·given+1) is greatest, the first of equals.
func apportion(total int, quotas []quota) []int {
	given := make([]int, len(quotas))
	for range total {
		best := 0
		for n, q := range quotas {
			if q.share*(2*given[best]+1) > quotas[best].share*(2*given[n]+1) {
				best = n
			}
		}
		given[best]++
	}
	return given
}

// owned is how many accounts the rings open themselves.
func (all *rings) owned() (n uint64) {
	for _, g := range all.gangs {
		n += uint64(g.owned)
	}
	return n
}

// recruit numbers the rings' own accounts from first on and draws the others,
// one account a person, nobody into two rings.
func (all *rings) recruit(first uint64) {
	taken := make(map[uint64]bool)
	for _, g := range all.gangs {
		g.own, first = first, first+uint64(g.owned)
		r := g.streams.at(2<<40 | g.number)
		fits := g.typology.fits
		if fits == nil {
			fits = func(g *gang, a *account) bool { return a.opened < g.begins-30*day }
		}
		// In a small world there may be too few who fit: the ring stays smaller.
		for tries := 0; len(g.hired) < g.size-g.owned && tries < 20_000; tries++ {
			a := all.m.people.account(r.Uint64N(all.m.honest))
			if !taken[a.owner] && fits(g, a) {
				taken[a.owner] = true
				g.hired = append(g.hired, a.index)
			}
		}
	}
}

func (all *rings) members() []uint64 {
	var list []uint64
	for _, g := range all.gangs {
		for k := range g.owned {
			list = append(list, g.own+uint64(k))
		}
		list = append(list, g.hired...)
	}
	return list
}

func (all *rings) write(ctx context.Context) error {
	for _, g := range all.gangs {
		if err := ctx.Err(); err != nil {
			return err
		}
		all.m.out.summary.Rings++
		hands := g.muster(all.m)
		if g.typology.papers != nil {
			g.typology.papers(all.m, g, hands)
		}
		for _, h := range hands {
			if !h.hired {
				all.m.blend(h.account)
			}
		}
		g.typology.write(all.m, g, hands)
		for _, h := range hands {
			ring := h.ring
			if ring == "" {
				ring = g.ring
			}
			all.m.out.member(h.key, ring, g.typology.name, h.role, h.bad)
		}
	}
	return nil
}

// blend lets an account that a ring opened lead an honest life besides: each
// habit with the probability of the camouflage, after the first, which
// registers it. Friends pay it as they pay anybody.
func (m *maker) blend(a *account) {
	r := m.seeds.of("camouflage").at(a.index)
	for n, habit := range m.habits {
		if n == 0 || chance(r, m.knobs.camouflage) {
			habit(a)
		}
	}
	for n := range poisson(r, 1.3*m.knobs.camouflage) {
		friend := m.people.key(r.Uint64N(m.honest))
		m.out.transfer(loaders.Transfer{ID: m.eventID("T", giftEvents, a.index, n), From: friend, To: a.key, Amount: yuan(pick(r, gifts)),
			At: at(shopping(r, max(start, a.opened), end, a.zone))})
	}
}
