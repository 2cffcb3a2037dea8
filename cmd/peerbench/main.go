package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"ringleader/engine/algo"
	"ringleader/engine/algo/algotest"
	"ringleader/graph"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := command(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "peerbench:", err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string) error {
	switch {
	case len(args) == 4 && args[0] == "generate":
		return generate(args[1], args[2], args[3])
	case len(args) >= 4 && args[0] == "run":
		return run(ctx, args[1], args[2], args[3], args[4:])
	case len(args) == 3 && args[0] == "quality":
		return quality(args[1], args[2])
	}
	return fmt.Errorf("want: generate FAMILY SIZE FILE | run TOOL ALGORITHM FILE | quality FILE LABELS")
}

// seed of every graph that tools are compared on.
const seed = 1

func generate(family, size, path string) error {
	links, err := parseSize(size)
	if err != nil {
		return err
	}
	g, err := algotest.New(family, links, seed)
	if err != nil {
		return err
	}
	words := make([]uint32, 0, 1+2*len(g.Links))
	words = append(words, uint32(g.Vertices))
	for _, l := range g.Links {
		words = append(words, uint32(l[0]), uint32(l[1]))
	}
	return writeWords(path, words)
}

// parseSize reads a number of links such as 10k or 1m.
func parseSize(s string) (int, error) {
	unit := 1
	switch {
	case strings.HasSuffix(s, "k"):
		unit = 1000
	case strings.HasSuffix(s, "m"):
		unit = 1_000_000
	}
	n, err := strconv.Atoi(strings.TrimRight(s, "km"))
	if err != nil || n < 1 {
		return 0, fmt.Errorf("size %q: want a number of links such as 100k or 10m", s)
	}
	return n * unit, nil
}

func readWords(path string) ([]uint32, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	words := make([]uint32, len(raw)/4)
	_, err = binary.Decode(raw, binary.LittleEndian, words)
	return words, err
}

// writeWords writes a file whole or not at all.
func writeWords(path string, words []uint32) error {
	raw, err := binary.Append(make([]byte, 0, 4*len(words)), binary.LittleEndian, words)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".part", raw, 0o644); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}

func readGraph(path string) (graph.Adjacency, error) {
	words, err := readWords(path)
	if err != nil {
		return graph.Adjacency{}, err
	}
	if len(words)%2 != 1 {
		return graph.Adjacency{}, fmt.Errorf("%s is no graph file", path)
	}
	g := algotest.Graph{Vertices: int(words[0]), Links: make([]algotest.Link, 0, len(words)/2)}
	for i := 1; i < len(words); i += 2 {
		g.Links = append(g.Links, algotest.Link{graph.Vertex(words[i]), graph.Vertex(words[i+1])})
	}
	return g.Adjacency(), nil
}

// result is one line of what `make bench-peers` collects.
type result struct {
	Tool      string    `json:"tool"`
	Algorithm string    `json:"algorithm"`
	Graph     string    `json:"graph"`
	Threads   int       `json:"threads"`
	CPU       []float64 `json:"cpu"`
	Wall      []float64 `json:"wall"`
	PeakMB    float64   `json:"peak_mb"`
	BeyondMB  float64   `json:"beyond_mb"` // the first run's peak beyond what it was given
}

func run(ctx context.Context, tool, algorithm, path string, args []string) error {
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	repeat := flags.Int("repeat", 5, "runs")
	threads := flags.Int("threads", 1, "threads")
	labels := flags.String("labels", "", "write the labels of the last run here")
	if err := flags.Parse(args); err != nil {
		return err
	}
	kernel, ok := kernels[tool+" "+algorithm]
	if !ok {
		return fmt.Errorf("no %s in %s", algorithm, tool)
	}
	a, err := readGraph(path)
	if err != nil {
		return err
	}
	do, err := kernel(ctx, a, *threads)
	if err != nil {
		return err
	}
	r := result{Tool: tool, Algorithm: algorithm, Threads: *threads,
		Graph: strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))}
	var found []uint32
	before := resident()
	for i := range *repeat {
		used, clock := cpuSeconds(), time.Now()
		found, err = do()
		if err != nil {
			return err
		}
		if i == 0 {
			r.BeyondMB = peakBeyond(before)
		}
		r.CPU, r.Wall = append(r.CPU, cpuSeconds()-used), append(r.Wall, time.Since(clock).Seconds())
	}
	r.PeakMB = peakMB()
	if *labels != "" && found != nil {
		if err := writeWords(*labels, found); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

func quality(path, labels string) error {
	a, err := readGraph(path)
	if err != nil {
		return err
	}
	of, err := readWords(labels)
	if err != nil {
		return err
	}
	if len(of) != a.Len() {
		return fmt.Errorf("%s has %d labels for %d vertices", labels, len(of), a.Len())
	}
	_, err = fmt.Printf("%.6f\n", algo.Modularity.Of(a, of, 1))
	return err
}
