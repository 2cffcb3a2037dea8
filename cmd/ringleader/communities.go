package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"ringleader/engine/algo"
	"ringleader/graph"
	"ringleader/loaders"
)

// communityFlags are what "communities" takes, as typed.
type communityFlags struct {
	reading    readFlags
	Out        string
	Quality    string
	Method     string
	Resolution float64
	Iterations int
	HubCap     int
	Types      []string
	Seed       uint64
}

func newCommunities(a *app) *cobra.Command {
	var f communityFlags
	cmd := &cobra.Command{
		Use:   "communities [PATH…]",
		Short: "Connected components and Leiden communities of every node",
		Long: "Take everything that is linked, in the store or straight from files, and give every\n" +
			"node its connected component and its community (Leiden). Nothing is written to the\n" +
			"store. This looks at the bare graph: it knows neither time nor what an identifier is\n" +
			"worth, and its communities are no rings. For rings run \"ringleader detect\".\n\n" +
			"Components and communities are numbered from 0 by size, the largest first. A table\n" +
			"sums up; csv, jsonl and json give a line per node, and so does --out, as CSV.",
		Example: "  ringleader communities export --mapping ours.yaml --out communities.csv\n" +
			"  ringleader communities --store rings.db --hub-cap 50 --quality cpm --resolution 0.1",
		RunE: func(cmd *cobra.Command, args []string) error { return a.communities(cmd.Context(), args, &f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.Out, "out", "", "write ref, component and community of every node to this file, as CSV; - is standard output")
	flags.StringVar(&f.Quality, "quality", "modularity", "what communities maximise: modularity or cpm")
	flags.Float64Var(&f.Resolution, "resolution", 1, "higher gives smaller communities")
	flags.IntVar(&f.Iterations, "iterations", 2, "passes of Leiden, each from the result of the one before")
	flags.StringVar(&f.Method, "method", string(algo.Kernels), "who computes: kernels, or gonum (small graphs, Louvain)")
	flags.IntVar(&f.HubCap, "hub-cap", 0, "leave out nodes with more links than this; 0: none")
	flags.StringSliceVar(&f.Types, "type", nil, "use links of this type only, such as USED_DEVICE; may be given many times")
	flags.Uint64Var(&f.Seed, "seed", 1, "seed of gonum's Louvain")
	f.reading.register(flags)
	return cmd
}

// options checks the flags.
func (f *communityFlags) options(a *app) (algo.Method, algo.LeidenOptions, error) {
	o := algo.LeidenOptions{Resolution: f.Resolution, Iterations: f.Iterations, Threads: a.Threads}
	m, err := algo.ParseMethod(f.Method)
	switch {
	case err != nil:
		return m, o, usagef("--method %q: want %s or %s", f.Method, algo.Kernels, algo.Gonum)
	case f.Quality == "cpm":
		o.Quality = algo.CPM
	case f.Quality != "modularity":
		return m, o, usagef("--quality %q: want modularity or cpm", f.Quality)
	}
	if !(f.Resolution > 0) || f.Iterations < 1 || f.HubCap < 0 {
		return m, o, usagef("--resolution, --iterations: want more than 0; --hub-cap: 0 or more")
	}
	return m, o, nil
}

func (a *app) communities(ctx context.Context, paths []string, f *communityFlags) error {
	method, o, err := f.options(a)
	if err != nil {
		return err
	}
	g, report, err := a.communitySnapshot(ctx, paths, f)
	if err != nil {
		return err
	}
	adjacency, hubs, err := linked(g, f)
	if err != nil {
		return err
	}
	c := communityResult{g: g}
	if c.component, err = method.Components(ctx, adjacency, algo.ComponentsOptions{Threads: a.Threads}); err != nil {
		return fmt.Errorf("components: %w", err)
	}
	if c.community, err = method.Communities(ctx, adjacency, o, f.Seed); err != nil {
		return fmt.Errorf("communities: %w", err)
	}
	c.sum = communitySummary{Nodes: g.Len(), Links: len(adjacency.Targets) / 2, HubsLeftOut: hubs,
		Quality: o.Quality.Of(adjacency, c.community, o.Resolution)}
	c.sum.Components, c.sum.LargestComponent = rank(c.component)
	c.sum.Communities, c.sum.LargestCommunity = rank(c.community)
	if err := c.write(a, f.Out); err != nil {
		return err
	}
	return rejectsError(report)
}

// communitySnapshot is the graph of the store, or of files where some are named.
func (a *app) communitySnapshot(ctx context.Context, paths []string, f *communityFlags) (g *graph.Snapshot, report *loaders.Report, err error) {
	if len(paths) > 0 {
		g, report, err = a.readFiles(ctx, paths, &f.reading, graph.BuildOptions{Threads: a.Threads, Topology: true})
		return g, report, err
	}
	err = a.withStore(ctx, toRead, func(s store) error {
		g, err = a.readSnapshot(ctx, s, graph.BuildOptions{Threads: a.Threads})
		return err
	})
	return g, &loaders.Report{}, err
}

// linked joins nodes that a link joins, each pair once, whatever its direction.
// It counts the hubs that were left out.
func linked(g *graph.Snapshot, f *communityFlags) (a graph.Adjacency, hubs int, err error) {
	use := make([]bool, len(g.Types()))
	for i, t := range g.Types() {
		use[i] = len(f.Types) == 0 || slices.Contains(f.Types, string(t))
	}
	for _, t := range f.Types {
		if !slices.Contains(g.Types(), graph.LinkType(t)) {
			return a, 0, usagef("--type %s: no link is of this type; the types are %v", t, g.Types())
		}
	}
	from, to := make([]graph.Vertex, 0, g.Links()), make([]graph.Vertex, 0, g.Links())
	for l := range graph.LinkID(g.Links()) {
		if use[g.TypeOf(l)] {
			from, to = append(from, g.From(l)), append(to, g.To(l))
		}
	}
	pack := func() graph.Adjacency { return graph.PackAdjacency(g.Len(), from, to, nil, true) }
	a = pack()
	if f.HubCap == 0 {
		return a, 0, nil
	}
	hub := make([]bool, g.Len())
	for v := range hub {
		if hub[v] = len(a.Row(graph.Vertex(v))) > f.HubCap; hub[v] {
			hubs++
		}
	}
	kept := 0
	for i := range from {
		if !hub[from[i]] && !hub[to[i]] {
			from[kept], to[kept] = from[i], to[i]
			kept++
		}
	}
	from, to = from[:kept], to[:kept]
	return pack(), hubs, nil
}

// rank renames labels, vertices all of them, to 0, 1, 2 … by how many nodes have
// them, ties by the lower label, in place.
func rank(labels []uint32) (groups, largest int) {
	size := make([]uint32, len(labels))
	for _, l := range labels {
		size[l]++
	}
	var order []uint32
	for l, n := range size {
		if n > 0 {
			order = append(order, uint32(l))
		}
	}
	slices.SortFunc(order, func(a, b uint32) int { return cmp.Or(cmp.Compare(size[b], size[a]), cmp.Compare(a, b)) })
	if len(order) > 0 {
		largest = int(size[order[0]])
	}
	for i, l := range order {
		size[l] = uint32(i)
	}
	for v, l := range labels {
		labels[v] = size[l]
	}
	return len(order), largest
}

// communitySummary is what a person reads first.
type communitySummary struct {
	Nodes            int     `json:"nodes"`
	Links            int     `json:"links"` // pairs of nodes
	Components       int     `json:"components"`
	LargestComponent int     `json:"largest_component"`
	Communities      int     `json:"communities"`
	LargestCommunity int     `json:"largest_community"`
	Quality          float64 `json:"quality"`
	HubsLeftOut      int     `json:"hubs_left_out,omitempty"`
}

// String is three lines for people.
func (s *communitySummary) String() string {
	return fmt.Sprintf("%s nodes, %s links between them; %s nodes left out for too many links\n"+
		"  components:  %s, the largest of %s nodes\n"+
		"  communities: %s, the largest of %s nodes, quality %.5f",
		count(s.Nodes), count(s.Links), count(s.HubsLeftOut), count(s.Components), count(s.LargestComponent),
		count(s.Communities), count(s.LargestCommunity), s.Quality)
}

// communityRow is one node.
type communityRow struct {
	Ref       string `json:"ref"`
	Component uint32 `json:"component"`
	Community uint32 `json:"community"`
}

type communityResult struct {
	g                    *graph.Snapshot
	component, community []uint32
	sum                  communitySummary
}

func (c *communityResult) write(a *app, path string) error {
	if path != "" {
		if err := writeFile(a, path, c.writeCSV); err != nil {
			return err
		}
	}
	switch {
	case path != "":
		a.say("%s", c.sum.String())
		return nil
	case a.Output == "table":
		_, err := fmt.Fprintln(a.stdout, c.sum.String())
		return err
	case a.Output == "csv":
		return writeFile(a, "-", c.writeCSV)
	}
	rows := make([]communityRow, c.g.Len())
	for v := range rows {
		rows[v] = communityRow{c.g.Ref(graph.Vertex(v)).String(), c.component[v], c.community[v]}
	}
	whole := struct {
		Summary communitySummary `json:"summary"`
		Nodes   []communityRow   `json:"nodes"`
	}{c.sum, rows}
	return listing[communityRow]{whole: whole, items: rows}.write(a)
}

// writeCSV writes a line per node. It makes no string for one: a graph has
// millions.
func (c *communityResult) writeCSV(w io.Writer) error {
	out := bufio.NewWriterSize(w, 1<<16)
	_, err := out.WriteString("ref,component,community\n")
	var line []byte
	for v := range c.component {
		r := c.g.Ref(graph.Vertex(v))
		line = appendCSV(line[:0], string(r.Kind), r.Key)
		line = strconv.AppendUint(append(line, ','), uint64(c.component[v]), 10)
		line = strconv.AppendUint(append(line, ','), uint64(c.community[v]), 10)
		if _, err = out.Write(append(line, '\n')); err != nil {
			break
		}
	}
	return cmp.Or(err, out.Flush())
}

// appendCSV appends kind:key as one value, in quotes where it needs them.
func appendCSV(dst []byte, kind, key string) []byte {
	quote := false
	for i := range len(key) {
		if b := key[i]; b == ',' || b == '"' || b == '\n' || b == '\r' {
			quote = true
		}
	}
	if !quote {
		return append(append(append(dst, kind...), ':'), key...)
	}
	dst = append(append(append(dst, '"'), kind...), ':')
	for i := range len(key) {
		if key[i] == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, key[i])
	}
	return append(dst, '"')
}
