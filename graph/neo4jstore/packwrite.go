package neo4jstore

import (
	"maps"
	"slices"

	"ringleader/graph"
)

// packState is what the state node says of packs. Every observed fact stands in
// one pack if whole: in one of the revision that brought it, or in one of the
// revision packed, which have all facts that came up to it.
//
// The counts guard against others who delete nodes, relationships or packs: a
// scan that finds other numbers reads the graph. They hold while whole does. Who
// deletes a relationship of ours and draws one of its type between our nodes is
// seen by a check only.
type packState struct {
	whole    bool
	packed   int64
	packings int64 // how often packs were made anew
	packs    int64 // the number of the last one

	facts, attrs, nodes int64                    // observed facts, those about nodes, our nodes
	links               map[graph.LinkType]int64 // our relationships
}

// clone is a copy that has counts of its own.
func (s *state) clone() state {
	c := *s
	c.links = maps.Clone(s.links)
	return c
}

// counts are the types and how many relationships there are of each.
func (s *packState) counts() (types []string, links []int64) {
	for _, t := range slices.Sorted(maps.Keys(s.links)) {
		types, links = append(types, string(t)), append(links, s.links[t])
	}
	return types, links
}

// home is the revision of the pack of a fact.
func (s *packState) home(e *entry) int64 { return max(int64(e.added), s.packed) }

// row is the properties of a pack.
func (s *packState) row(seq, rev int64, facts []packedFact) map[string]any {
	data, first, last := encodePack(facts)
	return map[string]any{"seq": seq, "rev": rev, "first": first, "last": last,
		"facts": len(facts), "size": len(data), "data": data}
}

// fresh makes a pack, of facts of one revision.
func (s *packState) fresh(tx transaction, rev int64, facts []packedFact) error {
	s.packs++
	return tx.do(cypherMakePack, map[string]any{"pack": s.row(s.packs, rev, facts)})
}

// packFresh packs the facts that came in this transaction.
func (a *applier) packFresh() error {
	p := packing{write: func(facts []packedFact) error { return a.state.fresh(a.transaction, a.state.revision, facts) }}
	add := func(of pair, r *record) error {
		more := int64(len(r.fresh) - len(r.gone))
		if a.state.facts += more; of.typ == "" {
			a.state.attrs += more
		}
		if !a.state.whole {
			return nil
		}
		for i := range r.fresh {
			if err := p.add(of, &r.fresh[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if err := a.records(add); err != nil {
		return err
	}
	return p.flush()
}

// records calls f with every record that is worked on, and what it is about.
func (a *applier) records(f func(pair, *record) error) error {
	for _, n := range a.nodeList {
		if err := f(pair{from: n.ref}, &n.record); err != nil {
			return err
		}
	}
	for _, l := range a.linkList {
		if err := f(l.pair, &l.record); err != nil {
			return err
		}
	}
	return nil
}

// lostFacts are facts that went, of the packs of one revision.
type lostFacts struct {
	about map[graph.Ref]bool
	keys  map[string]bool // of factKey
}

// takeFromPacks takes the facts that went out of their packs, so that nothing of
// them is left there. It notes which pack had each: a scan under way that has
// not come to that pack finds them among the tombstones. A fact that no pack has
// makes an end of reading packs, until they are made anew.
func (a *applier) takeFromPacks() error {
	a.packOf = map[string]int64{}
	if a.state.packs == 0 {
		return nil
	}
	lost := map[int64]*lostFacts{}
	n := 0
	note := func(of pair, r *record) error {
		for i := range r.gone {
			home := a.state.home(&r.gone[i])
			if lost[home] == nil {
				lost[home] = &lostFacts{map[graph.Ref]bool{}, map[string]bool{}}
			}
			lost[home].about[of.from] = true
			lost[home].keys[factKey(of, &r.gone[i])] = true
			n++
		}
		return nil
	}
	if err := a.records(note); err != nil {
		return err
	}
	for _, rev := range slices.Sorted(maps.Keys(lost)) {
		if err := a.takeFromPacksOf(rev, lost[rev]); err != nil {
			return err
		}
	}
	if len(a.packOf) < n {
		a.state.whole = false
	}
	return nil
}

func (a *applier) takeFromPacksOf(rev int64, lost *lostFacts) error {
	refs := make([]string, 0, len(lost.about))
	for r := range lost.about {
		refs = append(refs, r.String())
	}
	slices.Sort(refs)
	v, err := a.one(cypherPacksOf, map[string]any{"rev": rev})
	if err != nil {
		return err
	}
	firsts, lasts := texts(v[1]), texts(v[2])
	for i, seq := range v[0].([]any) {
		at, found := slices.BinarySearch(refs, firsts[i])
		if !found && (at == len(refs) || refs[at] > lasts[i]) {
			continue // it is about none of them
		}
		if err := a.takeFromPack(seq.(int64), rev, lost); err != nil {
			return err
		}
	}
	return nil
}

func (a *applier) takeFromPack(seq, rev int64, lost *lostFacts) error {
	v, err := a.one(cypherPacks, map[string]any{"first": seq, "last": seq})
	if err != nil {
		return err
	}
	facts, err := unpack(v[0].([]byte))
	if err != nil { // nobody can say what of it went, so all of it goes
		a.state.whole = false
		return a.do(cypherDropPack, map[string]any{"seq": seq})
	}
	all := len(facts)
	facts = slices.DeleteFunc(facts, func(f packedFact) bool {
		if !lost.about[f.from] {
			return false
		}
		key := factKey(f.pair, &f.entry)
		if lost.keys[key] {
			a.packOf[key] = seq
		}
		return lost.keys[key]
	})
	switch len(facts) {
	case all:
		return nil
	case 0:
		return a.do(cypherDropPack, map[string]any{"seq": seq})
	}
	return a.do(cypherSetPack, map[string]any{"pack": a.state.row(seq, rev, facts)})
}
