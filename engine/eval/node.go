package eval

import (
	"cmp"
	"slices"

	"ringleader/engine"
)

// Nodes says how well accounts are ranked by probability.
type Nodes struct {
	Accounts  int `json:"accounts"`
	Positives int `json:"positives"` // accounts in true rings
	// AUPRC is average precision, Σ (Rᵢ − Rᵢ₋₁)·Pᵢ over the distinct
	// probabilities, falling: accounts of one probability count together.
	AUPRC float64 `json:"auprc"`
	// AUROC is the chance that a member ranks above an honest account, ties
	// counting half (Mann–Whitney).
	AUROC float64 `json:"auroc"`
	// RecallAtPositives is the share of members among as many accounts from
	// the top as there are members; where a tie straddles the cut, its expected
	// share.
	RecallAtPositives float64 `json:"recall_at_positives"`
	// RecallAtCapacity is the same for half a percent of all accounts, what a
	// team can review.
	RecallAtCapacity float64 `json:"recall_at_capacity"`
	// ECE is the expected calibration error over ten bins of equal width (Naeini
	// et al. 2015, doi:10.1609/aaai.v29i1.9602).
	ECE float64 `json:"ece"`
}

// ranked is one account as a ruler sees it.
type ranked struct {
	probability float64
	member      bool
}

// measureNodes computes all node metrics. Accounts of the truth that the run
// does not know rank last. Time: O(n log n).
func measureNodes(t *Truth, scores []engine.AccountScore) Nodes {
	list := make([]ranked, 0, len(scores))
	known := make(map[string]bool, len(t.Members))
	for _, s := range scores {
		_, member := t.Members[s.Account]
		if member {
			known[s.Account] = true
		}
		list = append(list, ranked{s.Probability, member})
	}
	for range len(t.Members) - len(known) {
		list = append(list, ranked{0, true})
	}
	return judge(list, len(t.Members))
}

// Judge computes the metrics of any list of probabilities, beside what is true
// of each. Time: O(n log n).
func Judge(probability []float64, positive []bool) Nodes {
	list, positives := make([]ranked, len(probability)), 0
	for i, p := range probability {
		list[i] = ranked{p, positive[i]}
		if positive[i] {
			positives++
		}
	}
	return judge(list, positives)
}

func judge(list []ranked, positives int) Nodes {
	sortRanked(list)
	n := Nodes{Accounts: len(list), Positives: positives}
	if n.Positives == 0 || n.Accounts == n.Positives {
		return n // nothing to rank against
	}
	n.sweep(list)
	n.RecallAtPositives = recallAt(list, n.Positives, n.Positives)
	n.RecallAtCapacity = recallAt(list, max(1, n.Accounts/200), n.Positives)
	n.ECE = calibrationError(list)
	return n
}

func sortRanked(list []ranked) {
	slices.SortFunc(list, func(a, b ranked) int { return cmp.Compare(b.probability, a.probability) })
}

// sweep goes down the list one probability at a time.
func (n *Nodes) sweep(list []ranked) {
	positives, negatives := float64(n.Positives), float64(n.Accounts-n.Positives)
	var hits, misses float64
	for i := 0; i < len(list); {
		j, tieHits := tie(list, i)
		tieMisses := float64(j-i) - tieHits
		n.AUROC += tieMisses * (hits + tieHits/2) / (positives * negatives)
		hits, misses = hits+tieHits, misses+tieMisses
		n.AUPRC += tieHits / positives * hits / (hits + misses)
		i = j
	}
}

// tie is the end of the accounts that share the probability of account i, and
// the members among them.
func tie(list []ranked, i int) (end int, members float64) {
	for end = i; end < len(list) && list[end].probability == list[i].probability; end++ {
		if list[end].member {
			members++
		}
	}
	return end, members
}

func recallAt(list []ranked, k, positives int) float64 {
	var hits float64
	for i := 0; i < min(k, len(list)); {
		j, members := tie(list, i)
		hits += members * float64(min(j, k)-i) / float64(j-i)
		i = j
	}
	return hits / float64(positives)
}

func calibrationError(list []ranked) float64 {
	const bins = 10
	var count, said, were [bins]float64
	for _, r := range list {
		b := min(max(int(r.probability*bins), 0), bins-1)
		count[b]++
		said[b] += r.probability
		if r.member {
			were[b]++
		}
	}
	sum := 0.0
	for b := range bins {
		sum += max(said[b]-were[b], were[b]-said[b])
	}
	return sum / float64(len(list))
}
