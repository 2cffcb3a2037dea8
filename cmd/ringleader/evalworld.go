package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"ringleader/engine"
	"ringleader/engine/eval"
	"ringleader/engine/policy"
	"ringleader/engine/synth"
	"ringleader/graph"
	"ringleader/loaders"
)

// engineMethod is the engine's own name among the methods of a comparison.
const engineMethod = "engine"

// comparison is what "eval" says of several methods, over one world or many.
type comparison struct {
	World     string         `json:"world,omitempty"`
	Accounts  int            `json:"accounts,omitempty"`
	Seeds     []uint64       `json:"seeds,omitempty"`
	Methods   []methodReport `json:"methods"`
	Gate      []seedGate     `json:"gate,omitempty"`
	Stability []variant      `json:"stability,omitempty"`
	Nights    []seedNights   `json:"nights,omitempty"`
}

// methodReport is one method over all seeds.
type methodReport struct {
	Method  string         `json:"method"`
	Summary []eval.Spread  `json:"summary"`
	Reports []*eval.Report `json:"reports"` // by seed
}

type seedGate struct {
	Seed   uint64           `json:"seed"`
	Checks []eval.GateCheck `json:"checks"`
}

// variant is a run that must give the same result as another.
type variant struct {
	Seed uint64 `json:"seed"`
	Name string `json:"name"`
	Same bool   `json:"same"`
}

func (c *comparison) add(method string, r *eval.Report) {
	i := slices.IndexFunc(c.Methods, func(m methodReport) bool { return m.Method == method })
	if i < 0 {
		i = len(c.Methods)
		c.Methods = append(c.Methods, methodReport{Method: method})
	}
	c.Methods[i].Reports = append(c.Methods[i].Reports, r)
}

func (c *comparison) summarise() {
	for i := range c.Methods {
		m := &c.Methods[i]
		var lists [][]eval.Metric
		for _, r := range m.Reports {
			lists = append(lists, r.Metrics())
		}
		if m.Method == engineMethod {
			for _, n := range c.Nights {
				lists = append(lists, n.Metrics())
			}
		}
		m.Summary = eval.Summarise(lists)
	}
}

// compare measures the baselines and then the engine's run.
func (c *comparison) compare(ctx context.Context, f *evalFlags, g *graph.Snapshot, truth *eval.Truth, run *engine.Run) error {
	o := eval.Options{Threshold: f.Threshold, Graph: g}
	if f.Baselines {
		for _, b := range eval.Baselines() {
			found, err := b.Find(ctx, g)
			if err != nil {
				return err
			}
			report, err := eval.Evaluate(truth, found, eval.Options{})
			if err != nil {
				return err
			}
			c.add(b.Name, report)
		}
	}
	report, err := eval.Evaluate(truth, run, o)
	if err != nil {
		return err
	}
	c.add(engineMethod, report)
	return nil
}

// evalWorlds makes a world for each seed, finds its rings in memory and
// measures them.
func (a *app) evalWorlds(ctx context.Context, f *evalFlags) error {
	seeds, err := parseSeeds(f.Seeds)
	if err != nil {
		return err
	}
	if f.model, err = readModel(f.Model); err != nil {
		return err
	}
	if f.policy, err = policy.Default(); err != nil {
		return err
	}
	f.policy.Without = f.Without
	if err := f.policy.Validate(); err != nil {
		return usagef("--without: %v", err)
	}
	if f.Candidates != "" {
		if f.rows, err = createCandidates(f.Candidates); err != nil {
			return err
		}
	}
	c := &comparison{World: f.World, Accounts: f.Accounts, Seeds: seeds}
	for _, seed := range seeds {
		dir, err := os.MkdirTemp("", "ringleader-eval-")
		if err != nil {
			return fmt.Errorf("eval: %w", err)
		}
		err = a.evalSeed(ctx, f, c, seed, dir)
		if err = errors.Join(err, os.RemoveAll(dir)); err != nil {
			return fmt.Errorf("world %s, seed %d: %w", f.World, seed, err)
		}
	}
	if f.rows != nil {
		return f.rows.close()
	}
	c.summarise()
	return writeComparison(a, c)
}

func (a *app) evalSeed(ctx context.Context, f *evalFlags, c *comparison, seed uint64, dir string) error {
	knobs, err := parseKnobs(f.Knobs)
	if err != nil {
		return err
	}
	_, err = synth.Generate(ctx, synth.Options{World: f.World, Accounts: f.Accounts, Seed: seed, Dir: dir, Knobs: knobs, SplitByHolder: f.Holder != ""})
	if errors.Is(err, graph.ErrInvalid) {
		return usagef("%v\n%s", err, worldList())
	}
	if err != nil {
		return err
	}
	if dir = filepath.Join(dir, f.Holder); f.Holder != "" && !isFolder(dir) {
		return usagef("--holder %s: no company of the world; want alipay, wechat or store", f.Holder)
	}
	truth, err := eval.ReadTruth(filepath.Join(dir, "truth"))
	if errors.Is(err, graph.ErrNotFound) {
		truth, err = &eval.Truth{}, nil // a world without fraud has no truth to write
	}
	if err != nil {
		return err
	}
	g, err := lackingWorld(ctx, dir, f.Lacking)
	if err != nil {
		return err
	}
	o := engine.Options{Policy: f.policy, Seed: 1, Threads: a.Threads, Version: buildVersion(), Model: f.model}
	if f.rows != nil {
		return f.rows.add(ctx, f, seed, g, truth, o)
	}
	run, err := a.detect(ctx, g, nil, o)
	if err != nil {
		return err
	}
	if err := c.compare(ctx, f, g, truth, run); err != nil {
		return err
	}
	if f.Gate {
		checks, err := eval.CheckGate(ctx, g, truth)
		if err != nil {
			return err
		}
		c.Gate = append(c.Gate, seedGate{seed, checks})
	}
	if f.Nights > 0 {
		if err := a.evalNights(ctx, f, c, seed, dir, g, truth); err != nil {
			return err
		}
	}
	if f.Stability {
		variants, err := a.variants(ctx, seed, dir, g, run, o)
		if err != nil {
			return err
		}
		c.Stability = append(c.Stability, variants...)
	}
	return nil
}

// readWorld reads files straight into a snapshot. With shuffle, every batch is
// shuffled first.
func readWorld(ctx context.Context, paths []string, o graph.BuildOptions, shuffle uint64) (*graph.Snapshot, error) {
	b := graph.NewBuilder(o)
	reading := loaders.Options{Strict: true}
	var err error
	if shuffle == 0 {
		_, err = loaders.ReadInto(ctx, paths, reading, b)
	} else {
		order := rand.New(rand.NewPCG(shuffle, 0))
		_, err = loaders.Read(ctx, paths, reading, func(batch *graph.Batch) error {
			order.Shuffle(len(batch.Links), func(i, j int) { batch.Links[i], batch.Links[j] = batch.Links[j], batch.Links[i] })
			order.Shuffle(len(batch.Attrs), func(i, j int) { batch.Attrs[i], batch.Attrs[j] = batch.Attrs[j], batch.Attrs[i] })
			return b.Add(batch)
		})
	}
	if err != nil {
		return nil, err
	}
	return b.Build(0)
}

// variants runs again with one thread or two, with files and rows in another
// order, and from a store.
func (a *app) variants(ctx context.Context, seed uint64, dir string, g *graph.Snapshot, run *engine.Run, o engine.Options) ([]variant, error) {
	var out []variant
	again := func(name string, g *graph.Snapshot, threads int) error {
		o.Threads = threads
		other, err := a.detect(ctx, g, nil, o)
		if err != nil {
			return err
		}
		same, err := eval.SameResult(run, other)
		out = append(out, variant{seed, name, same})
		return err
	}
	threads := 1
	if a.Threads == 1 {
		threads = 2
	}
	if err := again("other_threads", g, threads); err != nil {
		return nil, err
	}
	files, err := worldFiles(dir)
	if err != nil {
		return nil, err
	}
	slices.Reverse(files)
	permuted, err := readWorld(ctx, files, graph.BuildOptions{}, seed+1)
	if err != nil {
		return nil, err
	}
	if err := again("permuted_rows", permuted, a.Threads); err != nil {
		return nil, err
	}
	err = a.withStoreAt(ctx, filepath.Join(dir, "eval.db"), toCreate, func(s store) error {
		if _, err := loaders.Load(ctx, s, s, []string{dir}, loaders.Options{Strict: true}); err != nil {
			return err
		}
		stored, err := graph.ReadSnapshot(ctx, s, graph.BuildOptions{})
		if err != nil {
			return err
		}
		return again("from_store", stored, a.Threads)
	})
	return out, err
}

// worldFiles are the fact files of a world, in the order of their paths.
func worldFiles(dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && e.Name() == "truth":
			return fs.SkipDir
		case e.Type().IsRegular():
			files = append(files, path)
		}
		return nil
	})
	return files, err
}

// parseSeeds reads 1-5, 1,4,9 or a mixture.
func parseSeeds(s string) ([]uint64, error) {
	const most = 1000
	var seeds []uint64
	for part := range strings.SplitSeq(s, ",") {
		first, last, several := strings.Cut(strings.TrimSpace(part), "-")
		if !several {
			last = first
		}
		lo, err := strconv.ParseUint(first, 10, 63)
		hi, err2 := strconv.ParseUint(last, 10, 63)
		if err != nil || err2 != nil || hi < lo || hi-lo >= most {
			return nil, usagef("--seeds %q: want numbers such as 1-5 or 1,4,9, at most %d", s, most)
		}
		for seed := lo; seed <= hi; seed++ {
			seeds = append(seeds, seed)
		}
	}
	return seeds, nil
}
