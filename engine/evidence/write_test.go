package evidence

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/graph/encoding/dot"
	"gonum.org/v1/gonum/graph/formats/cytoscapejs"
	"gonum.org/v1/gonum/graph/formats/gexf12"
	"gonum.org/v1/gonum/graph/multi"

	"ringleader/engine"
	"ringleader/graph"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestGolden(t *testing.T) {
	store, run, ring := wave(t)
	g, err := Subgraph(context.Background(), store, run, ring)
	require.NoError(t, err)
	for _, f := range Formats() {
		t.Run(f.Name, func(t *testing.T) {
			var got bytes.Buffer
			require.NoError(t, Write(&got, g, f.Name))
			file := filepath.Join("testdata", "wave"+f.Extension)
			if *update {
				require.NoError(t, os.WriteFile(file, got.Bytes(), 0o644))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, string(want), got.String())
		})
	}
}

func TestWriteRefusesWhatItDoesNotKnow(t *testing.T) {
	err := Write(io.Discard, &Graph{}, "docx")
	require.ErrorIs(t, err, graph.ErrInvalid)
	require.ErrorContains(t, err, "graphml")
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestWriteReportsAFullDisk(t *testing.T) {
	g := hostile("a", "b", "c")
	for _, f := range Formats() {
		require.ErrorIs(t, Write(full{}, g, f.Name), io.ErrShortWrite, f.Name)
	}
}

// hostile puts strangers' text wherever a graph holds text.
func hostile(key, name, value string) *Graph {
	p := .5
	a, b := graph.Ref{Kind: graph.Account, Key: key}, graph.Ref{Kind: graph.Device, Key: value}
	props := []graph.Prop{{Name: name, Value: value}}
	source := Source{Input: value, File: name, Row: 1, Hash: "00"}
	return &Graph{Ring: key, Run: "run", Typology: engine.Takeover, Limits: []string{value},
		Nodes: []Node{
			{Ref: a, Role: engine.RoleVictim, Probability: &p, Reasons: []string{value, key}, Props: props,
				Events: []Event{{Type: name, Detail: value, Sources: []Source{source}}}},
			{Ref: b},
			{Ref: graph.Ref{Kind: graph.IP, Key: name}},
		},
		Edges: []Edge{
			{Key: value, From: a, To: b, Type: "USED_DEVICE", Event: "payment:" + key, Amount: "648.00", Currency: name, Props: props, Sources: []Source{source}},
			{Key: value, From: a, To: b, Type: "USED_DEVICE", Weight: 2, Sources: []Source{}},
			{Key: value, From: b, To: b, Type: "LOOP", Sources: []Source{}},
		}}
}

var nasty = []string{"plain", "", `"`, `\`, `\N\"`, "<b>x</b>", "<html>", "]]>", "&amp;", "a\nb\rc\td", "\x01\x1f\x7f", "=1+1", "@x", "-cmd|' /C calc'!A0",
	"\u202eright", "é", "node", "digraph", "';DROP", "{\"a\":1}", "\u2028", "\uFFFE", "𝒳", "%s%n", "--><!--", "id", "source", "x:y:n"}

func FuzzWrite(f *testing.F) {
	for i, s := range nasty {
		f.Add(s, nasty[(i+1)%len(nasty)], nasty[(i+7)%len(nasty)])
	}
	f.Fuzz(func(t *testing.T, key, name, value string) {
		g := hostile(strings.ToValidUTF8(key, "?"), strings.ToValidUTF8(name, "?"), strings.ToValidUTF8(value, "?"))
		text := make(map[string][]byte)
		for _, format := range Formats() {
			var b bytes.Buffer
			require.NoError(t, Write(&b, g, format.Name))
			text[format.Name] = b.Bytes()
		}
		requireXML(t, text["graphml"])
		var gexf gexf12.Content
		require.NoError(t, xml.Unmarshal(text["gexf"], &gexf))
		require.Len(t, gexf.Graph.Nodes.Nodes, len(g.Nodes))
		require.Len(t, gexf.Graph.Edges.Edges, len(g.Edges))

		var cy cytoscapejs.GraphNodeEdge
		require.NoError(t, json.Unmarshal(text["cytoscape"], &cy))
		require.Equal(t, g.Nodes[0].Ref.String(), cy.Elements.Nodes[0].Data.Attributes["label"])
		require.Len(t, cy.Elements.Edges, len(g.Edges))

		drawing := multi.NewDirectedGraph()
		require.NoError(t, dot.UnmarshalMulti(text["dot"], drawing), "%s", text["dot"])
		require.Equal(t, len(g.Nodes), drawing.Nodes().Len())

		table, err := csv.NewReader(bytes.NewReader(text["csv"])).ReadAll()
		require.NoError(t, err)
		require.Len(t, table, 1+len(g.Edges)+1, "header, links, and the node without a link")
		for _, row := range table {
			for _, cell := range row {
				require.False(t, cell != "" && strings.ContainsRune("=+@\t\r", rune(cell[0])), "%q would run", cell)
			}
		}

		require.True(t, json.Valid(text["json"]))
		if g.Nodes[0].Ref.Validate() == nil && g.Nodes[1].Ref.Validate() == nil && g.Nodes[2].Ref.Validate() == nil {
			var back Graph
			require.NoError(t, json.Unmarshal(text["json"], &back))
			require.Equal(t, g.Nodes, back.Nodes)
			require.Equal(t, g.Edges, back.Edges)
		}
	})
}

// requireXML reads a document to its end and checks that what it holds are the
// elements that we wrote, none that a stranger did.
func requireXML(t *testing.T, text []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(text))
	nodes, edges := 0, 0
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		require.Contains(t, []string{"graphml", "key", "graph", "node", "edge", "data"}, start.Name.Local)
		switch start.Name.Local {
		case "node":
			nodes++
		case "edge":
			edges++
		}
	}
	require.Equal(t, []int{3, 3}, []int{nodes, edges})
}
