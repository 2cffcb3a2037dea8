package engine

import (
	"fmt"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// needy is a detector that says itself what the data do not tell it.
type needy interface{ lacks() []Lack }

// lacksLinks is the lack of all links of a type, without which nothing can be
// found.
func (d *ground) lacksLinks(t graph.LinkType, what, column string) []Lack {
	if _, ok := d.g.TypeIndex(t); ok {
		return nil
	}
	return []Lack{{what, column, true}}
}

// lacks says, by detector, what the data do not tell it.
func (d *ground) lacks() map[string][]Lack {
	out := make(map[string][]Lack)
	need := func(detector, what, column string) {
		out[detector] = append(out[detector], Lack{what, column, true})
	}
	miss := func(detector, what, column string) {
		out[detector] = append(out[detector], Lack{what, column, false})
	}
	things, identifiers, dated, first := 0, 0, 0, 0
	for _, k := range sortedKeys(d.pop.kinds) {
		s := d.pop.kinds[k]
		identifiers, first = identifiers+s.identifiers, first+s.first
		if d.rules[k].NewOwner {
			things += s.identifiers
			dated += s.first
		}
	}
	if identifiers == 0 {
		need(policy.DetectorShared, "no account is linked to an identifier that may tie", "uses.identifier")
	} else if first == 0 {
		miss(policy.DetectorShared, "sightings have no times", "uses.at")
	}
	switch {
	case things == 0:
		need(policy.DetectorTakeover, "no sightings of devices or other things that accounts are taken over with", "uses.identifier")
	case dated == 0:
		need(policy.DetectorTakeover, "sightings have no times", "uses.at")
	case d.pop.debits == 0:
		need(policy.DetectorTakeover, "no payments", "payments.id")
	case d.pop.receivers == 0:
		miss(policy.DetectorTakeover, "payments name no beneficiary", "payments.beneficiary")
	}
	if len(d.pop.opened) == 0 {
		miss(policy.DetectorTakeover, "no account says when it was opened", "accounts.opened_at")
		miss(policy.DetectorShared, "no account says when it was opened", "accounts.opened_at")
	}
	for _, det := range detectors(d) {
		if n, ok := det.(needy); ok {
			out[det.name()] = n.lacks()
		}
	}
	return out
}

// notes says, in words, what the run could not look for in these data, so that
// an empty result explains itself.
func (d *ground) notes() []string {
	notes := []string{}
	if d.pop.accounts == 0 {
		return append(notes, "the data holds no accounts")
	}
	lacks := d.lacks()
	names := []string{policy.DetectorShared, policy.DetectorTakeover}
	for _, det := range detectors(d) {
		if _, ok := det.(needy); ok {
			names = append(names, det.name())
		}
	}
	for _, detector := range names {
		for _, l := range lacks[detector] {
			if l.Needed {
				notes = append(notes, detector+": "+l.What)
			}
		}
	}
	return append(notes, d.apart()...)
}

// apart says which links the policy leaves out as a whole.
func (d *ground) apart() []string {
	if d.assoc < 0 || !d.never[d.assoc] {
		return nil
	}
	n := 0
	for l := range graph.LinkID(d.g.Links()) {
		if int(d.g.TypeOf(l)) == d.assoc {
			n++
		}
	}
	return []string{fmt.Sprintf("%d ASSOCIATED links do not tie under policy %s (associated.tie)", n, d.policy.Name)}
}

// counted is a number beside its noun, in the singular for one.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
