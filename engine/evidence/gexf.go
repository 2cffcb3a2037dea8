package evidence

import (
	"encoding/xml"
	"io"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/graph/formats/gexf12"
)

// writeGEXF writes GEXF 1.2.
func writeGEXF(w io.Writer, g *Graph) error {
	nodes, edges := nodeColumns(g), edgeColumns(g)
	doc := gexf12.Content{Version: "1.2", Meta: &gexf12.Meta{Creator: "ringleader", Description: description(g)}}
	doc.Graph.DefaultEdgeType, doc.Graph.Mode, doc.Graph.IDType = "directed", "static", "string"
	doc.Graph.Attributes = []gexf12.Attributes{gexfAttributes("node", nodes), gexfAttributes("edge", edges)}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		doc.Graph.Nodes.Nodes = append(doc.Graph.Nodes.Nodes, gexf12.Node{ID: "n" + strconv.Itoa(i), Label: n.Ref.Masked(), AttValues: gexfValues(n, nodes)})
	}
	doc.Graph.Nodes.Count = len(g.Nodes)
	at := numbers(g)
	for i := range g.Edges {
		e := &g.Edges[i]
		doc.Graph.Edges.Edges = append(doc.Graph.Edges.Edges, gexf12.Edge{ID: "e" + strconv.Itoa(i), Label: edgeLabel(e),
			Source: "n" + strconv.Itoa(at[e.From]), Target: "n" + strconv.Itoa(at[e.To]), AttValues: gexfValues(e, edges)})
	}
	doc.Graph.Edges.Count = len(g.Edges)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	x := xml.NewEncoder(w)
	x.Indent("", " ")
	if err := x.Encode(doc); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func gexfAttributes[T any](class string, columns []column[T]) gexf12.Attributes {
	list := gexf12.Attributes{Class: class, Mode: "static"}
	for i, c := range columns {
		kind := "string"
		if c.number {
			kind = "double"
		}
		list.Attributes = append(list.Attributes, gexf12.Attribute{ID: strconv.Itoa(i), Title: c.name, Type: kind})
	}
	return list
}

func gexfValues[T any](of *T, columns []column[T]) *gexf12.AttValues {
	var list gexf12.AttValues
	for i, c := range columns {
		if v := c.value(of); v != "" {
			list.AttValues = append(list.AttValues, gexf12.AttValue{For: strconv.Itoa(i), Value: v})
		}
	}
	return &list
}

// description says in one text what the graph is and what it lacks.
func description(g *Graph) string {
	parts := []string{"ring " + g.Ring, "run " + g.Run, "typology " + string(g.Typology)}
	if g.AsOf.Known() {
		parts = append(parts, "as of "+g.AsOf.String())
	}
	if g.KnownAt.Known() {
		parts = append(parts, "known at "+g.KnownAt.String())
	}
	return strings.Join(append(parts, g.Limits...), "; ")
}

func limitText(g *Graph) string { return strings.Join(g.Limits, "; ") }
