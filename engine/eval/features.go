package eval

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"ringleader/graph"
)

// features are single numbers about each account, such as anybody would think
// of first: how many devices it has, how many accounts are on its busiest one,
// what it pays. None looks further than one step.
func (s *sharing) features() map[string][]float64 {
	out := make(map[string][]float64)
	set := func(name string, v graph.Vertex, value func(old float64) float64) {
		if out[name] == nil {
			out[name] = make([]float64, s.accounts())
		}
		i := s.index(v)
		out[name][i] = value(out[name][i])
	}
	for _, id := range s.ids {
		kind := string(s.g.Kind(id))
		for _, a := range s.users[id] {
			set(kind+"_count", a, plusOne)
			set(kind+"_most_shared", a, atLeast(float64(len(s.users[id]))))
		}
	}
	for v := s.lo; v < s.hi; v++ {
		for name, value := range s.own(v) {
			set(name, v, func(float64) float64 { return value })
		}
	}
	return out
}

func plusOne(old float64) float64 { return old + 1 }

func atLeast(n float64) func(float64) float64 {
	return func(old float64) float64 { return max(old, n) }
}

// own are the features of one account that do not concern sharing: what it
// states, its payments and transfers.
func (s *sharing) own(v graph.Vertex) map[string]float64 {
	f := make(map[string]float64)
	for _, name := range []string{"opened_at", "two_factor", "customer"} {
		value := s.g.Value(v, name)
		var t graph.Time
		if t.UnmarshalText([]byte(value)) == nil && t.Known() {
			f[name] = float64(t)
		} else if value == "yes" || value == "true" {
			f[name] = 1
		}
	}
	others := make(map[graph.LinkType]map[graph.Vertex]bool)
	for l, hi := s.g.Out(v); l < hi; l++ {
		if t := s.g.Type(l); s.isEvent(l) {
			s.addEvent(f, "out", l)
			if others[t] == nil {
				others[t] = make(map[graph.Vertex]bool)
			}
			others[t][s.g.To(l)] = true
		}
	}
	for _, l := range s.g.In(v) {
		if s.isEvent(l) {
			s.addEvent(f, "in", l)
		}
	}
	for t, set := range others {
		f[strings.ToLower(string(t))+"_distinct"] = float64(len(set))
	}
	return f
}

// isEvent tells what an account does from what it has.
func (s *sharing) isEvent(l graph.LinkID) bool {
	return s.g.Type(l) != graph.SightingType(s.g.Kind(s.g.To(l))) && s.g.Type(l) != graph.OwnedBy
}

func (s *sharing) addEvent(f map[string]float64, way string, l graph.LinkID) {
	name := strings.ToLower(string(s.g.Type(l))) + "_" + way
	f[name+"_count"]++
	if m := s.g.Money(l); m.Known {
		f[name+"_sum"] += m.Float()
		f[name+"_largest"] = max(f[name+"_largest"], m.Float())
	}
	for _, prop := range []string{"status", "auth"} {
		if value := s.g.Prop(l, prop); value != "" {
			f[name+"_"+value]++
		}
	}
	if at := s.g.At(l); at.Known() {
		f[name+"_hour_"+strconv.Itoa(at.Std().UTC().Hour()/6*6)]++
	}
}

// bestFeature is the feature that alone tells members best, whichever way it
// points, and its AUROC.
func (s *sharing) bestFeature(t *Truth) (name string, auroc float64) {
	member := make([]bool, s.accounts())
	positives := 0
	for v := s.lo; v < s.hi; v++ {
		if _, ok := t.Members[s.g.Ref(v).Key]; ok {
			member[s.index(v)] = true
			positives++
		}
	}
	if positives == 0 || positives == len(member) {
		return "", .5
	}
	all := s.features()
	for _, f := range slices.Sorted(maps.Keys(all)) {
		a := rankArea(all[f], member, positives)
		if a = max(a, 1-a); a > auroc {
			name, auroc = f, a
		}
	}
	return name, auroc
}

// rankArea is the AUROC of one feature.
func rankArea(values []float64, member []bool, positives int) float64 {
	list := make([]ranked, len(values))
	for i, v := range values {
		list[i] = ranked{v, member[i]}
	}
	sortRanked(list)
	n := Nodes{Accounts: len(list), Positives: positives}
	n.sweep(list)
	return n.AUROC
}
