package engine

import (
	"cmp"
	"context"
	"math"
	"slices"

	"ringleader/graph"
)

// population is the small table of whole-graph numbers that evidence is weighed
// against: how common things are. Nothing else in a run looks beyond a
// component.
type population struct {
	accounts int
	kinds    map[graph.Kind]*kindStats
	crowded  map[graph.Vertex]bool // identifiers of public kinds that more accounts than their cap use

	bound, boundAbove map[graph.Kind]*boundStats // by ties, under and above the cap

	debits    int
	hours     [24]int        // debits by hour of the day, UTC
	auth      map[string]int // debits by how they were authorised
	declined  int            // debits that were refused
	receivers int            // pairs of payer and beneficiary
	factor    map[factor]int // accounts by second factor
	disputes  int            // money events that were disputed
	phished   int            // accounts whose credential is known to have been caught
	opened    []int64        // times of opening, ascending, milliseconds
	merchants graph.Vertex   // the first
	payers    []int32        // by merchant: accounts that pay it
}

// kindStats describes the identifiers of one kind.
type kindStats struct {
	identifiers int     // with at least one account
	first       int     // pairs of account and identifier with a first sighting in time
	lo, hi      int64   // times of these
	pace        float64 // first sightings per identifier and millisecond
	byHour      map[int64]int
}

// maxTail is the largest number of people that statistics tell apart.
const maxTail = 256

// measure fills the table. Time: O(links).
func (d *ground) measure(ctx context.Context) error {
	p := &d.pop
	p.accounts = int(d.hi - d.lo)
	p.kinds, p.crowded = make(map[graph.Kind]*kindStats), make(map[graph.Vertex]bool)
	for _, k := range d.g.Kinds() {
		if k == graph.Account || d.rules[k].Cap == 0 {
			continue
		}
		s, err := d.measureKind(ctx, k)
		if err != nil {
			return err
		}
		p.kinds[k] = s
	}
	if err := d.measureAccounts(ctx); err != nil {
		return err
	}
	return d.measureTables(ctx)
}

func (d *ground) measureKind(ctx context.Context, k graph.Kind) (*kindStats, error) {
	s := &kindStats{lo: never, hi: always, byHour: make(map[int64]int)}
	lo, hi := d.g.OfKind(k)
	rule := d.rules[k]
	var buf []sighting
	for v := lo; v < hi; v++ {
		if v%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		buf = d.sightingsOf(v, buf[:0])
		byAccount := func(a, b sighting) int { return cmp.Compare(a.account, b.account) }
		if !slices.IsSortedFunc(buf, byAccount) { // associations come both ways
			slices.SortFunc(buf, byAccount)
		}
		accounts := 0
		for i := 0; i < len(buf); {
			first := d.g.At(buf[i].link)
			j := i + 1
			for ; j < len(buf) && buf[j].account == buf[i].account; j++ {
				first = min(first, d.g.At(buf[j].link))
			}
			i = j
			accounts++
			if first.Known() {
				s.first++
				s.byHour[first.Millis()/hour]++
				s.lo, s.hi = min(s.lo, first.Millis()), max(s.hi, first.Millis())
			}
		}
		if accounts > 0 {
			s.identifiers++
		}
		if rule.Public() && accounts > rule.Cap {
			d.pop.crowded[v] = true
		}
	}
	if s.first > 0 {
		s.pace = float64(s.first) / float64(s.identifiers) / float64(max(s.hi-s.lo, 24*hour))
	}
	return s, nil
}

// Lengths of time in milliseconds.
const (
	minute = 60 * 1000
	hour   = 60 * minute
)

// surprise is log2 of how unlikely one further first sighting of the same
// identifier between lo and hi (milliseconds) is, at the population's pace: the
// average one, or that of the hours in question with k sightings left out,
// whichever is faster. Exports begin at one moment, at which everything is seen
// first; then nothing is a surprise.
func (s *kindStats) surprise(lo, hi int64, k int) float64 {
	if s == nil || s.pace == 0 {
		return 0
	}
	others, hours := -k, int64(0)
	for h := lo / hour; h <= hi/hour && hours < 24; h++ {
		others += s.byHour[h]
		hours++
	}
	now := float64(max(others, 0)+1) / float64(s.identifiers+1) / float64(hours*hour)
	return max(0, -math.Log2(max(s.pace, now)*float64(max(hi-lo, minute))))
}
