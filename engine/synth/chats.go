package synth

import (
	"context"

	"ringleader/loaders"
)

// chats writes what an honest account sends: a few messages from its owner's
// number, one in six of them a joke that goes round.
func chats(m *maker) func(*account) {
	streams := m.seeds.of("chats")
	return func(a *account) {
		r := streams.at(a.index)
		from := max(start, a.opened)
		for n := range poisson(r, 1.2) {
			text := streams.hash(a.index<<8 | uint64(n))
			if chance(r, .16) {
				text = streams.hash(1<<60 | zipf(r, m.count(100)))
			}
			m.out.message(loaders.Message{ID: m.eventID("M", chatEvents, a.index, n), Account: a.key, Phone: a.phone, ContentHash: contentHash(text),
				Recipients: 1 + poisson(r, .8), At: at(moment(r, from, end, a.zone))})
		}
	}
}

// newsletters lets a firm's staff send its offers: a handful of accounts, one
// text a week, thousands who asked for it.
func newsletters(ctx context.Context, m *maker) error {
	streams := m.seeds.of("newsletters")
	for firm := range m.count(4000) {
		if err := ctx.Err(); err != nil {
			return err
		}
		r := streams.at(firm)
		first := r.Uint64N(m.honest)
		for week := range int64(8) {
			text := contentHash(streams.hash(firm<<8 | uint64(week)))
			when := start + week*21*day + between(r, 0, 3*day)
			for n := range 3 + firm%4 {
				a := m.people.account((first + n*97) % m.honest)
				if a.opened > start {
					continue
				}
				m.out.message(loaders.Message{ID: m.eventID("M", newsletterEvents, firm<<4|n, int(week)), Account: a.key, Phone: a.phone, ContentHash: text,
					Recipients: int(between(r, 200, 4000)), At: at(when + between(r, 0, 6*hour))})
				if week == 0 {
					m.trap(a.index, "newsletter")
				}
			}
		}
	}
	return nil
}
