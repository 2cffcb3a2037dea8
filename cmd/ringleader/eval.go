package main

import (
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"ringleader/api"
	"ringleader/engine"
	"ringleader/engine/eval"
	"ringleader/engine/policy"
	"ringleader/graph"
)

// evalFlags are what "eval" takes, as typed.
type evalFlags struct {
	Run, Truth string
	Threshold  float64
	Baselines  bool

	World     string
	Accounts  int
	Seeds     string
	Gate      bool
	Stability bool
	Nights    int
	Knobs     map[string]string

	Candidates string
	Model      string
	Without    []string // detectors
	Lacking    []string // tables, or "times"
	Holder     string

	model  *engine.Model
	policy *policy.Policy
	rows   *candidateFile
}

func newEval(a *app) *cobra.Command {
	var f evalFlags
	cmd := &cobra.Command{
		Use:   "eval (--truth DIR | --world NAME)",
		Short: "Measure runs against the truth of made worlds",
		Long: "Measure the latest run of the store against the truth of the world that was loaded;\n" +
			"or make a world for each of several seeds, find its rings in memory, and say mean and\n" +
			"worst of every number. --baselines sets simple methods beside the engine. What each\n" +
			"number means is in docs/quality.md.",
		Example: "  ringleader eval --truth world/truth --output json\n  ringleader eval --world mixed --accounts 5000 --seeds 1-5 --baselines",
		Args:    takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			if f.World != "" {
				return a.evalWorlds(cmd.Context(), &f)
			}
			return a.evalStore(cmd, &f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.Truth, "truth", "", "folder with truth.csv, traps.csv and events.csv")
	flags.StringVar(&f.Run, "run", "", "ID of a run; the latest if not given")
	flags.Float64Var(&f.Threshold, "threshold", flagged, "probability from which a ring counts")
	flags.BoolVar(&f.Baselines, "baselines", false, "also measure components, Louvain and Leiden")
	flags.StringVar(&f.World, "world", "", "make this world instead of reading the store; see synth --help")
	flags.IntVar(&f.Accounts, "accounts", 5000, "with --world: accounts of each world")
	flags.StringVar(&f.Seeds, "seeds", "1-5", "with --world: seeds, such as 1-5 or 1,4,9")
	flags.StringToStringVar(&f.Knobs, "knob", nil, "with --world: change the world, such as strangers=3; see synth --help")
	flags.BoolVar(&f.Gate, "gate", false, "with --world: check that no trivial method solves it")
	flags.BoolVar(&f.Stability, "stability", false, "with --world: check that rows, threads and store do not matter")
	flags.StringVar(&f.Candidates, "candidates", "", "with --world: only write the labelled candidates with their features to this CSV file, to train a scorer on")
	flags.StringVar(&f.Model, "model", shippedModel, "with --world: learned scorer, a LightGBM text file; \"none\" for the evidence alone")
	flags.StringSliceVar(&f.Without, "without", nil, "with --world: detectors to switch off: "+strings.Join(policy.DetectorNames(), ", "))
	flags.StringSliceVar(&f.Lacking, "lacking", nil, "with --world: tables of the world to leave out (payments, events …), or \"times\" for all times")
	flags.StringVar(&f.Holder, "holder", "", "with --world: measure what one of its companies sees: alipay, wechat or store (synth --split-by-holder)")
	flags.IntVar(&f.Nights, "nights", 0, "with --world: also run so many nights in a row, from the first bad event on")
	return cmd
}

func (f *evalFlags) check() error {
	switch {
	case f.Threshold <= 0 || f.Threshold > 1:
		return usagef("--threshold %g: want above 0, at most 1", f.Threshold)
	case f.World != "" && (f.Truth != "" || f.Run != ""):
		return usagef("--world makes its own truth and run; leave out --truth and --run")
	case f.Nights < 0:
		return usagef("--nights %d: want 0 (none) or more", f.Nights)
	case f.World == "" && (f.Gate || f.Stability || f.Nights > 0 || f.Candidates != "" || f.Model != shippedModel || len(f.Knobs) > 0):
		return usagef("--gate, --stability, --nights, --candidates, --knob and --model need --world")
	case f.World == "" && len(f.Without)+len(f.Lacking)+len(f.Holder) > 0:
		return usagef("--without, --lacking and --holder need --world")
	case len(f.Lacking) > 0 && (f.Nights > 0 || f.Stability):
		return usagef("--lacking goes with neither --nights nor --stability: they read the whole world")
	case f.World == "" && f.Truth == "":
		return usagef("--truth is missing: the folder truth of a made world; or name a world to make with --world")
	}
	return nil
}

// evalStore measures a run of the store.
func (a *app) evalStore(cmd *cobra.Command, f *evalFlags) error {
	known, err := eval.ReadTruth(f.Truth)
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	return a.withStore(ctx, toRead, func(s store) error {
		run, err := api.ReadRun(ctx, s, f.Run)
		if err != nil {
			return err
		}
		g, err := a.readSnapshot(ctx, s, graph.BuildOptions{AsOf: run.Info.AsOf, KnownAt: run.Info.KnownAt})
		if err != nil {
			return err
		}
		c := &comparison{}
		if err := c.compare(ctx, f, g, known, run); err != nil {
			return err
		}
		if f.Baselines {
			c.summarise()
			return writeComparison(a, c)
		}
		return writeEvaluation(a, c.Methods[0].Reports[0])
	})
}

// measure is one number of an evaluation.
type measure struct {
	Measure string `json:"measure"`
	Value   string `json:"value"`
}

func writeEvaluation(a *app, r *eval.Report) error {
	var all []measure
	for _, m := range r.Metrics() {
		all = append(all, measure{m.Name, number(m.Value, m.Count)})
	}
	return listing[measure]{whole: r, items: all, columns: []column[measure]{
		{name: "measure", value: func(m *measure) string { return m.Measure }},
		{name: "value", value: func(m *measure) string { return m.Value }, right: true},
	}}.write(a)
}

// number writes shares with four decimals, and counts with one where they are
// means.
func number(x float64, count bool) string {
	switch {
	case count && x == math.Trunc(x):
		return strconv.FormatFloat(x, 'f', 0, 64)
	case count:
		return strconv.FormatFloat(x, 'f', 1, 64)
	}
	return strconv.FormatFloat(x, 'f', 4, 64)
}
