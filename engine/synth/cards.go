package synth

import (
	"context"

	"ringleader/graph"
)

// companyCards gives the staff of a firm one card to pay with: two to a dozen
// accounts of people who share nothing else.
func companyCards(ctx context.Context, m *maker) error {
	streams := m.seeds.of("company cards")
	for firm := range m.count(500) {
		if err := ctx.Err(); err != nil {
			return err
		}
		r := streams.at(firm)
		card := m.people.name("card-", "company card", firm)
		for range between(r, 2, 12) {
			a := m.people.account(r.Uint64N(m.honest))
			m.out.use(a.key, graph.Card, card, moment(r, max(start, a.opened), end, a.zone), 0)
			m.trap(a.index, "company_card")
		}
	}
	return nil
}
