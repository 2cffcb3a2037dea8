package synth

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

// TestRowsAreSound checks what the canonical layout promises: known accounts,
// valid references, unique events, exact amounts, times inside the world.
func TestRowsAreSound(t *testing.T) {
	dir, summary := small(t, Options{Seed: 11})
	accounts := make(map[string]bool)
	for _, r := range rows(t, dir, "accounts.csv") {
		require.False(t, accounts[r["account"]], "account twice")
		accounts[r["account"]] = true
		require.Contains(t, []string{"alipay", "wechat"}, r["provider"])
		_, err := time.LoadLocation(r["timezone"])
		require.NoError(t, err)
		require.NotEmpty(t, r["customer"])
	}
	require.Len(t, accounts, summary.Accounts)

	payments := make(map[string]map[string]string)
	for _, r := range rows(t, dir, "payments.csv") {
		require.NotContains(t, payments, r["id"], "payment twice")
		payments[r["id"]] = r
		require.True(t, accounts[r["account"]])
		require.Contains(t, []string{"settled", "declined", "refunded"}, r["status"])
		require.Contains(t, []string{"password_free", "password", "biometric", "otp"}, r["auth"])
		requireAmount(t, r)
	}
	for _, r := range payments {
		if of := r["refund_of"]; of != "" {
			require.Equal(t, payments[of]["account"], r["account"])
			require.GreaterOrEqual(t, r["at"], payments[of]["at"])
		}
	}
	transfers := make(map[string]bool)
	for _, r := range rows(t, dir, "transfers.csv") {
		require.False(t, transfers[r["id"]], "transfer twice")
		transfers[r["id"]] = true
		require.True(t, accounts[r["from"]] && accounts[r["to"]])
		require.NotEqual(t, r["from"], r["to"])
		requireAmount(t, r)
	}
	for _, r := range rows(t, dir, "uses.csv") {
		require.True(t, accounts[r["account"]])
		_, err := graph.ParseRef(r["kind"] + ":" + r["identifier"])
		require.NoError(t, err)
		require.NotEmpty(t, r["at"])
		if r["until"] != "" {
			require.Less(t, r["at"], r["until"])
		}
	}
	for _, r := range rows(t, dir, "events.csv") {
		require.True(t, accounts[r["account"]])
	}
	for _, file := range []string{"uses.csv", "payments.csv", "transfers.csv", "events.csv", "disputes.csv"} {
		for _, r := range rows(t, dir, file) {
			require.LessOrEqual(t, r["at"], at(end).String(), file)
		}
	}
	for _, r := range rows(t, dir, "disputes.csv") {
		of := payments[strings.TrimPrefix(r["event"], "payment:")]
		require.NotNil(t, of)
		require.Greater(t, r["at"], of["at"])
		require.Contains(t, []string{"open", "won", "lost"}, r["outcome"])
	}
	for _, r := range rows(t, dir, "links.csv") {
		for _, end := range []string{"from", "to"} {
			_, err := graph.ParseRef(r[end])
			require.NoError(t, err)
		}
		_, err := graph.ParseLinkType(r["kind"])
		require.NoError(t, err)
	}
	for _, r := range rows(t, dir, "entities.csv") {
		_, err := graph.ParseRef(r["ref"])
		require.NoError(t, err)
	}
}

func requireAmount(t *testing.T, r map[string]string) {
	t.Helper()
	m, err := graph.ParseMoney(r["amount"], r["currency"])
	require.NoError(t, err)
	require.Positive(t, m.Minor)
	require.Equal(t, "CNY", m.Currency)
}

// TestTruthAgreesWithTheRows checks that truth names accounts of the world,
// that its events are settled debits of the ring's victims, and that no trap
// is a member.
func TestTruthAgreesWithTheRows(t *testing.T) {
	dir, summary := small(t, Options{Seed: 12})
	payments := make(map[string]map[string]string)
	for _, r := range rows(t, dir, "payments.csv") {
		payments["payment:"+r["id"]] = r
	}
	ring, role := make(map[string]string), make(map[string]string)
	for _, r := range rows(t, dir, "truth/truth.csv") {
		require.Empty(t, ring[r["account"]], "one ring an account")
		ring[r["account"]], role[r["account"]] = r["ring"], r["role"]
		require.Equal(t, "takeover", r["typology"])
		require.Contains(t, []string{"victim", "cash_out", "mule"}, r["role"])
		require.NotEmpty(t, r["first_bad_at"])
	}
	require.Len(t, ring, summary.Members)
	debited := make(map[string]bool)
	for _, r := range rows(t, dir, "truth/events.csv") {
		p := payments[r["event"]]
		require.NotNil(t, p)
		require.Equal(t, []string{"settled", appStore, "password_free", p["amount"]},
			[]string{p["status"], p["merchant"], p["auth"], r["amount"]})
		require.Equal(t, r["ring"], ring[p["account"]])
		require.Equal(t, "victim", role[p["account"]])
		debited[p["account"]] = true
	}
	next := 0
	for account, part := range role {
		if part == "victim" && !debited[account] {
			next++
		}
	}
	require.Equal(t, 2+4+6, next, "accounts reached and not yet debited, by the plan of the three waves")
	traps := make(map[string]int)
	for _, r := range rows(t, dir, "truth/traps.csv") {
		require.Empty(t, ring[r["account"]])
		traps[r["trap"]]++
	}
	for _, name := range []string{"family_tablet", "repair_shop", "second_hand", "recycled_number", "phished_in_time", "boosting_studio", "shop_counter"} {
		require.Positive(t, traps[name], name)
	}
}

// TestStoryOfTheWaves checks the shape of the fraud against the public story
// that the world is made after.
func TestStoryOfTheWaves(t *testing.T) {
	dir, _ := small(t, Options{Seed: 13, Accounts: 5000})
	members := make(map[string]string)
	for _, r := range rows(t, dir, "truth/truth.csv") {
		if r["role"] == "victim" {
			members[r["account"]] = r["ring"]
		}
	}
	devices, games := make(map[string]map[string]bool), make(map[string]map[string]bool)
	spent, attempts := make(map[string]float64), make(map[string][]map[string]string)
	note := func(m map[string]map[string]bool, ring, key string) {
		if m[ring] == nil {
			m[ring] = make(map[string]bool)
		}
		m[ring][key] = true
	}
	fraud := make(map[string]bool)
	for _, r := range rows(t, dir, "truth/events.csv") {
		fraud[strings.TrimPrefix(r["event"], "payment:")] = true
	}
	settled, night := 0, 0
	for _, r := range rows(t, dir, "payments.csv") {
		if !fraud[r["id"]] {
			continue
		}
		settled++
		ring := members[r["account"]]
		if r["device"] != "" {
			note(devices, ring, r["device"])
		}
		note(games, ring, r["beneficiary"])
		amount, err := graph.ParseMoney(r["amount"], r["currency"])
		require.NoError(t, err)
		spent[r["account"]] += amount.Float()
		attempts[r["account"]] = append(attempts[r["account"]], r)
		when, err := time.Parse(time.RFC3339, r["at"])
		require.NoError(t, err)
		if when.Add(8*time.Hour).Hour() < 7 {
			night++
		}
	}
	require.Len(t, devices, 3)
	for ring := range devices {
		require.LessOrEqual(t, len(devices[ring]), 3, "one to three attacker devices")
		require.LessOrEqual(t, len(games[ring]), 5, "a few beneficiaries")
	}
	require.InDelta(t, 2.0/3, float64(night)/float64(settled), .2, "two thirds at odd hours")
	highest := 0.0
	for account, total := range spent {
		require.LessOrEqual(t, total, 6000.0)
		highest = max(highest, total)
		first, err := time.Parse(time.RFC3339, attempts[account][0]["at"])
		require.NoError(t, err)
		last, err := time.Parse(time.RFC3339, attempts[account][len(attempts[account])-1]["at"])
		require.NoError(t, err)
		require.Less(t, last.Sub(first), 3*time.Hour, "minutes apart")
	}
	require.Greater(t, highest, 2000.0, "some had raised their limit")

	factor := make(map[string]string)
	for _, r := range rows(t, dir, "entities.csv") {
		factor[r["ref"]] = r["two_factor"]
	}
	opened := make(map[string]string)
	for _, r := range rows(t, dir, "accounts.csv") {
		opened[r["account"]] = r["opened_at"]
	}
	phished, without := make(map[string]bool), 0
	for _, r := range rows(t, dir, "events.csv") {
		if r["type"] == "phished" && members[r["account"]] != "" {
			phished[r["account"]] = true
			require.NotEmpty(t, r["detail"], "the page")
			if factor["credential:"+r["credential"]] == "no" {
				without++
			}
		}
	}
	require.InDelta(t, .7, float64(len(phished))/float64(len(members)), .2, "most victims are known to have been phished")
	require.Greater(t, float64(without)/float64(len(phished)), .75, "mostly no second factor")
	for account := range members {
		require.Less(t, opened[account], "2017-06-01", "aged accounts")
	}
}

// TestBaseRates checks what makes the world hard: the shares that the public
// story and measured data give.
func TestBaseRates(t *testing.T) {
	dir, summary := small(t, Options{Seed: 14, Accounts: 20_000})
	store, merchants, password := make(map[string]bool), make(map[string]int), 0
	payments := rows(t, dir, "payments.csv")
	for _, r := range payments {
		merchants[r["merchant"]]++
		if r["merchant"] == appStore {
			store[r["account"]] = true
		}
		if r["auth"] == "password_free" {
			password++
		}
	}
	n := float64(summary.Accounts)
	require.InDelta(t, .60, float64(len(store))/n, .02, "accounts that touch the app store")
	require.InDelta(t, .25, float64(merchants[appStore])/float64(len(payments)), .05, "public data give the top merchant 20 % or more")
	require.Greater(t, float64(password)/float64(len(payments)), .2, "password-free payments are ordinary")
	require.Greater(t, float64(merchants["m-10000"]), 20*float64(merchants["m-10300"]), "merchants fall off as a power of rank")

	shared, together := make(map[string]map[string]bool), make(map[string]int)
	for _, r := range rows(t, dir, "uses.csv") {
		if r["kind"] == "ip" {
			together[r["at"]]++
			require.Less(t, together[r["at"]], 10, "no moment stands out")
		}
		key := r["kind"] + ":" + r["identifier"]
		if shared[key] == nil {
			shared[key] = make(map[string]bool)
		}
		shared[key][r["account"]] = true
	}
	carrier, shop, devices, devicesTwo := 0, 0, 0, 0
	for key, accounts := range shared {
		switch {
		case strings.HasPrefix(key, "ip:") && len(accounts) > 1000:
			require.LessOrEqual(t, len(accounts), 20_000)
			carrier++
		case strings.HasPrefix(key, "device:"):
			devices++
			if len(accounts) == 2 {
				devicesTwo++
			}
			if len(accounts) >= 15 {
				require.LessOrEqual(t, len(accounts), 100)
				shop++
			}
		}
	}
	require.Equal(t, 20, carrier, "carrier addresses, one per 1,000 accounts")
	require.Equal(t, 4, shop, "repair-shop phones, one per 5,000 accounts")
	require.Greater(t, devicesTwo, 200, "second-hand phones, and owners with two wallets")
	require.Less(t, float64(summary.Members)/n, .01, "fraud is rare")

	paydays, noon, small := 0, 0, 0
	for _, r := range payments {
		when, err := time.Parse(time.RFC3339, r["at"])
		require.NoError(t, err)
		local := when.Add(8 * time.Hour)
		if nearPayday(local.Unix()) {
			paydays++
		}
		switch h := local.Hour(); {
		case h == 12:
			noon++
		case h == 3:
			small++
		}
	}
	require.Greater(t, float64(paydays)/float64(len(payments)), .3, "seven days of 31 would be .23")
	require.Greater(t, noon, 10*small, "few pay at three in the morning")
}
