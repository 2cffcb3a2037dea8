package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"ringleader/graph"
	"ringleader/loaders"
)

func newMapping(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "mapping",
		Short: "Make, check and explain mappings: what the columns of files mean",
		Args:  knownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newMappingInfer(a), newMappingCheck(a), newMappingExplain(a))
	return cmd
}

func newMappingInfer(a *app) *cobra.Command {
	var f readFlags
	cmd := &cobra.Command{
		Use:   "infer PATH…",
		Short: "Propose a mapping by looking at headers and values",
		Long: "Propose a mapping for files by looking at their headers (in several languages), at the\n" +
			"shapes of their values, and at which columns hold keys of another file. The reasons stand\n" +
			"as comments before it; lines with LOOK are what a person should check. A PATH may be the\n" +
			"address of a database: its tables, or the nodes of each label, are looked at.",
		Example: "  ringleader mapping infer export.csv > ours.yaml\n  ringleader mapping infer export.csv --output json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("PATH is missing: the files to look at; - is standard input")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			g, err := loaders.Infer(cmd.Context(), args, loaders.Options{Stdin: a.stdin, Open: f.opener(a)})
			if err != nil {
				return err
			}
			if a.Output != "json" {
				_, err := a.stdout.Write(g.YAML)
				return err
			}
			return writeJSON(a.stdout, struct {
				Tables  []loaders.TableGuess `json:"tables"`
				Mapping *loaders.Mapping     `json:"mapping"`
			}{g.Tables, g.Mapping})
		},
	}
	f.registerSource(cmd.Flags())
	return cmd
}

// anyMapping is a mapping file, or one that ships, by its name.
func anyMapping(name string) (*loaders.Mapping, error) {
	m, err := loaders.ReadMapping(name)
	if errors.Is(err, graph.ErrNotFound) {
		if shipped, e := loaders.ShippedMapping(name); e == nil {
			return shipped, nil
		}
	}
	return m, err
}

func newMappingCheck(a *app) *cobra.Command {
	var f readFlags
	cmd := &cobra.Command{
		Use:   "check FILE [PATH…]",
		Short: "Check a mapping, alone or against data, loading nothing",
		Long: "Check a mapping file (or one that ships, by name). With paths, read the data as \"load\"\n" +
			"would, into no store, and say what each file gives and which rows would be rejected.\n" +
			"A PATH may be the address of a database.",
		Example: "  ringleader mapping check ours.yaml export.csv",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("FILE is missing: the mapping to check")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := anyMapping(args[0])
			if err != nil {
				return err
			}
			if len(args) == 1 {
				a.say("mapping %s is sound: %d tables", printable(m.Name), len(m.Tables))
				return nil
			}
			zone, err := a.location()
			if err != nil {
				return err
			}
			report, err := loaders.Read(cmd.Context(), args[1:], loaders.Options{Mapping: m, Location: zone, Stdin: a.stdin, Open: f.opener(a)},
				func(b *graph.Batch) error { return b.Validate() })
			if report == nil {
				return err
			}
			a.sayLeftOut(report, "would be")
			if e := a.writeFiles(report); e != nil {
				return errors.Join(err, e)
			}
			if err == nil {
				err = rejectsError(report)
			}
			return err
		},
	}
	f.registerSource(cmd.Flags())
	return cmd
}

func newMappingExplain(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "explain FILE",
		Short:   "Say in sentences what a mapping makes of each row",
		Example: "  ringleader mapping explain ours.yaml\n  ringleader mapping explain paysim",
		Args:    takes("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			m, err := anyMapping(args[0])
			if err != nil {
				return err
			}
			if a.Output == "json" {
				return writeJSON(a.stdout, m)
			}
			_, err = io.WriteString(a.stdout, m.Explain())
			return err
		},
	}
}

// inferFlags say what to do about files without a mapping.
type inferFlags struct {
	Yes  bool
	Save string
}

// mapping finds the mapping of files that have none and not the canonical
// layout, shows it and asks. Standard input is kept to be read again; the
// returned function releases it.
func (f *inferFlags) mapping(ctx context.Context, a *app, paths []string, o *loaders.Options) (release func(), err error) {
	release = func() {}
	if o.Mapping != nil || o.StdinName != "" {
		if f.Save != "" {
			return release, usagef("--save-mapping: there is a mapping already")
		}
		return release, nil
	}
	rewind := func() error { return nil }
	for _, p := range paths {
		if p == "-" && o.Stdin != nil {
			spool, remove, err := spoolInput(o.Stdin)
			if err != nil {
				return release, err
			}
			o.Stdin, release = spool, remove
			rewind = func() error { _, err := spool.Seek(0, io.SeekStart); return err }
		}
	}
	canonical, err := loaders.IsCanonical(ctx, paths, *o)
	if err = errors.Join(err, rewind()); err != nil || canonical {
		return release, err
	}
	g, err := loaders.Infer(ctx, paths, *o)
	if err = errors.Join(err, rewind()); err != nil {
		return release, err
	}
	o.Mapping = g.Mapping
	return release, f.accept(a, g)
}

// accept shows an inferred mapping, saves it, and asks whether to load with it.
func (f *inferFlags) accept(a *app, g *loaders.Inference) error {
	if !f.Yes || !a.Quiet {
		_, _ = fmt.Fprintf(a.stderr, "no mapping is given; this is what the files look like:\n\n%s\n", printableLines(string(g.YAML)))
	}
	if f.Save != "" {
		if err := os.WriteFile(f.Save, g.YAML, 0o644); err != nil { //nolint:gosec // a mapping holds no data
			return fmt.Errorf("--save-mapping: %w", err)
		}
		a.say("the mapping is saved in %s", f.Save)
	}
	if f.Yes {
		return nil
	}
	in, ok := a.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return usagef("the mapping was inferred, and nobody is there to confirm it: add --yes to load with it, or --save-mapping FILE, look at it, and use --mapping FILE")
	}
	_, _ = fmt.Fprint(a.stderr, "Load with this mapping? [y/N] ")
	answer, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the answer: %w", err)
	}
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
		return usagef("nothing was loaded; --save-mapping FILE keeps the mapping to be edited")
	}
	return nil
}

// printableLines is printable, line by line.
func printableLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = printable(lines[i])
	}
	return strings.Join(lines, "\n")
}

// spoolInput keeps a stream in a file of this user's only.
func spoolInput(r io.Reader) (*os.File, func(), error) {
	f, err := os.CreateTemp("", "ringleader-*")
	if err != nil {
		return nil, nil, fmt.Errorf("keep standard input: %w", err)
	}
	remove := func() {
		_ = f.Close()           // what was read is loaded or not; this copy is of no use
		_ = os.Remove(f.Name()) // in the folder of temporary files
	}
	_, err = io.Copy(f, r)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		remove()
		return nil, nil, fmt.Errorf("keep standard input: %w", err)
	}
	return f, remove, nil
}
