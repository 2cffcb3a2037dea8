package engine

import (
	"context"
	"fmt"
	"math"
	"slices"

	"ringleader/graph"
)

// tables are what detectors know about the whole graph before they look at a
// component: their own rows, sorted, and the counts that their null models
// need. They are filled once, before the first tie, and only read afterwards.
type tables struct {
	claims   claimTable
	flows    flowTable
	rounds   roundTable
	messages messageTable
	logins   loginTable
	splurges splurgeTable
	drains   drainTable
	caught   map[string]int // accounts whose credentials a point caught
}

// measureTables fills the tables of the detectors.
func (d *ground) measureTables(ctx context.Context) error {
	d.countCaught()
	for _, f := range []func(context.Context) error{d.measureClaims, d.measureFlows, d.measureRounds, d.measureMessages, d.measureLogins, d.measureSplurges, d.measureDrains} {
		if err := f(ctx); err != nil {
			return err
		}
	}
	return nil
}

// patterns is the ties of one detector inside some accounts of a component,
// restricted to them: what an assessment of that pattern rests on.
func (c *component) patterns(name string, accounts []graph.Vertex) []tie {
	var out []tie
	for _, t := range c.ties {
		if t.found != name {
			continue
		}
		if t, ok := c.restrict(t, accounts); ok {
			out = append(out, t)
		}
	}
	return out
}

// proposals is the sets of accounts that the ties of one detector bind, each by
// itself and all that hang together, every set once.
func (c *component) proposals(name string) [][]graph.Vertex {
	var own []tie
	var sets [][]graph.Vertex
	for _, t := range c.ties {
		if t.found == name {
			own = append(own, t)
			if len(t.accounts) >= minRing {
				sets = append(sets, t.accounts)
			}
		}
	}
	if len(own) == 0 {
		return nil
	}
	for _, group := range c.regroup(own) {
		if len(group.accounts) >= minRing {
			sets = append(sets, group.accounts)
		}
	}
	slices.SortFunc(sets, func(a, b []graph.Vertex) int { return slices.Compare(a, b) })
	return slices.CompactFunc(sets, slices.Equal[[]graph.Vertex])
}

// weighing is a candidate of one pattern while its lines are written.
type weighing struct {
	*ground
	r       *candidate
	own     map[graph.Vertex]float64 // bits by account
	reasons map[graph.Vertex][]string
	since   map[graph.Vertex]graph.Time
	ledger  *ledger
}

func (d *ground) weighing(t Typology, ties []tie) *weighing {
	w := &weighing{ground: d, r: &candidate{typology: t}, own: make(map[graph.Vertex]float64),
		reasons: make(map[graph.Vertex][]string), since: make(map[graph.Vertex]graph.Time), ledger: newLedger()}
	for _, t := range ties {
		w.r.accounts = append(w.r.accounts, t.accounts...)
	}
	slices.Sort(w.r.accounts)
	w.r.accounts = slices.Compact(w.r.accounts)
	return w
}

// add writes a line, for or against.
func (w *weighing) add(kind string, bits float64, refs []graph.Vertex, links []graph.LinkID, format string, a ...any) {
	w.r.lines = append(w.r.lines, line{text: fmt.Sprintf(format, a...), bits: bits, kind: kind, refs: refs, links: links})
}

// say gives an account a reason and bits of its own.
func (w *weighing) say(a graph.Vertex, bits float64, format string, args ...any) {
	w.own[a] += bits
	w.reasons[a] = append(w.reasons[a], fmt.Sprintf(format, args...))
}

// at notes that an account took part at a time.
func (w *weighing) at(a graph.Vertex, t graph.Time) {
	if !t.Known() {
		return
	}
	w.since[a] = earlier(w.since[a], t)
	w.r.from = earlier(w.r.from, t)
	w.r.to = max(w.r.to, t)
}

// member names the part that an account or a thing plays.
func (w *weighing) member(v graph.Vertex, role Role, bits float64, reasons ...string) {
	w.r.members = append(w.r.members, member{v: v, role: role, bits: bits, since: w.since[v], reasons: reasons})
}

// finish gives every account its role by the pattern, and the loss. Who
// received transfers of several others is where the money goes.
func (w *weighing) finish(role func(a graph.Vertex) Role) *candidate {
	sinks := w.sinks(w.r.accounts, w.r.from)
	for _, a := range w.r.accounts {
		as, why := role(a), w.reasons[a]
		if n := sinks[a]; n > 1 && as != RoleVictim && as != RoleBeneficiary {
			as = RoleCashOut
			why = append(why, fmt.Sprintf("received transfers of %d others of the ring", n))
		}
		if len(why) == 0 {
			why = []string{"is tied to accounts of the ring"}
		}
		w.member(a, as, w.own[a], why...)
	}
	w.r.loss = w.ledger.loss()
	return w.r
}

// sinks counts, for each account of a group, from how many others of the group
// it received transfers since a time.
func (d *ground) sinks(accounts []graph.Vertex, from graph.Time) map[graph.Vertex]int {
	out := make(map[graph.Vertex]int)
	for _, a := range accounts {
		last := graph.Vertex(math.MaxUint32)
		for _, l := range d.g.In(a) {
			payer := d.g.From(l)
			if d.g.Type(l) != graph.TransferredTo || payer == last || payer == a || d.g.At(l) < from {
				continue
			}
			if _, ok := slices.BinarySearch(accounts, payer); ok {
				last = payer
				out[a]++
			}
		}
	}
	return out
}

// distinct sorts vertices and keeps each once.
func distinct(v []graph.Vertex) []graph.Vertex {
	slices.Sort(v)
	return slices.Compact(v)
}

// propRecipients is the property of a message that says to how many it went.
const propRecipients = "recipients"

// surprise is how unlikely, in bits, k or more of something are of which chance
// gives λ: the Chernoff bound of the Poisson distribution,
// k·log2(k/λ) − (k−λ)·log2 e, and nothing for k ≤ λ.
func surprise(k, lambda float64) float64 {
	if k <= lambda {
		return 0
	}
	return k*math.Log2(k/lambda) - (k-lambda)*math.Log2E
}
