package neo4jstore

import (
	"fmt"
	"maps"
	"slices"

	"ringleader/graph"
)

// retract takes back what the batch says. A derived batch takes back derived
// facts only.
func (a *applier) retract() error {
	r := a.batch.Retract
	if len(r.Inputs) > 0 && !a.batch.Derived {
		if err := a.retractInputs(r.Inputs); err != nil {
			return err
		}
	}
	for _, t := range r.Types {
		if err := a.retractType(t); err != nil {
			return err
		}
	}
	if len(r.Refs) > 0 {
		return a.retractRefs(r.Refs)
	}
	return nil
}

// retractType takes back every derived link of a type.
func (a *applier) retractType(t graph.LinkType) error {
	pairs, err := a.pairs(cypherDerivedOfType(t), nil)
	if err != nil {
		return err
	}
	if err := a.loadTargets(nil, pairs); err != nil {
		return err
	}
	for _, l := range a.linkList {
		if l.typ == t {
			l.dropAll(true)
		}
	}
	return nil
}

func (a *applier) retractInputs(ids []string) error {
	numbers, err := findInputs(a.transaction, ids)
	if err != nil || len(numbers) == 0 {
		return err
	}
	inputs := map[uint64]bool{}
	var list []int64
	for _, id := range slices.Sorted(maps.Keys(numbers)) {
		inputs[numbers[id]] = true
		list = append(list, int64(numbers[id]))
	}
	refs, err := a.nodesOfInputs(list)
	if err != nil {
		return err
	}
	pairs, err := a.pairs(cypherLinksOfInputs, map[string]any{"inputs": list})
	if err != nil {
		return err
	}
	if err := a.loadTargets(refs, pairs); err != nil {
		return err
	}
	for _, n := range a.nodeList {
		n.dropInputs(inputs)
	}
	for _, l := range a.linkList {
		l.dropInputs(inputs)
	}
	return a.do(cypherForgetInputs, map[string]any{"ids": slices.Sorted(maps.Keys(numbers))})
}

func (a *applier) nodesOfInputs(inputs []int64) ([]graph.Ref, error) {
	v, err := a.one(cypherNodesOfInputs, map[string]any{"inputs": inputs})
	if err != nil {
		return nil, err
	}
	return parseRefs(v[0].([]any))
}

func (a *applier) retractRefs(refs []graph.Ref) error {
	about := make(map[graph.Ref]bool, len(refs))
	names := make([]any, 0, len(refs))
	for _, r := range refs {
		if r.Validate() == nil && !about[r] { // what is no reference is nowhere
			about[r] = true
			names = append(names, r.String())
		}
	}
	var pairs []pair
	for part := range slices.Chunk(names, chunk) {
		more, err := a.pairs(cypherLinksOfRefs, map[string]any{"refs": part})
		if err != nil {
			return err
		}
		pairs = append(pairs, more...)
	}
	if err := a.loadTargets(refs, pairs); err != nil {
		return err
	}
	for _, n := range a.nodeList {
		if about[n.ref] {
			n.dropAll(a.batch.Derived)
		}
	}
	for _, l := range a.linkList {
		if about[l.from] || about[l.to] {
			l.dropAll(a.batch.Derived)
		}
	}
	return nil
}

// pairs runs a query that yields a type and the ends of its relationships.
func (a *applier) pairs(query string, params map[string]any) ([]pair, error) {
	rows, err := a.rows(query, params)
	if err != nil {
		return nil, err
	}
	var pairs []pair
	for _, row := range rows {
		t, err := graph.ParseLinkType(row.Values[0].(string))
		if err != nil {
			return nil, fmt.Errorf("relationship in the database: %w", err)
		}
		from, err := parseRefs(row.Values[1].([]any))
		if err != nil {
			return nil, err
		}
		to, err := parseRefs(row.Values[2].([]any))
		if err != nil {
			return nil, err
		}
		for i := range from {
			pairs = append(pairs, pair{from[i], t, to[i]})
		}
	}
	return pairs, nil
}

// loadTargets reads what is to be retracted: nodes, and relationships with
// their ends.
func (a *applier) loadTargets(refs []graph.Ref, pairs []pair) error {
	refs = slices.Clone(refs)
	for _, p := range pairs {
		refs = append(refs, p.from, p.to)
	}
	slices.SortFunc(refs, graph.Ref.Compare)
	if err := a.loadNodes(slices.Compact(refs), false); err != nil {
		return err
	}
	return a.loadLinks(pairs, false)
}

// parseRefs reads references that the database holds.
func parseRefs(list []any) ([]graph.Ref, error) {
	refs := make([]graph.Ref, len(list))
	for i, v := range list {
		r, err := graph.ParseRef(v.(string))
		if err != nil {
			return nil, fmt.Errorf("node in the database: %w", err)
		}
		refs[i] = r
	}
	return refs, nil
}
