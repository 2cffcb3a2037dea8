package engine

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// Rates inside a takeover wave, where the population's own rates are the null
// model: guesses from the published cases, until labels calibrate them.
const (
	waveNoFactor = .9 // victims without a second factor
	waveAuth     = .9 // victims all of whose debits were authorised alike
	waveDeclined = .5 // victims whose last debit a limit refused
	waveDisputed = .4 // victims who disputed a debit
	wavePhished  = .6 // victims whose credential is known to have been caught
)

// weigh writes the lines of a wave, for and against.
func (x *assessment) weigh(c *component) {
	for rank, thing := range x.thingsBySize() {
		x.addArrivals(thing, rank)
	}
	x.addReceivers()
	x.addFactor()
	x.addAuth()
	x.addHours()
	x.addDeclined()
	x.addRapid()
	x.addDisputed()
	x.addPhished()
	x.addPoint()
	x.addAmounts()
	x.addStaying()
	x.addFamily(c)
}

// ratio is the log-likelihood ratio, in bits, of k of n where a wave has the
// rate p and the population q. Accounts of one wave are alike, so beyond
// eight of them more say nothing new.
func ratio(k, n int, p, q float64) float64 {
	q = min(max(q, 1e-4), 1-1e-4)
	bits := float64(k)*math.Log2(p/q) + float64(n-k)*math.Log2((1-p)/(1-q))
	if n > 8 {
		bits *= 8 / float64(n)
	}
	return min(max(bits, -6), 8)
}

func (x *assessment) add(kind, text string, bits float64, refs ...graph.Vertex) *line {
	x.r.lines = append(x.r.lines, line{text: text, bits: bits, kind: kind, refs: refs})
	return &x.r.lines[len(x.r.lines)-1]
}

func (x *assessment) thingsBySize() []graph.Vertex {
	n, first := make(map[graph.Vertex]int), make(map[graph.Vertex]graph.Time)
	for _, v := range x.hits {
		n[v.on]++
		first[v.on] = earlier(first[v.on], v.since)
	}
	out := slices.Clone(x.things)
	slices.SortStableFunc(out, func(a, b graph.Vertex) int { return cmp.Or(n[b]-n[a], cmp.Compare(first[a], first[b])) })
	return out
}

// addArrivals: old accounts that turn up on one thing, one soon after the
// other, against the population's pace of first sightings per thing. The second
// thing of a wave counts half, the third a quarter.
func (x *assessment) addArrivals(thing graph.Vertex, rank int) {
	stats := x.pop.kinds[x.g.Kind(thing)]
	var here []visit
	for _, v := range x.hits {
		if v.on == thing {
			here = append(here, v)
		}
	}
	bits, soon := 0.0, 0
	for i := 1; i < len(here); i++ {
		gap := here[i].since.Millis() - here[i-1].since.Millis()
		b := min(4, stats.surprise(here[i-1].since.Millis(), here[i].since.Millis(), 2))
		if gap <= x.policy.Takeover.Gap.Millis() {
			soon++
			x.own[here[i].account] += b
			if i == 1 || x.own[here[i-1].account] == 0 {
				x.own[here[i-1].account] += b
			}
		} else {
			b /= 2
		}
		bits += b
	}
	if len(here) < 2 {
		return
	}
	l := x.add(string(x.g.Kind(thing)), fmt.Sprintf("%d old accounts were first seen and then debited on %s %s within %s, %d of them within %s of the one before",
		len(here), x.g.Kind(thing), x.g.Ref(thing).Mask(), duration(here[len(here)-1].since.Millis()-here[0].since.Millis()), soon, x.policy.Takeover.Gap),
		min(bits, policy.LineBits)/math.Exp2(float64(rank)), thing)
	for _, v := range here {
		l.links = append(l.links, v.link)
		for _, d := range v.debits { // with a receiver they stand in that line
			if !d.hasReceiver {
				l.links = append(l.links, d.link)
			}
		}
	}
}

// addReceivers: lockstep to few receivers, against the share of all payer and
// receiver pairs that these have outside the wave. Every victim beyond a
// receiver's first counts. As many receivers as payers speaks against.
func (x *assessment) addReceivers() {
	paying := make(map[graph.Vertex]bool)
	var refs []graph.Vertex
	for y, payers := range x.receivers {
		if len(payers) == 0 {
			continue
		}
		refs = append(refs, y)
		for _, a := range payers {
			paying[a] = true
		}
	}
	if len(refs) == 0 {
		return
	}
	slices.Sort(refs)
	pairs := 0
	for _, y := range refs {
		pairs += len(x.receivers[y])
	}
	best := make(map[graph.Vertex]float64) // victim → bits, by the receiver that says most
	others := 0
	for _, y := range refs {
		payers := x.receivers[y]
		outside := x.payers(y) - len(payers)
		others += outside
		p := (float64(outside) + 1) / float64(max(x.pop.receivers-pairs, 0)+x.pop.accounts+1)
		for _, a := range payers[1:] {
			best[a] = max(best[a], min(4, -math.Log2(p)))
		}
	}
	bits := 0.0
	for _, a := range x.victims {
		bits += best[a]
		x.own[a] += best[a]
	}
	if len(refs) >= len(paying) {
		bits = min(bits, 0) - min(16, 3*float64(len(paying)))
	}
	l := x.add("beneficiary", fmt.Sprintf("debits of %d accounts went to %d receivers, whom %d others ever paid", len(paying), len(refs), others), bits, refs...)
	for _, a := range x.victims {
		for _, d := range x.debits[a] {
			if d.hasReceiver {
				l.links = append(l.links, d.link)
			}
		}
	}
}

// payers counts the distinct accounts that ever paid y.
func (d *ground) payers(y graph.Vertex) int {
	n, last := 0, graph.Vertex(math.MaxUint32)
	for _, l := range d.g.In(y) { // ascending by link, so by payer
		if d.g.Type(l) == graph.PaidTo && d.g.From(l) != last {
			n++
			last = d.g.From(l)
		}
	}
	return n
}

// addFactor: accounts whose login has no second factor.
func (x *assessment) addFactor() {
	without, known := 0, 0
	for _, a := range x.victims {
		switch x.factorOf(a) {
		case factorNo:
			without++
			known++
			x.own[a]++
		case factorYes:
			known++
			x.own[a]--
		}
	}
	if known == 0 {
		return
	}
	p := &x.pop
	q := share(p.factor[factorNo]-without, p.factor[factorNo]+p.factor[factorYes]-known)
	x.add("two_factor", fmt.Sprintf("%d of %d accounts had no second factor; %s of all accounts have none", without, known, percent(q)),
		ratio(without, known, max(waveNoFactor, q), q))
}

// addAuth: debits that were all authorised in the same way, such as without a
// password.
func (x *assessment) addAuth() {
	votes := make(map[string]int)
	known := 0
	for _, a := range x.victims {
		same := x.g.Prop(x.debits[a][0].link, propAuth)
		for _, d := range x.debits[a] {
			if x.g.Prop(d.link, propAuth) != same {
				same = ""
			}
		}
		if x.g.Prop(x.debits[a][0].link, propAuth) != "" {
			known++
			votes[same]++
		}
	}
	top := ""
	for _, way := range sortedKeys(votes) {
		if way != "" && (top == "" || votes[way] > votes[top]) {
			top = way
		}
	}
	if top == "" {
		return
	}
	q := share(x.pop.auth[top]-votes[top], x.pop.debits-x.pop.auth[""]-known)
	// The way was chosen after the fact: as many choices as there are ways.
	bits := ratio(votes[top], known, max(waveAuth, q), q) - math.Log2(float64(max(1, len(x.pop.auth))))
	x.add("auth", fmt.Sprintf("all debits of %d of %d accounts were authorised by %s; %s of all debits are", votes[top], known, top, percent(q)), max(bits, -6))
}

// addHours: sessions at hours of the day at which few debits happen. Accounts
// of one session share the hour, so each session counts once.
func (x *assessment) addHours() {
	total := 0
	for _, n := range x.pop.hours {
		total += n
	}
	bits, odd, sessions := 0.0, 0, 0
	var last int64 = always
	for _, v := range x.hits {
		at := v.debits[0].at
		if last != always && at.Millis()-last <= x.policy.Takeover.Gap.Millis() {
			last = at.Millis()
			continue
		}
		last = at.Millis()
		sessions++
		q := (float64(x.pop.hours[at.Std().Hour()]) + 1) / (float64(total) + 24)
		if q < 1./48 {
			odd++
		}
		bits += math.Log2(1. / 24 / q)
	}
	x.add("hours", fmt.Sprintf("%d of %d sessions began at hours that are rare for debits", odd, sessions), min(max(bits, -4), 6))
}

// addDeclined: victims emptied until a limit refused.
func (x *assessment) addDeclined() {
	n, debits := 0, 0
	for _, a := range x.victims {
		all := x.debits[a]
		debits += len(all)
		if x.g.Prop(all[len(all)-1].link, propStatus) == statusDeclined {
			n++
			x.own[a]++
		}
	}
	if x.pop.declined == 0 || n == 0 {
		return
	}
	q := share(x.pop.declined-n, x.pop.debits-debits)
	x.add("declined", fmt.Sprintf("the last debit of %d of %d accounts was refused; %s of all debits are", n, len(x.victims), percent(q)),
		ratio(n, len(x.victims), max(waveDeclined, q), q))
}

// addRapid: several debits within minutes, against the account's own pace.
func (x *assessment) addRapid() {
	bits, n := 0.0, 0
	for _, a := range x.victims {
		all := x.debits[a]
		k := float64(len(all))
		if len(all) < 3 {
			continue
		}
		every := x.debitsOf(a)
		span := float64(max(every[len(every)-1].at.Millis()-every[0].at.Millis(), 24*hour))
		took := float64(max(all[len(all)-1].at.Millis()-all[0].at.Millis(), minute))
		lambda := (float64(len(every)-len(all)) + 1) * took / span
		if k <= lambda {
			continue
		}
		b := min(2, k*math.Log2(k/lambda)-(k-lambda)*math.Log2E)
		bits += b
		x.own[a] += b
		n++
	}
	if n > 0 {
		x.add("rapid", fmt.Sprintf("%d accounts were debited three times or more, far faster than they ever pay", n), min(bits, 8))
	}
}

// addDisputed: owners who disowned debits of the wave.
func (x *assessment) addDisputed() {
	n := 0
	for _, a := range x.victims {
		if slices.ContainsFunc(x.debits[a], func(d debit) bool { _, ok := x.disputed(d.event); return ok }) {
			n++
			x.own[a] += 2
		}
	}
	if n == 0 {
		return
	}
	q := share(x.pop.disputes-n, x.pop.debits)
	x.add("disputed", fmt.Sprintf("%d of %d owners disputed debits of the wave", n, len(x.victims)), max(0, ratio(n, len(x.victims), max(waveDisputed, q), q)))
}

// addPhished: credentials known to have been caught before.
func (x *assessment) addPhished() {
	points, caught := make(map[string]int), make(map[graph.Vertex]bool)
	for _, v := range x.hits { // an account has one for each new thing
		if caught[v.account] {
			continue
		}
		for e := range x.g.History(v.account) {
			if e.Name == eventPhished && e.At.Known() && e.At <= v.debits[0].at {
				caught[v.account] = true
				points[e.Value]++
				x.own[v.account] += 2
				break
			}
		}
	}
	n := len(caught)
	if n == 0 {
		return
	}
	q := share(x.pop.phished-n, x.pop.accounts-len(x.victims))
	x.add("phished", fmt.Sprintf("credentials of %d of %d accounts had been caught before, at %s", n, len(x.victims), counted(len(points), "point", "points")),
		ratio(n, len(x.victims), max(wavePhished, q), q))
}

// addStaying: accounts that go on using the thing days later made it theirs.
func (x *assessment) addStaying() {
	stay := 0
	for _, v := range x.hits {
		if v.blind {
			continue
		}
		last := v.since
		for _, l := range x.g.In(v.on) {
			if x.g.From(l) == v.account {
				last = max(last, x.g.At(l), x.g.Until(l))
			}
		}
		if last.Millis()-v.since.Millis() > x.policy.Takeover.Horizon.Millis() {
			stay++
			x.own[v.account] -= 3
		}
	}
	if stay > 0 {
		x.add("staying", fmt.Sprintf("%d accounts went on using the thing for longer than %s", stay, x.policy.Takeover.Horizon), -3*float64(stay))
	}
}

// addFamily: victims under one roof, or of one owner.
func (x *assessment) addFamily(c *component) {
	roof := 0
	for _, t := range c.inside(x.victims).ties {
		if slices.Contains(x.policy.Household.Kinds, x.g.Kind(t.on)) {
			roof = max(roof, len(t.accounts))
		}
	}
	if n := len(x.victims) - x.people(x.victims); n > 0 {
		roof = max(roof, n+1)
	}
	if 2*roof > len(x.victims) {
		x.add("household", fmt.Sprintf("%d of %d accounts share a roof or an owner, as families do", roof, len(x.victims)), x.policy.Household.Bits)
	}
}
