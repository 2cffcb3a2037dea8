package neo4jstore

import (
	"maps"
	"slices"
	"strings"
	"time"

	"ringleader/graph"
)

// record is what stands in one node or relationship: its facts, and how they
// stood before the transaction.
type record struct {
	id       int64 // internal, of this transaction; negative if it is not there yet
	observed []entry
	derived  []entry

	before  []entry // both kinds as they were read, for the view to be replaced
	gone    []entry // observed facts that went in this transaction
	fresh   []entry // observed facts that came in this transaction
	dirty   bool    // anything differs, if only a source
	changed bool    // an observed fact came or went
}

const notThere = -1

// decodeRecord fills in what was read from the database.
func decodeRecord(r *record, id int64, observed, derived []byte) (err error) {
	r.id = id
	if r.observed, err = decodeEntries(observed); err != nil {
		return err
	}
	if r.derived, err = decodeEntries(derived); err != nil {
		return err
	}
	r.before = joined(r.observed, r.derived)
	return nil
}

// add states a fact. One that went in this transaction was never away.
func (r *record) add(e entry, derived bool) {
	if derived {
		if i, ok := find(r.derived, &e); !ok {
			r.derived = slices.Insert(r.derived, i, e)
			r.dirty = true
		}
		return
	}
	i, ok := find(r.observed, &e)
	if ok {
		if r.observed[i].addSources(e.sources) {
			r.dirty = true
		}
		return
	}
	r.dirty = true
	if j, ok := find(r.gone, &e); ok {
		e.added = r.gone[j].added
		r.gone = slices.Delete(r.gone, j, j+1)
	} else {
		r.fresh = append(r.fresh, e)
	}
	r.observed = slices.Insert(r.observed, i, e)
}

// dropInputs takes back the sources with one of the inputs, and the facts that
// have no other.
func (r *record) dropInputs(inputs map[uint64]bool) {
	kept := make([]entry, 0, len(r.observed))
	for _, e := range r.observed {
		left := slices.DeleteFunc(slices.Clone(e.sources), func(s source) bool { return inputs[s.input] })
		switch {
		case len(left) == len(e.sources):
			kept = append(kept, e)
			continue
		case len(left) == 0:
			r.gone = append(r.gone, e)
		default:
			e.sources = left
			kept = append(kept, e)
		}
		r.dirty = true
	}
	r.observed = kept
}

// dropAll takes back every fact, or every derived one only.
func (r *record) dropAll(derivedOnly bool) {
	if len(r.derived) > 0 {
		r.derived, r.dirty = nil, true
	}
	if !derivedOnly && len(r.observed) > 0 {
		r.gone = append(r.gone, r.observed...)
		slices.SortFunc(r.gone, func(x, y entry) int { return compareContent(&x, &y) })
		r.observed, r.dirty = nil, true
	}
}

func find(entries []entry, e *entry) (int, bool) {
	return slices.BinarySearchFunc(entries, e, func(have entry, e *entry) int { return compareContent(&have, e) })
}

// settle says whether observed facts came or went.
func (r *record) settle() { r.changed = len(r.gone) > 0 || len(r.fresh) > 0 }

// empty reports whether no fact is left.
func (r *record) empty() bool { return len(r.observed) == 0 && len(r.derived) == 0 }

// stored are the properties that hold the facts. A property of nil is taken
// away.
func (r *record) stored() map[string]any {
	m := map[string]any{
		"_n": len(r.observed), "_d": len(r.derived),
		"_facts": nil, "_derived": nil, "_inputs": nil,
	}
	if len(r.observed) > 0 {
		m["_facts"] = encodeEntries(r.observed)
		m["_inputs"] = inputsOf(r.observed)
	}
	if len(r.derived) > 0 {
		m["_derived"] = encodeEntries(r.derived)
	}
	return m
}

// nodeProperties are all properties of a new node but its reference.
func (r *record) nodeProperties(of graph.Ref) map[string]any {
	m := viewNode(joined(r.observed, r.derived))
	maps.Copy(m, r.stored())
	m["key"] = of.Key
	return m
}

// linkProperties are all properties of a new relationship.
func (r *record) linkProperties() map[string]any {
	m := viewLink(joined(r.observed, r.derived))
	maps.Copy(m, r.stored())
	return m
}

// inputsOf are the numbers of the inputs of facts, ascending: what a revert
// looks for.
func inputsOf(entries []entry) []int64 {
	var inputs []int64
	for i := range entries {
		for _, s := range entries[i].sources {
			if !slices.Contains(inputs, int64(s.input)) {
				inputs = append(inputs, int64(s.input))
			}
		}
	}
	slices.Sort(inputs)
	return inputs
}

// joined is observed and derived facts together, in the order of time.
func joined(observed, derived []entry) []entry {
	all := slices.Concat(observed, derived)
	if len(observed) > 0 && len(derived) > 0 {
		slices.SortFunc(all, func(x, y entry) int { return compareContent(&x, &y) })
	}
	return all
}

// replace puts the view of the facts into m, and takes away what the view of
// before had and this one lacks. Properties that others gave our nodes stay.
func (r *record) replace(m map[string]any, view func([]entry) map[string]any) {
	if r.id >= 0 {
		for name := range view(r.before) {
			m[name] = nil
		}
	}
	for name, value := range view(joined(r.observed, r.derived)) {
		m[name] = value
	}
}

// dataPrefix begins the names of properties whose own name would be taken for
// one of ours.
const dataPrefix = "data:"

// viewName is the name under which a property of the data is shown. Different
// names stay different.
func viewName(name string, ours []string) string {
	if strings.HasPrefix(name, "_") || strings.HasPrefix(name, dataPrefix) || slices.Contains(ours, name) {
		return dataPrefix + name
	}
	return name
}

var nodeNames = []string{"ref", "key"}

// viewNode is the properties of a node that hold: of each name the latest
// statement, then the greatest value. Events are no properties.
func viewNode(statements []entry) map[string]any {
	m := map[string]any{}
	for i := range statements { // in the order of time, then of values
		if name := statements[i].name; name != "" && !strings.HasPrefix(name, graph.EventPrefix) {
			m[viewName(name, nodeNames)] = statements[i].body
		}
	}
	return m
}

// offsetZero makes the driver send a time with an offset and not with the name
// of a zone, which costs the server a third more to store a link.
var offsetZero = time.FixedZone("Offset", 0)

var linkNames = []string{"count", "first_seen", "last_seen", "at", "until", "event", "amount", "weight"}

// viewFacts is how many facts of a relationship are listed for people.
const viewFacts = 100

// viewLink is what a person sees of a relationship: how many facts, from when
// to when, and the latest ones as parallel lists. Lists that would hold nothing
// are left out.
func viewLink(facts []entry) map[string]any {
	m := map[string]any{"count": len(facts)}
	for i := range facts {
		if facts[i].at.Known() {
			m["first_seen"] = facts[i].at.Std().In(offsetZero)
			m["last_seen"] = facts[len(facts)-1].at.Std().In(offsetZero)
			break
		}
	}
	facts = facts[max(0, len(facts)-viewFacts):]
	list := func(name string, i int, value string) {
		if value == "" {
			return
		}
		have, ok := m[name].([]string)
		if !ok {
			have = make([]string, len(facts))
			m[name] = have
		}
		have[i] = value
	}
	var weights []float64
	for i := range facts {
		e := &facts[i]
		list("at", i, e.at.String())
		list("until", i, e.until.String())
		list("event", i, e.name)
		var l graph.Link
		if l.SetBody([]byte(e.body)) != nil {
			continue // a check reports it
		}
		list("amount", i, l.Money.String())
		for _, p := range l.Props {
			list(viewName(p.Name, linkNames), i, p.Value)
		}
		if l.Weight != 0 {
			if weights == nil {
				weights = make([]float64, len(facts))
				m["weight"] = weights
			}
			weights[i] = l.Weight
		}
	}
	return m
}
