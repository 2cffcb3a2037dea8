package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"ringleader/engine/accounts"
	"ringleader/graph"
	"ringleader/loaders"
)

// featureFlags are what "features" takes, as typed.
type featureFlags struct {
	reading readFlags
	Out     string
	AsOf    string
	Hide    string
	Without []string
	Cap     int
}

func newFeatures(a *app) *cobra.Command {
	var f featureFlags
	cmd := &cobra.Command{
		Use:   "features [PATH…]",
		Short: "Describe every account by numbers, to train a model on",
		Long: "Write a row of numbers per account of the store, or of files: its properties, its links,\n" +
			"what it pays and gets, the means of all that over its neighbours one and two steps away,\n" +
			"and which part of those is labelled as fraud. The columns account and label come first;\n" +
			"label is 1 for fraud, 0 for honest, empty where nothing is known.\n\n" +
			"Nothing later than --as-of counts, and no row is described by its own label. To judge a\n" +
			"model, name the accounts that it is judged on in a file and give it as --hide: their\n" +
			"labels then count for nobody, so that rows to learn from and rows to judge are made in\n" +
			"the same way.",
		Example: "  ringleader features --store rings.db --out features.parquet\n" +
			"  ringleader features export --preset tolokers --hide test.txt --out features.csv",
		RunE: func(cmd *cobra.Command, args []string) error { return a.features(cmd.Context(), args, &f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.Out, "out", "-", "file to write, .csv or .parquet (every column a string there); - is CSV to standard output")
	flags.StringVar(&f.AsOf, "as-of", "", "moment to look from: 2018-10-09 or 2018-10-09T18:00:00Z")
	flags.StringVar(&f.Hide, "hide", "", "file of accounts, one a line, whose labels count for nobody")
	flags.StringSliceVar(&f.Without, "without", nil, "property of accounts to leave out; may be given many times")
	flags.IntVar(&f.Cap, "cap", 0, "how many accounts may share an identifier that makes them neighbours; 0: 200")
	f.reading.register(flags)
	return cmd
}

func (a *app) features(ctx context.Context, paths []string, f *featureFlags) error {
	o := accounts.Options{Without: f.Without, Cap: f.Cap, Threads: a.Threads}
	loc, err := a.location()
	if err != nil {
		return err
	}
	if o.AsOf, err = parseMoment("as-of", f.AsOf, loc); err != nil {
		return err
	}
	if f.Cap < 0 {
		return usagef("--cap %d: want 0 or more", f.Cap)
	}
	if f.Out != "-" && !strings.HasSuffix(f.Out, ".csv") && !strings.HasSuffix(f.Out, ".parquet") {
		return usagef("--out %s: want a name that ends with .csv or .parquet", f.Out)
	}
	if f.Hide != "" {
		if o.Hidden, err = readAccounts(f.Hide); err != nil {
			return err
		}
	}
	g, labels, report, err := a.labelledSnapshot(ctx, paths, f, o.AsOf)
	if err != nil {
		return err
	}
	o.Labels = labels
	table, err := accounts.Measure(ctx, g, o)
	if err != nil {
		return err
	}
	if err := writeFeatures(a, f.Out, g, table); err != nil {
		return err
	}
	a.say("%s accounts, %s numbers each", count(len(table.Label)), count(len(table.Names)))
	for _, note := range table.Notes {
		a.say("  note: %s", note)
	}
	return rejectsError(report)
}

// labelledSnapshot is the graph and the labels of the store, or of files where
// some are named.
func (a *app) labelledSnapshot(ctx context.Context, paths []string, f *featureFlags, asOf graph.Time) (
	g *graph.Snapshot, labels []accounts.Label, report *loaders.Report, err error) {
	build := graph.BuildOptions{AsOf: asOf, Threads: a.Threads}
	if len(paths) > 0 {
		g, report, err = a.readFilesTo(ctx, paths, &f.reading, build, func(l []loaders.Label) { labels = append(labels, accountLabels(l)...) })
		return g, labels, report, err
	}
	err = a.withStore(ctx, toRead, func(s store) error {
		if labels, err = storeLabels(ctx, s, asOf, 0, nil); err != nil {
			return err
		}
		g, err = a.readSnapshot(ctx, s, build)
		return err
	})
	return g, labels, &loaders.Report{}, err
}

// accountLabels takes what files say. A victim's account is neither fraud nor
// a model of an honest one, so it teaches nothing.
func accountLabels(labels []loaders.Label) []accounts.Label {
	var out []accounts.Label
	for _, l := range labels {
		if l.Label == loaders.Fraud || l.Label == loaders.Honest {
			out = append(out, accounts.Label{Account: l.Account, Fraud: l.Label == loaders.Fraud, At: l.At})
		}
	}
	return out
}

// readAccounts reads keys of accounts, one a line; empty lines do not count.
func readAccounts(path string) ([]graph.Ref, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usagef("--hide: %v", err)
	}
	defer func() { _ = f.Close() }()
	var refs []graph.Ref
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSuffix(lines.Text(), "\r")
		if text == "" {
			continue
		}
		r := graph.Ref{Kind: graph.Account, Key: text}
		if _, err := graph.ParseRef(r.String()); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", path, n, err)
		}
		refs = append(refs, r)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return refs, nil
}

func writeFeatures(a *app, path string, g *graph.Snapshot, t *accounts.Table) error {
	return writeFile(a, path, func(w io.Writer) error {
		out, err := loaders.NewTable(w, append([]string{"account", "label"}, t.Names...), strings.HasSuffix(path, ".parquet"))
		if err != nil {
			return err
		}
		row := make([]string, 2+len(t.Names))
		for i, label := range t.Label {
			row[0], row[1] = g.Ref(t.First+graph.Vertex(i)).Key, known(label)
			for k, c := range t.Columns {
				row[2+k] = known(c[i])
			}
			if err := out.Row(row...); err != nil {
				return err
			}
		}
		return out.Close()
	})
}

// known writes what is not known as nothing.
func known(x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}
