package synth

import (
	"context"

	"ringleader/graph"
)

// campuses put 200 to 2,000 students behind one address, four of whom share
// a room's connection besides.
func campuses(ctx context.Context, m *maker) error {
	streams := m.seeds.of("campuses")
	for campus := range m.count(20_000) {
		if err := ctx.Err(); err != nil {
			return err
		}
		r := streams.at(campus)
		gate := m.people.ip(publicNet, 1<<23+campus<<10)
		students := min(between(r, 200, 2000), int64(m.honest/10))
		for n := range uint64(students) {
			a := m.people.account(r.Uint64N(m.honest))
			from := max(start, a.opened)
			room := m.people.ip(publicNet, 1<<23+campus<<10+1+n/4)
			m.out.use(a.key, graph.IP, gate, moment(r, from, end, a.zone), 0)
			m.out.use(a.key, graph.IP, room, moment(r, from, end, a.zone), 0)
			m.trap(a.index, "campus")
		}
	}
	return nil
}
