package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"

	"ringleader/graph"
)

// The peak memory of a run that reads the store, the collector's headroom
// included: "synth --world mixed" of 10,000 accounts (84,000 nodes, 0.37 M links,
// 0.10 M attributes) was seen to take 173 MB, of 40,000 384 MB, of 200,000 1,616
// MB. The parts are in proportion to what a snapshot keeps.
const (
	bytesAtAll   = 86 << 20
	bytesPerNode = 286
	bytesPerLink = 127
	bytesPerAttr = 64
)

// memoryEstimate is what a run over a store would take.
type memoryEstimate struct {
	Nodes int64 `json:"nodes"`
	Links int64 `json:"links"`
	Attrs int64 `json:"attributes"`
	Bytes int64 `json:"bytes"`
}

func estimateMemory(ctx context.Context, s graph.Store) (memoryEstimate, error) {
	var e memoryEstimate
	extent, err := extentOf(ctx, s)
	if err != nil {
		return e, err
	}
	if extent != nil {
		e.Nodes, e.Links, e.Attrs = extent.Nodes, extent.Links, extent.Attrs
	} else {
		stats, err := s.Stats(ctx)
		if err != nil {
			return e, err
		}
		e.Attrs = stats.Attrs
		for _, n := range stats.Nodes {
			e.Nodes += n
		}
		for _, n := range stats.Links {
			e.Links += n
		}
	}
	e.Bytes = bytesAtAll + e.Nodes*bytesPerNode + e.Links*bytesPerLink + e.Attrs*bytesPerAttr
	return e, nil
}

func (a *app) tellEstimate(ctx context.Context, s store) error {
	e, err := estimateMemory(ctx, s)
	if err != nil {
		return err
	}
	number := func(name string, n func(*memoryEstimate) int64) column[memoryEstimate] {
		return column[memoryEstimate]{name: name, value: func(e *memoryEstimate) string { return fmt.Sprint(n(e)) }, right: true}
	}
	return listing[memoryEstimate]{whole: e, items: []memoryEstimate{e}, columns: []column[memoryEstimate]{
		number("nodes", func(e *memoryEstimate) int64 { return e.Nodes }),
		number("links", func(e *memoryEstimate) int64 { return e.Links }),
		number("attributes", func(e *memoryEstimate) int64 { return e.Attrs }),
		number("bytes", func(e *memoryEstimate) int64 { return e.Bytes }),
	}}.write(a)
}

// fits refuses a run that would take more memory than is allowed, or than the
// machine has free, before it has begun: one that is killed half-way tells
// nobody why.
func (f *detectFlags) fits(ctx context.Context, s graph.Store) error {
	limit, err := parseBytes(f.MaxMemory)
	if err != nil {
		return usagef("--max-memory %q: want a size such as 8GiB or 500MB, or 0 for no limit", f.MaxMemory)
	}
	whose := "--max-memory allows"
	if f.MaxMemory == "" {
		limit, whose = freeMemory("/"), "this machine has free"
	}
	if limit == 0 {
		return nil
	}
	e, err := estimateMemory(ctx, s)
	if err != nil || e.Bytes <= limit {
		return err
	}
	room := float64(max(limit-bytesAtAll, 0)) / float64(e.Bytes-bytesAtAll)
	return fmt.Errorf("%w amount of memory: a run would take about %s, and %s %s. What would fit: about %s of the %s links, or this store on a machine with %s. --max-memory 0 tries all the same",
		graph.ErrInvalid, size(e.Bytes), whose, size(limit), count(int64(room*float64(e.Links))), count(e.Links), size(e.Bytes))
}

// units of sizes, the longest names first.
var units = []struct {
	name  string
	bytes float64
}{{"gib", 1 << 30}, {"mib", 1 << 20}, {"kib", 1 << 10}, {"gb", 1e9}, {"mb", 1e6}, {"kb", 1e3}, {"g", 1 << 30}, {"m", 1 << 20}, {"k", 1 << 10}, {"b", 1}, {"", 1}}

// parseBytes reads a size with a unit; empty is 0.
func parseBytes(s string) (int64, error) {
	text := strings.ToLower(strings.TrimSpace(s))
	if text == "" {
		return 0, nil
	}
	for _, u := range units {
		number, ok := strings.CutSuffix(text, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || !(n >= 0 && n*u.bytes < 1<<62) {
			break
		}
		return int64(n * u.bytes), nil
	}
	return 0, fmt.Errorf("%w size", graph.ErrInvalid)
}

// size writes bytes for people.
func size(n int64) string {
	if n < 1<<30 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
}

// collectInTime has the collector run more often, rather than let garbage take
// what the machine has not, once the program comes near the free memory that it
// found at its start. The variable GOMEMLIMIT comes first.
func collectInTime(free int64) {
	if _, set := os.LookupEnv("GOMEMLIMIT"); free > 0 && !set {
		debug.SetMemoryLimit(free / 10 * 9)
	}
}

// freeMemory is what a process can get without the system taking it from
// others: what the kernel says is available, or what is left of the limit of the
// control group (version 2) of a container, if that is less. 0 where the system
// does not say. root is "/" but in tests.
func freeMemory(root string) int64 {
	free := int64(0)
	if text, err := os.ReadFile(filepath.Join(root, "proc/meminfo")); err == nil {
		for line := range bytes.Lines(text) {
			if f := bytes.Fields(line); len(f) > 1 && string(f[0]) == "MemAvailable:" {
				kb, err := strconv.ParseInt(string(f[1]), 10, 64)
				if err == nil {
					free = kb << 10
				}
			}
		}
	}
	group := func(name string) (int64, bool) {
		text, err := os.ReadFile(filepath.Join(root, "sys/fs/cgroup", name))
		if err != nil {
			return 0, false
		}
		n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
		return n, err == nil // "max" is no limit
	}
	if limit, ok := group("memory.max"); ok {
		used, _ := group("memory.current")
		if left := max(limit-used, 1); free == 0 || left < free {
			free = left
		}
	}
	return free
}
