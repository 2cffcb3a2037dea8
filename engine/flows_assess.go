package engine

import (
	"fmt"
	"math"
	"slices"

	"ringleader/engine/algo"
	"ringleader/engine/policy"
	"ringleader/graph"
)

// chain is passes of some accounts under the lens.
type chain struct {
	*weighing
	passes []pass
	inner  []transfer // passed on inside, by account, then time
	payer  map[graph.LinkID]graph.Vertex
	paid   map[graph.Vertex]int // distinct accounts of the ring that paid it
	pays   map[graph.Vertex]int
}

func (x flows) assess(c *component, accounts []graph.Vertex) (*candidate, bool) {
	ties := c.patterns(policy.DetectorFlows, accounts)
	if len(ties) == 0 {
		return nil, false
	}
	w := &chain{weighing: x.weighing(MuleChain, ties), payer: make(map[graph.LinkID]graph.Vertex),
		paid: make(map[graph.Vertex]int), pays: make(map[graph.Vertex]int)}
	if len(w.r.accounts) < minRing {
		return nil, false
	}
	w.gather()
	w.addPasses()
	w.addFans()
	w.addDeposits()
	w.addCycle()
	w.addRecurring()
	for _, a := range w.r.accounts {
		role, why := RoleMule, w.reasons[a]
		if w.pays[a] == 0 && w.paid[a] > 0 {
			role = RoleCashOut
		}
		if len(why) == 0 {
			why = []string{fmt.Sprintf("was paid by %s on", counted(w.paid[a], "account that passes money", "accounts that pass money"))}
		}
		w.member(a, role, w.own[a], why...)
	}
	w.r.loss = w.ledger.loss()
	return w.r, true
}

func (w *chain) inside(a graph.Vertex) bool {
	_, ok := slices.BinarySearch(w.r.accounts, a)
	return ok
}

// gather takes the passes of the accounts and what of them stays inside.
func (w *chain) gather() {
	type pair struct{ from, to graph.Vertex }
	pairs := make(map[pair]bool)
	for _, a := range w.r.accounts {
		for _, p := range w.tables.flows.passes[a-w.lo] {
			n := len(w.inner)
			for _, o := range p.out {
				if !w.inside(o.peer) {
					continue
				}
				w.inner = append(w.inner, o)
				w.payer[o.link] = a
				if !pairs[pair{a, o.peer}] {
					pairs[pair{a, o.peer}] = true
					w.pays[a]++
					w.paid[o.peer]++
				}
				w.at(a, graph.Millis(o.at))
				w.at(o.peer, graph.Millis(o.at))
			}
			if len(w.inner) > n {
				w.passes = append(w.passes, p)
			}
		}
	}
}

// addPasses: accounts that pass on what they got.
func (w *chain) addPasses() {
	bits, last, accounts := 0.0, graph.Vertex(0), 0
	var links []graph.LinkID
	for i, p := range w.passes {
		b := min(p.bits, 8)
		bits += b / 2
		took := p.out[len(p.out)-1].at - p.in[0].at
		w.say(p.account, b, "passed on %.0f %% of what %d payments brought to %d accounts within %s", 100*min(p.ratio, 1), len(p.in), len(p.out), duration(took))
		if i == 0 || p.account != last {
			accounts++
		}
		last = p.account
		for _, o := range p.out {
			if w.inside(o.peer) {
				links = append(links, o.link)
			}
		}
	}
	w.add("passed_on", min(policy.LineBits, bits), nil, links, "%d of %d accounts passed on what they were paid, less a small cut: %s",
		accounts, len(w.r.accounts), w.shape())
}

// addFans: one account that pays, or is paid by, many of the ring at once,
// against how many payments an account makes in so long a time. People pay in
// clusters, so the first two say nothing, and the others half.
func (w *chain) addFans() {
	bits, most := 0.0, 0
	mean := float64(w.tables.flows.transfers) / float64(w.pop.accounts+1) / w.tables.flows.span
	for _, p := range w.passes {
		var peers []graph.Vertex
		for _, o := range p.out {
			if w.inside(o.peer) {
				peers = append(peers, o.peer)
			}
		}
		n := len(distinct(peers))
		if n < 3 {
			continue
		}
		took := float64(max(p.out[len(p.out)-1].at-p.out[0].at, hour))
		b := surprise(float64(n), mean*took) / float64(n) / 2
		bits += min(12, float64(n-2)*min(2, b))
		most = max(most, n)
	}
	for _, a := range w.r.accounts {
		if n := w.paid[a]; n > 2 {
			bits += min(12, 2*float64(n-2))
			most = max(most, n)
			w.say(a, float64(n), "was paid by %d accounts that pass money on", n)
		}
	}
	if most > 0 {
		w.add("fan", min(12, bits), nil, nil, "up to %d accounts were paid by one, or paid one, with passed-on money", most)
	}
}

// addDeposits: payments from outside that were passed on. They are the loss;
// who made them stands by the ring.
func (w *chain) addDeposits() {
	payers := make(map[graph.Vertex]int)
	sources := 0
	for _, p := range w.passes {
		n := 0
		for _, t := range p.in {
			if w.inside(t.peer) {
				continue
			}
			n++
			payers[t.peer]++
			w.addDebit(w.ledger, t.peer, debit{link: t.link, at: graph.Millis(t.at), event: w.g.Event(t.link)})
			w.r.from = earlier(w.r.from, graph.Millis(t.at))
		}
		sources += one(n > 1)
	}
	for _, a := range sortedVertices(payers) {
		w.member(a, RoleBystander, 0, fmt.Sprintf("made %s passed on", counted(payers[a], "payment from outside that was", "payments from outside that were")))
	}
	if sources > 0 {
		w.add("paid_in", min(6, 2*float64(sources)), nil, nil, "%s by several strangers before they passed it on", counted(sources, "account was paid", "accounts were paid"))
	}
}

// most arcs of a cycle that is looked for, and how many are listed.
const (
	longestCycle = 12
	mostCycles   = 50
)

// addCycle: money that comes back to where it began.
func (w *chain) addCycle() {
	arcs := w.arcs()
	if len(arcs) > 4*len(w.r.accounts) {
		return // too dense for the search to mean anything
	}
	cycles, _ := algo.TemporalCycles(arcs, longestCycle, 3*w.policy.Flows.Within.Millis(), mostCycles)
	best := 0
	for _, c := range cycles {
		best = max(best, len(c))
	}
	if best > 2 {
		w.add("cycle", min(8, 2*float64(best-1)), nil, nil, "money went round %d accounts and came back to the first", best)
	}
}

func (w *chain) arcs() []algo.TimedArc {
	arcs := make([]algo.TimedArc, len(w.inner))
	for i, t := range w.inner {
		from, _ := slices.BinarySearch(w.r.accounts, w.payer[t.link])
		to, _ := slices.BinarySearch(w.r.accounts, t.peer)
		arcs[i] = algo.TimedArc{From: uint32(from), To: uint32(to), At: t.at}
	}
	return arcs
}

// alike is how far apart two payments of the same wage or rent may be.
const alike = .1

// addRecurring: pairs that pay each other at other times too have dealings of
// their own: wages, rent, friendship. Another round of other people's money down
// the same chain is none: of another amount, passed on by whoever paid it and
// passed on again by whoever got it.
func (w *chain) addRecurring() {
	came, went := make(map[graph.LinkID]bool), make(map[graph.LinkID]bool)
	for _, a := range w.r.accounts {
		for _, p := range w.tables.flows.passes[a-w.lo] {
			for _, t := range p.in {
				came[t.link] = true
			}
			for _, t := range p.out {
				went[t.link] = true
			}
		}
	}
	again, pairs := 0, 0
	for i, t := range w.inner {
		from := w.payer[t.link]
		if i > 0 && w.payer[w.inner[i-1].link] == from && w.inner[i-1].peer == t.peer {
			continue
		}
		pairs++
		for _, l := range w.g.In(t.peer) {
			if w.g.From(l) != from || w.g.Type(l) != graph.TransferredTo || absolute(w.g.At(l).Millis()-t.at) <= 10*24*hour {
				continue
			}
			if !came[l] || !went[l] || math.Abs(w.g.Money(l).Float()-t.amount) <= alike*t.amount {
				again++
				break
			}
		}
	}
	if again > 0 {
		w.add("recurring", -4*float64(again), nil, nil, "%d of %d pairs paid each other at other times too, as for wages or rent", again, pairs)
	}
}

// shape names the pattern of the passes.
func (w *chain) shape() string {
	sources, middles, sinks, mostOut, mostIn := 0, 0, 0, 0, 0
	for _, a := range w.r.accounts {
		out, in := w.pays[a], w.paid[a]
		mostOut, mostIn = max(mostOut, out), max(mostIn, in)
		switch {
		case in == 0:
			sources++
		case out == 0:
			sinks++
		default:
			middles++
		}
	}
	switch n := len(w.r.accounts); {
	case sources == 1 && middles == 0:
		return "a fan-out"
	case sinks == 1 && middles == 0:
		return "a fan-in"
	case middles == 0:
		return "a bipartite pattern"
	case sources == 0 && sinks == 0 && mostIn == 1 && mostOut == 1:
		return "a cycle"
	case sources == 1 && sinks == 1 && middles > 1 && mostOut >= middles && mostIn >= middles:
		return "a scatter-gather"
	case middles == 1 && mostIn >= 2 && mostOut >= 2:
		return "a gather-scatter"
	case sources > 1 && sinks > 1 && 4*middles >= n:
		return "a stack"
	case mostIn == 1 && mostOut == 1:
		return "a chain"
	}
	return "a random walk"
}
