package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

const rootHelp = `ringleader finds fraud rings in graphs of accounts, devices, phone numbers,
merchants and the identifiers between them.

Start with "ringleader demo". With your own data: "ringleader load DIR", then
"ringleader detect", then "ringleader rings" or "ringleader serve".

Each flag is also an environment variable (--store is RINGLEADER_STORE) and a
key of the file that --config names (store: rings.db). The flag wins over the
environment, the environment over the file, the file over the default. Secrets
have no flag: RINGLEADER_NEO4J_PASSWORD, RINGLEADER_SOURCE_PASSWORD (of a database
to load from) and RINGLEADER_API_KEY, or files.

` + exitHelp

// newRoot builds the command tree over one app.
func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:           "ringleader",
		Short:         "Find fraud rings in graphs",
		Long:          rootHelp,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          knownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.configure(cmd); err != nil {
				return err
			}
			a.log = a.newLogger()
			return nil
		},
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%s\nrun \"%s --help\" for the flags", err, cmd.CommandPath())
	})
	flags := root.PersistentFlags()
	flags.SortFlags = false
	flags.StringVar(&a.Store, "store", "ringleader.db", "file, or neo4j://[user@]host:port[/database] (bolt://, neo4j+s:// as well)")
	flags.StringVar(&a.PasswordFile, "neo4j-password-file", "", "file with the Neo4j password (or set RINGLEADER_NEO4J_PASSWORD)")
	flags.StringVar(&a.KeyFile, "key-file", "", "file with the store's key (default: beside a store file, named .key; for Neo4j in the user's configuration folder)")
	flags.StringVar(&a.SourcesDir, "sources-dir", "", "folder of kept files (default: beside a store file, named .sources)")
	flags.BoolVar(&a.Shared, "shared", false, "let a Neo4j store live beside other people's data")
	flags.StringVarP(&a.Output, "output", "o", "table", "table, json, jsonl or csv")
	flags.StringVar(&a.Config, "config", "", "YAML file with values for flags")
	flags.StringVar(&a.Timezone, "timezone", "UTC", "zone of times in the data that name none")
	flags.IntVar(&a.Threads, "threads", runtime.GOMAXPROCS(0), "threads; the result does not depend on it")
	flags.BoolVar(&a.NoSnapshot, "no-snapshot", false, "keep and use no snapshot file beside the store")
	flags.BoolVarP(&a.Quiet, "quiet", "q", false, "no progress, no summaries; only data, warnings and errors")
	flags.BoolVar(&a.NoColor, "no-color", false, "no colour (the variable NO_COLOR does the same)")
	flags.StringVar(&a.LogFormat, "log-format", "text", "text or json")

	root.AddGroup(
		&cobra.Group{ID: "start", Title: "Start here:"},
		&cobra.Group{ID: "work", Title: "Data in, rings out:"},
		&cobra.Group{ID: "look", Title: "Look closer:"},
		&cobra.Group{ID: "run", Title: "Run it:"})
	root.SetHelpCommandGroupID("run")
	root.SetCompletionCommandGroupID("run")
	addCommands(root, "start", newDemo(a), newSynth(a))
	addCommands(root, "work", newLoad(a), newMapping(a), newCheck(a), newResolve(a), newDetect(a), newRings(a), newRing(a), newScores(a), newExport(a), newVerdict(a))
	addCommands(root, "look", newEntity(a), newPath(a), newCommunities(a), newFeatures(a), newModel(a), newPolicy(a), newEval(a), newAudit(a))
	addCommands(root, "run", newServe(a), newStore(a), newErase(a), newVersion(a))
	return root
}

func addCommands(root *cobra.Command, group string, commands ...*cobra.Command) {
	for _, c := range commands {
		c.GroupID = group
		root.AddCommand(c)
	}
}

// knownCommand refuses arguments of a command that only groups others.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2 // letters that a mistyped command may differ in
	text := fmt.Sprintf("unknown command %q", cmd.CommandPath()+" "+args[0])
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		text += fmt.Sprintf("; did you mean %q?", strings.Join(near, `" or "`))
	}
	return usagef("%s\nrun \"%s --help\" for the commands", text, cmd.CommandPath())
}

// takes demands the arguments that a use line names, such as "FROM TO".
func takes(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return usagef("%s is missing: %s", names[len(args)], cmd.UseLine())
		case len(args) > len(names):
			return usagef("unexpected argument %q: %s", args[len(names)], cmd.UseLine())
		}
		return nil
	}
}

// oneOf demands that the value of a flag is among those allowed.
func oneOf(flag, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return usagef("--%s %q: want %s", flag, value, strings.Join(allowed, ", "))
}
