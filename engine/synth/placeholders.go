package synth

import "ringleader/graph"

// noDevice is what a phone gives in place of its advertising identifier where
// its owner forbade that.
const noDevice = "00000000-0000-0000-0000-000000000000"

// placeholders writes, for some honest accounts, values that stand for none.
func placeholders(m *maker) func(*account) {
	streams := m.seeds.of("placeholders")
	return func(a *account) {
		r := streams.at(a.index)
		when := max(start, a.opened)
		if chance(r, .04) {
			m.out.use(a.key, graph.Device, noDevice, when, 0)
			m.trap(a.index, "placeholder")
		}
		if chance(r, .01) {
			m.out.use(a.key, graph.Email, "none@none.example", when, 0)
		}
		if chance(r, .005) {
			m.out.use(a.key, graph.Phone, "+8600000000000", when, 0)
		}
	}
}
