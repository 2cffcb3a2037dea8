package eval

import (
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"ringleader/engine"
	"ringleader/graph"
)

// Night is one run of a series, each the successor of the one before, and the
// moment up to which it saw the world.
type Night struct {
	At  graph.Time
	Run *engine.Run
}

// NightsOptions of [MeasureNights].
type NightsOptions struct {
	Threshold float64 // probability from which a ring is flagged; 0 is .5
	// Within is how long a ring may be gone and its return still count as a flap,
	// and how late a split or merge may be told; 0 is seven nights.
	Within time.Duration
	// Graph holds the events of the truth with their times, for the share of the
	// loss that came before the first flag; without it that is left out.
	Graph *graph.Snapshot
}

// Nights says how a series of runs holds together and how early it warns.
type Nights struct {
	Nights int `json:"nights"`

	// Continued counts how often a true ring was matched on two nights running;
	// Switches, how often its match had another ID on the second.
	Continued  int     `json:"continued"`
	Switches   int     `json:"switches"`
	SwitchRate float64 `json:"switch_rate"`

	// Flagged counts the IDs that were ever flagged; Flaps, those that were gone
	// and back within [NightsOptions.Within].
	Flagged  int     `json:"flagged"`
	Flaps    int     `json:"flaps"`
	FlapRate float64 `json:"flap_rate"`

	Detection Detection        `json:"detection"`
	Life      []LifeAgreement  `json:"life"`           // splits, then merges
	PerRing   []NightsDetected `json:"per_ring"`       // by true ring
	Loss      []LossShare      `json:"loss,omitempty"` // by currency
}

// Detection counts nights from a ring's third account to go bad, the first
// night after which is 1, to the first night that flags the ring.
type Detection struct {
	Rings    int `json:"rings"`    // whose third account went bad in the time of the series
	Detected int `json:"detected"` // of them
	// Median and P90 are over all of Rings by nearest rank; absent where the
	// ring at that rank was never flagged.
	Median *int `json:"median,omitempty"`
	P90    *int `json:"p90,omitempty"`
}

// NightsDetected is when one true ring was first flagged.
type NightsDetected struct {
	Ring    string     `json:"ring"`
	Third   graph.Time `json:"third"`            // when its third account went bad
	Flagged graph.Time `json:"flagged,omitzero"` // zero: never
	Nights  int        `json:"nights,omitempty"` // as in [Detection]; 0: never
}

// MeasureNights measures a series in the order given. A true ring of a night is
// the accounts of one ring that had gone bad by then, three at least; what
// splits off later is still of the ring. (Truth does not say who came from where
// before a merger, so merged rings count as one throughout.) A flagged ring
// warns of the true ring that at least three and half of its accounts are of.
// Time: O(nights · accounts).
func MeasureNights(ctx context.Context, t *Truth, nights []Night, o NightsOptions) (*Nights, error) {
	if o.Threshold == 0 {
		o.Threshold = .5
	}
	if o.Within == 0 {
		o.Within = 7 * 24 * time.Hour
	}
	r := &Nights{Nights: len(nights)}
	warned := make(map[string]graph.Time) // first flag by true ring
	before := make(map[string]string)     // ID of the match last night, by true ring
	var seen flags
	var told []toldEvent
	for _, night := range nights {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		truth, found := t.ringsBy(night.At), flagged(night.Run, o.Threshold)
		r.Flaps += seen.note(found, night.At, o.Within)
		before = r.follow(truth, found, before)
		for ring := range t.warnings(found, night.At) {
			if !warned[ring].Known() {
				warned[ring] = night.At
			}
		}
		told = append(told, t.told(night, found)...)
	}
	r.Flagged = len(seen.last)
	r.SwitchRate, r.FlapRate = ratio(r.Switches, r.Continued), ratio(r.Flaps, r.Flagged)
	r.detection(t, nights, warned)
	r.Life = t.lifeAgreement(told, o.Within)
	if o.Graph != nil {
		r.Loss = t.lossBefore(o.Graph, warned)
	}
	return r, nil
}

// ringsBy are the true rings as far as they had come about.
func (t *Truth) ringsBy(at graph.Time) []group {
	of := make(map[string][]string)
	for account, m := range t.Members {
		if m.FirstBad <= at {
			ring := t.ringAt(m.Ring, at)
			of[ring] = append(of[ring], account)
		}
	}
	var list []group
	for _, id := range slices.Sorted(maps.Keys(of)) {
		if len(of[id]) >= minRing {
			slices.Sort(of[id])
			list = append(list, group{id, of[id]})
		}
	}
	return list
}

// ringAt is the ring that a ring was still part of at a time.
func (t *Truth) ringAt(ring string, at graph.Time) string {
	for _, e := range t.Life {
		if e.Event == "split" && e.Other == ring && at < e.At {
			return e.Ring
		}
	}
	return ring
}

// follow compares the matches of a night with those of the night before and
// returns them.
func (r *Nights) follow(truth, found []group, before map[string]string) map[string]string {
	now := make(map[string]string)
	for i, f := range match(truth, found, overlaps(truth, place(found))) {
		if f < 0 {
			continue
		}
		ring := truth[i].id
		now[ring] = found[f].id
		if id, ok := before[ring]; ok {
			r.Continued++
			if id != found[f].id {
				r.Switches++
			}
		}
	}
	return now
}

// flags remembers on which night each ID was last flagged, and the night before
// the present one.
type flags struct {
	last     map[string]graph.Time
	previous graph.Time
}

// note takes the flagged rings of a night and counts those that were gone and
// are back.
func (f *flags) note(found []group, at graph.Time, within time.Duration) (back int) {
	if f.last == nil {
		f.last = make(map[string]graph.Time)
	}
	for _, g := range found {
		last, ok := f.last[g.id]
		if ok && last < f.previous && at.Sub(last) <= within {
			back++
		}
		f.last[g.id] = at
	}
	f.previous = at
	return back
}

// warnings are the true rings that flagged rings are mostly made of. A warning
// of a ring that splits later is one of both parts.
func (t *Truth) warnings(found []group, at graph.Time) map[string]bool {
	out := make(map[string]bool)
	for _, g := range found {
		count, whole := make(map[string]int), make(map[string]int)
		for _, a := range g.accounts {
			if m, ok := t.Members[a]; ok {
				count[m.Ring]++
				whole[t.ringAt(m.Ring, at)]++
			}
		}
		for ring := range count {
			if n := whole[t.ringAt(ring, at)]; n >= minRing && 2*n >= len(g.accounts) {
				out[ring] = true
			}
		}
	}
	return out
}

// oneNight is what lies between two runs of a series, as a rule.
const oneNight = 24 * time.Hour

// detection counts nights to the first flags.
func (r *Nights) detection(t *Truth, nights []Night, warned map[string]graph.Time) {
	const never = math.MaxInt
	if len(nights) == 0 {
		return
	}
	r.PerRing = []NightsDetected{}
	var waits []int
	for _, g := range t.ringsBy(nights[len(nights)-1].At) {
		var bad []graph.Time
		for _, a := range g.accounts {
			bad = append(bad, t.Members[a].FirstBad)
		}
		slices.Sort(bad)
		if bad[minRing-1] <= nights[0].At.Add(-oneNight) {
			continue // it was there before the series began
		}
		d := NightsDetected{Ring: g.id, Third: bad[minRing-1], Flagged: warned[g.id]}
		wait := never
		if d.Flagged.Known() {
			r.Detection.Detected++
			for _, night := range nights {
				if night.At >= d.Third && night.At <= d.Flagged {
					d.Nights++
				}
			}
			wait = d.Nights
		}
		waits = append(waits, wait)
		r.PerRing = append(r.PerRing, d)
	}
	slices.Sort(waits)
	r.Detection.Rings = len(waits)
	rank := func(q float64) *int {
		if len(waits) == 0 {
			return nil
		}
		w := waits[int(math.Ceil(q*float64(len(waits))))-1]
		if w == never {
			return nil
		}
		return &w
	}
	r.Detection.Median, r.Detection.P90 = rank(.5), rank(.9)
}
