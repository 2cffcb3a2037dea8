package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"ringleader/engine/synth"
	"ringleader/graph"
)

func newSynth(a *app) *cobra.Command {
	var o synth.Options
	var set map[string]string
	cmd := &cobra.Command{
		Use:   "synth --out DIR",
		Short: "Make a labelled world to try things on",
		Long: "Make a world of accounts with planted rings: the canonical layout in DIR, and in\n" +
			"DIR/truth what is true of it, which \"load\" never reads.\n\nWorlds:\n" + worldList() + "\n\nKnobs:\n" + knobList(),
		Example: "  ringleader synth --world apple-id-2018 --accounts 20000 --seed 7 --out world",
		Args:    takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Dir == "" {
				return usagef("--out is missing: the folder to write to")
			}
			var err error
			if o.Knobs, err = parseKnobs(set); err != nil {
				return err
			}
			summary, err := makeWorld(cmd, a, o)
			if err != nil {
				return err
			}
			type row struct {
				File string
				Rows int64
			}
			var rows []row
			for file, n := range summary.Rows {
				rows = append(rows, row{file, n})
			}
			slices.SortFunc(rows, func(x, y row) int { return strings.Compare(x.File, y.File) })
			a.say("%s: %s accounts, seed %d, %d rings with %s accounts, in %s",
				summary.World, count(summary.Accounts), summary.Seed, summary.Rings, count(summary.Members), o.Dir)
			return listing[row]{whole: summary, items: rows, columns: []column[row]{
				{name: "file", value: func(r *row) string { return r.File }},
				{name: "rows", value: func(r *row) string { return fmt.Sprint(r.Rows) }, right: true},
			}}.write(a)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.World, "world", "apple-id-2018", "which world")
	flags.IntVar(&o.Accounts, "accounts", 20_000, "how many accounts")
	flags.Uint64Var(&o.Seed, "seed", 1, "the same seed makes the same bytes")
	flags.StringVar(&o.Dir, "out", "", "folder to write to")
	flags.BoolVar(&o.Gzip, "gzip", false, "write .csv.gz")
	flags.StringToStringVar(&set, "knob", nil, "change the world, such as prevalence=0.01,stagger=0; see above")
	flags.BoolVar(&o.SplitByHolder, "split-by-holder", false, "write what each company would see, beside the whole")
	flags.BoolVar(&o.Parquet, "parquet", false, "write .parquet")
	flags.BoolVar(&o.Replace, "replace", false, "remove the files of an earlier world from the folder first")
	return cmd
}

// makeWorld generates with progress, and tells mistakes of the person who
// typed the options from failures.
func makeWorld(cmd *cobra.Command, a *app, o synth.Options) (synth.Summary, error) {
	bar := a.newProgress("making a world", "accounts")
	o.Progress = func(done, total int) { bar.set("making a world", int64(done), int64(total)) }
	summary, err := synth.Generate(cmd.Context(), o)
	bar.done()
	switch {
	case errors.Is(err, synth.ErrNoWorld):
		err = usagef("%v\n%s", err, worldList())
	case errors.Is(err, synth.ErrNoKnob):
		err = usagef("%v\n%s", err, knobList())
	case errors.Is(err, graph.ErrInvalid):
		err = usagef("%v", err)
	}
	return summary, err
}

func worldList() string {
	var b strings.Builder
	for _, w := range synth.Worlds() {
		fmt.Fprintf(&b, "  %-16s %s\n", w.Name, w.About)
	}
	return strings.TrimRight(b.String(), "\n")
}

func knobList() string {
	var b strings.Builder
	for _, k := range synth.Knobs() {
		fmt.Fprintf(&b, "  %-16s %s, %g to %g\n", k.Name, k.About, k.Min, k.Max)
	}
	return strings.TrimRight(b.String(), "\n")
}

func parseKnobs(set map[string]string) (map[string]float64, error) {
	out := make(map[string]float64, len(set))
	for name, value := range set {
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return nil, usagef("--knob %s: the value is no number", name)
		}
		out[name] = v
	}
	return out, nil
}
