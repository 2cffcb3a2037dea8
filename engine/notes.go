package engine

import (
	"fmt"

	"ringleader/graph"
)

// notes says, in words, what the run could not look for in these data, so that
// an empty result explains itself.
func (d *ground) notes() []string {
	notes := []string{}
	if d.pop.accounts == 0 {
		return append(notes, "the data holds no accounts")
	}
	things, identifiers, dated := 0, 0, 0
	for _, k := range sortedKeys(d.pop.kinds) {
		s := d.pop.kinds[k]
		identifiers += s.identifiers
		if d.rules[k].NewOwner {
			things += s.identifiers
			dated += s.first
		}
	}
	if identifiers == 0 {
		notes = append(notes, nameShared+": no account is linked to an identifier that may tie")
	}
	switch {
	case things == 0:
		notes = append(notes, nameTakeover+": no sightings of devices or other things that accounts are taken over with")
	case dated == 0:
		notes = append(notes, nameTakeover+": sightings have no times")
	case d.pop.debits == 0:
		notes = append(notes, nameTakeover+": no payments")
	}
	if d.assoc >= 0 && d.never[d.assoc] {
		n := 0
		for l := range graph.LinkID(d.g.Links()) {
			if int(d.g.TypeOf(l)) == d.assoc {
				n++
			}
		}
		notes = append(notes, fmt.Sprintf("%d ASSOCIATED links do not tie under policy %s (associated.tie)", n, d.policy.Name))
	}
	return notes
}
