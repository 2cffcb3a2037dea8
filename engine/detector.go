package engine

import (
	"context"
	"slices"

	"ringleader/graph"
)

// detector knows one pattern. It ties accounts, proposes rings inside a
// component of ties, or both. It holds no state: the same detector runs on many
// components at once.
type detector interface {
	// name is what rings say of who found them.
	name() string
	// ties adds the ties of the whole graph, in an order that depends on the
	// graph alone.
	ties(ctx context.Context, t *tied) error
	// propose lists candidate rings of a component as sets of accounts, each
	// ascending.
	propose(ctx context.Context, c *component) ([][]graph.Vertex, error)
	// assess weighs the evidence that accounts of a component are a ring of
	// this pattern; ok is false if they are none.
	assess(c *component, accounts []graph.Vertex) (r *candidate, ok bool)
}

// detectors is the list of all, in the order in which equal scores are settled.
// A new detector is one file, its name and section in the policy, and a line here.
func detectors(d *ground) []detector {
	return []detector{stuffing{d}, takeover{d}, drains{d}, claims{d}, flows{d}, lockstep{d}, spam{d}, bustOut{d}, shared{d}}
}

// off reports whether the policy switches a detector off: it ties nobody,
// proposes nothing and weighs nothing.
func (d *ground) off(det detector) bool { return slices.Contains(d.policy.Without, det.name()) }

// candidate is a possible ring with all that is said for and against it.
type candidate struct {
	detectors []string
	rank      int // of the detector that speaks for it
	typology  Typology
	accounts  []graph.Vertex // not bystanders, ascending
	members   []member
	lines     []line
	loss      []Loss
	score     float64
	merit     float64 // what overlaps are settled by: the model's log-odds in bits, else the score
	from, to  graph.Time
	features  []float64 // what a scorer reads, in the order of [features]
}

// member is a Member by vertex.
type member struct {
	v       graph.Vertex
	role    Role
	bits    float64
	since   graph.Time
	next    bool // reached, nothing lost yet
	reasons []string
}

// line is an Evidence by vertices.
type line struct {
	text  string
	bits  float64
	kind  string
	refs  []graph.Vertex
	links []graph.LinkID
	reads []float64 // of a learned line: the model's features
}
