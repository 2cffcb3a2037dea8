package eval

import (
	"cmp"
	"maps"
	"slices"

	"ringleader/engine"
	"ringleader/graph"
)

// Rings says how well rings are found.
type Rings struct {
	True      int     `json:"true"`
	Flagged   int     `json:"flagged"`
	Matched   int     `json:"matched"` // pairs one to one at a Jaccard index of .5 or more
	Recall    float64 `json:"recall"`
	Precision float64 `json:"precision"`

	// Pairs are unordered pairs of accounts put into one ring.
	Pairs Agreement `json:"pairs"`
	// BCubed averages over the accounts of true and flagged rings, an account
	// in no ring being one of its own (Amigó et al. 2009,
	// doi:10.1007/s10791-008-9066-8).
	BCubed Agreement `json:"b_cubed"`
	// AMI is adjusted mutual information over the same accounts.
	AMI float64 `json:"ami"`

	// Fragmentation is how many flagged rings a true ring is spread over, on
	// average over the true rings that are touched at all; 1 is best.
	Fragmentation float64 `json:"fragmentation"`
	// Contamination is the share of honest accounts among those flagged.
	Contamination float64 `json:"contamination"`
	// TrapsFlagged counts flagged accounts by the trap that they are in.
	TrapsFlagged map[string]int `json:"traps_flagged"`
	// Traps are the accounts in traps, HonestFlagged the flagged ones that are
	// in no true ring.
	Traps         int `json:"traps"`
	HonestFlagged int `json:"honest_flagged"`
}

// Agreement is precision, recall and their harmonic mean.
type Agreement struct {
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
}

// group is a ring as a set of accounts.
type group struct {
	id       string
	accounts []string
}

// trueRings are the rings of the truth, by ID, accounts ascending.
func (t *Truth) trueRings() []group {
	of := make(map[string][]string)
	for account, m := range t.Members {
		of[m.Ring] = append(of[m.Ring], account)
	}
	var list []group
	for _, id := range slices.Sorted(maps.Keys(of)) {
		slices.Sort(of[id])
		list = append(list, group{id, of[id]})
	}
	return list
}

// flagged are the rings of a run at or above the threshold, in its order. An
// account that several of them claim counts in the first.
func flagged(run *engine.Run, threshold float64) []group {
	var list []group
	taken := make(map[string]bool)
	for i := range run.Rings {
		r := &run.Rings[i]
		if r.Probability < threshold {
			continue
		}
		g := group{id: r.ID}
		for _, m := range r.Members {
			if m.Ref.Kind == graph.Account && m.Role != engine.RoleBystander && !taken[m.Ref.Key] {
				taken[m.Ref.Key] = true
				g.accounts = append(g.accounts, m.Ref.Key)
			}
		}
		list = append(list, g)
	}
	return list
}

// place says for each account which group it is in.
func place(groups []group) map[string]int {
	at := make(map[string]int)
	for i, g := range groups {
		for _, a := range g.accounts {
			at[a] = i
		}
	}
	return at
}

// overlap counts the accounts that a true and a flagged ring share.
type overlap struct{ truth, found int }

func overlaps(truth []group, in map[string]int) map[overlap]int {
	shared := make(map[overlap]int)
	for i, g := range truth {
		for _, a := range g.accounts {
			if f, ok := in[a]; ok {
				shared[overlap{i, f}]++
			}
		}
	}
	return shared
}

// match pairs true and flagged rings one to one where their Jaccard index is at
// least .5, best first. As rings are disjoint, two can compete for one only at
// exactly .5, so no other pairing has more pairs. It gives the flagged ring of
// each true ring, -1 for none.
func match(truth, found []group, shared map[overlap]int) []int {
	type pair struct {
		overlap
		jaccard float64
	}
	var pairs []pair
	for o, n := range shared {
		union := len(truth[o.truth].accounts) + len(found[o.found].accounts) - n
		if 2*n >= union {
			pairs = append(pairs, pair{o, float64(n) / float64(union)})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(b.jaccard, a.jaccard), cmp.Compare(a.truth, b.truth), cmp.Compare(a.found, b.found))
	})
	matched, used := make([]int, len(truth)), make([]bool, len(found))
	for i := range matched {
		matched[i] = -1
	}
	for _, p := range pairs {
		if matched[p.truth] < 0 && !used[p.found] {
			matched[p.truth], used[p.found] = p.found, true
		}
	}
	return matched
}

// measureRings computes all ring metrics and the matching. Time: O(accounts in
// rings + overlaps log overlaps).
func measureRings(t *Truth, truth, found []group) (Rings, []int) {
	inTruth, inFound := place(truth), place(found)
	shared := overlaps(truth, inFound)
	matched := match(truth, found, shared)
	m := Rings{True: len(truth), Flagged: len(found), TrapsFlagged: make(map[string]int), Traps: len(t.Traps)}
	for _, f := range matched {
		if f >= 0 {
			m.Matched++
		}
	}
	m.Recall, m.Precision = ratio(m.Matched, m.True), ratio(m.Matched, m.Flagged)
	m.Pairs = pairAgreement(truth, found, shared)
	m.BCubed = bCubed(truth, found, inTruth, inFound, shared)

	m.AMI = adjustedMutualInformation(truth, found, inTruth, inFound, shared)
	touched := make(map[int]int)
	for o := range shared {
		touched[o.truth]++
	}
	m.Fragmentation = ratio(len(shared), len(touched))
	for a := range inFound {
		if _, ok := inTruth[a]; !ok {
			m.HonestFlagged++
		}
		if trap := t.Traps[a]; trap != "" {
			m.TrapsFlagged[trap]++
		}
	}
	m.Contamination = ratio(m.HonestFlagged, len(inFound))
	return m, matched
}

func pairAgreement(truth, found []group, shared map[overlap]int) Agreement {
	choose2 := func(n int) int { return n * (n - 1) / 2 }
	both, said, are := 0, 0, 0
	for _, n := range shared {
		both += choose2(n)
	}
	for _, g := range found {
		said += choose2(len(g.accounts))
	}
	for _, g := range truth {
		are += choose2(len(g.accounts))
	}
	return agreement(ratio(both, said), ratio(both, are))
}

func bCubed(truth, found []group, inTruth, inFound map[string]int, shared map[overlap]int) Agreement {
	all := maps.Clone(inTruth)
	maps.Copy(all, inFound)
	var precision, recall float64
	for _, a := range slices.Sorted(maps.Keys(all)) { // in order: sums of floats depend on it
		i, member := inTruth[a]
		j, caught := inFound[a]
		both := 1 // an account is always with itself
		if member && caught {
			both = shared[overlap{i, j}]
		}
		are, said := 1, 1
		if member {
			are = len(truth[i].accounts)
		}
		if caught {
			said = len(found[j].accounts)
		}
		precision += ratio(both, said)
		recall += ratio(both, are)
	}
	n := float64(max(1, len(all)))
	return agreement(precision/n, recall/n)
}

func agreement(precision, recall float64) Agreement {
	a := Agreement{Precision: precision, Recall: recall}
	if precision+recall > 0 {
		a.F1 = 2 * precision * recall / (precision + recall)
	}
	return a
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}
