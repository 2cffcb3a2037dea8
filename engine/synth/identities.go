package synth

import (
	"math/rand/v2"
	"strconv"

	"ringleader/graph"
	"ringleader/loaders"
)

// identities writes what an account is: its row, its owner's phone, national
// ID and address, and the credential linked to it, which hangs on the same
// phone.
func identities(m *maker) func(*account) {
	streams := m.seeds.of("identities")
	return func(a *account) {
		r := streams.at(a.index)
		m.register(a)
		m.out.use(a.key, graph.Address, a.home.address, a.opened, 0)
		if chance(r, .5) {
			m.out.use(a.key, graph.Email, "mail-"+strconv.FormatUint(streams.hash(a.owner), 36)+"@post.example", a.opened, 0)
		}
		if a.credential != "" {
			m.linkCredential(a)
		}
	}
}

// register writes the account and the documents that opening it took.
func (m *maker) register(a *account) {
	m.out.account(loaders.Account{Account: a.key, Provider: a.provider, OpenedAt: at(a.opened), TwoFactor: yesNo(a.factor),
		Country: "CN", Timezone: a.zone.name, Customer: a.customer})
	m.out.use(a.key, graph.Phone, a.phone, a.opened, 0)
	m.out.use(a.key, graph.NationalID, a.nationalID, a.opened, 0)
}

// linkCredential writes the link to a store's login: seen by the wallet as a
// credential, by the store as a login with a phone.
func (m *maker) linkCredential(a *account) {
	credential := graph.Ref{Kind: graph.Credential, Key: a.credential}
	phone := graph.Ref{Kind: graph.Phone, Key: a.phone}
	m.out.use(a.key, graph.Credential, a.credential, a.linked, 0)
	m.out.event(loaders.Event{Account: a.key, Type: "credential_linked", At: at(a.linked), Credential: a.credential})
	m.out.link(credential, phone, a.linked)
	m.out.link(phone, graph.Ref{Kind: graph.NationalID, Key: a.nationalID}, a.linked)
	m.out.entity(credential, "", "", "", yesNo(a.credentialFactor), a.linked)
}

var models = []string{"phone-6", "phone-6s", "phone-7", "phone-7-plus", "phone-8", "phone-x", "note-5", "mix-2", "mate-10", "r11"}

// sightings writes the devices that an account was used from: its owner's,
// the one before, the household's tablet.
func sightings(m *maker) func(*account) {
	streams := m.seeds.of("sightings")
	return func(a *account) {
		r := streams.at(a.index)
		if a.index == a.owner {
			m.out.entity(graph.Ref{Kind: graph.Device, Key: a.device}, "", models[streams.hash(a.owner)%uint64(len(models))], "", "", a.since)
		}
		first := max(a.since, a.opened)
		m.out.use(a.key, graph.Device, a.device, first, 0)
		for range poisson(r, 1.5) {
			m.out.use(a.key, graph.Device, a.device, moment(r, first, end, a.zone), 0)
		}
		if a.opened < a.until {
			m.out.use(a.key, graph.Device, a.previous, max(a.opened, a.until-between(r, 200, 900)*day), a.until)
		}
		if a.home.tablet == "" {
			return
		}
		for range 1 + poisson(r, 1) {
			m.out.use(a.key, graph.Device, a.home.tablet, moment(r, max(start, a.opened), end, a.zone), 0)
		}
		if a.home.people >= 3 {
			m.trap(a.index, "family_tablet")
		}
	}
}

// networks writes the addresses: home, the carrier's shared ones, an office,
// public Wi-Fi.
func networks(m *maker) func(*account) {
	streams, wifi := m.seeds.of("networks"), m.knobs.wifi
	if wifi == 0 {
		wifi = 1
	}
	return func(a *account) {
		r := streams.at(a.index)
		from := max(start, a.opened)
		for range 2 {
			m.out.use(a.key, graph.IP, a.home.ip, moment(r, from, end, a.zone), 0)
		}
		for range 1 + r.IntN(3) {
			m.out.use(a.key, graph.IP, m.carrierIP(r), moment(r, from, end, a.zone), 0)
		}
		if works := streams.hash(a.owner); works%100 < 35 {
			office := m.people.ip(officeNet, (works>>8)%m.count(140))
			for range 2 {
				m.out.use(a.key, graph.IP, office, moment(r, from, end, a.zone), 0)
			}
		}
		if chance(r, .2*wifi) {
			m.out.use(a.key, graph.IP, m.people.ip(publicNet, zipf(r, m.count(150))), moment(r, from, end, a.zone), 0)
		}
	}
}

// count is how many things of a class the world holds, at one per so many
// accounts.
func (m *maker) count(accounts uint64) uint64 { return max(1, m.people.size/accounts) }

// carrierIP is an address behind which a carrier hides its customers: of a
// million accounts a thousand or two behind the least, over a hundred thousand
// behind the busiest.
func (m *maker) carrierIP(r *rand.Rand) string {
	addresses, u := max(3, m.people.size/1000), r.Float64()
	return m.people.ip(carrierNet, min(uint64(float64(addresses)*u*u), addresses-1))
}
