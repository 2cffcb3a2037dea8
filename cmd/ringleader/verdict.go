package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ringleader/api"
	"ringleader/engine"
	"ringleader/graph"
	"ringleader/vault"
)

// verdictFlags are the flags of "verdict".
type verdictFlags struct{ why, by, run, from string }

func newVerdict(a *app) *cobra.Command {
	var f verdictFlags
	cmd := &cobra.Command{
		Use:   "verdict RING fraud|cleared|unsure|withdrawn --why TEXT",
		Short: "Say what a ring turned out to be; detection learns from it",
		Long: "Note in the store what people made of a ring: fraud, cleared (it is none), unsure (looked\n" +
			"at, and not told), or withdrawn, which takes back what was said before. The last word on a\n" +
			"ring counts; all of them stay in the history. RING is the ID or its beginning, from four\n" +
			"letters after \"r-\" on.\n\n" +
			"\"rings\" and \"ring\" show verdicts at once. The next \"detect\" takes the suspects of fraud and\n" +
			"the accounts of cleared rings for labelled, and from 100 decided rings on (--min-decided)\n" +
			"its probabilities are measured by them, where they were estimates.\n\n" +
			"--from reads many from a table (CSV, JSON lines, Parquet) with the columns ring (or id),\n" +
			"verdict and, if they differ from --why and --by, why and by. Rows without a verdict and\n" +
			"other columns are passed over, so a filled-in \"rings --output csv\" will do. One bad row,\n" +
			"and nothing is noted. Name no people in TEXT: \"erase\" does not look into it.",
		Example: "  ringleader verdict r-7c2f fraud --why \"three victims called\"\n" +
			"  ringleader verdict r-7c2f withdrawn --why \"meant the one below\"\n" +
			"  ringleader verdict --from decided.csv --why \"review of October\"\n" +
			"  ringleader verdict list",
		Args: func(cmd *cobra.Command, args []string) error {
			if f.from == "" {
				return takes("RING", "DECISION")(cmd, args)
			}
			return takes()(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.by == "" {
				f.by = vault.SystemUser()
			}
			ctx := cmd.Context()
			return a.withStore(ctx, toWrite, func(s store) error {
				run, err := api.ReadRun(ctx, s, f.run)
				if err != nil {
					return err
				}
				var verdicts []engine.Verdict
				if f.from != "" {
					verdicts, err = readVerdicts(ctx, f.from, run, &f)
				} else {
					verdicts, err = f.one(run, args[0], args[1])
				}
				if err != nil {
					return err
				}
				return a.decide(ctx, s, verdicts)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.why, "why", "", "the reason, for those who come after")
	flags.StringVar(&f.by, "by", "", "who decided; the user of this machine if not given")
	flags.StringVar(&f.run, "run", "", "ID of the run that showed the ring; the latest if not given")
	flags.StringVar(&f.from, "from", "", "table with a verdict in each row")
	cmd.AddCommand(newVerdictList(a))
	return cmd
}

// one is the verdict that the arguments give.
func (f *verdictFlags) one(run *engine.Run, ring, word string) ([]engine.Verdict, error) {
	d, err := engine.ParseDecision(word)
	if err != nil {
		return nil, usagef("%q: %v", word, err)
	}
	if err := vault.CheckWhy(f.why); err != nil {
		return nil, usagef("--why: say in a few words why; it stays with the verdict")
	}
	r, err := findRing(run, ring)
	if err != nil {
		return nil, err
	}
	return []engine.Verdict{{Ring: r.ID, Run: run.Info.ID, Decision: d, Why: f.why, By: f.by}}, nil
}

// decide notes verdicts and says what they change.
func (a *app) decide(ctx context.Context, s store, verdicts []engine.Verdict) error {
	if len(verdicts) == 0 {
		a.say("no row has a verdict; nothing was noted")
		return nil
	}
	before, err := engine.Verdicts(ctx, s, 0)
	if err != nil {
		return err
	}
	now := graph.TimeOf(time.Now())
	for i := range verdicts {
		verdicts[i].At = now
	}
	if err := engine.AddVerdicts(ctx, s, verdicts...); err != nil {
		return err
	}
	after, err := engine.Verdicts(ctx, s, 0)
	if err != nil {
		return err
	}
	changed := 0
	for _, v := range verdicts {
		if old := standing(before, v.Ring); old != nil && old.Decision != v.Decision {
			changed++
			if len(verdicts) == 1 {
				a.say("it was %s before, by %s on %s", old.Decision, printable(old.By), day(old.At))
			}
		}
	}
	if len(verdicts) > 1 {
		a.say("%s verdicts, %s of which change an earlier one", count(len(verdicts)), count(changed))
	}
	decided := 0
	for _, v := range after {
		if v.Decision == engine.Fraud || v.Decision == engine.Cleared {
			decided++
		}
	}
	a.say("decided rings of this store: %s; the next \"ringleader detect\" learns from them", count(decided))
	return writeVerdicts(a, verdicts)
}

// standing is the verdict on a ring among those that stand, or nil.
func standing(verdicts []engine.Verdict, ring string) *engine.Verdict {
	i, ok := slices.BinarySearchFunc(verdicts, ring, func(v engine.Verdict, id string) int { return strings.Compare(v.Ring, id) })
	if !ok {
		return nil
	}
	return &verdicts[i]
}

func newVerdictList(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list [RING]",
		Short: "List the verdicts that stand, or all that were ever given on one ring",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withStore(cmd.Context(), toRead, func(s store) error {
				if len(args) == 0 {
					verdicts, err := engine.Verdicts(cmd.Context(), s, 0)
					if err != nil {
						return err
					}
					return writeVerdicts(a, verdicts)
				}
				verdicts, err := verdictsOn(cmd.Context(), s, args[0])
				if err != nil {
					return err
				}
				return writeVerdicts(a, verdicts)
			})
		},
	}
}

// verdictsOn is the history of one ring, which no run needs to show any more.
func verdictsOn(ctx context.Context, s store, ring string) ([]engine.Verdict, error) {
	byRing := make(map[string][]engine.Verdict)
	var ids []string
	err := engine.VerdictHistory(ctx, s, 0, func(v engine.Verdict) error {
		if byRing[v.Ring] == nil {
			ids = append(ids, v.Ring)
		}
		byRing[v.Ring] = append(byRing[v.Ring], v)
		return nil
	})
	if err != nil {
		return nil, err
	}
	id, err := oneBeginning(ids, ring)
	if err != nil {
		return nil, err
	}
	if id == "" {
		return nil, fmt.Errorf("verdict on ring %s: %w; \"ringleader verdict list\" lists them", printable(ring), graph.ErrNotFound)
	}
	return byRing[id], nil
}

func writeVerdicts(a *app, verdicts []engine.Verdict) error {
	type row = engine.Verdict
	if verdicts == nil {
		verdicts = []row{}
	}
	text := func(name string, value func(*row) string) column[row] { return column[row]{name: name, value: value} }
	ring := text("ring", func(v *row) string { return v.Ring })
	decision := text("verdict", func(v *row) string { return string(v.Decision) })
	by, why := text("by", func(v *row) string { return printable(v.By) }), text("why", func(v *row) string { return printable(v.Why) })
	return listing[row]{
		whole: struct {
			Verdicts []row `json:"verdicts"`
		}{verdicts}, items: verdicts,
		columns: []column[row]{ring, decision, text("at", func(v *row) string { return v.At.String() }), by, text("run", func(v *row) string { return v.Run }), why},
		table:   []column[row]{ring, decision, text("on", func(v *row) string { return day(v.At) }), by, why},
		first:   tablePage, more: "--output json shows all", empty: "no verdicts",
	}.write(a)
}
