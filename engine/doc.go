// Package engine finds rings of accounts in a snapshot and says why.
//
// [Detect] is the one pipeline: ties between accounts, components of ties,
// candidate rings of each component, evidence in bits, overlaps, roles,
// lineage. What ties is data ([policy.Policy]); what a pattern looks like is a
// [Detector]. A [Run] is its result: a pure function of facts, policy, seed and
// predecessor. [WriteRun] stores one, [ReadRun] gives it back.
package engine
