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
			t.hit(w, n, t.m.people.account(i))
		}
		for _, i := range w.next {
			t.reach(w, t.m.people.account(i))
		}
		for _, i := range w.careful {
			t.escape(w, t.m.people.account(i))
		}
		for n, i := range w.sellers {
			t.sell(w, n, i)
		}
	}
	return nil
}

// disguise gives half of the beneficiaries a past: game accounts bought from
// players, whom honest people had paid for in their time.
func (t *takeovers) disguise(w *wave) {
	for n, game := range w.games {
		r := t.streams.at(6<<32 | w.number<<16 | uint64(n))
		if chance(r, .5) {
			continue
		}
		for k := range 1 + r.IntN(3) {
			a := t.m.people.account(r.Uint64N(t.m.honest))
			if a.credential == "" || a.opened > start {
				continue
			}
			p := t.m.payment(r, a, t.m.eventID("P", disguiseEvents, w.number<<16|uint64(n), k), moment(r, max(start, a.linked), w.opened-day, a.zone))
			p.Merchant, p.Amount, p.Beneficiary, p.Credential = appStore, yuan(appPrices[weighted(r, appShares)]), game, a.credential
			t.m.out.payment(p)
		}
	}
}

// phish writes that an owner typed the password into the wave's page.
func (t *takeovers) phish(r *rand.Rand, w *wave, a *account, before int64) {
	when := moment(r, w.opened, max(before-hour, w.opened+hour), a.zone)
	t.m.out.event(loaders.Event{Account: a.key, Type: "phished", At: at(when), Credential: a.credential, Detail: w.page})
}

// login writes that the thieves tried the credential.
func (t *takeovers) login(w *wave, a *account, device, ip string, when int64) {
	t.m.out.event(loaders.Event{Account: a.key, Type: "login", At: at(when), Device: device, IP: ip, Credential: a.credential})
}

// hit empties one account within an hour and writes what its owner did then.
func (t *takeovers) hit(w *wave, n int, a *account) {
	r := t.streams.at(1<<32 | a.index)
	when := t.session(r, w, n)
	device, ip := w.devices[n%len(w.devices)], w.ips[n%len(w.ips)]
	if chance(r, .15) { // from a mobile network now and then
		ip = t.m.carrierIP(r)
	}
	t.phish(r, w, a, when)
	first := when - between(r, 1, 25)*minute
	t.login(w, a, device, ip, first)

	debits := t.spend(r, w, n, a, device, ip, when)
	t.m.out.member(a.key, w.ring, "takeover", "victim", first)
	noticed := debits[len(debits)-1].when + between(r, 1, 60)*hour
	if noticed < end {
		t.m.out.event(loaders.Event{Account: a.key, Type: "password_change", At: at(noticed), Device: a.device, Credential: a.credential})
	}
	t.complain(r, w, debits, noticed+between(r, hour, 3*day))
}

// complain writes whether the owner disputed the debits, and the truth of each.
func (t *takeovers) complain(r *rand.Rand, w *wave, debits []debit, when int64) {
	outcome := pick(r, []string{"", "", "won", "won", "won", "open", "lost"})
	for _, d := range debits {
		if d.declined {
			continue
		}
		var back int64
		if outcome == "won" && when < end && chance(r, .7) {
			back = d.amount * pick(r, []int64{30, 50, 100}) / 100
		}
		if outcome == "open" || outcome == "lost" || back > 0 {
			t.m.out.dispute(d.id, when, outcome, back)
		}
		t.m.out.debit(d.id, w.ring, d.amount, back)
	}
}

// session is when the thieves come for victim n: the wave works through its
// victims in order, two thirds in the local night.
func (t *takeovers) session(r *rand.Rand, w *wave, n int) int64 {
	// Six in one session, minutes apart.
	groups := int64(len(w.victims)+5) / 6
	group := int64(n / 6)
	g := t.streams.at(2<<32 | w.number<<16 | uint64(group))
	base := w.opened + 2*day + group*w.lasts*day/groups
	if group%3 != 1 {
		base = night(g, base+day, zones[0])
	} else {
		base = moment(g, base, base+day, zones[0])
	}
	return base + int64(n%6)*between(r, 9, 14)*minute
}

// debit is one attempt to spend, in fen.
type debit struct {
	id       string
	when     int64
	amount   int64
	declined bool
}

// spend is the pattern of one victim: a test or two, then amounts of one style
// minutes apart, until a limit declines.
func (t *takeovers) spend(r *rand.Rand, w *wave, n int, a *account, device, ip string, when int64) []debit {
	limit := int64(dailyLimit)
	if n%9 == 4 {
		limit = 600_000 // owners who had raised theirs lost thousands
	}
	style := r.IntN(3)
	game := w.games[(n+r.IntN(2))%len(w.games)]
	var done []debit
	var spent int64
	for tests := 1 + r.IntN(2); ; tests-- {
		amount := pick(r, []int64{100, 600, 600})
		if tests <= 0 {
			amount = spendAmount(r, style)
		}
		d := debit{id: t.m.eventID("P", takeoverEvents, a.index, len(done)), when: when, amount: amount, declined: spent+amount > limit}
		status := "settled"
		if d.declined {
			status = "declined"
		} else {
			spent += amount
		}
		t.m.out.payment(loaders.Payment{ID: d.id, Account: a.key, Merchant: appStore, Amount: yuan(amount), At: at(when), Device: device, IP: ip,
			Beneficiary: game, Credential: a.credential, Status: status, Auth: "password_free"})
		done = append(done, d)
		if d.declined || len(done) > 40 {
			return done
		}
		when += between(r, 20, 4*minute)
	}
}

// spendAmount follows a style: price points of game currency, round top-ups,
// or amounts close under the limit.
func spendAmount(r *rand.Rand, style int) int64 {
	switch style {
	case 0:
		return pick(r, []int64{64800, 64800, 64800, 9800, 4500})
	case 1:
		return pick(r, []int64{10000, 20000, 50000, 50000})
	default:
		return pick(r, []int64{199900, 199800, 198800, 196800, 99900, 98800})
	}
}

// reach writes an account that is next: phished, logged in to, not yet spent
// from.
func (t *takeovers) reach(w *wave, a *account) {
	r := t.streams.at(3<<32 | a.index)
	when := w.opened + (2+w.lasts)*day + between(r, 0, 2*day)
	t.phish(r, w, a, when)
	t.login(w, a, pick(r, w.devices), pick(r, w.ips), when)
	t.m.out.member(a.key, w.ring, "takeover", "victim", when)
}

// escape writes an owner who was phished and changed the password before the
// thieves came.
func (t *takeovers) escape(w *wave, a *account) {
	r := t.streams.at(4<<32 | a.index)
	when := w.opened + between(r, day, w.lasts*day)
	t.phish(r, w, a, when)
	t.m.out.event(loaders.Event{Account: a.key, Type: "password_change", At: at(when + between(r, minute, 5*hour)), Device: a.device, Credential: a.credential})
	t.m.trap(a.index, "phished_in_time")
}

// sell writes an account of the ring: young, once logged in on an attacker's
// device, paid by strangers for game currency in the days after.
func (t *takeovers) sell(w *wave, n int, i uint64) {
	r := t.streams.at(5<<32 | i)
	p := t.m.people
	a := &account{index: i, key: p.key(i), provider: pick(r, providers), opened: w.opened - between(r, 15, 60)*day, zone: zones[0],
		customer: p.name("c", "customer", i), phone: p.phone(i), nationalID: p.nationalID(r, i)}
	t.m.register(a)
	t.m.out.use(a.key, graph.Device, p.name("dev-", "device", i), a.opened, 0)
	t.m.out.use(a.key, graph.IP, p.ip(homeNet, i), a.opened, 0)
	first := w.opened - between(r, 2, 10)*day
	t.m.out.event(loaders.Event{Account: a.key, Type: "login", At: at(first), Device: w.devices[n%len(w.devices)], IP: pick(r, w.ips)})
	last := w.opened + (2+w.lasts)*day
	for k := range 4 + r.IntN(8) {
		t.m.out.transfer(loaders.Transfer{ID: t.m.eventID("T", takeoverEvents, i, k), From: p.key(r.Uint64N(t.m.honest)), To: a.key,
			Amount: yuan(pick(r, []int64{30000, 45000, 50000, 60000, 90000})), At: at(moment(r, w.opened+3*day, last, zones[0]))})
	}
	t.m.out.member(a.key, w.ring, "takeover", "cash_out", first)
}
