package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"ringleader/engine"
	"ringleader/engine/policy"
	"ringleader/graph"
	"ringleader/loaders"
)

// detectFlags are what "detect" takes, as typed.
type detectFlags struct {
	AsOf, KnownAt string
	Policy, Model string
	AccountModel  string
	MinDecided    int
	Seed          uint64
	Out           string
	Estimate      bool
	MaxMemory     string
	Diff          bool
	reading       readFlags
}

func newDetect(a *app) *cobra.Command {
	var f detectFlags
	cmd := &cobra.Command{
		Use:   "detect [PATH…]",
		Short: "Find rings in the store, or straight in files",
		Long: "Find rings in the store and keep them there as a run. The run is written whole or\n" +
			"not at all. With paths, read those files instead and keep nothing: the rings go to\n" +
			"--out, or to standard output.\n\n" +
			"--as-of T looks at what had happened by T, --known-at T also only at what had been\n" +
			"loaded by T. Either makes a replay, which never becomes the latest run.",
		Example: "  ringleader detect --store rings.db\n  ringleader detect world --out rings.json",
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := f.options(a)
			if err != nil {
				return err
			}
			if len(args) > 0 {
				return a.detectFiles(cmd.Context(), args, &f, o)
			}
			access := toWrite
			if f.Estimate {
				access = toRead
			}
			return a.withStore(cmd.Context(), access, func(s store) error {
				if f.Estimate {
					return a.tellEstimate(cmd.Context(), s)
				}
				return a.detectStore(cmd.Context(), s, &f, o)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.AsOf, "as-of", "", "moment to look from: 2018-10-09 or 2018-10-09T18:00:00Z")
	flags.StringVar(&f.KnownAt, "known-at", "", "use only what had been loaded by this moment")
	flags.StringVar(&f.Policy, "policy", "", "YAML file with the sharing policy; the one that ships if not given")
	flags.StringVar(&f.Model, "model", shippedModel, "learned scorer, a LightGBM text file; \"none\" for the evidence alone")
	flags.StringVar(&f.AccountModel, "account-model", storedModel, "model of accounts: the one that \"model add\" put into the store, a version of it, or \"none\"")
	flags.IntVar(&f.MinDecided, "min-decided", 0, "how many decided rings calibrate probabilities; 0: 100")
	flags.Uint64Var(&f.Seed, "seed", 1, "seed of everything random")
	flags.StringVar(&f.Out, "out", "", "also write the rings as JSON to this file")
	flags.BoolVar(&f.Estimate, "estimate", false, "say how much memory a run would take, and stop")
	flags.StringVar(&f.MaxMemory, "max-memory", "", "refuse a run that would take more, such as 8GiB; what this machine has free if not given, 0 for no limit")
	flags.BoolVar(&f.Diff, "diff", false, "list what changed since the run before")
	f.reading.register(flags)
	return cmd
}

// options checks the flags and makes the engine's options of them.
func (f *detectFlags) options(a *app) (engine.Options, error) {
	o := engine.Options{Seed: f.Seed, Threads: a.Threads, Version: buildVersion()}
	loc, err := a.location()
	if err != nil {
		return o, err
	}
	if o.AsOf, err = parseMoment("as-of", f.AsOf, loc); err != nil {
		return o, err
	}
	if o.KnownAt, err = parseMoment("known-at", f.KnownAt, loc); err != nil {
		return o, err
	}
	if o.Model, err = readModel(f.Model); err != nil {
		return o, err
	}
	if f.MinDecided < 0 {
		return o, usagef("--min-decided %d: want 0 or more", f.MinDecided)
	}
	if f.Policy != "" {
		if o.Policy, err = policy.Load(f.Policy); err != nil {
			return o, usagef("--policy: %v", err)
		}
	}
	return o, nil
}

// Names of models that are no files.
const (
	shippedModel = "shipped"
	noModel      = "none"
)

// readModel reads the scorer that a flag names.
func readModel(name string) (*engine.Model, error) {
	var m *engine.Model
	var err error
	switch name {
	case shippedModel, "":
		m, err = engine.DefaultModel()
	case noModel:
		m = engine.NoModel()
	default:
		m, err = engine.LoadModel(name)
	}
	if err != nil {
		return nil, usagef("--model: %v", err)
	}
	return m, nil
}

// parseMoment reads a moment that a person typed; a day is its first moment.
func parseMoment(flag, s string, loc *time.Location) (graph.Time, error) {
	t, err := loaders.ParseTime(s, loc)
	if err == nil {
		return t, nil
	}
	return 0, usagef("--%s %q: want a moment such as 2018-10-09 or 2018-10-09T18:00:00Z", flag, s)
}

// detectStore is one run over the store, under its lease.
func (a *app) detectStore(ctx context.Context, s store, f *detectFlags, o engine.Options) error {
	var g *graph.Snapshot
	var run, prev *engine.Run
	start := time.Now()
	if err := f.fits(ctx, s); err != nil {
		return fmt.Errorf("detect: %w", err)
	}
	err := a.job(ctx, s, "detect", func(ctx context.Context, fence uint64) (err error) {
		g, err = a.readSnapshot(ctx, s, graph.BuildOptions{AsOf: o.AsOf, KnownAt: o.KnownAt})
		if err != nil {
			return err
		}
		if !o.KnownAt.Known() {
			if err := a.keepSnapshot(ctx, s, g); err != nil {
				return err
			}
		}
		if !o.AsOf.Known() && !o.KnownAt.Known() { // a replay has no predecessor: what came later is not known
			prev, err = engine.ReadRun(ctx, s, "")
			if err != nil && !errors.Is(err, graph.ErrNotFound) {
				return err
			}
		}
		if err := learnFromStore(ctx, s, f.AccountModel, f.MinDecided, &o); err != nil {
			return err
		}
		run, err = a.detect(ctx, g, prev, o)
		if err != nil {
			return err
		}
		return engine.WriteRun(ctx, s, s, fence, run)
	})
	if err != nil {
		return fmt.Errorf("detect: %w", err)
	}
	a.tellRun(run, time.Since(start))
	if err := a.checkIfNothing(ctx, g, run, o.Policy); err != nil {
		return err
	}
	if err := showVerdicts(ctx, s, run.Rings); err != nil {
		return err
	}
	if f.Out != "" {
		if err := writeRingsFile(a, f.Out, run); err != nil {
			return err
		}
	}
	if f.Diff {
		return writeDiff(a, prev, run)
	}
	if a.Output != "table" {
		return writeRings(a, run.Info, run.Rings, 0)
	}
	return nil
}

// detectFiles is a run straight over files. Nothing is kept.
func (a *app) detectFiles(ctx context.Context, paths []string, f *detectFlags, o engine.Options) error {
	if o.KnownAt.Known() || f.Diff || f.Estimate {
		return usagef("--known-at, --diff and --estimate need a store; leave out the paths")
	}
	start := time.Now()
	g, report, err := a.readFilesTo(ctx, paths, &f.reading, graph.BuildOptions{AsOf: o.AsOf, Threads: o.Threads},
		func(l []loaders.Label) { o.Accounts.Labels = append(o.Accounts.Labels, accountLabels(l)...) })
	if err != nil {
		return err
	}
	run, err := a.detect(ctx, g, nil, o)
	if err != nil {
		return fmt.Errorf("detect: %w", err)
	}
	a.tellRun(run, time.Since(start))
	if err := a.checkIfNothing(ctx, g, run, o.Policy); err != nil {
		return err
	}
	if f.Out != "" {
		err = writeRingsFile(a, f.Out, run)
	} else {
		err = writeRings(a, run.Info, run.Rings, 0)
	}
	if err == nil {
		err = rejectsError(report)
	}
	return err
}

// readFiles is the snapshot of files, without a store.
func (a *app) readFiles(ctx context.Context, paths []string, f *readFlags, o graph.BuildOptions) (*graph.Snapshot, *loaders.Report, error) {
	return a.readFilesTo(ctx, paths, f, o, nil)
}

// readFilesTo is readFiles, which hands on the labels besides.
func (a *app) readFilesTo(ctx context.Context, paths []string, f *readFlags, o graph.BuildOptions, labels func([]loaders.Label)) (
	*graph.Snapshot, *loaders.Report, error) {
	reading, err := f.options(a)
	if err != nil {
		return nil, nil, err
	}
	reading.Labels = labels
	if err := pathsExist(paths); err != nil {
		return nil, nil, err
	}
	if reading.Vault, err = a.looseVault(); err != nil {
		return nil, nil, err
	}
	b := graph.NewBuilder(o)
	bar := a.newProgress("reading", "rows")
	reading.Progress = loadProgress(bar)
	report, err := loaders.ReadInto(ctx, paths, reading, b)
	bar.done()
	if err != nil {
		return nil, nil, fmt.Errorf("read: %w", err)
	}
	g, err := b.Build(0)
	return g, report, err
}

func (a *app) detect(ctx context.Context, g *graph.Snapshot, prev *engine.Run, o engine.Options) (*engine.Run, error) {
	bar := a.newProgress("looking for rings", "steps")
	defer bar.done()
	o.Progress = func(p engine.Progress) { bar.set(p.Stage, int64(p.Done), int64(p.Total)) }
	return engine.Detect(ctx, g, engine.Scope{}, prev, o)
}

// tellRun sums a run up for a person; where it found nothing it says why.
func (a *app) tellRun(run *engine.Run, took time.Duration) {
	info := &run.Info
	strong := 0
	for i := range run.Rings {
		if run.Rings[i].Probability >= flagged {
			strong++
		}
	}
	a.say("run %s: %s accounts, %s ties, %s groups (the largest of %s accounts) in %s", info.ID, count(info.Accounts),
		count(info.Ties), count(info.Components), count(info.Largest), took.Round(time.Millisecond))
	a.say("  rings: %s, besides %s of a probability below %.1f", count(strong), count(info.Rings-strong), flagged)
	if n := info.Status.NotScoredHub; n > 0 {
		a.say("  %s accounts share only what too many share and were not scored", count(n))
	}
	if info.Conflicts > 0 {
		a.say("  %s events are in the data in several versions", count(info.Conflicts))
	}
	a.tellPolicy(info)
	for _, limit := range info.Limits {
		a.say("  limit: %s", printable(limit))
	}
	if info.Rings == 0 {
		a.say("  no rings: %s", nothingFound(info))
	}
	for _, note := range info.Notes {
		a.say("  note: %s", printable(note))
	}
}

// tellPolicy tells what the policy cut and what its rules did, the worst first.
func (a *app) tellPolicy(info *engine.RunInfo) {
	for i, c := range info.CutBy {
		if i == 4 {
			a.say("  … and %s more; the run in --output json lists them, and each cut", count(len(info.CutBy)-i))
			break
		}
		a.say("  cut by %s: %s identifiers that %s accounts share; %s of these are not scored for it", c.Name, count(c.Identifiers), count(c.Accounts), count(c.Unscored))
	}
	if len(info.Cuts) > 0 {
		cut := info.Cuts[0]
		a.say("  most: %s touches %s accounts; see \"ringleader policy explain\"", printable(cut.Ref.Masked()), count(cut.Accounts))
	}
	if len(info.CutBy) > 0 {
		a.say("  \"ringleader policy try --without %s\" says which rings that hides", info.CutBy[0].Name)
	}
	for _, r := range info.Rules {
		a.say("  rule %s (%s): %s", r.Rule, r.Then, ringCount(r.Rings))
	}
	if info.Suppressed > 0 {
		a.say("  %s suppressed by rules; \"ringleader rings --suppressed\" lists them", ringCount(info.Suppressed))
	}
}

// nothingFound says where the accounts were lost.
func nothingFound(info *engine.RunInfo) string {
	switch {
	case info.Accounts == 0:
		return "there are no accounts; check the mapping of what was loaded"
	case info.Ties == 0:
		return "no two accounts share anything that the sharing policy lets tie"
	case info.Components == 0:
		return "no group of two accounts or more"
	}
	return "no group has three accounts and evidence enough"
}

// writeRingsFile writes the document of "rings --output json" to a file, whole
// or not at all; "-" is standard output.
func writeRingsFile(a *app, path string, run *engine.Run) error {
	return writeFile(a, path, func(w io.Writer) error { return writeJSON(w, ringsDocument{run.Info, run.Rings}) })
}

// writeFile writes beside the file and renames, so that nobody reads half.
func writeFile(a *app, path string, write func(io.Writer) error) (err error) {
	if path == "-" {
		w := bufio.NewWriter(a.stdout)
		if err := write(w); err != nil {
			return err
		}
		return w.Flush()
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".ringleader-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("write %s: %w", path, err)
			_ = os.Remove(f.Name())
		}
	}()
	w := bufio.NewWriterSize(f, 1<<16)
	if err := errors.Join(write(w), w.Flush(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
