package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"ringleader/engine"
	"ringleader/engine/policy"
	"ringleader/graph"
	"ringleader/loaders"
)

func newCheck(a *app) *cobra.Command {
	var f readFlags
	var policy string
	cmd := &cobra.Command{
		Use:   "check [PATH…]",
		Short: "Say what detection could see in the data, and what is missing",
		Long: "Look at the store, or straight at files, and say which detectors can run and which\n" +
			"lack a column; the 20 identifiers of each kind that most accounts share, and which of\n" +
			"them look like placeholders; days that are missing; and what the sharing policy would\n" +
			"cut. Nothing is written. The table shows the identifiers; --output json has all of it.",
		Example: "  ringleader check --store rings.db\n  ringleader check export --mapping ours.yaml --output json",
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := readPolicy(policy)
			if err != nil {
				return err
			}
			if len(args) > 0 {
				return a.checkFiles(cmd.Context(), args, &f, p)
			}
			return a.withStore(cmd.Context(), toRead, func(s store) error {
				g, err := a.readSnapshot(cmd.Context(), s, graph.BuildOptions{})
				if err != nil {
					return fmt.Errorf("check: %w", err)
				}
				return a.check(cmd.Context(), g, p)
			})
		},
	}
	cmd.Flags().StringVar(&policy, "policy", "", "YAML file with the sharing policy; the one that ships if not given")
	f.register(cmd.Flags())
	return cmd
}

// readPolicy is the policy of a file, or the one that ships.
func readPolicy(path string) (*policy.Policy, error) {
	if path == "" {
		return policy.Default()
	}
	p, err := policy.Load(path)
	if err != nil {
		return nil, usagef("--policy: %v", err)
	}
	return p, nil
}

// checkFiles checks files without a store.
func (a *app) checkFiles(ctx context.Context, paths []string, f *readFlags, p *policy.Policy) error {
	reading, err := f.options(a)
	if err != nil {
		return err
	}
	if err := pathsExist(paths); err != nil {
		return err
	}
	b := graph.NewBuilder(graph.BuildOptions{})
	bar := a.newProgress("reading", "rows")
	reading.Progress = loadProgress(bar)
	report, err := loaders.ReadInto(ctx, paths, reading, b)
	bar.done()
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	a.sayIdentifiers(report)
	g, err := b.Build(0)
	if err == nil {
		err = a.check(ctx, g, p)
	}
	if err == nil {
		err = rejectsError(report)
	}
	return err
}

// check looks at a snapshot and prints what it found.
func (a *app) check(ctx context.Context, g *graph.Snapshot, p *policy.Policy) error {
	r, err := engine.Check(ctx, g, p)
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	a.sayCheck(r)
	type row = engine.SharedIdentifier
	return listing[row]{whole: r, items: r.Shared, empty: "no identifier is shared by two accounts", columns: []column[row]{
		{name: "kind", value: func(s *row) string { return string(s.Ref.Kind) }},
		{name: "identifier", value: func(s *row) string { return s.Ref.Key }},
		{name: "accounts", value: func(s *row) string { return fmt.Sprint(s.Accounts) }, right: true},
		{name: "cap", value: func(s *row) string { return fmt.Sprint(s.Cap) }, right: true},
		{name: "cut_by", value: func(s *row) string { return s.Rule }},
		{name: "suspect", value: func(s *row) string { return s.Suspect }},
	}}.write(a)
}

// gapsSaid is how many gaps a check tells before it counts the rest.
const gapsSaid = 5

// sayCheck tells a check in a few lines, on standard error.
func (a *app) sayCheck(r *engine.CheckReport) {
	span := "no link has a time"
	if r.First.Known() {
		span = fmt.Sprintf("from %s to %s", r.First, r.Last)
		if r.Undated > 0 {
			span += fmt.Sprintf(", %s links without a time", count(r.Undated))
		}
	}
	a.say("check: %s accounts, %s links, %s", count(r.Accounts), count(r.Links), span)
	for _, d := range r.Detectors {
		state := "can run"
		if !d.Runs {
			state = "cannot run"
		}
		lacks := make([]string, len(d.Lacks))
		for i, l := range d.Lacks {
			lacks[i] = fmt.Sprintf("; %s (column %s)", l.What, l.Column)
		}
		a.say("  %s: %s%s", d.Name, state, strings.Join(lacks, ""))
	}
	for i, gap := range r.Gaps {
		if i == gapsSaid {
			a.say("  gap: … and %s more; --output json lists them", count(len(r.Gaps)-i))
			break
		}
		a.say("  gap: no %s for %s days from %s", gap.Type, count(gap.Days), gap.From.Std().Format("2006-01-02"))
	}
	for _, c := range r.Cuts {
		a.say("  cut by %s: %s of kind %s; the largest touches %s accounts", c.Rule, count(c.Identifiers), c.Kind, count(c.Largest))
	}
	if r.CutOff > 0 {
		a.say("  %s accounts share only what is cut", count(r.CutOff))
	}
	for i := range r.Shared {
		if s := &r.Shared[i]; s.Suspect != "" {
			a.say("  a placeholder? %s: %s accounts, %s", printable(s.Ref.String()), count(s.Accounts), s.Suspect)
		}
	}
	for _, note := range r.Notes {
		a.say("  note: %s", printable(note))
	}
}

// sayIdentifiers tells which identifiers of a load are none.
func (a *app) sayIdentifiers(r *loaders.Report) {
	for _, n := range r.Identifiers {
		done := "kept as they are"
		if n.Unlinked {
			done = "placeholders, not linked"
		}
		a.say("%s rows: %s: %s; %s (first: %s, row %d)", count(n.Rows), n.Kind, printable(n.Reason), done, printable(n.File), n.Row)
	}
}

// checkedLinks is how large a store may be for a load to check it as well.
const checkedLinks = 1_000_000

// checkAfterLoad ends a load with what detection could see now, if somebody
// listens and the store is not so large that they would wait.
func (a *app) checkAfterLoad(ctx context.Context, s store, report *loaders.Report) error {
	if a.Quiet || report.Links+report.Attrs == 0 {
		return nil
	}
	stats, err := s.Stats(ctx)
	if err != nil {
		return err
	}
	var links int64
	for _, n := range stats.Links {
		links += n
	}
	if links > checkedLinks {
		a.say("run \"ringleader check\" to see what detection could see")
		return nil
	}
	g, err := a.readSnapshot(ctx, s, graph.BuildOptions{})
	if err != nil {
		return err
	}
	r, err := engine.Check(ctx, g, nil)
	if err != nil {
		return err
	}
	a.sayCheck(r)
	return nil
}

// checkIfNothing explains a run that found no ring.
func (a *app) checkIfNothing(ctx context.Context, g *graph.Snapshot, run *engine.Run, p *policy.Policy) error {
	if a.Quiet || run.Info.Rings > 0 {
		return nil
	}
	r, err := engine.Check(ctx, g, p)
	if err != nil {
		return err
	}
	a.sayCheck(r)
	return nil
}
