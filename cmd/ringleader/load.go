package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ringleader/graph/sqlitestore"
	"ringleader/loaders"
)

// readFlags say how files are read; "load" and "detect" share them.
type readFlags struct {
	Mapping   string
	Preset    string
	Rejects   string
	Strict    bool
	MaxErrors int64
	StdinName string

	SourcePasswordFile string

	identifiers identifierFlags
}

func (f *readFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.Mapping, "mapping", "", "YAML file that says what the columns mean")
	flags.StringVar(&f.Preset, "preset", "", "mapping that ships: "+strings.Join(loaders.ShippedMappings(), ", "))
	flags.StringVar(&f.Rejects, "rejects", "", "file for rows that cannot be used, with the reason")
	flags.BoolVar(&f.Strict, "strict", false, "stop at the first row that cannot be used")
	flags.Int64Var(&f.MaxErrors, "max-errors", 0, "stop after so many rows that cannot be used; 0: never")
	flags.StringVar(&f.StdinName, "stdin-name", "", "file name that standard input (-) stands for, such as payments.csv")
	f.registerSource(flags)
	f.identifiers.register(flags)
}

// options checks the flags and makes the loaders' options of them.
func (f *readFlags) options(a *app) (loaders.Options, error) {
	o := loaders.Options{Rejects: f.Rejects, Strict: f.Strict, MaxErrors: f.MaxErrors, StdinName: f.StdinName, Stdin: a.stdin}
	o.Open = f.opener(a)
	var err error
	if o.Location, err = a.location(); err != nil {
		return o, err
	}
	if f.MaxErrors < 0 {
		return o, usagef("--max-errors %d: want 0 (never stop) or more", f.MaxErrors)
	}
	switch {
	case f.Mapping != "" && f.Preset != "":
		return o, usagef("--mapping and --preset: give one of them")
	case f.Mapping != "":
		if o.Mapping, err = loaders.ReadMapping(f.Mapping); err != nil {
			return o, usagef("--mapping: %v", err)
		}
	case f.Preset != "":
		if o.Mapping, err = loaders.ShippedMapping(f.Preset); err != nil {
			return o, usagef("--preset: %v", err)
		}
	}
	err = f.identifiers.apply(&o)
	return o, err
}

func newLoad(a *app) *cobra.Command {
	var f readFlags
	var infer inferFlags
	var full, keep bool
	var importDir string
	cmd := &cobra.Command{
		Use:   "load PATH…",
		Short: "Load folders, files and databases into the store",
		Long: "Load folders, files, globs, archives, or standard input (-) into the store, which is\n" +
			"made if it is not there. Loading a file twice changes nothing; a load that was\n" +
			"interrupted is gone on with by the same command.\n\n" +
			"Files of the canonical layout (accounts.csv, uses.csv, payments.csv and so on, see\n" +
			"docs/data.md) need nothing more. For others give --mapping or --preset; without, the\n" +
			"program looks at headers and values, shows the mapping that it would use, and asks;\n" +
			"in scripts it wants --yes. A folder truth/ is never read.\n\n" +
			"Cards, national IDs and what the mapping marks as secret are kept as keyed hashes. The\n" +
			"first load into an empty store makes its key, a file beside it or where --key-file\n" +
			"says; keep a copy, for without it nothing more can be loaded.\n\n" +
			"A PATH may be the address of a database, neo4j://[user@]host:port[/database] or\n" +
			"postgres://[user@]host:port/database, which is only read. Tables with a mark in their\n" +
			"mapping are read from where earlier loads have come to, unless --full.\n\n" +
			"A first load of very many rows into an empty Neo4j goes about twice as fast by Neo4j's\n" +
			"own import tool: with --import-dir the rows become files for it, and the command is printed.",
		Example: "  ringleader load world --store rings.db\n  ringleader load export.csv.gz --mapping ours.yaml --rejects bad.csv\n" +
			"  ringleader load postgres://reader@db/shop --mapping shop.yaml\n  ringleader load neo4j://graph:7687 --preset neo4j_paysim",
		Args: takesPaths,
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := f.options(a)
			if err != nil {
				return err
			}
			o.Full = full
			if err := pathsExist(args); err != nil {
				return err
			}
			release, err := infer.mapping(cmd.Context(), a, args, &o)
			defer release()
			if err != nil {
				return err
			}
			at, database, err := a.loadTarget(importDir)
			if err != nil {
				return err
			}
			return a.withStoreAt(cmd.Context(), at, toCreate, func(s store) error {
				start := time.Now()
				if keep {
					if o.KeepSources, err = a.sourcesDir(); err != nil {
						return err
					}
				}
				report, err := a.load(cmd.Context(), s, args, o)
				if report != nil {
					if e := writeLoadReport(a, report, time.Since(start)); e != nil {
						return errors.Join(err, e)
					}
				}
				if err == nil {
					err = a.checkAfterLoad(cmd.Context(), s, report)
				}
				if err == nil && importDir != "" {
					err = a.writeImportFiles(cmd.Context(), s, filepath.Join(importDir, "files"), database)
				}
				if err == nil {
					err = rejectsError(report)
				}
				return err
			})
		},
	}
	f.register(cmd.Flags())
	cmd.Flags().BoolVar(&infer.Yes, "yes", false, "ask nothing: load with the mapping that was inferred")
	cmd.Flags().BoolVar(&full, "full", false, "read databases from the beginning, not from where earlier loads have come to")
	cmd.Flags().StringVar(&importDir, "import-dir", "", "do not connect to the Neo4j of --store: write files for its import tool into this folder")
	cmd.Flags().StringVar(&infer.Save, "save-mapping", "", "file to keep an inferred mapping in")
	cmd.Flags().BoolVar(&keep, "keep-sources", false, "keep the loaded files, compressed and sealed, so that evidence outlives them")
	cmd.AddCommand(newLoadList(a), newLoadRevert(a), newLoadShow(a))
	return cmd
}

func takesPaths(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usagef("PATH is missing: the folder or files to load; - is standard input")
	}
	return nil
}

// fileBatch is how many rows a store that is a file takes at once. Rows come in
// any order, so each batch writes pages from all over the file anew: fewer
// batches write fewer. Other writers wait for one, half a second.
const fileBatch = 50_000

// load reads paths into the store with progress.
func (a *app) load(ctx context.Context, s store, paths []string, o loaders.Options) (*loaders.Report, error) {
	if o.Vault == nil {
		v, err := a.vaultToLoad(ctx, s)
		if err != nil {
			return nil, err
		}
		o.Vault = v
	}
	if _, file := s.(*sqlitestore.Store); file && o.BatchRows == 0 {
		o.BatchRows = fileBatch
	}
	bar := a.newProgress("loading", "bytes")
	defer bar.done()
	o.Progress = loadProgress(bar)
	report, err := loaders.Load(ctx, s, s, paths, o)
	return report, keyProblem(err)
}

// pathsExist finds mistyped paths before a store is made for them. Globs are
// for the loader to expand.
func pathsExist(paths []string) error {
	for _, path := range paths {
		if loaders.IsDatabase(path) {
			if err := checkAddress(path); err != nil {
				return err
			}
			continue
		}
		if path == "-" || strings.ContainsAny(path, "*?[") {
			continue
		}
		if _, err := os.Stat(path); err != nil {
			return usagef("%v; name a folder or file to load", err)
		}
	}
	return nil
}

func loadProgress(bar *progress) func(loaders.Progress) {
	return func(p loaders.Progress) {
		what := "loading "
		if p.Total == 0 { // a database is asked
			what = "reading "
		}
		bar.set(what+count(p.Rows)+" rows", p.Bytes, p.Total)
	}
}

// rejectsError is the end of a load that left rows behind.
func rejectsError(r *loaders.Report) error {
	if r == nil || r.Rejected == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s of %s", errRejects, count(r.Rejected), count(r.Rows))
}

func writeLoadReport(a *app, r *loaders.Report, took time.Duration) error {
	a.sayMarks(r)
	a.sayLeftOut(r, "were")
	a.sayIdentifiers(r)
	rate := float64(r.Rows) / max(took.Seconds(), 1e-3)
	a.say("load %s: %s rows (%s a second), %s links, %s attributes, %s labels; %s rejected, %s left out, %s loaded before",
		r.Load, count(r.Rows), count(int64(rate)), count(r.Links), count(r.Attrs), count(r.Labels),
		count(r.Rejected), count(r.LeftOut), count(r.Already))
	if a.Output == "table" && a.Quiet {
		return nil
	}
	return a.writeFiles(r)
}

func newLoadList(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List what was loaded, oldest first",
		Args:  takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withStore(cmd.Context(), toRead, func(s store) error {
				loads, err := loaders.Loads(cmd.Context(), s)
				if err != nil {
					return err
				}
				type row = loaders.LoadRecord
				whole := struct {
					Loads []row `json:"loads"`
				}{append([]row{}, loads...)}
				return listing[row]{whole: whole, items: loads, empty: "nothing was loaded", columns: []column[row]{
					{name: "id", value: func(r *row) string { return r.ID }},
					{name: "state", value: func(r *row) string { return r.State }},
					{name: "started", value: func(r *row) string { return r.Started.String() }},
					{name: "mapping", value: func(r *row) string { return r.Mapping }},
					{name: "files", value: func(r *row) string { return fmt.Sprint(len(r.Inputs)) }, right: true},
					{name: "rows", value: func(r *row) string { return fmt.Sprint(r.Rows) }, right: true},
					{name: "rejected", value: func(r *row) string { return fmt.Sprint(r.Rejected) }, right: true},
				}}.write(a)
			})
		},
	}
}

func newLoadRevert(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "revert ID",
		Short: "Take a load back: every fact that its files alone state",
		Long:  "Take a load back. Facts that another load states too stay. Run \"ringleader detect\"\nafterwards, so that the rings follow.",
		Args:  takes("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withStore(cmd.Context(), toWrite, func(s store) error {
				report, err := loaders.Revert(cmd.Context(), s, s, args[0])
				if err != nil {
					return err
				}
				if err := a.dropKept(cmd.Context(), s); err != nil {
					return err
				}
				a.say("load %s is reverted: %d files taken back, %d kept for other loads", report.Load, len(report.Retracted), len(report.Kept))
				if a.Output == "table" {
					return nil
				}
				return listing[loaders.LoadInput]{whole: report, items: report.Retracted, columns: []column[loaders.LoadInput]{
					{name: "id", value: func(i *loaders.LoadInput) string { return i.ID }},
					{name: "name", value: func(i *loaders.LoadInput) string { return i.Name }},
				}}.write(a)
			})
		},
	}
}
