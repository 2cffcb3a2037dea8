package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"ringleader/engine"
	"ringleader/engine/policy"
	"ringleader/graph"
)

func newPolicy(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "What may tie accounts: show it, check a file, explain an identifier, try it without a rule",
		Args:  knownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPolicyShow(a), newPolicyCheck(a), newPolicyExplain(a), newPolicyTry(a))
	return cmd
}

func newPolicyShow(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "show",
		Short:   "Print the policy that ships, to start your own from",
		Example: "  ringleader policy show > policy.yaml\n  ringleader policy show --output json",
		Args:    takes(),
		RunE: func(*cobra.Command, []string) error {
			switch a.Output {
			case "json", "jsonl":
			case "csv":
				return usagef("--output csv: a policy is no table; want table (YAML) or json")
			default:
				_, err := a.stdout.Write(policy.DefaultYAML())
				return err
			}
			p, err := policy.Default()
			if err != nil {
				return err
			}
			return writeJSON(a.stdout, p)
		},
	}
}

// policyState is what "policy check" prints.
type policyState struct {
	Policy  string           `json:"policy"`
	Kinds   int              `json:"kinds"`
	Classes int              `json:"classes"`
	Rules   int              `json:"rules"`
	Allow   int              `json:"allow"`
	Expired []policy.Allowed `json:"expired"` // by the day asked for; none without one
}

func newPolicyCheck(a *app) *cobra.Command {
	var asOf string
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Check a policy, rules over rings and all; errors name the line",
		Long: "Check a policy, rules over rings and all; errors name the line. With --as-of it also\n" +
			"lists the entries of the allow list that have expired on that day.",
		Example: "  ringleader policy check policy.yaml --as-of 2027-01-01",
		Args:    takes("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			loc, err := a.location()
			if err != nil {
				return err
			}
			day, err := parseMoment("as-of", asOf, loc)
			if err != nil {
				return err
			}
			if _, err := os.Stat(args[0]); err != nil {
				return usagef("%v", err)
			}
			p, err := policy.Load(args[0])
			if err != nil {
				return err
			}
			one := policyState{p.Version(), len(p.Kinds), len(p.Classes), len(p.Rules), len(p.Allow), p.Expired(day)}
			for _, e := range one.Expired {
				a.say("expired on %s: the entry of the allow list for %s (owner %s)", e.Expires, printable(e.Ref), printable(e.Owner))
			}
			return listing[policyState]{whole: one, items: []policyState{one}, columns: []column[policyState]{
				{name: "policy", value: func(s *policyState) string { return s.Policy }},
				{name: "kinds", value: func(s *policyState) string { return fmt.Sprint(s.Kinds) }, right: true},
				{name: "classes", value: func(s *policyState) string { return fmt.Sprint(s.Classes) }, right: true},
				{name: "rules", value: func(s *policyState) string { return fmt.Sprint(s.Rules) }, right: true},
				{name: "allow", value: func(s *policyState) string { return fmt.Sprint(s.Allow) }, right: true},
				{name: "expired", value: func(s *policyState) string { return fmt.Sprint(len(s.Expired)) }, right: true},
			}}.write(a)
		},
	}
	cmd.Flags().StringVar(&asOf, "as-of", "", "the day by which entries of the allow list expire")
	return cmd
}

// policyFlags are what "policy explain" and "policy try" look at.
type policyFlags struct {
	policy, asOf string
	reading      readFlags
}

func (f *policyFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.policy, "policy", "", "YAML file with the sharing policy; the one that ships if not given")
	flags.StringVar(&f.asOf, "as-of", "", "moment to look from, which also says what of the allow list has expired")
	f.reading.register(flags)
}

// read hands the snapshot of the store, or of files, to do.
func (a *app) read(ctx context.Context, f *policyFlags, paths []string, do func(s store, g *graph.Snapshot, p *policy.Policy, asOf graph.Time) error) error {
	p, err := readPolicy(f.policy)
	if err != nil {
		return err
	}
	loc, err := a.location()
	if err != nil {
		return err
	}
	asOf, err := parseMoment("as-of", f.asOf, loc)
	if err != nil {
		return err
	}
	if len(paths) > 0 {
		g, report, err := a.readFiles(ctx, paths, &f.reading, graph.BuildOptions{AsOf: asOf, Threads: a.Threads})
		if err != nil {
			return err
		}
		if err := do(nil, g, p, asOf); err != nil {
			return err
		}
		return rejectsError(report)
	}
	return a.withStore(ctx, toRead, func(s store) error {
		g, err := a.readSnapshot(ctx, s, graph.BuildOptions{AsOf: asOf})
		if err != nil {
			return err
		}
		return do(s, g, p, asOf)
	})
}

func newPolicyExplain(a *app) *cobra.Command {
	var f policyFlags
	var limit int
	cmd := &cobra.Command{
		Use:   "explain REF [PATH…]",
		Short: "Say what the policy makes of an identifier or an account, and why",
		Long: "Of an identifier: the rule of its kind, what is seen of it, its class and why, its\n" +
			"entry in the allow list, what cuts it, what of it still ties, and how rare it is. Of an\n" +
			"account: which of its identifiers tie, which were cut and by what, and whether it is\n" +
			"not scored for that. In the store, or straight in files.",
		Example: "  ringleader policy explain ip:203.0.113.9\n  ringleader policy explain account:u17 --output json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("REF is missing, such as account:u17 or ip:203.0.113.9: %s", cmd.UseLine())
			}
			ref, err := parseRef("REF", args[0])
			if err != nil {
				return err
			}
			if limit < 1 {
				return usagef("--limit %d: want at least 1", limit)
			}
			return a.read(cmd.Context(), &f, args[1:], func(s store, g *graph.Snapshot, p *policy.Policy, asOf graph.Time) error {
				if s != nil {
					if ref, err = a.lookUp(cmd.Context(), s, ref); err != nil {
						return err
					}
				}
				e, err := engine.Explain(cmd.Context(), g, ref, p, asOf, limit)
				if err != nil {
					return err
				}
				return writeExplanation(a, e)
			})
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 20, "at most so many accounts or identifiers of one list")
	f.register(cmd)
	return cmd
}
