package evidence

import (
	"encoding/json"
	"io"
	"strconv"

	"gonum.org/v1/gonum/graph/formats/cytoscapejs"
)

// writeCytoscape writes Cytoscape.js JSON: data fields are those of the flat
// forms, numbers as numbers except amounts, which stay exact as text.
func writeCytoscape(w io.Writer, g *Graph) error {
	nodes, edges := nodeColumns(g), edgeColumns(g)
	doc := struct {
		cytoscapejs.GraphNodeEdge
		Data map[string]string `json:"data"`
	}{Data: map[string]string{"name": "ring " + g.Ring, "description": description(g)}}
	doc.Elements.Nodes, doc.Elements.Edges = []cytoscapejs.Node{}, []cytoscapejs.Edge{}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		data := cytoscapeData(n, nodes)
		data["label"] = n.Ref.Masked()
		doc.Elements.Nodes = append(doc.Elements.Nodes, cytoscapejs.Node{Data: cytoscapejs.NodeData{ID: "n" + strconv.Itoa(i), Attributes: data},
			Selectable: true, Classes: string(n.Ref.Kind) + " " + string(n.Role)})
	}
	at := numbers(g)
	for i := range g.Edges {
		e := &g.Edges[i]
		data := cytoscapeData(e, edges)
		data["label"] = edgeLabel(e)
		doc.Elements.Edges = append(doc.Elements.Edges, cytoscapejs.Edge{Selectable: true, Data: cytoscapejs.EdgeData{ID: "e" + strconv.Itoa(i),
			Source: "n" + strconv.Itoa(at[e.From]), Target: "n" + strconv.Itoa(at[e.To]), Attributes: data}})
	}
	x := json.NewEncoder(w)
	x.SetIndent("", " ")
	return x.Encode(doc)
}

func cytoscapeData[T any](of *T, columns []column[T]) map[string]any {
	data := make(map[string]any)
	for _, c := range columns {
		v := c.value(of)
		if v == "" {
			continue
		}
		data[c.name] = v
		if c.number && c.name != "amount" {
			if f, err := strconv.ParseFloat(v, 64); err == nil {
				data[c.name] = f
			}
		}
	}
	return data
}
