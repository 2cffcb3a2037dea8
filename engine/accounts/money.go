package accounts

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"ringleader/engine/algo"
	"ringleader/graph"
)

// moved is money that an account pays or gets.
type moved struct {
	at     graph.Time
	end    graph.Vertex
	amount float64 // in units of the median of its currency; NaN if not known
}

// millisecondsOfDay is the unit of windows.
const millisecondsOfDay = 24 * 60 * 60 * 1000

// busyAccount is from how many transfers on an account's are not followed in
// search of cycles, and cycleLength how many are.
const (
	busyAccount = 32
	cycleLength = 5
	cycleDays   = 30
	manyCycles  = 1_000_000
)

// money adds what accounts pay and get, in all and at their busiest, and how
// much of what comes in is soon passed on.
func (m *measuring) money(ctx context.Context) error {
	median := m.medians()
	var flows []flowColumns
	for _, d := range []struct {
		name string
		t    graph.LinkType
		in   bool
	}{{"paid", graph.Paid, false}, {"sent", graph.TransferredTo, false}, {"got", graph.TransferredTo, true}} {
		if _, ok := m.g.TypeIndex(d.t); ok {
			flows = append(flows, m.flowColumns(d.name, d.t, d.in))
		}
	}
	if len(flows) == 0 {
		return nil
	}
	passed := [3][]float64{m.column("passed_1d"), m.column("passed_7d"), m.column("passed_30d")}
	refused := m.count("refused")
	return m.each(ctx, func(i int) {
		a := m.lo + graph.Vertex(i)
		var out, in []moved
		for k := range flows {
			f := &flows[k]
			moves := m.moves(a, f.t, f.in, median)
			f.fill(i, moves, m)
			if f.in {
				in = append(in, moves...)
			} else {
				out = append(out, moves...)
			}
		}
		for l, hi := m.g.Out(a); l < hi; l++ {
			if m.g.Prop(l, "status") == "declined" {
				refused[i]++
			}
		}
		total := 0.0
		for _, x := range in {
			total += max(0, x.amount)
		}
		if !(total > 0) {
			return
		}
		for k, days := range []int64{1, 7, 30} {
			sum := 0.0
			for _, p := range algo.PassThrough(timed(in), timed(out), days*millisecondsOfDay, 0) {
				sum += p.Amount
			}
			passed[k][i] = sum / total
		}
	})
}

// timed is moves in order of time.
func timed(moves []moved) []algo.Flow {
	var flows []algo.Flow
	for _, x := range moves {
		if x.amount > 0 && x.at.Known() {
			flows = append(flows, algo.Flow{At: x.at.Millis(), Amount: x.amount})
		}
	}
	slices.SortFunc(flows, func(a, b algo.Flow) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Amount, b.Amount)) })
	return flows
}

// medians is the middle amount of each currency.
func (m *measuring) medians() map[string]float64 {
	amounts := make(map[string][]float64)
	for l := range graph.LinkID(m.g.Links()) {
		if x := m.g.Money(l); x.Known && x.Minor > 0 {
			amounts[x.Currency] = append(amounts[x.Currency], x.Float())
		}
	}
	median := make(map[string]float64, len(amounts))
	for currency, list := range amounts {
		slices.Sort(list)
		median[currency] = list[len(list)/2]
	}
	return median
}

// moves lists the money of one account that was not refused, by time.
func (m *measuring) moves(a graph.Vertex, t graph.LinkType, in bool, median map[string]float64) []moved {
	var list []moved
	add := func(l graph.LinkID, end graph.Vertex) {
		if m.g.Type(l) != t || m.g.Prop(l, "status") == "declined" || m.g.Prop(l, "refund_of") != "" {
			return
		}
		x := moved{at: m.g.At(l), end: end, amount: math.NaN()}
		if money := m.g.Money(l); money.Known && money.Minor > 0 {
			x.amount = money.Float() / median[money.Currency]
		}
		list = append(list, x)
	}
	if in {
		for _, l := range m.g.In(a) {
			add(l, m.g.From(l))
		}
	} else {
		for l, hi := m.g.Out(a); l < hi; l++ {
			add(l, m.g.To(l))
		}
	}
	slices.SortStableFunc(list, func(a, b moved) int { return cmp.Compare(a.at, b.at) })
	return list
}

// flowColumns are the numbers of money that goes one way.
type flowColumns struct {
	t  graph.LinkType
	in bool

	sum, mean, most, least, spread   []float64 // of logarithms of amounts
	topEnd, alike                    []float64
	peakDay, peakPair, fan7, fan30   []float64
	first, last, activeDays, dayMost []float64
}

func (m *measuring) flowColumns(name string, t graph.LinkType, in bool) flowColumns {
	c := func(what string) []float64 { return m.column(name + "_" + what) }
	z := func(what string) []float64 { return m.count(name + "_" + what) }
	return flowColumns{t: t, in: in, sum: c("log_sum"), mean: c("log_mean"), most: c("log_max"), least: c("log_min"), spread: c("log_spread"),
		topEnd: c("top_end"), alike: z("alike"), peakDay: z("peak_1d"), peakPair: z("peak_pair_1d"), fan7: z("fan_7d"), fan30: z("fan_30d"),
		first: c("first_days"), last: c("last_days"), activeDays: z("active_days"), dayMost: c("peak_1d_share")}
}

func (f *flowColumns) fill(i int, moves []moved, m *measuring) {
	if len(moves) == 0 {
		return
	}
	f.fillAmounts(i, moves)
	byEnd := slices.Clone(moves)
	slices.SortStableFunc(byEnd, func(a, b moved) int { return cmp.Compare(a.end, b.end) })
	top := 0
	for lo := 0; lo < len(byEnd); {
		hi := lo
		for hi < len(byEnd) && byEnd[hi].end == byEnd[lo].end {
			hi++
		}
		top = max(top, hi-lo)
		f.peakPair[i] = max(f.peakPair[i], float64(peak(byEnd[lo:hi], 1, false)))
		lo = hi
	}
	f.topEnd[i] = float64(top) / float64(len(moves))
	dated := moves[sortedUnknown(moves):]
	if len(dated) == 0 {
		return
	}
	f.peakDay[i] = float64(peak(dated, 1, false))
	f.dayMost[i] = f.peakDay[i] / float64(len(dated))
	f.fan7[i], f.fan30[i] = float64(peak(dated, 7, true)), float64(peak(dated, 30, true))
	f.first[i], f.last[i] = m.days(dated[0].at), m.days(dated[len(dated)-1].at)
	day := int64(math.MinInt64)
	for _, x := range dated {
		if d := x.at.Millis() / millisecondsOfDay; d != day {
			day = d
			f.activeDays[i]++
		}
	}
}

// sortedUnknown is how many moves, by time, have no time: they come first.
func sortedUnknown(moves []moved) int {
	n := 0
	for n < len(moves) && !moves[n].at.Known() {
		n++
	}
	return n
}

func (f *flowColumns) fillAmounts(i int, moves []moved) {
	var amounts []float64
	sum, logs := 0.0, 0.0
	for _, x := range moves {
		if !math.IsNaN(x.amount) {
			amounts = append(amounts, x.amount)
			sum += x.amount
			logs += math.Log(x.amount)
		}
	}
	if len(amounts) == 0 {
		return
	}
	slices.Sort(amounts)
	n := float64(len(amounts))
	square, run := 0.0, 0
	for k, x := range amounts {
		square += (math.Log(x) - logs/n) * (math.Log(x) - logs/n)
		if k == 0 || amounts[k-1] != x {
			run = 0
		}
		run++
		f.alike[i] = max(f.alike[i], float64(run))
	}
	f.sum[i], f.mean[i], f.spread[i] = math.Log(sum), logs/n, math.Sqrt(square/n)
	f.least[i], f.most[i] = math.Log(amounts[0]), math.Log(amounts[len(amounts)-1])
}

// peak is the most moves, or distinct ends of moves, within less than so many
// days. Moves are by time.
func peak(moves []moved, days int64, distinct bool) int {
	best, lo, ends := 0, 0, make(map[graph.Vertex]int)
	for hi, x := range moves {
		ends[x.end]++
		for x.at.Millis()-moves[lo].at.Millis() >= days*millisecondsOfDay {
			if ends[moves[lo].end]--; ends[moves[lo].end] == 0 {
				delete(ends, moves[lo].end)
			}
			lo++
		}
		if distinct {
			best = max(best, len(ends))
		} else {
			best = max(best, hi-lo+1)
		}
	}
	return best
}

// cycles adds how many cycles of transfers, each later than the one before, an
// account lies on.
func (m *measuring) cycles(context.Context) error {
	if _, ok := m.g.TypeIndex(graph.TransferredTo); !ok {
		return nil
	}
	var arcs []algo.TimedArc
	sends := make([]int, m.accounts())
	for l := range graph.LinkID(m.g.Links()) {
		x := algo.TimedArc{From: uint32(m.g.From(l)), To: uint32(m.g.To(l)), At: m.g.At(l).Millis()}
		if m.g.Type(l) != graph.TransferredTo || !m.g.At(l).Known() {
			continue
		}
		arcs = append(arcs, x)
	}
	slices.SortFunc(arcs, func(a, b algo.TimedArc) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.At, b.At))
	})
	arcs = slices.Compact(arcs)
	for _, x := range arcs {
		if i := int(x.From) - int(m.lo); i >= 0 && i < len(sends) {
			sends[i]++
		}
	}
	busy := 0
	for _, n := range sends {
		if n > busyAccount {
			busy++
		}
	}
	if busy > 0 {
		m.table.Notes = append(m.table.Notes, fmt.Sprintf("%d accounts of more than %d transfers were not followed in search of cycles", busy, busyAccount))
	}
	arcs = slices.DeleteFunc(arcs, func(x algo.TimedArc) bool {
		i := int(x.From) - int(m.lo)
		return i < 0 || i >= len(sends) || sends[i] > busyAccount
	})
	found, more := algo.TemporalCycles(arcs, cycleLength, cycleDays*millisecondsOfDay, manyCycles)
	if more {
		m.table.Notes = append(m.table.Notes, fmt.Sprintf("only the first %d cycles of transfers were counted", manyCycles))
	}
	on := m.count("cycles")
	for _, c := range found {
		for _, k := range c {
			on[arcs[k].From-uint32(m.lo)]++
		}
	}
	return nil
}
