package synth

import (
	"math/rand/v2"
	"slices"
	"strconv"

	"ringleader/graph"
	"ringleader/loaders"
)

// signup is people who sign up at a shop and buy once, with the constants of a
// public data set of such sign-ups: how many accounts a device has, and how
// many of those are fraud. Frauds with less than three accounts on their device
// are no ring; truth/lone.csv has them.
func signup() world {
	return world{name: "signup", about: "sign-ups and one purchase each, by constants of public data: most shared devices are fraud",
		habits: []func(*maker) func(*account){signups}}
}

// signupBlock is how many accounts one stream lays out on devices: none
// straddles blocks.
const signupBlock = 256

// signupDevice is a device and the accounts that sign up on it.
type signupDevice struct {
	number uint64
	first  uint64
	size   uint64
	fraud  bool
	opens  int64
}

// signups writes one account: its row, what it signed up with, its purchase,
// and its truth.
func signups(m *maker) func(*account) {
	layout, streams := m.seeds.of("sign-up devices"), m.seeds.of("sign-ups")
	trade, merchants := m.seeds.of("merchants"), m.merchants()
	m.describeMerchants(trade, merchants)
	var devices []signupDevice
	return func(a *account) {
		if a.index%signupBlock == 0 {
			devices = layDevices(layout, a.index, min(signupBlock, m.honest-a.index))
		}
		n, found := slices.BinarySearchFunc(devices, a.index, func(d signupDevice, i uint64) int {
			return int(int64(d.first) - int64(i))
		})
		if !found {
			n--
		}
		m.signUp(streams.at(a.index), a, &devices[n], trade, merchants)
	}
}

// layDevices puts n accounts on devices: 1.5 % of devices have two, 1.1 % three
// or more. All accounts of a device are fraud or none, in 4 % of devices with
// one account, 35 % with two, 89 % with three or four, 92 % with more.
func layDevices(layout streams, first, n uint64) (list []signupDevice) {
	r := layout.at(first / signupBlock)
	for at := uint64(0); at < n; {
		d := signupDevice{number: first + at, first: first + at, opens: between(r, start, end-20*day)}
		switch u := r.Float64(); {
		case u < .974:
			d.size = 1
		case u < .989:
			d.size = 2
		case u < .993:
			d.size = 3 + r.Uint64N(2)
		default:
			d.size = 5 + r.Uint64N(12)
		}
		d.size = min(d.size, n-at)
		rate := .92
		switch {
		case d.size == 1:
			rate = .04
		case d.size == 2:
			rate = .35
		case d.size < 5:
			rate = .89
		}
		d.fraud = chance(r, rate)
		at += d.size
		list = append(list, d)
	}
	return list
}

// signUp writes one account of a device. Frauds sign up within a minute and
// buy at once.
func (m *maker) signUp(r *rand.Rand, a *account, d *signupDevice, trade streams, merchants uint64) {
	opened := between(r, start, end-20*day)
	bought := opened + between(r, hour, 19*day)
	if d.fraud {
		opened = d.opens + int64(a.index-d.first)*between(r, 1, 4)
		bought = opened + between(r, 1, 30)
		if d.size < 3 {
			bought = opened + between(r, 1, 10*day)
		}
	}
	device, ip := m.people.name("dev-", "sign-up", d.number), m.people.ip(homeNet, d.number)
	m.out.account(loaders.Account{Account: a.key, OpenedAt: at(opened), Country: "CN", Timezone: a.zone.name})
	m.out.use(a.key, graph.Device, device, opened, 0)
	m.out.use(a.key, graph.IP, ip, opened, 0)
	m.out.use(a.key, graph.Email, "mail-"+strconv.FormatUint(trade.hash(a.index), 36)+"@post.example", opened, 0)
	rank := uint64(0)
	if !chance(r, .2) { // the top merchant has these and its share of the rest
		rank = zipf(r, merchants)
	}
	fen := basket(r, trade.hash(rank))
	p := loaders.Payment{ID: m.eventID("P", purchaseEvents, a.index, 0), Account: a.key, Merchant: merchantKey(rank), Amount: yuan(fen),
		At: at(bought), Device: device, IP: ip, Status: "settled"}
	m.out.payment(p)
	switch {
	case d.fraud && d.size >= 3:
		ring := "device_farm-" + strconv.FormatUint(d.number, 10)
		if a.index == d.first {
			m.out.summary.Rings++
		}
		m.out.member(a.key, ring, "device_farm", operator, opened)
		m.out.debit(p.ID, ring, fen, 0)
	case d.fraud:
		m.out.truthRow("lone", []string{"account", "event"}, a.key, graph.Ref{Kind: graph.Payment, Key: p.ID}.String())
	case d.size >= 3:
		m.out.trap(a.key, "shared_signup_device")
	}
}
