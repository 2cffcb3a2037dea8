package engine

import (
	"cmp"
	"context"
	"math"
	"slices"

	"ringleader/engine/algo"
	"ringleader/engine/policy"
	"ringleader/graph"
)

// lockstep finds accounts that pay the same merchants within the same hours,
// round after round, and share nothing else: collusion of merchants with their
// buyers, as in SynchroTrap (Cao et al. 2014, doi:10.1145/2660267.2660269) and
// CopyCatch (Beutel et al. 2013, doi:10.1145/2488388.2488400).
//
// A round is more accounts at one merchant within the policy's span than the
// merchant's own pace explains: round about, over all its time, at that hour of
// the day and of the week, whichever is fastest. So a hub has no rounds, and
// neither has a canteen at noon. Rounds that share more accounts than chance
// belong together, and whoever is in enough of them is a member. Who pays many
// members by transfer, or is paid by them, owns the shops. Cost: O(payments ·
// log payments of a merchant + accounts · rounds of an account squared), the
// latter bounded by busiest. Known to misfire on: people who travel together,
// such as a wedding party on its days.
type lockstep struct{ *ground }

func (lockstep) name() string { return policy.DetectorLockstep }

// round is several accounts at one merchant within hours.
type round struct {
	merchant graph.Vertex
	accounts []graph.Vertex // ascending
	visits   []visitor      // by time
	pace     float64        // visits that the merchant would have in the time
}

// visitor is one payment at a merchant.
type visitor struct {
	at      int64
	account graph.Vertex
	link    graph.LinkID
}

// roundTable is the rounds that belong together with others.
type roundTable struct {
	rounds []round
	of     map[graph.Vertex][]int // by account, ascending
	groups [][]uint32             // rounds that share accounts, by number
}

// busiest is how many rounds of one account are compared with each other; an
// account in more of them is everywhere, and says nothing of anybody.
const busiest = 64

func (d *ground) measureRounds(ctx context.Context) error {
	t := &d.tables.rounds
	t.of = make(map[graph.Vertex][]int)
	lo, hi := d.g.OfKind(graph.Merchant)
	byMerchant := make([][]round, hi-lo)
	err := d.each(ctx, int(hi-lo), 64, func(i int) error {
		byMerchant[i] = d.roundsOf(lo + graph.Vertex(i))
		return nil
	})
	if err != nil {
		return err
	}
	all := slices.Concat(byMerchant...)
	of := make(map[graph.Vertex][]int)
	for i := range all {
		for _, a := range all[i].accounts {
			of[a] = append(of[a], i)
		}
	}
	shared := make(map[[2]int]int)
	for _, list := range of {
		if len(list) > busiest {
			continue
		}
		for i, x := range list {
			for _, y := range list[i+1:] {
				shared[[2]int{x, y}]++
			}
		}
	}
	u := algo.NewUnionFind(len(all))
	for pair, n := range shared {
		a, b := &all[pair[0]], &all[pair[1]]
		lambda := float64(len(a.accounts)) * float64(len(b.accounts)) / float64(d.pop.accounts+1)
		if n > 2 && surprise(float64(n), lambda) >= d.policy.Lockstep.Together {
			u.Union(uint32(pair[0]), uint32(pair[1]))
		}
	}
	for _, group := range algo.Groups(u.Labels()) {
		if len(group) < d.policy.Lockstep.Rounds {
			continue
		}
		var kept []uint32
		for _, i := range group {
			n := len(t.rounds)
			t.rounds = append(t.rounds, all[i])
			kept = append(kept, uint32(n))
			for _, a := range all[i].accounts {
				t.of[a] = append(t.of[a], n)
			}
		}
		t.groups = append(t.groups, kept)
	}
	return nil
}

// roundsOf is the rounds of one merchant, by time.
func (d *ground) roundsOf(m graph.Vertex) []round {
	all := d.visitorsOf(m)
	least, width := d.policy.Lockstep.Accounts, d.policy.Lockstep.Within.Millis()
	if len(all) < least*2 {
		return nil
	}
	rhythm := rhythmOf(all)
	var out []round
	start, end, j := 0, 0, 0 // of the round being grown: all[start:end]
	keep := func() {
		if end > start {
			out = append(out, newRound(m, all[start:end], rhythm, width))
		}
	}
	for i := range all {
		for j < len(all) && all[j].at-all[i].at <= width {
			j++
		}
		if j-i < least || j-i > d.policy.Lockstep.Cap {
			continue
		}
		k := len(accountsAt(all[i:j]))
		if k < least || surprise(float64(k), rhythm.pace(all, i, j, width))-math.Log2(rhythm.places(width)) < d.policy.Lockstep.Bits {
			continue
		}
		if i >= end {
			keep()
			start = i
		}
		end = j
	}
	keep()
	return slices.DeleteFunc(out, func(r round) bool { return len(r.accounts) > d.policy.Lockstep.Cap })
}

func newRound(m graph.Vertex, visits []visitor, rhythm *rhythm, width int64) round {
	r := round{merchant: m, visits: visits, accounts: accountsAt(visits)}
	took := max(width, visits[len(visits)-1].at-visits[0].at)
	r.pace = float64(rhythm.visits-len(visits)+1) * float64(took) / rhythm.span
	return r
}

func accountsAt(visits []visitor) []graph.Vertex {
	out := make([]graph.Vertex, len(visits))
	for i, v := range visits {
		out[i] = v.account
	}
	return distinct(out)
}

// visitorsOf is the dated payments at a merchant, by time; what is given back
// is none.
func (d *ground) visitorsOf(m graph.Vertex) []visitor {
	var all []visitor
	for _, l := range d.g.In(m) {
		if at := d.g.At(l); d.g.Type(l) == graph.Paid && at.Known() && d.g.Prop(l, propRefundOf) == "" {
			all = append(all, visitor{at.Millis(), d.g.From(l), l})
		}
	}
	slices.SortFunc(all, func(a, b visitor) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.account, b.account), cmp.Compare(a.link, b.link))
	})
	return all
}

// rhythm is a merchant's own pace: over all its time, and by hour of the week.
type rhythm struct {
	visits int
	span   float64 // milliseconds from first to last, at least four weeks
	hours  [7 * 24]int
}

func rhythmOf(all []visitor) *rhythm {
	r := &rhythm{visits: len(all), span: float64(max(all[len(all)-1].at-all[0].at, 28*24*hour))}
	for _, v := range all {
		r.hours[hourOfWeek(v.at)]++
	}
	return r
}

func hourOfWeek(ms int64) int {
	const week = 7 * 24
	return int(((ms/hour)%week + week) % week)
}

// places is where in time a round could have stood.
func (r *rhythm) places(width int64) float64 { return max(1, r.span/float64(width)) }

// pace is how many visits the merchant expects in the time of all[i:j] without
// these: at its pace overall, four and twenty widths to each side, at these
// hours of the day, and at these of the week.
func (r *rhythm) pace(all []visitor, i, j int, width int64) float64 {
	from, to := all[i].at, all[j-1].at
	byTime := func(v visitor, t int64) int { return cmp.Compare(v.at, t) }
	side := 24 * width
	before, _ := slices.BinarySearchFunc(all, from-side, byTime)
	after, _ := slices.BinarySearchFunc(all, to+side+1, byTime)
	near := float64(i-before+after-j+1) * float64(width) / float64(2*side)
	whole := float64(r.visits-(j-i)+1) * float64(width) / r.span
	daily, weekly := -(j - i), -(j - i)
	for h := range min(24, (to-from)/hour+1) {
		now := hourOfWeek(from + h*hour)
		weekly += r.hours[now]
		for day := range 7 {
			daily += r.hours[(now+24*day)%len(r.hours)]
		}
	}
	days := r.span / (24 * hour)
	return max(near, whole, float64(max(daily, 0))/days, float64(max(weekly, 0))*7/days)
}

func (x lockstep) ties(_ context.Context, found *tied) error {
	t := &x.tables.rounds
	for _, group := range t.groups {
		b := tie{on: t.rounds[group[0]].merchant, found: policy.DetectorLockstep, bits: patternBits}
		b.accounts = x.regulars(group)
		if len(b.accounts) < x.policy.Lockstep.Accounts {
			continue
		}
		members := b.accounts
		for _, i := range group {
			for _, v := range t.rounds[i].visits {
				if _, ok := slices.BinarySearch(members, v.account); ok {
					b.links = append(b.links, v.link)
					b.from, b.to = earlier(b.from, graph.Millis(v.at)), max(b.to, graph.Millis(v.at))
				}
			}
		}
		for _, o := range x.ownersOf(members, b.from, b.to) {
			b.accounts = append(b.accounts, o.account)
		}
		b.accounts = distinct(b.accounts)
		slices.Sort(b.links)
		found.ties = append(found.ties, b)
	}
	return nil
}

// regulars is the accounts in enough of some rounds, ascending.
func (x lockstep) regulars(group []uint32) []graph.Vertex {
	seen := make(map[graph.Vertex]int)
	for _, i := range group {
		for _, a := range x.tables.rounds.rounds[i].accounts {
			seen[a]++
		}
	}
	need := max(2, int(math.Ceil(x.policy.Lockstep.Attendance*float64(len(group)))))
	var out []graph.Vertex
	for a, n := range seen {
		if n >= need {
			out = append(out, a)
		}
	}
	slices.Sort(out)
	return out
}

func (x lockstep) propose(_ context.Context, c *component) ([][]graph.Vertex, error) {
	return c.proposals(policy.DetectorLockstep), nil
}

func (x lockstep) lacks() []Lack {
	return x.lacksLinks(graph.Paid, "no payments", "payments.id")
}
