package synth

import (
	"context"

	"ringleader/loaders"
)

// callCentres let an agent log in for customers who ask for help: one desk, 20
// to 200 accounts, minutes apart within a shift, weeks on end.
func callCentres(ctx context.Context, m *maker) error {
	streams := m.seeds.of("call centres")
	for desk := range m.count(10_000) {
		if err := ctx.Err(); err != nil {
			return err
		}
		r := streams.at(desk)
		device, ip := m.people.name("dev-", "call centre", desk), m.people.ip(publicNet, 1<<22+desk/8)
		when := moment(r, start, end-100*day, zones[0])
		for n := range between(r, 20, 200) {
			a := m.people.account(r.Uint64N(m.honest))
			when += between(r, 4, 25) * minute
			if n%20 == 19 {
				when += 16*hour + between(r, 0, 2*hour)
			}
			if a.opened > when {
				continue
			}
			m.out.event(loaders.Event{Account: a.key, Type: "login", At: at(when), Device: device, IP: ip, Detail: "agent"})
			m.trap(a.index, "call_centre")
		}
	}
	return nil
}
