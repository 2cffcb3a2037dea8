package synth

import (
	"math"
	"math/rand/v2"
	"strconv"

	"ringleader/graph"
	"ringleader/loaders"
)

// appStore is the merchant that most accounts touch.
const appStore = "appstore"

// appPrices are what apps and game currency cost, in fen; honest players buy
// at the price points that thieves like.
var (
	appPrices = []int64{100, 600, 1200, 1800, 3000, 4500, 6800, 9800, 12800, 32800, 64800}
	appShares = []int{6, 26, 14, 10, 16, 6, 8, 5, 3, 4, 2}
)

// purchases writes an honest account's payments: a few at merchants whose
// popularity falls as 1/rank, and those at the app store.
func purchases(m *maker) func(*account) {
	streams, trade := m.seeds.of("purchases"), m.seeds.of("merchants")
	merchants := m.merchants()
	m.describeMerchants(trade, merchants)
	return func(a *account) {
		r, n := streams.at(a.index), 0
		next := func() string {
			n++
			return m.eventID("P", purchaseEvents, a.index, n)
		}
		from := max(start, a.opened)
		for range poisson(r, 4) {
			rank := zipf(r, merchants)
			p := m.payment(r, a, next(), shopping(r, from, end, a.zone))
			p.Merchant, p.Amount = merchantKey(rank), yuan(basket(r, trade.hash(rank)))
			m.settle(r, p, next)
		}
		if !a.buysApps {
			return
		}
		from = max(from, a.linked)
		for range 1 + poisson(r, 1.2) {
			p := m.payment(r, a, next(), moment(r, from, end, a.zone))
			p.Merchant, p.Amount = appStore, yuan(appPrices[weighted(r, appShares)])
			p.Beneficiary, p.Credential = a.game, a.credential
			if p.Device == "" {
				p.Device = a.device
			}
			p.Auth = pick(r, []string{"password_free", "password_free", "biometric", "password"})
			m.settle(r, p, next)
		}
	}
}

// payment is the part of a payment that its account decides: from where and
// how it was made.
func (m *maker) payment(r *rand.Rand, a *account, id string, when int64) loaders.Payment {
	p := loaders.Payment{ID: id, Account: a.key, At: at(when), Status: "settled", Auth: pick(r, []string{"password", "biometric", "biometric", "password_free", "otp"})}
	if chance(r, .8) {
		p.Device = a.device
		if when < a.since {
			p.Device = a.previous
		}
	}
	switch u := r.Float64(); {
	case u < .3:
		p.IP = a.home.ip
	case u < .5:
		p.IP = m.carrierIP(r)
	}
	return p
}

// settle writes a payment and what became of it: one in fifty is declined, one
// in a hundred given back, one in five hundred disputed.
func (m *maker) settle(r *rand.Rand, p loaders.Payment, next func() string) {
	u, when := r.Float64(), p.At.Millis()/1000
	if u < .02 {
		p.Status = "declined"
	}
	m.out.payment(p)
	switch {
	case u >= .02 && u < .03:
		back := p
		back.ID, back.RefundOf, back.Status = next(), p.ID, "refunded"
		back.At = at(when + between(r, hour, 10*day))
		back.Device, back.IP, back.Credential = "", "", ""
		if back.At < at(end) {
			m.out.payment(back)
		}
	case u >= .03 && u < .032:
		m.out.dispute(p.Account, p.ID, when+between(r, day, 20*day), pick(r, []string{"lost", "lost", "lost", "open"}), 0)
	}
}

// basket is an honest amount in fen: log-normal around what the merchant
// usually sells for, every other one a whole number of yuan.
func basket(r *rand.Rand, merchant uint64) int64 {
	usual := math.Log(1500) + float64(merchant%1000)/1000*math.Log(30)
	fen := int64(math.Exp(usual + .6*r.NormFloat64()))
	if chance(r, .5) {
		fen = fen/100*100 + 100
	}
	return min(max(fen, 100), 5_000_000)
}

// merchants is how many there are, besides the app store.
func (m *maker) merchants() uint64 { return m.count(40) + 40 }

func merchantKey(rank uint64) string { return "m-" + strconv.FormatUint(10_000+rank, 10) }

var trades = []string{"food", "groceries", "transport", "fashion", "electronics", "travel", "utilities", "health"}

func (m *maker) describeMerchants(trade streams, n uint64) {
	m.out.entity(graph.Ref{Kind: graph.Merchant, Key: appStore}, "apps", "", "App Store", "", 0)
	for rank := range n {
		key := merchantKey(rank)
		m.out.entity(graph.Ref{Kind: graph.Merchant, Key: key}, trades[trade.hash(rank)%uint64(len(trades))], "", "Merchant "+key[2:], "", 0)
	}
}

// gifts are what people send each other, in fen: red envelopes, shares of a
// bill, rent.
var gifts = []int64{666, 888, 1880, 5000, 6600, 8800, 10000, 18800, 20000, 50000, 52000, 100000, 250000}

// transfers writes what an honest account sends to friends. Half go to
// people near by, the rest to anyone: enough to join all accounts into one
// component.
func transfers(m *maker) func(*account) {
	streams := m.seeds.of("transfers")
	return func(a *account) {
		r := streams.at(a.index)
		from := max(start, a.opened)
		for n := range poisson(r, 1.3) {
			to := r.Uint64N(m.honest)
			if chance(r, .5) {
				to = (a.index + 1 + r.Uint64N(200)) % m.honest
			}
			if to == a.index {
				continue
			}
			t := loaders.Transfer{ID: m.eventID("T", transferEvents, a.index, n), From: a.key, To: m.people.key(to),
				Amount: yuan(pick(r, gifts)), At: at(shopping(r, from, end, a.zone))}
			if chance(r, .6) {
				t.Device = a.device
				if t.At < at(a.since) {
					t.Device = a.previous
				}
			}
			m.out.transfer(t)
		}
	}
}

// changes writes the security events of an honest life.
func changes(m *maker) func(*account) {
	streams := m.seeds.of("changes")
	return func(a *account) {
		r := streams.at(a.index)
		from := max(start, a.opened)
		kinds := []string{"login", "login_failed", "password_change", "payee_added", "limit_changed", "two_factor_on"}
		for range poisson(r, .8) {
			e := loaders.Event{Account: a.key, Type: kinds[weighted(r, []int{60, 15, 8, 10, 5, 2})], At: at(moment(r, max(from, a.since), end, a.zone))}
			if e.Type == "login" || e.Type == "login_failed" {
				e.Device = a.device
			}
			m.out.event(e)
		}
	}
}
