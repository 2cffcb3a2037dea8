package eval

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"ringleader/engine"
	"ringleader/graph"
)

// peers is testdata/peers.json: cases and what scikit-learn and networkx say of
// them, written by scripts/quality/fixtures.py.
type peers struct {
	Nodes []struct {
		Score  []float64
		Member []bool
		AUPRC  float64
		AUROC  float64
	}
	Partitions []struct {
		Truth, Found  []int
		AMI           float64
		PairPrecision float64 `json:"pair_precision"`
		PairRecall    float64 `json:"pair_recall"`
		Matched       int
	}
	Roles struct {
		True, Given []engine.Role
		MacroF1     float64 `json:"macro_f1"`
	}
	Components struct {
		Links      [][2]int
		Components [][]int
	}
}

func readPeers(t *testing.T) peers {
	t.Helper()
	data, err := os.ReadFile("testdata/peers.json")
	require.NoError(t, err)
	var p peers
	require.NoError(t, json.Unmarshal(data, &p))
	require.NotEmpty(t, p.Nodes)
	require.NotEmpty(t, p.Partitions)
	return p
}

func TestNodesAgainstPeers(t *testing.T) {
	for _, c := range readPeers(t).Nodes {
		truth := &Truth{Members: map[string]Member{}}
		var scores []engine.AccountScore
		for i, s := range c.Score {
			account := fmt.Sprint(i)
			scores = append(scores, engine.AccountScore{Account: account, Probability: s})
			if c.Member[i] {
				truth.Members[account] = Member{}
			}
		}
		n := measureNodes(truth, scores)
		require.InDelta(t, c.AUPRC, n.AUPRC, 1e-9)
		require.InDelta(t, c.AUROC, n.AUROC, 1e-9)
	}
}

// groupsOf makes rings of labels; accounts with a label below zero are alone.
func groupsOf(labels []int) []group {
	of := make(map[int][]string)
	for i, l := range labels {
		if l >= 0 {
			of[l] = append(of[l], fmt.Sprint(i))
		}
	}
	var list []group
	for l, accounts := range of {
		list = append(list, group{fmt.Sprint(l), accounts})
	}
	slices.SortFunc(list, func(a, b group) int { return slices.Compare(a.accounts, b.accounts) })
	return list
}

func TestPartitionsAgainstPeers(t *testing.T) {
	for _, c := range readPeers(t).Partitions {
		m, _ := measureRings(&Truth{}, groupsOf(c.Truth), groupsOf(c.Found))
		require.InDelta(t, c.AMI, m.AMI, 1e-9)
		require.InDelta(t, c.PairPrecision, m.Pairs.Precision, 1e-12)
		require.InDelta(t, c.PairRecall, m.Pairs.Recall, 1e-12)
		require.Equal(t, c.Matched, m.Matched)
	}
}

func TestRolesAgainstPeers(t *testing.T) {
	c := readPeers(t).Roles
	truth, ring := &Truth{Members: map[string]Member{}}, engine.Ring{Probability: 1}
	for i, role := range c.True {
		account := fmt.Sprint(i)
		truth.Members[account] = Member{Ring: "r", Role: role}
		ring.Members = append(ring.Members, engine.Member{Ref: graph.Ref{Kind: graph.Account, Key: account}, Role: c.Given[i]})
	}
	r, err := Evaluate(truth, &engine.Run{Rings: []engine.Ring{ring}}, Options{})
	require.NoError(t, err)
	require.InDelta(t, c.MacroF1, r.RoleF1, 1e-12)
}

func TestComponentsAgainstPeers(t *testing.T) {
	c := readPeers(t).Components
	var w graph.BatchBuilder
	account := func(i int) graph.Ref { return graph.Ref{Kind: graph.Account, Key: fmt.Sprintf("%02d", i)} }
	for _, l := range c.Links {
		device := graph.Ref{Kind: graph.Device, Key: fmt.Sprint(l[1])}
		w.Link(account(l[0]), device, graph.Link{Type: graph.UsedDevice})
	}
	run := findBaseline(t, "components", snapshot(t, &w))
	var got [][]int
	for _, r := range run.Rings {
		var accounts []int
		for _, m := range r.Members {
			i, err := strconv.Atoi(m.Ref.Key)
			require.NoError(t, err)
			accounts = append(accounts, i)
		}
		got = append(got, accounts)
	}
	slices.SortFunc(got, slices.Compare[[]int])
	require.Equal(t, c.Components, got)
}

// TestMatchIsOptimal holds the claim of match against every other pairing: no
// one-to-one pairing of disjoint rings has more pairs.
func TestMatchIsOptimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 14).Draw(t, "accounts")
		label := rapid.SliceOfN(rapid.IntRange(-1, 3), n, n)
		truth, found := groupsOf(label.Draw(t, "truth")), groupsOf(label.Draw(t, "found"))
		shared := overlaps(truth, place(found))
		got := 0
		for _, f := range match(truth, found, shared) {
			if f >= 0 {
				got++
			}
		}
		require.Equal(t, mostPairs(truth, found, shared, 0, make([]bool, len(found))), got)
	})
}

// mostPairs tries every pairing of the true rings from i on.
func mostPairs(truth, found []group, shared map[overlap]int, i int, used []bool) int {
	if i == len(truth) {
		return 0
	}
	best := mostPairs(truth, found, shared, i+1, used)
	for j := range found {
		n := shared[overlap{i, j}]
		if used[j] || n == 0 || 2*n < len(truth[i].accounts)+len(found[j].accounts)-n {
			continue
		}
		used[j] = true
		best = max(best, 1+mostPairs(truth, found, shared, i+1, used))
		used[j] = false
	}
	return best
}

func findBaseline(t *testing.T, name string, g *graph.Snapshot) *engine.Run {
	t.Helper()
	list := Baselines()
	i := slices.IndexFunc(list, func(b Baseline) bool { return b.Name == name })
	require.GreaterOrEqual(t, i, 0)
	run, err := list[i].Find(context.Background(), g)
	require.NoError(t, err)
	return run
}
