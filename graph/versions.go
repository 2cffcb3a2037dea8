package graph

import (
	"cmp"
	"slices"
	"strings"
)

// resolveEvents keeps one version of each event: among the links of one type
// and event, the one with the greatest body, then the greatest ends and times.
// A rule over content alone, so no order of loading can change the choice.
// Links are each once. Nearly all events have one version; those that have
// several are found by the types that were seen of each.
func (p *placing) resolveEvents() {
	seen := makeHuge[uint64](p.b.events.Len()) // a bit a type, those from 63 on together
	doubtful := make(map[uint32]bool)
	for at := range p.staying {
		event, bit := p.extras[at].event, uint64(1)<<min(p.rows[at].typ(), 63)
		if event != 0 && seen[event]&bit != 0 {
			doubtful[event] = true
		}
		seen[event] |= bit
	}
	if len(doubtful) == 0 {
		return
	}
	var places []int
	for at := range p.staying {
		if doubtful[p.extras[at].event] {
			places = append(places, at)
		}
	}
	p.drop(p.losers(places))
}

// staying yields the places of links that stay, ascending.
func (p *placing) staying(yield func(at int) bool) {
	for part, n := range p.kept {
		for at := p.parts[part]; at < p.parts[part]+n; at++ {
			if !yield(at) {
				return
			}
		}
	}
}

// drop takes out links by their places, ascending.
func (p *placing) drop(lost []int) {
	for part, n := range p.kept {
		to := p.parts[part]
		for at := to; at < p.parts[part]+n; at++ {
			if len(lost) > 0 && lost[0] == at {
				lost = lost[1:]
				continue
			}
			p.rows[to], p.extras[to] = p.rows[at], p.extras[at]
			to++
		}
		p.kept[part] = to - p.parts[part]
	}
}

// losers are the places of links whose version does not hold, ascending, among
// places of links of events that have several. It notes the conflicts.
func (p *placing) losers(places []int) (lost []int) {
	slices.SortFunc(places, func(i, j int) int {
		x, y, a, b := &p.rows[i], &p.rows[j], p.extras[i], p.extras[j]
		return cmp.Or(cmp.Compare(a.event, b.event), cmp.Compare(x.typ(), y.typ()), p.compareBodies(a, b),
			cmp.Compare(x.from, y.from), cmp.Compare(x.to, y.to), cmp.Compare(x.when, y.when), p.compareExtras(a, b))
	})
	for i := 0; i < len(places); {
		id, typ := p.extras[places[i]].event, p.rows[places[i]].typ()
		j := i + 1
		for j < len(places) && p.extras[places[j]].event == id && p.rows[places[j]].typ() == typ {
			j++
		}
		if j > i+1 {
			lost = append(lost, places[i:j-1]...)
			event := strings.Clone(p.b.events.Text(id))
			p.s.Conflicts = append(p.s.Conflicts, Conflict{event, p.s.types[typ], j - i})
		}
		i = j
	}
	slices.Sort(lost)
	slices.SortFunc(p.s.Conflicts, func(x, y Conflict) int {
		return cmp.Or(cmp.Compare(x.Event, y.Event), cmp.Compare(x.Type, y.Type))
	})
	return lost
}
