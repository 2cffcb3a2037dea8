// Package policy is the sharing policy: what may tie accounts, for how long, and
// what its owner says of identifiers and rings.
//
// A [Policy] is data that people write. [Load] and [Parse] read it from YAML,
// strictly and with the line of what is wrong; [Default] is the one that ships.
// What it says is made ready here as far as that needs no graph: tests of
// placeholders ([Policy.PlaceholderTest]), the class of an identifier of which
// the numbers are known ([Policy.ClassFor]), and rules over rings, which are
// expressions on a [RingView] ([CompileRules]). Package engine measures what
// these ask for, detects under a policy, and explains and tries one on a graph.
package policy
