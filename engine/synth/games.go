package synth

import (
	"context"
	"math/rand/v2"

	"ringleader/loaders"
)

// The crowds of this file play: honest people who spend at the app store in
// the rhythm of thieves, or from a device that is not theirs.

// sprees lets a child in about two thousand accounts buy game currency on the
// family's device, minutes apart, until the limit declines: a takeover's
// rhythm without a thief.
func sprees(ctx context.Context, m *maker) error {
	streams := m.seeds.of("sprees")
	for spree := range m.count(2000) {
		if err := ctx.Err(); err != nil {
			return err
		}
		r := streams.at(spree)
		a := m.people.account(r.Uint64N(m.honest))
		if a.credential == "" || m.inRing[a.index] {
			continue
		}
		device := a.home.tablet
		if device == "" {
			device = a.device
		}
		when, total := moment(r, max(start, a.linked, a.since), end-day, a.zone), int64(0)
		price := pick(r, []int64{64800, 32800, 9800})
		for n := range 12 {
			p := loaders.Payment{ID: m.eventID("P", spreeEvents, a.index, n), Account: a.key, Merchant: appStore, Amount: yuan(price), At: at(when),
				Device: device, IP: a.home.ip, Beneficiary: a.game, Credential: a.credential, Status: "settled", Auth: "password_free"}
			if total+price > dailyLimit {
				p.Status = "declined"
			}
			m.out.payment(p)
			if p.Status == "declined" {
				break
			}
			total += price
			when += between(r, 40, 6*minute)
		}
		m.trap(a.index, "child_spree")
	}
	return nil
}

// studios play for others: a few times a week some players hand over their
// login, and the studio buys what they need from its own device, one after the
// other, into each player's own game account.
func studios(ctx context.Context, m *maker) error {
	streams := m.seeds.of("boosting studios")
	for studio := range m.count(10_000) {
		if err := ctx.Err(); err != nil {
			return err
		}
		r := streams.at(studio)
		device, ip := m.people.name("dev-", "boosting studio", studio), m.people.ip(publicNet, 1<<20+studio)
		for n := range between(r, 3, 8) {
			when := moment(r, start+60*day, end-2*day, zones[0])
			for k := range between(r, 2, 6) {
				a := m.people.account(r.Uint64N(m.honest))
				if a.credential == "" || max(a.opened, a.linked) > start {
					continue
				}
				when += between(r, 5, 40) * minute
				m.out.event(loaders.Event{Account: a.key, Type: "login", At: at(when), Device: device, IP: ip, Credential: a.credential})
				m.buys(r, a, 1+r.IntN(4), when, device, ip, studioEvents, int(n<<8|k<<4))
				m.trap(a.index, "boosting_studio")
			}
		}
	}
	return nil
}

// counters set up new phones on the days after a launch: staff log customers
// in on the shop's device, and most take one small thing at the store.
func counters(ctx context.Context, m *maker) error {
	streams := m.seeds.of("shop counters")
	launch := unix(2018, 9, 21)
	for counter := range m.count(10_000) {
		if err := ctx.Err(); err != nil {
			return err
		}
		r := streams.at(counter)
		device, ip := m.people.name("dev-", "shop counter", counter), m.people.ip(publicNet, 1<<21+counter)
		when := moment(r, launch, launch+5*day, zones[0])
		for range between(r, 4, 10) {
			a := m.people.account(r.Uint64N(m.honest))
			when += between(r, 6, 30) * minute
			if a.credential == "" || max(a.opened, a.linked) > start {
				continue
			}
			m.out.event(loaders.Event{Account: a.key, Type: "login", At: at(when), Device: device, IP: ip, Credential: a.credential})
			if chance(r, .7) {
				m.buys(r, a, 1, when, device, ip, counterEvents, int(counter%1024))
			}
			m.trap(a.index, "shop_counter")
		}
	}
	return nil
}

// buys writes honest purchases from somebody else's device, minutes apart.
func (m *maker) buys(r *rand.Rand, a *account, items int, when int64, device, ip string, class eventClass, number int) {
	for n := range items {
		when += between(r, 30, 5*minute)
		m.out.payment(loaders.Payment{ID: m.eventID("P", class, a.index, number+n), Account: a.key, Merchant: appStore,
			Amount: yuan(appPrices[weighted(r, appShares)]), At: at(when), Device: device, IP: ip, Beneficiary: a.game, Credential: a.credential,
			Status: "settled", Auth: pick(r, []string{"password_free", "password", "otp"})})
	}
}
