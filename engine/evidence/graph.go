package evidence

import (
	"cmp"
	"slices"

	"ringleader/engine"
	"ringleader/graph"
)

// Graph is what is known about one ring, link by link.
type Graph struct {
	Ring        string          `json:"ring"`
	Run         string          `json:"run"`
	AsOf        graph.Time      `json:"as_of,omitzero"`
	KnownAt     graph.Time      `json:"known_at,omitzero"`
	Typology    engine.Typology `json:"typology"`
	Probability float64         `json:"probability"`
	Calibrated  bool            `json:"calibrated"`
	Nodes       []Node          `json:"nodes"`  // by ref
	Edges       []Edge          `json:"edges"`  // by ends, type, content
	Inputs      []Input         `json:"inputs"` // what the edges lead back to, by ID
	Limits      []string        `json:"limits"` // what was left out, in words
}

// Node is a member of the ring or something that its evidence rests on.
type Node struct {
	Ref                graph.Ref    `json:"ref"`
	Role               engine.Role  `json:"role,omitempty"` // none: not a member
	Probability        *float64     `json:"probability,omitempty"`
	SuspectProbability *float64     `json:"suspect_probability,omitempty"`
	Score              float64      `json:"score"` // bits
	Since              graph.Time   `json:"since,omitzero"`
	Reasons            []string     `json:"reasons,omitempty"`
	Props              []graph.Prop `json:"props,omitempty"`  // by name; of several statements the one that holds
	Events             []Event      `json:"events,omitempty"` // of an account, by time
}

// Event is something that happened to an account, such as a login.
type Event struct {
	Type    string     `json:"type"`
	At      graph.Time `json:"at,omitzero"`
	Detail  string     `json:"detail,omitempty"`
	Sources []Source   `json:"sources"`
}

// Edge is one link, with the rows that state it.
type Edge struct {
	Key      string         `json:"key"` // as evidence lines name it, see engine.LinkKey
	From     graph.Ref      `json:"from"`
	To       graph.Ref      `json:"to"`
	Type     graph.LinkType `json:"type"`
	At       graph.Time     `json:"at,omitzero"`
	Until    graph.Time     `json:"until,omitzero"`
	Event    string         `json:"event,omitempty"`
	Amount   string         `json:"amount,omitempty"` // exact decimal
	Currency string         `json:"currency,omitempty"`
	Weight   float64        `json:"weight,omitempty"`
	Props    []graph.Prop   `json:"props,omitempty"`    // by name
	Evidence bool           `json:"evidence,omitempty"` // a line of the ring's evidence rests on it
	Sources  []Source       `json:"sources"`            // by input, row
}

// Source is a row of an input.
type Source struct {
	Input  string `json:"input"` // ID, see Graph.Inputs
	File   string `json:"file"`
	Row    int64  `json:"row"`    // 1-based, the header not counted
	Offset int64  `json:"offset"` // bytes, decompressed
	Hash   string `json:"hash"`   // keyed, of the row's bytes, hex
}

// Input is a file that edges lead back to.
type Input struct {
	ID      string     `json:"id"`
	File    string     `json:"file"`
	Content string     `json:"content"` // SHA-256 of the file, hex
	Loaded  graph.Time `json:"loaded,omitzero"`
}

// limits bound what Subgraph reads.
type limits struct {
	nodes, edges int
	links        int // read of any one node
	page         int
}

// defaultLimits are beyond what a person can look at and below what makes a
// tool stall.
var defaultLimits = limits{nodes: 5_000, edges: 50_000, links: 20_000, page: 1_000}

// sort brings the graph into its order, by content alone.
func (g *Graph) sort() {
	slices.SortFunc(g.Nodes, func(a, b Node) int { return a.Ref.Compare(b.Ref) })
	slices.SortFunc(g.Inputs, func(a, b Input) int { return cmp.Compare(a.ID, b.ID) })
}
