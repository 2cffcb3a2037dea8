package engine

// joint is how many of n accounts hang on the rest by a single account or tie:
// the second largest part that is left when the one that divides them best is
// taken away, or of what hangs apart anyway. ties lists accounts by rank. The
// graph of accounts and ties is walked depth first; what a vertex cuts off is the
// subtrees that reach no higher than it (Hopcroft and Tarjan 1973,
// doi:10.1145/362248.362272). Time and memory: linear in the accounts of ties.
func joint(n int, ties [][]int) float64 {
	w := newCutWalk(n, ties)
	first, second := 0, 0 // the largest parts that hang together
	for v := range n {
		if w.order[v] > 0 {
			continue
		}
		w.walk(v)
		first, second = push(w.accounts[v], first, second)
	}
	best := second
	for v := range w.order {
		rest := w.accounts[w.root[v]] - w.below[v]
		if v < n {
			rest--
		}
		_, cut := push(rest, w.cut1[v], w.cut2[v])
		best = max(best, cut)
	}
	return float64(best)
}

// push adds a value to the two largest of a series.
func push(x, first, second int) (int, int) {
	switch {
	case x > first:
		return x, first
	case x > second:
		return first, x
	}
	return first, second
}

// cutWalk is a walk over accounts (below n) and ties (from n on).
type cutWalk struct {
	n          int
	at         [][]int // ties of an account, accounts of a tie
	order, low []int   // when first seen, and the earliest that its subtree sees
	root       []int
	accounts   []int // in the subtree
	below      []int // in subtrees that hang on this vertex alone
	cut1, cut2 []int // the largest two of these
}

func newCutWalk(n int, ties [][]int) *cutWalk {
	w := &cutWalk{n: n, at: make([][]int, n, n+len(ties))}
	for i, t := range ties {
		w.at = append(w.at, t)
		for _, a := range t {
			w.at[a] = append(w.at[a], n+i)
		}
	}
	for _, list := range []*[]int{&w.order, &w.low, &w.root, &w.accounts, &w.below, &w.cut1, &w.cut2} {
		*list = make([]int, n+len(ties))
	}
	return w
}

// walk visits all that hangs together with an account.
func (w *cutWalk) walk(root int) {
	type step struct{ v, parent, next int }
	clock := 1
	enter := func(v int) {
		w.order[v], w.low[v], w.root[v] = clock, clock, root
		clock++
		if v < w.n {
			w.accounts[v] = 1
		}
	}
	enter(root)
	stack := []step{{root, -1, 0}}
	for len(stack) > 0 {
		s := &stack[len(stack)-1]
		if s.next < len(w.at[s.v]) {
			u := w.at[s.v][s.next]
			s.next++
			switch {
			case u == s.parent:
			case w.order[u] > 0:
				w.low[s.v] = min(w.low[s.v], w.order[u])
			default:
				enter(u)
				stack = append(stack, step{u, s.v, 0})
			}
			continue
		}
		v, p := s.v, s.parent
		stack = stack[:len(stack)-1]
		if p < 0 {
			continue
		}
		w.accounts[p] += w.accounts[v]
		w.low[p] = min(w.low[p], w.low[v])
		if w.low[v] >= w.order[p] {
			w.below[p] += w.accounts[v]
			w.cut1[p], w.cut2[p] = push(w.accounts[v], w.cut1[p], w.cut2[p])
		}
	}
}
