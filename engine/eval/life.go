package eval

import (
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"ringleader/graph"
	"ringleader/loaders"
)

// LifeEvent is something planted in the life of a ring.
type LifeEvent struct {
	At    graph.Time
	Ring  string
	Event string // split, merge, dormant, return, swap
	Other string // the ring that it splits off or merges with; empty if none
}

// LifeAgreement compares the splits (or merges) that lineage tells with those
// that were planted.
type LifeAgreement struct {
	Event   string `json:"event"`
	Planted int    `json:"planted"`
	Told    int    `json:"told"`
	Right   int    `json:"right"` // told of the right ring, in time
	Agreement
}

// LossShare is how much of the loss in one currency had come about when its
// ring was first flagged; what rings that never were took counts whole.
type LossShare struct {
	Currency string  `json:"currency"`
	Share    float64 `json:"share"`
}

// readLife reads truth/nights.csv.
func (t *Truth) readLife(r io.Reader) error {
	return eachRow(r, []string{"at", "ring", "event", "other"}, 3, func(v []string) error {
		e := LifeEvent{Ring: v[1], Event: v[2], Other: v[3]}
		var err error
		if e.At, err = loaders.ParseTime(v[0], time.UTC); err != nil {
			return err
		}
		t.Life = append(t.Life, e)
		return nil
	})
}

// toldEvent is a split or merge that a run tells of.
type toldEvent struct {
	at    graph.Time
	event string
	rings []string // true rings that the accounts are of, ascending
}

// told are the splits and merges in the lineage of flagged rings that happened
// on this night. Both halves of a split tell of it: one event of a kind per
// true ring and night.
func (t *Truth) told(night Night, found []group) []toldEvent {
	accounts := make(map[string][]string)
	for _, g := range found {
		accounts[g.id] = g.accounts
	}
	var out []toldEvent
	seen := make(map[string]bool)
	for i := range night.Run.Rings {
		r := &night.Run.Rings[i]
		if _, ok := accounts[r.ID]; !ok || len(r.Lineage) == 0 {
			continue
		}
		last := r.Lineage[len(r.Lineage)-1]
		if last.Run != night.Run.Info.ID || last.Event != "split" && last.Event != "merge" {
			continue
		}
		e := toldEvent{night.At, last.Event, t.ringsOf(accounts[r.ID])}
		key := last.Event + " " + strings.Join(e.rings, " ")
		if len(e.rings) == 0 {
			key += r.ID
		}
		if !seen[key] {
			seen[key] = true
			out = append(out, e)
		}
	}
	return out
}

// ringsOf are the true rings of accounts, ascending.
func (t *Truth) ringsOf(accounts []string) []string {
	of := make(map[string]bool)
	for _, a := range accounts {
		if m, ok := t.Members[a]; ok {
			of[m.Ring] = true
		}
	}
	return slices.Sorted(maps.Keys(of))
}

// lifeAgreement pairs told with planted events, each once, in order of time: of
// one kind, of one of the rings, and told on the day or within the span after.
func (t *Truth) lifeAgreement(told []toldEvent, within time.Duration) []LifeAgreement {
	out := []LifeAgreement{{Event: "split"}, {Event: "merge"}}
	for i := range out {
		x := &out[i]
		used := make([]bool, len(t.Life))
		for _, e := range t.Life {
			if e.Event == x.Event {
				x.Planted++
			}
		}
		for _, said := range told {
			if said.event != x.Event {
				continue
			}
			x.Told++
			p := slices.IndexFunc(t.Life, func(e LifeEvent) bool {
				return e.Event == x.Event && said.at >= e.At && said.at.Sub(e.At) <= within &&
					(slices.Contains(said.rings, e.Ring) || slices.Contains(said.rings, e.Other))
			})
			if p >= 0 && !used[p] {
				used[p] = true
				x.Right++
			}
		}
		x.Agreement = agreement(ratio(x.Right, x.Told), ratio(x.Right, x.Planted))
	}
	return out
}

// lossBefore is the share of loss up to the first flag of each ring. Debits
// whose event g does not hold are left out.
func (t *Truth) lossBefore(g *graph.Snapshot, warned map[string]graph.Time) []LossShare {
	at := make(map[string]graph.Time)
	for _, d := range t.Debits {
		at[d.Event] = 0
	}
	for l := range graph.LinkID(g.Links()) {
		if _, ok := at[g.Event(l)]; ok {
			at[g.Event(l)] = g.At(l)
		}
	}
	early, all := make(map[string]float64), make(map[string]float64)
	for _, d := range t.Debits {
		when := at[d.Event]
		if !when.Known() {
			continue
		}
		all[d.Amount.Currency] += d.Amount.Float()
		if flag := warned[d.Ring]; !flag.Known() || when <= flag {
			early[d.Amount.Currency] += d.Amount.Float()
		}
	}
	out := []LossShare{}
	for _, currency := range slices.Sorted(maps.Keys(all)) {
		if all[currency] > 0 {
			out = append(out, LossShare{currency, early[currency] / all[currency]})
		}
	}
	return out
}
