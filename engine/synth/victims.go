package synth

import (
	"math/rand/v2"

	"ringleader/loaders"
)

// phish writes that an owner typed the password into the wave's page, before
// a time.
func (t *takeovers) phish(r *rand.Rand, w *wave, a *account, before int64) {
	when := moment(r, w.opened, max(before-hour, w.opened+hour), a.zone)
	t.m.out.event(loaders.Event{Account: a.key, Type: "phished", At: at(when), Credential: a.credential, Detail: w.page})
}

// login writes that the thieves tried the credential.
func (t *takeovers) login(w *wave, a *account, device, ip string, when int64) {
	t.m.out.event(loaders.Event{Account: a.key, Type: "login", At: at(when), Device: device, IP: ip, Credential: a.credential})
}

// hit empties one account within an hour and writes what its owner did then.
// It returns when the thieves first logged in.
func (t *takeovers) hit(w *wave, n int, a *account) (first int64) {
	r := t.streams.at(1<<32 | a.index)
	when := t.session(r, w, n)
	device, ip := w.devices[n%len(w.devices)], w.ips[n%len(w.ips)]
	if chance(r, .15) { // from a mobile network now and then
		ip = t.m.carrierIP(r)
	}
	if chance(r, .7) { // of the others nobody knows how they were caught
		t.phish(r, w, a, when)
	}
	if chance(r, .12) { // nobody recorded from where: only the money tells
		device, ip = "", ""
	}
	first = when - between(r, 1, 25)*minute
	t.login(w, a, device, ip, first)

	debits := t.spend(r, w, n, a, device, ip, when)
	noticed := debits[len(debits)-1].when + between(r, 1, 60)*hour
	if noticed < end {
		t.m.out.event(loaders.Event{Account: a.key, Type: "password_change", At: at(noticed), Device: a.device, Credential: a.credential})
	}
	t.complain(r, w, a, debits, noticed+between(r, hour, 3*day))
	return first
}

// complain writes whether the owner disputed the debits, and the truth of each.
func (t *takeovers) complain(r *rand.Rand, w *wave, a *account, debits []debit, when int64) {
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
			t.m.out.dispute(a.key, d.id, when, outcome, back)
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
// minutes apart, until a limit declines; one wallet in eight is empty before.
func (t *takeovers) spend(r *rand.Rand, w *wave, n int, a *account, device, ip string, when int64) []debit {
	limit := int64(dailyLimit)
	if n%9 == 4 {
		limit = 600_000 // owners who had raised theirs lost thousands
	}
	style := r.IntN(3)
	game := w.games[(n+r.IntN(2))%len(w.games)]
	var done []debit
	var spent int64
	most := 40
	if chance(r, .125) {
		most = 1 + r.IntN(3)
	}
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
		if d.declined || len(done) >= most {
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
		return pick(r, []int64{198800, 198000, 196800, 99900, 98800})
	}
}

// reach writes an account that is next: phished, logged in to, not yet spent
// from. It returns when.
func (t *takeovers) reach(w *wave, a *account) int64 {
	r := t.streams.at(3<<32 | a.index)
	when := w.opened + (2+w.lasts)*day + between(r, 0, 2*day)
	t.phish(r, w, a, when)
	t.login(w, a, pick(r, w.devices), pick(r, w.ips), when)
	return when
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
