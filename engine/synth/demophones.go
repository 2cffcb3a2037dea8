package synth

import (
	"context"

	"ringleader/graph"
)

// demoPhones writes the phones on display in a shop: 15 to 100 people try them
// with their own login, and leave.
func demoPhones(ctx context.Context, m *maker) error {
	streams := m.seeds.of("demo phones")
	for shop := range m.count(5000) {
		if err := ctx.Err(); err != nil {
			return err
		}
		r := streams.at(shop)
		phone := m.people.name("dev-", "demo phone", shop)
		m.out.entity(graph.Ref{Kind: graph.Device, Key: phone}, "", "phone-x", "", "", start)
		for range between(r, 15, 100) {
			a := m.people.account(r.Uint64N(m.honest))
			when := moment(r, max(start, a.opened), end, zones[0])
			m.out.use(a.key, graph.Device, phone, when, 0)
			m.trap(a.index, "demo_phone")
		}
	}
	return nil
}
