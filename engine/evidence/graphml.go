package evidence

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
)

// writeGraphML streams GraphML (Brandes et al. 2002, doi:10.1007/3-540-45848-4_59)
// with typed keys. Gephi shows the key named label.
func writeGraphML(w io.Writer, g *Graph) error {
	x := &xmlStream{w: bufio.NewWriter(w)}
	nodes, edges := nodeColumns(g), edgeColumns(g)
	x.raw(xml.Header + `<graphml xmlns="http://graphml.graphdrawing.org/xmlns">` + "\n")
	for i, name := range []string{"ring", "run", "as_of", "known_at", "typology", "limits"} {
		x.key(fmt.Sprintf("g%d", i), "graph", name, false)
	}
	x.key("nl", "node", "label", false)
	for i, c := range nodes {
		x.key(fmt.Sprintf("n%d", i), "node", c.name, c.number)
	}
	x.key("el", "edge", "label", false)
	for i, c := range edges {
		x.key(fmt.Sprintf("e%d", i), "edge", c.name, c.number)
	}
	x.raw(` <graph id="ring" edgedefault="directed">` + "\n")
	for i, value := range []string{g.Ring, g.Run, g.AsOf.String(), g.KnownAt.String(), string(g.Typology), limitText(g)} {
		x.data(fmt.Sprintf("g%d", i), value)
	}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		x.raw(fmt.Sprintf("  <node id=\"n%d\">\n", i))
		x.data("nl", n.Ref.Masked())
		for k, c := range nodes {
			x.data(fmt.Sprintf("n%d", k), c.value(n))
		}
		x.raw("  </node>\n")
	}
	at := numbers(g)
	for i := range g.Edges {
		e := &g.Edges[i]
		x.raw(fmt.Sprintf("  <edge id=\"e%d\" source=\"n%d\" target=\"n%d\">\n", i, at[e.From], at[e.To]))
		x.data("el", edgeLabel(e))
		for k, c := range edges {
			x.data(fmt.Sprintf("e%d", k), c.value(e))
		}
		x.raw("  </edge>\n")
	}
	x.raw(" </graph>\n</graphml>\n")
	if x.err != nil {
		return x.err
	}
	return x.w.Flush()
}

// xmlStream writes XML and keeps the first error.
type xmlStream struct {
	w   *bufio.Writer
	err error
}

func (x *xmlStream) raw(s string) {
	if x.err == nil {
		_, x.err = x.w.WriteString(s)
	}
}

func (x *xmlStream) text(s string) {
	if x.err == nil {
		x.err = xml.EscapeText(x.w, []byte(s))
	}
}

func (x *xmlStream) key(id, of, name string, number bool) {
	kind := "string"
	if number {
		kind = "double"
	}
	x.raw(` <key id="` + id + `" for="` + of + `" attr.name="`)
	x.text(name)
	x.raw(`" attr.type="` + kind + "\"/>\n")
}

// data writes a value, unless it is absent.
func (x *xmlStream) data(key, value string) {
	if value == "" {
		return
	}
	x.raw(`   <data key="` + key + `">`)
	x.text(value)
	x.raw("</data>\n")
}
