package eval

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/engine"
	"ringleader/graph"
)

// TestNodes is worked by hand. Members stand at .9, .7 and .0, honest accounts
// at .8, .7 and .1.
func TestNodes(t *testing.T) {
	truth := &Truth{Members: map[string]Member{"a": {}, "c": {}, "f": {}}}
	n := measureNodes(truth, []engine.AccountScore{
		{Account: "a", Probability: .9}, {Account: "b", Probability: .8}, {Account: "c", Probability: .7},
		{Account: "d", Probability: .7}, {Account: "e", Probability: .1}, {Account: "f", Probability: 0},
	})
	require.Equal(t, 6, n.Accounts)
	require.Equal(t, 3, n.Positives)
	// Precision at the members' probabilities is 1, 2/4 and 3/6.
	require.InDelta(t, (1+.5+.5)/3, n.AUPRC, 1e-12)
	// Of 9 pairs the first member wins 3, the second 1 and a half, the third none.
	require.InDelta(t, 4.5/9, n.AUROC, 1e-12)
	// Among the first three: the first member, and half of the second.
	require.InDelta(t, 1.5/3, n.RecallAtPositives, 1e-12)
	require.InDelta(t, 1.0/3, n.RecallAtCapacity, 1e-12, "half a percent of six is one account")
	// Bins .9: |.9−1|, .8: .8, .7: |1.4−1|, .1: .1, 0: |0−1|.
	require.InDelta(t, (.1+.8+.4+.1+1)/6, n.ECE, 1e-12)
}

func TestNodesWithNothingToRank(t *testing.T) {
	n := measureNodes(&Truth{}, []engine.AccountScore{{Account: "a", Probability: .9}})
	require.Equal(t, Nodes{Accounts: 1}, n)
	missing := measureNodes(&Truth{Members: map[string]Member{"x": {}}}, []engine.AccountScore{{Account: "a", Probability: .9}})
	require.InDelta(t, .5, missing.AUPRC, 1e-12, "a member that the run does not know ranks last")
}

// example is three true rings A {1..4}, B {5,6,7}, C {8,9,10} and what a run
// flagged: X {1,2,3,20}, Y {5,6,21,22}, Z {30,31,32}. A fourth ring is below
// the threshold, and X has a bystander.
func example() (*Truth, *engine.Run) {
	t := &Truth{Members: map[string]Member{}, Traps: map[string]string{"21": "family_tablet", "30": "family_tablet", "99": "repair_shop"}}
	for account, ring := range map[string]string{"1": "A", "2": "A", "3": "A", "4": "A", "5": "B", "6": "B", "7": "B", "8": "C", "9": "C", "10": "C"} {
		t.Members[account] = Member{Ring: ring, Typology: engine.Takeover, Role: engine.RoleVictim}
	}
	t.Members["3"] = Member{Ring: "A", Typology: engine.Takeover, Role: engine.RoleCashOut}
	cny := func(minor int64) graph.Money {
		return graph.Money{Minor: minor, Exponent: 2, Known: true, Currency: "CNY"}
	}
	t.Debits = []Debit{{"payment:P1", "A", cny(64800)}, {"payment:P2", "A", cny(4800)}, {"payment:P3", "B", cny(10000)}}

	ring := func(id string, p float64, typology engine.Typology, role engine.Role, accounts ...string) engine.Ring {
		r := engine.Ring{ID: id, Probability: p, Typology: typology}
		for _, a := range accounts {
			r.Members = append(r.Members, engine.Member{Ref: graph.Ref{Kind: graph.Account, Key: a}, Role: role})
		}
		return r
	}
	x := ring("X", .9, engine.Takeover, engine.RoleVictim, "1", "2", "3", "20", "40")
	x.Members[1].Role = engine.RoleMule
	x.Members[2].Role = engine.RoleCashOut
	x.Members[4].Role = engine.RoleBystander
	x.Members = append(x.Members, engine.Member{Ref: graph.Ref{Kind: graph.Device, Key: "4"}, Role: engine.RoleOperator})
	x.Loss = []engine.Loss{{Currency: "CNY", Amount: "700.00"}}
	run := &engine.Run{Info: engine.RunInfo{ID: "run"}, Rings: []engine.Ring{x,
		ring("Y", .8, engine.Takeover, engine.RoleVictim, "5", "6", "21", "22"),
		ring("Z", .5, engine.DeviceFarm, engine.RoleMule, "30", "31", "32"),
		ring("W", .49, engine.Takeover, engine.RoleVictim, "8", "9", "10"),
	}}
	return t, run
}

func TestEvaluateByHand(t *testing.T) {
	truth, run := example()
	r, err := Evaluate(truth, run, Options{})
	require.NoError(t, err)

	require.Equal(t, []int{3, 3, 1}, []int{r.Rings.True, r.Rings.Flagged, r.Rings.Matched})
	require.InDelta(t, 1.0/3, r.Rings.Recall, 1e-12)
	require.InDelta(t, 1.0/3, r.Rings.Precision, 1e-12)
	require.Equal(t, RingOutcome{Ring: "A", Typology: engine.Takeover, Size: 4, Match: "X", Jaccard: 3.0 / 5, Named: true,
		Loss: []RingLoss{{"CNY", "696.00", "700.00"}}}, r.PerRing[0])
	require.Empty(t, r.PerRing[1].Match, "B and Y share 2 of 5")

	// Right pairs: 3 in X, 1 in Y. Said: 6 + 6 + 3. True: 6 + 3 + 3.
	require.InDelta(t, 4.0/15, r.Rings.Pairs.Precision, 1e-12)
	require.InDelta(t, 4.0/12, r.Rings.Pairs.Recall, 1e-12)
	require.InDelta(t, 8.0/27, r.Rings.Pairs.F1, 1e-12)

	// Sixteen accounts. Precision: 1,2,3 ¾ each; 4,7,8,9,10 1 each; 5,6 ½ each;
	// 20,21,22 ¼ each; 30,31,32 ⅓ each. Recall: 1,2,3 ¾; 4 ¼; 5,6 ⅔;
	// 7,8,9,10 ⅓; the six honest ones 1.
	require.InDelta(t, (3*.75+5+2*.5+3*.25+1)/16, r.Rings.BCubed.Precision, 1e-12)
	require.InDelta(t, (3*.75+.25+4.0/3+4.0/3+6)/16, r.Rings.BCubed.Recall, 1e-12)

	require.InDelta(t, 1, r.Rings.Fragmentation, 1e-12)
	require.InDelta(t, 6.0/11, r.Rings.Contamination, 1e-12)
	require.Equal(t, map[string]int{"family_tablet": 2}, r.Rings.TrapsFlagged)
	require.Equal(t, 3, r.Rings.Traps)
	require.Equal(t, 6, r.Rings.HonestFlagged) // 20, 21, 22, 30, 31, 32

	// A lost 696.00, said to be 700.00; B's 100.00 were not found.
	require.Equal(t, "796.00", r.Loss[0].True)
	require.Equal(t, "700.00", r.Loss[0].Found)
	require.InDelta(t, 104.0/796, r.Loss[0].Error, 1e-9)

	// Victims 1, 5, 6 are called so and 2 a mule; 3 is rightly a cash-out.
	require.Equal(t, []RoleCount{{engine.RoleCashOut, engine.RoleCashOut, 1}, {engine.RoleVictim, engine.RoleMule, 1}, {engine.RoleVictim, engine.RoleVictim, 3}}, r.Roles)
	require.InDelta(t, (6.0/7+1)/2, r.RoleF1, 1e-12)
	// Nine are victims; 1, 5, 6 and the honest 20, 21, 22 are called so.
	require.InDelta(t, 3.0/9, r.Victims.Recall, 1e-12)
	require.InDelta(t, 3.0/6, r.Victims.Precision, 1e-12)
}

func TestAPerfectRun(t *testing.T) {
	truth, run := example()
	run.Rings = nil
	for _, g := range truth.trueRings() {
		ring := engine.Ring{ID: g.id, Probability: 1, Typology: engine.Takeover}
		for _, a := range g.accounts {
			ring.Members = append(ring.Members, engine.Member{Ref: graph.Ref{Kind: graph.Account, Key: a}, Role: truth.Members[a].Role})
			run.Scores = append(run.Scores, engine.AccountScore{Account: a, Probability: 1})
		}
		run.Rings = append(run.Rings, ring)
	}
	run.Scores = append(run.Scores, engine.AccountScore{Account: "honest"})
	r, err := Evaluate(truth, run, Options{Threshold: .9})
	require.NoError(t, err)
	for name, v := range map[string]float64{"recall": r.Rings.Recall, "precision": r.Rings.Precision, "pairs": r.Rings.Pairs.F1, "b-cubed": r.Rings.BCubed.F1,
		"auprc": r.Nodes.AUPRC, "auroc": r.Nodes.AUROC, "at positives": r.Nodes.RecallAtPositives, "roles": r.RoleF1, "fragmentation": r.Rings.Fragmentation} {
		require.InDelta(t, 1, v, 1e-12, name)
	}
	require.Zero(t, r.Rings.Contamination)
	require.Zero(t, r.Nodes.ECE)
}

// TestFragments spreads one true ring over two flagged ones, each exactly half.
func TestFragments(t *testing.T) {
	truth := []group{{"A", []string{"1", "2", "3", "4"}}}
	found := []group{{"X", []string{"1", "2"}}, {"Y", []string{"3", "4"}}}
	m, matched := measureRings(&Truth{}, truth, found)
	require.InDelta(t, 2, m.Fragmentation, 1e-12)
	require.Equal(t, []int{0}, matched, "both halves reach .5; the first counts, once")
	require.Equal(t, 1, m.Matched)
}

func TestAnEmptyRun(t *testing.T) {
	truth, _ := example()
	r, err := Evaluate(truth, &engine.Run{}, Options{})
	require.NoError(t, err)
	require.Zero(t, r.Rings.Recall)
	require.InDelta(t, 1, r.Loss[0].Error, 1e-12, "all of it was missed")
	_, err = json.Marshal(r)
	require.NoError(t, err, "no metric is NaN")
}

func TestReadTruth(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	_, err := ReadTruth(dir)
	require.ErrorIs(t, err, graph.ErrNotFound)

	write("truth.csv", "ring,account,role,typology,first_bad_at\nw,u1,victim,takeover,2018-10-09T18:14:00Z\nw,u2,cash_out,takeover,\nv,u3,mule,mule_chain,2018-10-09 18:14\nv,u4,mule,mule_chain,1539108840\n")
	write("traps.csv", "account,trap\nu3,repair_shop\n")
	write("events.csv", "event,ring,amount,currency,refunded\npayment:P1,w,648.00,CNY,324.00\npayment:P2,w,98,CNY,\n")
	truth, err := ReadTruth(dir)
	require.NoError(t, err)
	require.Equal(t, Member{Ring: "w", Typology: engine.Takeover, Role: engine.RoleCashOut}, truth.Members["u2"])
	require.Equal(t, "2018-10-09T18:14:00Z", truth.Members["u1"].FirstBad.String())
	for _, u := range []string{"u3", "u4"} {
		require.Equal(t, "2018-10-09T18:14:00Z", truth.Members[u].FirstBad.String(), u)
	}
	require.Equal(t, map[string]string{"u3": "repair_shop"}, truth.Traps)
	require.Equal(t, "324.00 CNY", truth.Debits[0].Amount.String())
	require.Equal(t, "98.00 CNY", truth.Debits[1].Amount.String())

	for name, text := range map[string]string{
		"no header":     "",
		"no role":       "account,ring,typology\nu1,w,takeover\n",
		"unknown role":  "account,ring,typology,role\nu1,w,takeover,boss\n",
		"two rows":      "account,ring,typology,role\nu1,w,takeover,victim\nu1,v,takeover,victim\n",
		"empty account": "account,ring,typology,role\n,w,takeover,victim\n",
		"bad time":      "account,ring,typology,role,first_bad_at\nu1,w,takeover,victim,yesterday\n",
		"ragged":        "account,ring,typology,role\nu1,w\n",
	} {
		write("truth.csv", text)
		_, err := ReadTruth(dir)
		require.ErrorIs(t, err, graph.ErrInvalid, name)
		require.ErrorContains(t, err, "truth.csv", name)
	}
}

func FuzzReadTruth(f *testing.F) {
	f.Add("account,ring,typology,role,first_bad_at\nu1,w,takeover,victim,\n", "event,ring,amount,currency\npayment:P1,w,648.00,CNY\n")
	f.Add("account,ring,typology,role\n", "at,ring,event,other\n2018-10-05T12:00:00Z,A,split,B\n")
	f.Add("role,account,ring,typology\n\"\n", "amount,event,ring,currency,refunded\n1e9,,,,-\n")
	f.Fuzz(func(t *testing.T, members, debits string) {
		truth := &Truth{Members: make(map[string]Member), Traps: make(map[string]string)}
		if err := truth.readMembers(strings.NewReader(members)); err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
		}
		for account, m := range truth.Members {
			require.NotEmpty(t, account)
			require.NotEmpty(t, m.Ring)
		}
		if err := truth.readDebits(strings.NewReader(debits)); err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
		}
		if err := truth.readLife(strings.NewReader(debits)); err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
		}
		if _, err := Evaluate(truth, &engine.Run{}, Options{}); err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
		}
	})
}
