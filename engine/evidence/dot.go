package evidence

import (
	"io"
	"strings"

	gonum "gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/encoding"
	"gonum.org/v1/gonum/graph/encoding/dot"
	"gonum.org/v1/gonum/graph/multi"

	"ringleader/engine"
)

// writeDOT writes a directed multigraph for Graphviz, members coloured by role.
func writeDOT(w io.Writer, g *Graph) error {
	nodes, edges := nodeColumns(g), edgeColumns(g)
	drawing := dotGraph{DirectedGraph: multi.NewDirectedGraph(), about: encoding.Attributes{
		{Key: "label", Value: quoteDOT(description(g))}, {Key: "rankdir", Value: "LR"}}}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		a := []encoding.Attribute{{Key: "label", Value: quoteDOT(n.Ref.Masked())}, {Key: "color", Value: quoteDOT(roleColor(n.Role))}}
		drawing.AddNode(dotNode{id: int64(i), list: append(a, dotAttributes(n, nodes)...)})
	}
	at := numbers(g)
	for i := range g.Edges {
		e := &g.Edges[i]
		a := []encoding.Attribute{{Key: "label", Value: quoteDOT(edgeLabel(e))}}
		drawing.SetLine(dotLine{id: int64(i), from: drawing.Node(int64(at[e.From])), to: drawing.Node(int64(at[e.To])), list: append(a, dotAttributes(e, edges)...)})
	}
	text, err := dot.MarshalMulti(drawing, quoteDOT("ring "+g.Ring), "", " ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

type dotGraph struct {
	*multi.DirectedGraph
	about encoding.Attributes
}

// DOTAttributers gives the drawing its title.
func (g dotGraph) DOTAttributers() (graph, node, edge encoding.Attributer) {
	return &g.about, &encoding.Attributes{}, &encoding.Attributes{}
}

type dotNode struct {
	id   int64
	list []encoding.Attribute
}

func (n dotNode) ID() int64                        { return n.id }
func (n dotNode) Attributes() []encoding.Attribute { return n.list }

type dotLine struct {
	id       int64
	from, to gonum.Node
	list     []encoding.Attribute
}

func (l dotLine) ID() int64                        { return l.id }
func (l dotLine) From() gonum.Node                 { return l.from }
func (l dotLine) To() gonum.Node                   { return l.to }
func (l dotLine) Attributes() []encoding.Attribute { return l.list }

// ReversedLine leaves the line as it is: its direction is what happened.
func (l dotLine) ReversedLine() gonum.Line { return l }

func dotAttributes[T any](of *T, columns []column[T]) []encoding.Attribute {
	var list []encoding.Attribute
	for _, c := range columns {
		if v := c.value(of); v != "" {
			list = append(list, encoding.Attribute{Key: quoteDOT(dotKey(c.name)), Value: quoteDOT(v)})
		}
	}
	return list
}

// dotKey keeps our names apart from Graphviz's own, some of which name files to
// read or addresses to link.
func dotKey(name string) string { return "rl_" + name }

// quoteDOT quotes a string so that it is read as it is, never as HTML, a port
// or an escape. gonum leaves alone what is a quoted string already.
func quoteDOT(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r < ' ' || r == 0x7f || r == '\uFFFD': // readers of DOT take the last for broken UTF-8
			b.WriteByte('?')
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func roleColor(r engine.Role) string {
	switch {
	case r.Suspect():
		return "#c62828"
	case r == engine.RoleVictim:
		return "#1565c0"
	}
	return "#757575"
}
