package synth

import (
	"context"
	"math"
	"math/rand/v2"
	"strconv"

	"ringleader/graph"
	"ringleader/loaders"
)

// dailyLimit is what a wallet pays in a day without a password, in fen.
const dailyLimit = 200_000

// ownAccounts is how many accounts the rings of a world bring with them.
const ownAccounts = 6

// wave is one takeover wave: credentials phished at one place within days,
// then spent from on a few devices.
type wave struct {
	ring    string
	number  uint64
	opened  int64 // when the phishing page goes up
	lasts   int64 // days of spending
	page    string
	devices []string
	ips     []string
	games   []string // beneficiaries
	victims []uint64
	next    []uint64 // phished and logged in, not yet debited
	careful []uint64 // phished, but the owner changed the password in time
	sellers []uint64 // accounts of the ring that sell the game currency
}

// takeovers is the typology of DESIGN's story: three waves.
type takeovers struct {
	m       *maker
	streams streams
	waves   []*wave
}

// planTakeovers draws who is hit. At 20,000 accounts the waves hit 18, 42 and
// 27; they grow with the square root of the world.
func planTakeovers(m *maker) fraud {
	t := &takeovers{m: m, streams: m.seeds.of("takeovers")}
	scale := math.Sqrt(float64(m.people.size) / 20_000)
	taken := make(map[uint64]bool)
	for n, plan := range []struct {
		victims, next, devices int
		opened, lasts          int64
	}{
		{18, 2, 1, unix(2018, 9, 13), 6},
		{42, 4, 3, unix(2018, 9, 29), 12},
		{27, 6, 2, unix(2018, 10, 14), 10},
	} {
		r := t.streams.at(uint64(n))
		w := &wave{ring: "wave-" + strconv.Itoa(n+1), number: uint64(n), opened: plan.opened, lasts: plan.lasts,
			page: "id-check-" + strconv.FormatUint(t.streams.hash(uint64(n))%1000, 10) + ".example"}
		for i := range plan.devices {
			w.devices = append(w.devices, m.people.name("dev-", "attacker", uint64(n*8+i)))
		}
		for i := range 1 + r.IntN(2) {
			w.ips = append(w.ips, m.people.ip(attackerNet, uint64(n*8+i)))
		}
		for i := range 2 + r.IntN(3) {
			w.games = append(w.games, m.people.name("game-", "attacker game", uint64(n*8+i)))
		}
		for i := range uint64(ownAccounts / 3) {
			w.sellers = append(w.sellers, m.honest+uint64(n)*ownAccounts/3+i)
		}
		hit := max(4, int(float64(plan.victims)*scale))
		w.victims = t.choose(r, w, hit, taken)
		w.next = t.choose(r, w, plan.next, taken)
		w.careful = t.choose(r, w, max(1, hit/6), taken)
		t.waves = append(t.waves, w)
	}
	return t
}

// choose draws people who fall for the page: aged accounts with a linked
// credential, nine in ten without a second factor, one account a person.
func (t *takeovers) choose(r *rand.Rand, w *wave, n int, taken map[uint64]bool) []uint64 {
	var chosen []uint64
	for len(chosen) < n {
		a := t.m.people.account(r.Uint64N(t.m.honest))
		spared := a.credentialFactor && !chance(r, .06)
		if a.credential == "" || a.opened > w.opened-500*day || a.linked > w.opened-30*day || taken[a.owner] || spared {
			continue
		}
		taken[a.owner] = true
		chosen = append(chosen, a.index)
	}
	return chosen
}

func (t *takeovers) members() []uint64 {
	var all []uint64
	for _, w := range t.waves {
		all = append(append(append(all, w.victims...), w.next...), w.sellers...)
	}
	return all
}

func (t *takeovers) write(ctx context.Context) error {
	for _, w := range t.waves {
		if err := ctx.Err(); err != nil {
			return err
		}
		t.m.out.summary.Rings++
		for i, device := range w.devices {
			t.m.out.entity(graph.Ref{Kind: graph.Device, Key: device}, "", models[(int(w.number)+i)%3], "", "", w.opened)
		}
		t.disguise(w)
		for n, i := range w.victims {
			a := t.m.people.account(i)
			t.m.out.member(a.key, w.ring, "takeover", victim, t.hit(w, n, a))
		}
		for _, i := range w.next {
			a := t.m.people.account(i)
			t.m.out.member(a.key, w.ring, "takeover", victim, t.reach(w, a))
		}
		for _, i := range w.careful {
			t.escape(w, t.m.people.account(i))
		}
		t.sell(w)
	}
	return nil
}

// disguise gives beneficiaries a past: game accounts bought from players. Half
// have none, most others were paid for now and then, some by a whole guild.
func (t *takeovers) disguise(w *wave) {
	for n, game := range w.games {
		r := t.streams.at(6<<32 | w.number<<16 | uint64(n))
		payers := []int{0, 1 + r.IntN(3), 5 + r.IntN(12)}[weighted(r, []int{50, 30, 20})]
		for k := range payers {
			a := t.m.people.account(r.Uint64N(t.m.honest))
			if a.credential == "" || a.opened > start || t.m.inRing[a.index] {
				continue
			}
			p := t.m.payment(r, a, t.m.eventID("P", disguiseEvents, w.number<<16|uint64(n), k), moment(r, max(start, a.linked), end, a.zone))
			p.Merchant, p.Amount, p.Beneficiary, p.Credential = appStore, yuan(appPrices[weighted(r, appShares)]), game, a.credential
			t.m.out.payment(p)
		}
	}
}

// sell writes the two accounts of the ring itself, both young. The first once
// logged in on an attacker's device and is paid by strangers for game currency
// in the days after; the second gets most of that, and never touches a device.
func (t *takeovers) sell(w *wave) {
	seller, second := t.own(w, w.sellers[0]), t.own(w, w.sellers[1])
	r := t.streams.at(5<<32 | seller.index)
	first := w.opened - between(r, 2, 10)*day
	t.m.out.event(loaders.Event{Account: seller.key, Type: "login", At: at(first), Device: w.devices[0], IP: w.ips[0]})
	last := w.opened + (2+w.lasts)*day
	pay := func(n int, from, to string, fen, when int64) {
		t.m.out.transfer(loaders.Transfer{ID: t.m.eventID("T", takeoverEvents, seller.index, n), From: from, To: to, Amount: yuan(fen), At: at(when)})
	}
	for n := range 4 + r.IntN(8) {
		pay(n, t.m.people.key(r.Uint64N(t.m.honest)), seller.key, pick(r, []int64{30000, 45000, 50000, 60000, 90000}), moment(r, w.opened+3*day, last, zones[0]))
	}
	passed := last
	for n := range 2 + r.IntN(2) {
		passed = moment(r, last, last+2*day, zones[0])
		pay(100+n, seller.key, second.key, between(r, 6, 19)*10000, passed)
	}
	t.m.out.member(seller.key, w.ring, "takeover", cashOut, first)
	t.m.out.member(second.key, w.ring, "takeover", mule, passed)
}

// own registers an account that belongs to the ring.
func (t *takeovers) own(w *wave, i uint64) *account {
	r := t.streams.at(7<<32 | i)
	p := t.m.people
	a := &account{index: i, key: p.key(i), provider: pick(r, providers), opened: w.opened - between(r, 15, 60)*day, zone: zones[0],
		customer: p.name("c", "customer", i), phone: p.phone(i), nationalID: p.nationalID(r, i)}
	t.m.register(a)
	t.m.out.use(a.key, graph.Device, p.name("dev-", "device", i), a.opened, 0)
	t.m.out.use(a.key, graph.IP, p.ip(homeNet, i), a.opened, 0)
	return a
}
