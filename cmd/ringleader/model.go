package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"ringleader/engine/accounts"
	"ringleader/graph"
	"ringleader/vault"
)

func newModel(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "model",
		Short: "Keep models of accounts in the store: add, list, show, remove",
		Long: "A model of accounts learns from what \"features\" writes and lies in the store as text.\n" +
			"The one that was added last speaks in each run of \"detect\"; \"scores\" shows what it says.",
		Args: knownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newModelAdd(a), newModelList(a), newModelShow(a), newModelRemove(a))
	return cmd
}

func newModelAdd(a *app) *cobra.Command {
	var f modelAddFlags
	cmd := &cobra.Command{
		Use:   "add FILE",
		Short: "Check a model of accounts and put it into the store",
		Long: "Check a LightGBM text file (objective binary or cross_entropy) and put it into the store.\n" +
			"Its columns must be those that \"features\" writes for this store with the same --without\n" +
			"and --cap. It is judged on --holdout, rows that it was not trained on, as \"features\" writes\n" +
			"them with the labels of those rows hidden (--hide), beside their labels in a column of\n" +
			"their own. It is refused below --min-auroc, or if its AUPRC there is lower than that of\n" +
			"the model that speaks now. --force adds it all the same, and the store notes that.",
		Example: "  ringleader model add accounts.txt --holdout test.parquet --label truth",
		Args:    takes("FILE"),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.addModel(cmd.Context(), args[0], &f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.Holdout, "holdout", "", "rows to judge the model on: .csv, .tsv, .jsonl or .parquet")
	flags.StringVar(&f.Label, "label", "label", "column of --holdout that is 1 for fraud and 0 for honest; rows where it is empty do not count")
	flags.Float64Var(&f.MinAUROC, "min-auroc", .6, "refuse a model below this area under the ROC curve")
	flags.StringVar(&f.MaxSize, "max-size", "64MiB", "refuse a larger file")
	flags.BoolVar(&f.Fewer, "fewer-columns", false, "allow that the model reads fewer columns than \"features\" writes")
	flags.BoolVar(&f.Force, "force", false, "add it without a held-out check, or though it fails one")
	flags.StringSliceVar(&f.Without, "without", nil, "property of accounts that was left out of its columns; may be given many times")
	flags.IntVar(&f.Cap, "cap", 0, "the --cap of \"features\" that its columns were made with; 0: the default")
	return cmd
}

type modelAddFlags struct {
	Holdout, Label string
	MinAUROC       float64
	MaxSize        string
	Fewer, Force   bool
	Without        []string
	Cap            int
}

func (a *app) addModel(ctx context.Context, path string, f *modelAddFlags) error {
	switch {
	case f.Cap < 0:
		return usagef("--cap %d: want 0 or more", f.Cap)
	case !(f.MinAUROC >= 0 && f.MinAUROC <= 1):
		return usagef("--min-auroc %g: want 0 to 1", f.MinAUROC)
	case f.Holdout == "" && !f.Force:
		return usagef("--holdout is missing: name rows that the model was not trained on, or --force")
	}
	text, err := readModelText(path, f.MaxSize)
	if err != nil {
		return err
	}
	m, err := accounts.Parse(path, text)
	if err != nil {
		return usagef("model add: %v", err)
	}
	m.Card.Without, m.Card.Cap, m.Card.By = f.Without, f.Cap, vault.SystemUser()
	return a.withStore(ctx, toWrite, func(s store) error {
		return a.job(ctx, s, "model add", func(ctx context.Context, _ uint64) error {
			if err := a.checkColumns(ctx, s, m, f); err != nil {
				return fmt.Errorf("model add: %w", err)
			}
			if f.Holdout != "" {
				if err := a.judgeModel(ctx, s, m, f); err != nil {
					return fmt.Errorf("model add: %w", err)
				}
			}
			m.Card.Forced = m.Card.Forced || f.Holdout == ""
			if err := accounts.Add(ctx, s, m, text); err != nil {
				return err
			}
			a.say("model %s speaks from the next run on; run \"ringleader detect\"", m.Card.Version)
			return nil
		})
	})
}

// readModelText reads a file of at most the size given.
func readModelText(path, limit string) ([]byte, error) {
	most, err := parseBytes(limit)
	if err != nil {
		return nil, usagef("--max-size: %v", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, usagef("model add: %v", err)
	}
	if most > 0 && info.Size() > most {
		return nil, usagef("model add: %s has %s bytes, above --max-size %s; train fewer trees or raise it", path, count(int(info.Size())), limit)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("model add: %w", err)
	}
	return text, nil
}

// checkColumns holds the model's columns against those of the store.
func (a *app) checkColumns(ctx context.Context, s store, m *accounts.Model, f *modelAddFlags) error {
	g, err := a.readSnapshot(ctx, s, graph.BuildOptions{})
	if err != nil {
		return err
	}
	table, err := accounts.Measure(ctx, g, accounts.Options{Without: f.Without, Cap: f.Cap, Threads: a.Threads})
	if err != nil {
		return err
	}
	lacking, unread := m.Compare(table.Names)
	if len(lacking) > 0 {
		return fmt.Errorf("%w columns: the model reads what \"features\" does not write for this store (version %d): %s; train it on this store's, with the same --without and --cap",
			graph.ErrInvalid, accounts.Columns, strings.Join(lacking, ", "))
	}
	if len(unread) > 0 && !f.Fewer {
		return fmt.Errorf("%w columns: \"features\" writes for this store (version %d) what the model does not know: %s; train it on all, name properties that were left out with --without, or allow it with --fewer-columns",
			graph.ErrInvalid, accounts.Columns, strings.Join(unread, ", "))
	}
	return nil
}

func newModelList(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the models of accounts, oldest first; the last one speaks",
		Args:  takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withStore(cmd.Context(), toRead, func(s store) error {
				models, err := accounts.Models(cmd.Context(), s, 0)
				if err != nil {
					return err
				}
				return writeModels(a, models)
			})
		},
	}
}

func writeModels(a *app, models []accounts.Card) error {
	type row = accounts.Card
	if models == nil {
		models = []row{}
	}
	judged := func(value func(*accounts.Holdout) string) func(*row) string {
		return func(m *row) string {
			if m.Holdout == nil {
				return ""
			}
			return value(m.Holdout)
		}
	}
	return listing[row]{
		whole: struct {
			Models []row `json:"models"`
		}{models}, items: models, empty: "no models of accounts",
		columns: []column[row]{
			{name: "version", value: func(m *row) string { return m.Version }},
			{name: "at", value: func(m *row) string { return m.At.String() }},
			{name: "by", value: func(m *row) string { return printable(m.By) }},
			{name: "columns", value: func(m *row) string { return count(len(m.Names)) }, right: true},
			{name: "rows", value: judged(func(h *accounts.Holdout) string { return count(h.Rows) }), right: true},
			{name: "auroc", value: judged(func(h *accounts.Holdout) string { return fmt.Sprintf("%.4f", h.AUROC) }), right: true},
			{name: "auprc", value: judged(func(h *accounts.Holdout) string { return fmt.Sprintf("%.4f", h.AUPRC) }), right: true},
			{name: "ece", value: judged(func(h *accounts.Holdout) string { return fmt.Sprintf("%.4f", h.ECE) }), right: true},
			{name: "forced", value: func(m *row) string { return strconv.FormatBool(m.Forced) }},
			{name: "speaks", value: func(m *row) string { return strconv.FormatBool(m.Version == models[len(models)-1].Version) }},
		},
	}.write(a)
}

func newModelShow(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "show [VERSION]",
		Short: "Show one model of accounts, by default the one that speaks",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withStore(cmd.Context(), toRead, func(s store) error {
				version := ""
				if len(args) > 0 {
					version = args[0]
				}
				m, err := accounts.Read(cmd.Context(), s, version, 0)
				if err != nil {
					return err
				}
				if a.Output != "table" {
					return writeJSON(a.stdout, m.Card)
				}
				tellModel(teller{a, a.stdout}, &m.Card)
				return nil
			})
		},
	}
}

// tellModel writes what is known of a model for a person.
func tellModel(t teller, m *accounts.Card) {
	t.head(m.Version)
	t.item("sha256", m.SHA256)
	t.item("added", fmt.Sprintf("%s by %s", m.At, m.By)+also(m.Forced, "; --force, without a check that it passed"))
	if h := m.Holdout; h != nil {
		t.item("held out", fmt.Sprintf("%s rows, %s of fraud: AUROC %.4f, AUPRC %.4f, calibration error %.4f", count(h.Rows), count(h.Positives), h.AUROC, h.AUPRC, h.ECE))
	} else {
		t.item("held out", "never judged")
	}
	if len(m.Without) > 0 {
		t.item("without", strings.Join(m.Without, ", "))
	}
	t.item("columns", fmt.Sprintf("version %d, %s: %s", m.Columns, count(len(m.Names)), strings.Join(m.Names, ", ")))
}

func newModelRemove(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "remove VERSION",
		Short: "Take a model of accounts back; the one before it speaks again",
		Args:  takes("VERSION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withStore(cmd.Context(), toWrite, func(s store) error {
				if err := accounts.Remove(cmd.Context(), s, args[0], vault.SystemUser()); err != nil {
					return err
				}
				a.say("model %s does not speak any more", args[0])
				return nil
			})
		},
	}
}
