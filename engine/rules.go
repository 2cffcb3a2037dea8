package engine

import (
	"fmt"

	"ringleader/engine/policy"
)

// RuleCount says how many rings of a run a rule fits.
type RuleCount struct {
	Rule  string            `json:"rule"`
	Then  policy.RuleAction `json:"then"`
	Rings int               `json:"rings"`
}

// kindRule is the kind of a line that a rule speaks.
const kindRule = "rule"

// finish is the ring of a settled candidate, with what the rules say of it. All
// rules look at the ring as it was before any of them spoke.
func (d *ground) finish(r *candidate) Ring {
	ring := d.ring(r)
	if len(d.ringRules) == 0 {
		return ring
	}
	view := viewOf(&ring)
	var tags []string
	var suppressed string
	lines := len(r.lines)
	for i := range d.ringRules {
		rule := &d.ringRules[i]
		if !rule.Fits(view) {
			continue
		}
		says := rule.When
		if rule.Reason != "" {
			says = rule.Reason
		}
		r.lines = append(r.lines, line{kind: kindRule, bits: rule.By, text: fmt.Sprintf("rule %s (%s): %s", rule.Name, rule.Then, says)})
		ring.Rules = append(ring.Rules, rule.Name)
		switch rule.Then {
		case policy.ActTag:
			tag := rule.Tag
			if tag == "" {
				tag = rule.Name
			}
			tags = append(tags, tag)
		case policy.ActSuppress:
			if suppressed == "" {
				suppressed = rule.Name
			}
		}
	}
	if len(r.lines) == lines {
		return ring
	}
	fired := ring.Rules
	r.sumBits(d.g)
	ring = d.ring(r)
	ring.Rules, ring.Tags, ring.SuppressedBy = fired, distinctStrings(tags), suppressed
	return ring
}

// countRules says, in the policy's order, how many rings each rule fits.
func (d *ground) countRules(run *Run) {
	for i := range d.ringRules {
		run.Info.Rules = append(run.Info.Rules, RuleCount{Rule: d.ringRules[i].Name, Then: d.ringRules[i].Then})
	}
	if len(d.ringRules) == 0 {
		return
	}
	at := make(map[string]int)
	for i := range d.ringRules {
		at[d.ringRules[i].Name] = i
	}
	for i := range run.Rings {
		for _, name := range run.Rings[i].Rules {
			run.Info.Rules[at[name]].Rings++
		}
	}
}

// setAside moves suppressed rings out of the list, in their order.
func setAside(run *Run) {
	kept := run.Rings[:0]
	for _, r := range run.Rings {
		if r.SuppressedBy != "" {
			run.Suppressed = append(run.Suppressed, r)
			continue
		}
		kept = append(kept, r)
	}
	run.Rings = kept
	run.Info.Suppressed = len(run.Suppressed)
}
