package synth

import (
	"context"

	"ringleader/loaders"
)

// strangers lets every account, those of rings too, pay some others at random:
// all hang together then, though nothing has happened. Amounts are those of
// gifts.
func strangers(ctx context.Context, m *maker) error {
	streams := m.seeds.of("strangers")
	for i := range m.people.size {
		if i%1024 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		r, a := streams.at(i), m.people.account(i)
		for n := range int(m.knobs.strangers) {
			to := r.Uint64N(m.people.size)
			if to == i {
				continue
			}
			m.out.transfer(loaders.Transfer{ID: m.eventID("X", strangerEvents, i, n), From: a.key, To: m.people.key(to),
				Amount: yuan(pick(r, gifts)), At: at(shopping(r, max(start, a.opened), end, a.zone))})
		}
	}
	return nil
}
