package synth

import (
	"context"

	"ringleader/graph"
)

// The crowds of this file bring honest accounts together in ways that look
// like rings; traps.csv names them.

// shops writes the repair shops' own phones: over the months, 15 to 100 people
// log in on one while theirs is on the bench.
func shops(ctx context.Context, m *maker) error {
	streams := m.seeds.of("repair shops")
	for shop := range m.count(5000) {
		if err := ctx.Err(); err != nil {
			return err
		}
		r := streams.at(shop)
		phone := m.people.name("dev-", "repair shop", shop)
		m.out.entity(graph.Ref{Kind: graph.Device, Key: phone}, "", "phone-6", "", "", epoch)
		opening := between(r, start, start+30*day)
		seen := make(map[uint64]bool)
		for range between(r, 15, 100) {
			i := r.Uint64N(m.honest)
			if seen[i] {
				continue
			}
			seen[i] = true
			when := moment(r, opening, end, zones[0])
			m.out.use(m.people.key(i), graph.Device, phone, when, 0)
			m.trap(i, "repair_shop")
		}
	}
	return nil
}

// secondHand sells one old phone in fifteen to a stranger some weeks after its
// owner gave it up.
func secondHand(ctx context.Context, m *maker) error {
	streams := m.seeds.of("second-hand phones")
	for i := range m.honest {
		if i%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if streams.hash(i)%15 != 0 {
			continue
		}
		a := m.people.account(i)
		if a.index != a.owner || a.opened >= a.until || a.until >= end-60*day {
			continue
		}
		r := streams.at(i)
		buyer, sold := r.Uint64N(m.honest), a.until+between(r, 5, 45)*day
		if buyer == i {
			continue
		}
		for range 1 + r.IntN(3) {
			m.out.use(m.people.key(buyer), graph.Device, a.previous, moment(r, sold, end, a.zone), 0)
		}
		m.trap(buyer, "second_hand")
	}
	return nil
}

// recycled gives one number in fifty a second owner months after the first
// wrote it down, who never told the wallet of giving it up.
func recycled(ctx context.Context, m *maker) error {
	streams := m.seeds.of("recycled numbers")
	for i := range m.honest {
		if i%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if streams.hash(i)%50 != 0 {
			continue
		}
		a := m.people.account(i)
		if a.index != a.owner || a.opened > start-200*day {
			continue
		}
		r := streams.at(i)
		if owner := r.Uint64N(m.honest); owner != i {
			m.out.use(m.people.key(owner), graph.Phone, a.phone, between(r, a.opened+120*day, end-day), 0)
			m.trap(owner, "recycled_number")
		}
	}
	return nil
}
