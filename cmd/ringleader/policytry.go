package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"ringleader/engine"
	"ringleader/engine/policy"
	"ringleader/graph"
)

func newPolicyTry(a *app) *cobra.Command {
	var f policyFlags
	var lift engine.Lift
	var only, model string
	var seed uint64
	cmd := &cobra.Command{
		Use:   "try [PATH…] [--without RULE]",
		Short: "Say which rings would appear, grow or vanish without a rule of the policy",
		Long: "Run the components that a rule touches again without it and say what would change:\n" +
			"for each rule that cuts anything in turn, or ring by ring for the one that --without\n" +
			"names. Nothing is written. RULE is a name of the run's cut_by or the beginning of one (cap,\n" +
			"cap:ip, cap:ip:office, placeholder, allow_list), or the name of a class. What is too\n" +
			"large is left out and said: identifiers that more accounts share than max_component,\n" +
			"and what exceeds --max-accounts, those that fewest share coming first.",
		Example: "  ringleader policy try\n  ringleader policy try --without cap:device\n  ringleader policy try --without cap --only ip:203.0.113.9 --output json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if lift.MaxAccounts < 1 {
				return usagef("--max-accounts %d: want at least 1", lift.MaxAccounts)
			}
			if !(lift.MinProbability > 0 && lift.MinProbability <= 1) {
				return usagef("--min-probability %g: want more than 0, to 1", lift.MinProbability)
			}
			if only != "" {
				ref, err := parseRef("--only", only)
				if err != nil {
					return err
				}
				lift.Only = ref
			}
			m, err := readModel(model)
			if err != nil {
				return err
			}
			return a.read(cmd.Context(), &f, args, func(s store, g *graph.Snapshot, p *policy.Policy, asOf graph.Time) error {
				if lift.Only.Kind != "" {
					if s != nil {
						if lift.Only, err = a.lookUp(cmd.Context(), s, lift.Only); err != nil {
							return err
						}
					}
					if _, ok := g.Lookup(lift.Only); !ok {
						return fmt.Errorf("--only: this %s: %w in the data", lift.Only.Kind, graph.ErrNotFound)
					}
				}
				var prev *engine.Run
				if s != nil && !asOf.Known() {
					prev, err = engine.ReadRun(cmd.Context(), s, "")
					if err != nil && !errors.Is(err, graph.ErrNotFound) {
						return err
					}
				}
				o := engine.Options{Policy: p, Model: m, Seed: seed, Threads: a.Threads, AsOf: asOf}
				if err := learnVerdicts(cmd.Context(), s, &o); err != nil {
					return err
				}
				if lift.Rule == "" {
					tries, err := engine.WithoutEach(cmd.Context(), g, lift, prev, o)
					if err != nil {
						return err
					}
					return writeTries(a, p, tries)
				}
				w, err := engine.Without(cmd.Context(), g, lift, prev, o)
				if err != nil {
					return err
				}
				return writeWhatIf(a, w)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&lift.Rule, "without", "", "the rule that is not to apply; each in turn if not given")
	flags.StringVar(&only, "only", "", "lift it from this identifier alone")
	flags.IntVar(&lift.MaxAccounts, "max-accounts", 20_000, "at most so many accounts on all identifiers that are lifted")
	flags.Float64Var(&lift.MinProbability, "min-probability", flagged, "only rings at least this probable")
	flags.StringVar(&model, "model", shippedModel, "learned scorer, a LightGBM text file; \"none\" for the evidence alone")
	flags.Uint64Var(&seed, "seed", 1, "seed of everything random")
	f.register(cmd)
	return cmd
}

func writeWhatIf(a *app, w *engine.WhatIf) error {
	a.say("without %s: %s identifiers tie as a whole; %s accounts in %s groups were run again; %s that are not scored now would be",
		w.Without, count(w.Identifiers), count(w.Accounts), count(w.Components), count(w.Scored))
	if w.NotTried > 0 {
		a.say("  not tried, too large: %s identifiers, the largest of %s accounts; --max-accounts and the policy's max_component say what is", count(w.NotTried), count(w.Skipped[0].Accounts))
	}
	for _, limit := range w.Limits {
		a.say("  limit: %s", printable(limit))
	}
	type row = engine.RingChange
	return listing[row]{whole: w, items: w.Changes, empty: "no ring would change", first: tablePage, more: "--output json shows all", columns: []column[row]{
		{name: "change", value: func(c *row) string { return c.Change }},
		{name: "ring", value: func(c *row) string { return c.Ring.ID }},
		{name: "typology", value: func(c *row) string { return string(c.Ring.Typology) }},
		{name: "accounts", value: func(c *row) string { return fmt.Sprint(c.Ring.Size) }, right: true},
		{name: "accounts_before", value: func(c *row) string { return fmt.Sprint(c.Was) }, right: true},
		{name: "fresh", value: func(c *row) string { return fmt.Sprint(c.Fresh) }, right: true},
		{name: "score", value: func(c *row) string { return decimal(c.Ring.Score) }, right: true},
		{name: "score_before", value: func(c *row) string { return decimal(c.Before) }, right: true},
		{name: "probability", value: func(c *row) string { return decimal(c.Ring.Probability) }, right: true},
	}}.write(a)
}

// writeTries prints a line for each rule, the worst first.
func writeTries(a *app, p *policy.Policy, tries []*engine.WhatIf) error {
	type row = *engine.WhatIf
	number := func(name string, value func(w row) int) column[row] {
		return column[row]{name: name, value: func(w *row) string { return fmt.Sprint(value(*w)) }, right: true}
	}
	changes := func(change string) column[row] {
		return number(change, func(w row) (n int) {
			for i := range w.Changes {
				if w.Changes[i].Change == change {
					n++
				}
			}
			return n
		})
	}
	whole := struct {
		Policy string `json:"policy"`
		Tries  []row  `json:"tries"`
	}{p.Version(), tries}
	return listing[row]{whole: whole, items: tries, empty: "the policy cuts nothing", columns: []column[row]{
		{name: "without", value: func(w *row) string { return (*w).Without }},
		number("identifiers", func(w row) int { return w.Identifiers }),
		number("not_tried", func(w row) int { return w.NotTried }),
		number("accounts", func(w row) int { return w.Accounts }),
		number("scored", func(w row) int { return w.Scored }),
		changes("appears"), changes("splits"), changes("grows"), changes("shrinks"), changes("vanishes"),
		number("limits", func(w row) int { return len(w.Limits) }),
	}}.write(a)
}
