package synth

import "math/rand/v2"

// step is one transfer of a laundering pattern between accounts by number.
// Steps come by layer; those of a layer come in any order in time.
type step struct{ from, to, layer int }

// pattern is a way that money moves between n ≥ 4 accounts.
type pattern struct {
	name  string
	steps func(r *rand.Rand, n int) []step
}

// patterns are the eight of AMLworld (Altman et al. 2023, NeurIPS, "Realistic
// Synthetic Financial Transactions for Anti-Money Laundering Models").
var patterns = []pattern{
	{"fan_out", fanOut}, {"fan_in", fanIn}, {"cycle", cycle}, {"scatter_gather", scatterGather},
	{"gather_scatter", gatherScatter}, {"stack", stack}, {"bipartite", bipartite}, {"random", walk},
}

// fanOut pays from one account to all others.
func fanOut(_ *rand.Rand, n int) []step { return join(nil, 0, 0, 1, 1, n) }

// fanIn pays from all accounts to one.
func fanIn(_ *rand.Rand, n int) []step { return join(nil, 0, 0, n-1, n-1, n) }

// cycle pays around and back to where it began.
func cycle(_ *rand.Rand, n int) []step {
	var steps []step
	for k := range n {
		steps = append(steps, step{k, (k + 1) % n, k})
	}
	return steps
}

// scatterGather pays from one account over all others to the last.
func scatterGather(_ *rand.Rand, n int) []step {
	return join(join(nil, 0, 0, 1, 1, n-1), 1, 1, n-1, n-1, n)
}

// gatherScatter pays from a half of the accounts over one to the other half.
func gatherScatter(_ *rand.Rand, n int) []step {
	hub := n / 2
	return join(join(nil, 0, 0, hub, hub, hub+1), 1, hub, hub+1, hub+1, n)
}

// stack pays through three layers, everybody to a few of the next.
func stack(r *rand.Rand, n int) []step {
	a, b := max(1, n/3), max(2, 2*n/3)
	return across(r, across(r, nil, 0, 0, a, a, b), 1, a, b, b, n)
}

// bipartite pays from one half of the accounts to the other.
func bipartite(r *rand.Rand, n int) []step { return across(r, nil, 0, 0, n/2, n/2, n) }

// walk pays from account to account as it comes: each pays the next, and now
// and then one further on.
func walk(r *rand.Rand, n int) []step {
	var steps []step
	for k := range n - 1 {
		steps = append(steps, step{k, k + 1, k})
		if far := k + 2 + r.IntN(n); far < n && chance(r, .5) {
			steps = append(steps, step{k, far, k})
		}
	}
	return steps
}

// join pays from everybody in [from, fromEnd) to everybody in [to, toEnd).
func join(steps []step, layer, from, fromEnd, to, toEnd int) []step {
	for i := from; i < fromEnd; i++ {
		for j := to; j < toEnd; j++ {
			steps = append(steps, step{i, j, layer})
		}
	}
	return steps
}

// across pays from each in [from, fromEnd) to two of [to, toEnd) that follow
// each other, now and then to a third: nobody on either side is left out, and
// all are of one piece.
func across(r *rand.Rand, steps []step, layer, from, fromEnd, to, toEnd int) []step {
	left, right := fromEnd-from, toEnd-to
	for k := range max(left, right) {
		payer := from + k%left
		steps = append(steps, step{payer, to + k%right, layer})
		if right > 1 {
			steps = append(steps, step{payer, to + (k+1)%right, layer})
		}
		if right > 2 && chance(r, .3) {
			steps = append(steps, step{payer, to + (k+2)%right, layer})
		}
	}
	return steps
}
