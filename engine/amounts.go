package engine

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"ringleader/graph"
)

// habits remembers how often the debits of a merchant are of equal amount. It
// is filled as waves ask; what it holds depends on the graph alone.
type habits struct {
	mu   sync.Mutex
	same map[graph.Vertex]float64
}

// sameAmount is the chance that two debits at a merchant are of one amount:
// Σ p², over all its debits. Time: O(links of the merchant), once.
func (d *ground) sameAmount(merchant graph.Vertex) float64 {
	d.habits.mu.Lock()
	defer d.habits.mu.Unlock()
	if p, ok := d.habits.same[merchant]; ok {
		return p
	}
	counts := make(map[graph.Money]int)
	n := 0
	for _, l := range d.g.In(merchant) {
		if m := d.g.Money(l); d.g.Type(l) == graph.Paid && m.Known && d.g.Prop(l, propRefundOf) == "" {
			counts[m]++
			n++
		}
	}
	p := equalPairs(counts, n)
	d.habits.same[merchant] = p
	return p
}

// equalPairs is the share of pairs of n things that are of one class, by the
// rule of succession.
func equalPairs(counts map[graph.Money]int, n int) float64 {
	pairs := 0.0
	for _, k := range counts {
		pairs += float64(k) * float64(k-1) / 2 // whole numbers: no order shows
	}
	return (pairs + 1) / (float64(n)*float64(n-1)/2 + 2)
}

// addAmounts: debits of different accounts at one merchant are of the same few
// amounts, more than that merchant's debits are.
func (x *assessment) addAmounts() {
	at := make(map[graph.Vertex]int)
	for _, a := range x.victims {
		for _, d := range x.debits[a] {
			at[d.merchant]++
		}
	}
	merchants := make([]graph.Vertex, 0, len(at))
	for m := range at {
		merchants = append(merchants, m)
	}
	slices.SortFunc(merchants, func(a, b graph.Vertex) int {
		if at[a] != at[b] {
			return at[b] - at[a]
		}
		return int(a) - int(b)
	})
	counts, n := make(map[graph.Money]int), 0
	for _, a := range x.victims {
		for _, d := range x.debits[a] {
			if m := x.g.Money(d.link); d.merchant == merchants[0] && m.Known {
				counts[m]++
				n++
			}
		}
	}
	if n < 6 {
		return
	}
	here, usual := equalPairs(counts, n), x.sameAmount(merchants[0])
	if bits := math.Log2(here / usual); bits > 0 {
		x.add("amounts", fmt.Sprintf("%d debits are of %d amounts; two of them are equal with chance %.2f, two of that merchant's with %.2f",
			n, len(counts), here, usual), min(4, bits), merchants[0])
	}
}
