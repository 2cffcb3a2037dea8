package engine

import (
	"cmp"
	"math"
	"slices"

	"ringleader/graph"
)

// spending is what the accounts of a candidate do with money, and what else
// happens to them.
type spending struct {
	debits    float64 // log2(1 + payments an account)
	common    float64 // bits of surprise of the merchant that says most
	commonAt  float64 // share of accounts that pay there
	commons   float64 // merchants that half of the accounts pay, and hardly anybody else
	lockstep  float64 // log2(1+hours) of the shortest time in which half of the accounts pay there
	receivers float64 // share of accounts that pay a beneficiary whom another of them pays
	receiver  float64 // share of accounts that pay the beneficiary of most
	alike     float64 // log2 of how much more often two payments there are of one amount than the merchant's are
	burst     float64 // mean share of what an account spends within its busiest five days
	inStep    float64 // share of accounts whose busiest days fall into the shortest time that holds half
	declined  float64 // share of payments
	disputed  float64 // share of accounts
	phished   float64
	unsafe    float64 // share without a second factor, less the population's
	internal  float64 // share of accounts that transfer to another
	pairs     float64 // transfers between them, an account
	inflow    float64 // log2(1 + transfers from outside, an account)
	outflow   float64 // log2(1 + transfers to outside, an account)
	passed    float64 // share of accounts that pass on at least half of what came within three days
	sink      float64 // share of accounts that transfer to the receiver of most
	source    float64 // share of accounts that receive from the sender to most
	claims    float64 // an account
	messages  float64 // an account
	failed    float64 // failed logins an account
	limits    float64 // share of accounts whose limits were changed
	net       float64 // log2(1 + addresses an account)
	things    float64 // things an account
}

func (s *subject) spending() spending {
	var p spending
	debits, declined := 0, 0
	for _, f := range s.facts {
		debits += len(f.debits)
		for i := range f.debits {
			declined += one(f.debits[i].declined)
		}
		p.disputed += float64(one(f.disputed > 0)) / s.n
		p.phished += float64(one(f.phished)) / s.n
		p.claims += float64(f.claims) / s.n
		p.messages += float64(f.messages) / s.n
		p.failed += float64(f.failed) / s.n
		p.limits += float64(one(f.limits > 0)) / s.n
		p.net += float64(f.addresses) / s.n
		p.things += float64(f.things) / s.n
	}
	p.net = math.Log2(1 + p.net)
	p.debits = math.Log2(1 + float64(debits)/s.n)
	p.declined = float64(declined) / float64(max(debits, 1))
	p.unsafe = s.unsafe()
	s.shops(&p)
	s.beneficiaries(&p)
	s.bursts(&p)
	s.transfers(&p)
	return p
}

// unsafe is how many more accounts are without a second factor than of all.
func (s *subject) unsafe() float64 {
	without, known := 0, 0
	for _, f := range s.facts {
		without += one(f.factor == factorNo)
		known += one(f.factor != "")
	}
	if known == 0 {
		return 0
	}
	p := &s.c.pop
	return float64(without)/float64(known) - share(p.factor[factorNo], p.factor[factorNo]+p.factor[factorYes])
}

// visitTo is one account at one merchant or beneficiary.
type visitTo struct {
	to   graph.Vertex
	who  int // rank of the account
	at   int64
	debt *factDebit
}

// visits lists payments by whom they go to, then account, then time.
func (s *subject) visits(to func(*factDebit) (graph.Vertex, bool)) []visitTo {
	n := 0
	for _, f := range s.facts {
		n += len(f.debits)
	}
	all := make([]visitTo, 0, n)
	for i, f := range s.facts {
		for k := range f.debits {
			if v, ok := to(&f.debits[k]); ok {
				all = append(all, visitTo{v, i, f.debits[k].at.Millis(), &f.debits[k]})
			}
		}
	}
	slices.SortFunc(all, func(a, b visitTo) int {
		return cmp.Or(cmp.Compare(a.to, b.to), cmp.Compare(a.who, b.who), cmp.Compare(a.at, b.at))
	})
	return all
}

// eachTarget yields the payments to each target, and of how many accounts.
func eachTarget(all []visitTo, yield func(part []visitTo, accounts int)) {
	for i := 0; i < len(all); {
		n, j := 0, i
		for ; j < len(all) && all[j].to == all[i].to; j++ {
			if j == i || all[j].who != all[j-1].who {
				n++
			}
		}
		yield(all[i:j], n)
		i = j
	}
}

// shops looks for merchants that more of the accounts pay than chance would
// have it: k of n where the population's share is p, the Chernoff bound.
func (s *subject) shops(p *spending) {
	all := s.visits(func(d *factDebit) (graph.Vertex, bool) { return d.to, true })
	var best []visitTo
	p.lockstep = 16
	eachTarget(all, func(part []visitTo, k int) {
		if k < 2 {
			return
		}
		q := share(s.c.payersOf(part[0].to)-k, s.c.pop.accounts-len(s.accounts))
		x, bits := float64(k)/s.n, surpriseOf(k, len(s.accounts), q)
		if 2*k >= len(s.accounts) && q < .05 {
			p.commons++
		}
		if bits <= 0 || bits < p.common {
			return
		}
		within := payWithin(part)
		if bits > p.common || within < p.lockstep || within == p.lockstep && len(part) < len(best) {
			p.common, p.commonAt, p.lockstep, best = bits, x, within, part
		}
	})
	if best == nil {
		return
	}
	amounts := make([]float64, len(best))
	for i := range best {
		amounts[i] = best[i].debt.amount
	}
	if len(amounts) >= 3 {
		p.alike = math.Log2(equalShare(amounts) / s.c.sameAmount(best[0].to))
	}
}

// payWithin is log2(1+hours) of the shortest time in which half of the accounts
// first pay a merchant.
func payWithin(part []visitTo) float64 {
	var times []int64
	for i := range part {
		if i == 0 || part[i].who != part[i-1].who {
			times = append(times, part[i].at)
		}
	}
	slices.Sort(times)
	width, _ := halfWidth(times)
	return logHours(width)
}

// equalShare is the share of pairs of amounts that are equal, by the rule of
// succession.
func equalShare(amounts []float64) float64 {
	slices.Sort(amounts)
	pairs := 0
	for i := 0; i < len(amounts); {
		j := i
		for j < len(amounts) && amounts[j] == amounts[i] {
			j++
		}
		pairs += (j - i) * (j - i - 1) / 2
		i = j
	}
	n := len(amounts)
	return (float64(pairs) + 1) / (float64(n*(n-1)/2) + 2)
}

func (s *subject) beneficiaries(p *spending) {
	all := s.visits(func(d *factDebit) (graph.Vertex, bool) { return d.receiver, d.named })
	shared := make([]bool, len(s.accounts))
	eachTarget(all, func(part []visitTo, k int) {
		if k < 2 {
			return
		}
		p.receiver = max(p.receiver, float64(k)/s.n)
		for i := range part {
			shared[part[i].who] = true
		}
	})
	p.receivers = share1(shared)
}

// busyTime is how long the busiest days of an account are.
const busyTime = 5 * 24 * hour

// bursts looks at how far each account spends at one time, and all at the same.
func (s *subject) bursts(p *spending) {
	var peaks []int64
	for _, f := range s.facts {
		total, best, at := 0.0, 0.0, int64(0)
		for i := range f.debits {
			total += f.debits[i].amount
		}
		if len(f.debits) < 2 || total <= 0 {
			continue
		}
		for i, j, sum := 0, 0, 0.0; i < len(f.debits); i++ {
			for j < len(f.debits) && f.debits[j].at.Millis()-f.debits[i].at.Millis() <= busyTime {
				sum += f.debits[j].amount
				j++
			}
			if sum > best {
				best, at = sum, f.debits[i].at.Millis()
			}
			sum -= f.debits[i].amount
		}
		p.burst += best / total / s.n
		peaks = append(peaks, at)
	}
	slices.Sort(peaks)
	_, from := halfWidth(peaks)
	n := 0
	for _, at := range peaks {
		n += one(at >= from-busyTime && at <= from+2*busyTime)
	}
	p.inStep = float64(n) / s.n
}

// passOn is how soon money that is passed on leaves again.
const passOn = 3 * 24 * hour

func (s *subject) transfers(p *spending) {
	n := len(s.accounts)
	sends, receives, passes := make([]int, n), make([]int, n), make([]bool, n)
	inside := make([]bool, n)
	pairs, inflow, outflow := 0, 0, 0
	from := make([]int, n) // the last sender, plus one, that paid each
	for i, f := range s.facts {
		for _, m := range f.out {
			j, ok := slices.BinarySearch(s.accounts, m.other)
			if !ok {
				outflow++
				continue
			}
			pairs++
			inside[i] = true
			if from[j] != i+1 {
				from[j] = i + 1
				receives[j]++
				sends[i]++
			}
		}
		for _, m := range f.in {
			if _, ok := slices.BinarySearch(s.accounts, m.other); !ok {
				inflow++
			}
		}
		passes[i] = passesOn(f)
	}
	p.pairs, p.internal, p.passed = float64(pairs)/s.n, share1(inside), share1(passes)
	p.inflow, p.outflow = math.Log2(1+float64(inflow)/s.n), math.Log2(1+float64(outflow)/s.n)
	p.sink, p.source = float64(slices.Max(receives))/s.n, float64(slices.Max(sends))/s.n
}

// passesOn reports whether some money that came to an account left it again by
// the half or more within three days.
func passesOn(f *accountFacts) bool {
	first, next, sum := 0, 0, 0.0 // of the transfers that leave in time
	for _, in := range f.in {
		for ; next < len(f.out) && f.out[next].at.Millis()-in.at.Millis() <= passOn; next++ {
			sum += f.out[next].amount
		}
		for ; first < next && f.out[first].at < in.at; first++ {
			sum -= f.out[first].amount
		}
		if in.amount > 0 && 2*sum >= in.amount {
			return true
		}
	}
	return false
}
