package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"ringleader/api"
	"ringleader/engine/eval"
)

func newEval(a *app) *cobra.Command {
	var run, truth string
	var o eval.Options
	cmd := &cobra.Command{
		Use:     "eval --truth DIR",
		Short:   "Measure a run against the truth of a made world",
		Example: "  ringleader eval --truth world/truth --output json",
		Args:    takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if truth == "" {
				return usagef("--truth is missing: the folder truth of a made world")
			}
			if o.Threshold <= 0 || o.Threshold > 1 {
				return usagef("--threshold %g: want above 0, at most 1", o.Threshold)
			}
			known, err := eval.ReadTruth(truth)
			if err != nil {
				return err
			}
			return a.withStore(cmd.Context(), toRead, func(s store) error {
				r, err := api.ReadRun(cmd.Context(), s, run)
				if err != nil {
					return err
				}
				report, err := eval.Evaluate(known, r, o)
				if err != nil {
					return err
				}
				return writeEvaluation(a, report)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&truth, "truth", "", "folder with truth.csv, traps.csv and events.csv")
	flags.StringVar(&run, "run", "", "ID of a run; the latest if not given")
	flags.Float64Var(&o.Threshold, "threshold", flagged, "probability from which a ring counts")
	return cmd
}

// measure is one number of an evaluation.
type measure struct {
	Measure string `json:"measure"`
	Value   string `json:"value"`
}

func writeEvaluation(a *app, r *eval.Report) error {
	var all []measure
	add := func(name string, value float64) {
		all = append(all, measure{name, strconv.FormatFloat(value, 'f', 4, 64)})
	}
	add("node_auprc", r.Nodes.AUPRC)
	add("node_auroc", r.Nodes.AUROC)
	add("node_recall_at_positives", r.Nodes.RecallAtPositives)
	add("node_recall_at_capacity", r.Nodes.RecallAtCapacity)
	add("node_ece", r.Nodes.ECE)
	all = append(all, measure{"rings_true", fmt.Sprint(r.Rings.True)}, measure{"rings_flagged", fmt.Sprint(r.Rings.Flagged)},
		measure{"rings_matched", fmt.Sprint(r.Rings.Matched)})
	add("ring_recall", r.Rings.Recall)
	add("ring_precision", r.Rings.Precision)
	add("pair_f1", r.Rings.Pairs.F1)
	add("b_cubed_f1", r.Rings.BCubed.F1)
	add("fragmentation", r.Rings.Fragmentation)
	add("contamination", r.Rings.Contamination)
	add("role_macro_f1", r.RoleF1)
	for _, l := range r.Loss {
		add("loss_error_"+l.Currency, l.Error)
	}
	return listing[measure]{whole: r, items: all, columns: []column[measure]{
		{name: "measure", value: func(m *measure) string { return m.Measure }},
		{name: "value", value: func(m *measure) string { return m.Value }, right: true},
	}}.write(a)
}
