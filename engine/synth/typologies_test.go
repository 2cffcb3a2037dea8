package synth

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

// someRings are the tests' worlds: large enough for rings of several sizes.
var someRings = Options{Seed: 41, Accounts: 4000}

func TestFarmsShareDevices(t *testing.T) {
	p := plant(t, only(deviceFarm()), someRings)
	on := p.with(t, "uses.csv", "identifier", kind("device"))
	for ring, members := range p.rings {
		require.GreaterOrEqual(t, largest(on[ring]), min(len(members), 3), ring)
		all := make(map[string]bool)
		for _, accounts := range on[ring] {
			if len(accounts) > 1 {
				for a := range accounts {
					all[a] = true
				}
			}
		}
		require.GreaterOrEqual(t, len(all), len(members)-len(members)/4, "nearly everybody is on a device of the farm")
	}
}

func TestGiantFarmsAreOnOneDevice(t *testing.T) {
	p := plant(t, farms(), Options{Seed: 42, Accounts: 20_000})
	on := p.with(t, "uses.csv", "identifier", kind("device"))
	found := make(map[int]bool)
	for ring, members := range p.rings {
		if len(members) >= 200 {
			require.Equal(t, len(members), largest(on[ring]), "all on one device")
			found[len(members)] = true
		}
	}
	require.Equal(t, map[int]bool{200: true, 5000: true}, found)
}

func TestSyntheticIdentitiesAreASparseChain(t *testing.T) {
	p := plant(t, only(syntheticIdentity()), someRings)
	phone := p.with(t, "uses.csv", "identifier", kind("phone"))
	id := p.with(t, "uses.csv", "identifier", kind("national_id"))
	address := p.with(t, "uses.csv", "identifier", kind("address"))
	device := p.with(t, "uses.csv", "identifier", kind("device"))
	for ring, members := range p.rings {
		for _, shared := range []map[string]map[string]bool{phone[ring], id[ring], address[ring]} {
			require.LessOrEqual(t, largest(shared), 3, "each piece of paper serves at most three")
		}
		require.LessOrEqual(t, largest(device[ring]), 1, "no device is shared")
		require.Equal(t, len(members), joined(members, phone[ring], id[ring], address[ring]), "papers join the whole ring")
		require.Less(t, joined(members, phone[ring]), len(members), "one kind does not")
	}
}

func TestBustOutsEndWithinDays(t *testing.T) {
	p := plant(t, only(bustOut()), someRings)
	lost := p.refs(graph.Payment)
	type window struct {
		first, last, spent, before float64
		merchants                  map[string]bool
	}
	of := make(map[string]*window)
	for _, r := range rows(t, p.dir, "payments.csv") {
		ring := p.ring[r["account"]]
		if ring == "" || r["status"] != "settled" {
			continue
		}
		w := of[ring]
		if w == nil {
			w = &window{first: 1e9, merchants: map[string]bool{}}
			of[ring] = w
		}
		amount, err := graph.ParseMoney(r["amount"], r["currency"])
		require.NoError(t, err)
		if lost[r["id"]] == "" {
			w.before += amount.Float()
			continue
		}
		when := hours(t, r["at"])
		w.first, w.last, w.spent = min(w.first, when), max(w.last, when), w.spent+amount.Float()
		w.merchants[r["merchant"]] = true
	}
	require.Len(t, of, len(p.rings))
	for ring, w := range of {
		require.Less(t, w.last-w.first, 10*24.0, ring)
		require.LessOrEqual(t, len(w.merchants), 3)
		require.Greater(t, w.spent, 5*w.before, "they take far more than they ever spent")
	}
}

// TestCollusionIsLockstepAlone checks the typology that device sharing must
// miss wholly.
func TestCollusionIsLockstepAlone(t *testing.T) {
	p := plant(t, only(merchantCollusion()), someRings)
	lost := p.refs(graph.Payment)
	fraud := func(r map[string]string) bool { return lost[r["id"]] != "" }
	shops := p.with(t, "payments.csv", "merchant", fraud)
	devices := p.with(t, "payments.csv", "device", every)
	for ring, members := range p.rings {
		require.LessOrEqual(t, largest(devices[ring]), 1, "no device is shared")
		require.GreaterOrEqual(t, len(shops[ring]), 2)
		for _, accounts := range shops[ring] {
			require.Len(t, accounts, len(members)-1, "everybody but the owner comes in the first round")
		}
	}
	honest := 0
	for _, r := range rows(t, p.dir, "payments.csv") {
		for ring := range p.rings {
			if shops[ring][r["merchant"]] != nil && p.ring[r["account"]] == "" {
				honest++
			}
		}
	}
	require.Greater(t, honest, 5*len(p.rings), "their shops have honest customers")
}

func TestPromosShareWiFiAndNumbersOnly(t *testing.T) {
	p := plant(t, only(promoAbuse()), someRings)
	phone := p.with(t, "uses.csv", "identifier", kind("phone"))
	ip := p.with(t, "uses.csv", "identifier", kind("ip"))
	device := p.with(t, "uses.csv", "identifier", kind("device"))
	for ring, members := range p.rings {
		require.LessOrEqual(t, largest(device[ring]), 1, "reset before each account")
		require.LessOrEqual(t, largest(phone[ring]), 5)
		require.GreaterOrEqual(t, largest(phone[ring]), min(3, len(members)), ring)
		require.GreaterOrEqual(t, largest(ip[ring]), (len(members)+3)/4, "one of two Wi-Fis, most of the time")
	}
}

func TestClaimsAreForTheSameSerials(t *testing.T) {
	p := plant(t, only(claimFraud()), someRings)
	replaced := make(map[string]string)
	serial := make(map[string]map[string]bool)
	for _, r := range rows(t, p.dir, "claims.csv") {
		if ring := p.ring[r["account"]]; ring != "" {
			replaced[r["replacement"]] = ring
			if serial[ring] == nil {
				serial[ring] = make(map[string]bool)
			}
			serial[ring][r["device"]] = true
		}
	}
	claims := make(map[string]int)
	for _, ring := range replaced {
		claims[ring]++
	}
	for ring, members := range p.rings {
		require.GreaterOrEqual(t, claims[ring], len(members))
		require.Less(t, len(serial[ring]), claims[ring], "serials come back")
	}
	sold := 0
	for _, file := range []string{"uses.csv", "payments.csv", "events.csv"} {
		for _, r := range rows(t, p.dir, file) {
			if device := r["device"] + r["identifier"]; replaced[device] != "" {
				require.Empty(t, p.ring[r["account"]], "who claimed a replacement never uses one")
				sold++
			}
		}
	}
	require.Positive(t, sold, "some are sold")
	honest := len(rows(t, p.dir, "claims.csv")) - len(replaced)
	require.InDelta(t, someRings.Accounts/50, honest, 10, "honest warranties beside them")
}

func TestStuffingFailsMoreThanItOpens(t *testing.T) {
	p := plant(t, only(credentialStuffing()), someRings)
	pool := p.with(t, "events.csv", "ip", func(r map[string]string) bool { return r["type"] == "login" })
	failed, opened := make(map[string]bool), make(map[string]bool)
	for _, r := range rows(t, p.dir, "events.csv") {
		if ring := p.ring[r["account"]]; r["type"] == "login" && r["device"] == "" && ring != "" {
			opened[r["account"]] = true
		} else if r["type"] == "login_failed" && r["ip"] != "" && ring == "" {
			failed[r["account"]] = true
		}
	}
	require.Len(t, opened, len(p.truth))
	require.Greater(t, len(failed), 3*len(opened))
	for ring := range p.rings {
		require.GreaterOrEqual(t, len(pool[ring]), 2, "a pool of addresses")
	}
	for _, m := range p.truth {
		require.Equal(t, victim, m["role"])
	}
}

func TestSpamSharesTextsAndNumbers(t *testing.T) {
	p := plant(t, only(messageSpam()), someRings)
	text := p.with(t, "messages.csv", "content_hash", every)
	phone := p.with(t, "messages.csv", "phone", every)
	for ring, members := range p.rings {
		require.Equal(t, len(members), joined(members, text[ring], phone[ring]), ring)
		require.GreaterOrEqual(t, largest(text[ring]), 2)
	}
	require.NotEmpty(t, p.refs(graph.Transfer), "strangers pay")
	senders := make(map[string]bool)
	for _, r := range rows(t, p.dir, "messages.csv") {
		senders[r["account"]] = true
	}
	require.Greater(t, len(senders), someRings.Accounts/2, "everybody sends something")
}

// TestCashOutsArePaid checks that roles can be told from the rows.
func TestCashOutsArePaid(t *testing.T) {
	for _, y := range []typology{deviceFarm(), promoAbuse(), claimFraud(), bustOut()} {
		p := plant(t, only(y), someRings)
		role, paid := make(map[string]string), make(map[string]int)
		for _, m := range p.truth {
			role[m["account"]] = m["role"]
		}
		for _, r := range rows(t, p.dir, "transfers.csv") {
			if ring := p.ring[r["from"]]; ring != "" && ring == p.ring[r["to"]] {
				require.Equal(t, []string{operator, cashOut}, []string{role[r["from"]], role[r["to"]]}, y.name)
				paid[r["to"]]++
			}
		}
		sinks := 0
		for _, of := range role {
			if of == cashOut {
				sinks++
			}
		}
		require.Greater(t, len(paid), sinks/2, y.name)
	}
}

func TestWavesOfTheMixture(t *testing.T) {
	p := plant(t, only(credentialTakeover()), someRings)
	lost := p.refs(graph.Payment)
	games := p.with(t, "payments.csv", "beneficiary", func(r map[string]string) bool { return lost[r["id"]] != "" })
	roles := make(map[string]int)
	providers := make(map[string]int)
	provider := make(map[string]string)
	for _, r := range rows(t, p.dir, "accounts.csv") {
		provider[r["account"]] = r["provider"]
	}
	for ring, members := range p.rings {
		require.LessOrEqual(t, len(games[ring]), 4, "a few game accounts")
		for _, m := range members {
			roles[m["role"]]++
			providers[provider[m["account"]]]++
		}
	}
	require.Len(t, providers, 2, "two wallets")
	require.Greater(t, roles[victim], 8*(roles[cashOut]+roles[mule]))
	require.Positive(t, roles[cashOut])
	require.True(t, slices.ContainsFunc(p.losses, func(l map[string]string) bool { return l["refunded"] != "0.00" && l["refunded"] != "" }), "some is given back")
}
