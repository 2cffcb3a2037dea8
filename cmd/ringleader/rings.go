package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"ringleader/api"
	"ringleader/engine"
	"ringleader/graph"
)

// tablePage is how many rows a table shows before it says how many more.
const tablePage = 20

// ringsDocument is the JSON of "rings" and of "detect --out".
type ringsDocument struct {
	Run   engine.RunInfo `json:"run"`
	Rings []engine.Ring  `json:"rings"`
}

func newRings(a *app) *cobra.Command {
	var run, typology string
	var filter api.RingFilter
	var limit int
	cmd := &cobra.Command{
		Use:   "rings",
		Short: "List the rings of a run, highest score first",
		Args:  takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if filter.MinProbability < 0 || filter.MinProbability > 1 {
				return usagef("--min-probability %g: want 0 to 1", filter.MinProbability)
			}
			if limit < 0 {
				return usagef("--limit %d: want 0 (all) or more", limit)
			}
			filter.Typology = engine.Typology(typology)
			return a.withStore(cmd.Context(), toRead, func(s store) error {
				r, err := api.ReadRun(cmd.Context(), s, run)
				if err != nil {
					return err
				}
				rings := filter.Select(r)
				if err := showVerdicts(cmd.Context(), s, rings); err != nil {
					return err
				}
				return writeRings(a, r.Info, rings, limit)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&run, "run", "", "ID of a run; the latest if not given")
	flags.Float64Var(&filter.MinProbability, "min-probability", 0, "only rings at least this probable")
	flags.StringVar(&typology, "typology", "", "only rings of this typology")
	flags.BoolVar(&filter.Suppressed, "suppressed", false, "the rings that rules of the policy took out of the list")
	flags.IntVar(&limit, "limit", 0, "at most so many rings; 0: all (a table shows the first page)")
	return cmd
}

// showVerdicts notes in rings what stands in the store of them.
func showVerdicts(ctx context.Context, s store, rings []engine.Ring) error {
	verdicts, err := engine.Verdicts(ctx, s, 0)
	if err != nil {
		return err
	}
	engine.ShowVerdicts(rings, verdicts)
	return nil
}

// writeRings prints rings in the format asked for.
func writeRings(a *app, info engine.RunInfo, rings []engine.Ring, limit int) error {
	tellEstimates(a, &info)
	first := tablePage
	if limit > 0 {
		first = 0
		rings = rings[:min(limit, len(rings))]
	}
	text := func(name string, value func(*engine.Ring) string) column[engine.Ring] {
		return column[engine.Ring]{name: name, value: value}
	}
	number := func(name string, value func(*engine.Ring) string) column[engine.Ring] {
		return column[engine.Ring]{name: name, value: value, right: true}
	}
	status := text("status", func(r *engine.Ring) string { return r.Meta.Status })
	id := text("id", func(r *engine.Ring) string { return r.ID })
	typology := text("typology", func(r *engine.Ring) string { return string(r.Typology) })
	return listing[engine.Ring]{
		whole: ringsDocument{info, rings}, items: rings,
		columns: []column[engine.Ring]{
			id, typology,
			text("probability", func(r *engine.Ring) string { return decimal(r.Probability) }),
			text("calibrated", func(r *engine.Ring) string { return strconv.FormatBool(r.Calibrated) }),
			text("score", func(r *engine.Ring) string { return decimal(r.Score) }),
			text("size", func(r *engine.Ring) string { return strconv.Itoa(r.Size) }),
			text("people", func(r *engine.Ring) string { return strconv.Itoa(r.People) }),
			text("loss", lossCSV),
			text("first_seen", func(r *engine.Ring) string { return r.FirstSeen.String() }),
			text("last_seen", func(r *engine.Ring) string { return r.LastSeen.String() }),
			status,
		},
		table: []column[engine.Ring]{
			id, typology,
			number("accounts", func(r *engine.Ring) string { return count(r.Size) }),
			number("bits", func(r *engine.Ring) string { return bits(r.Score) }),
			number("prob.", func(r *engine.Ring) string { return probability(r.Probability) }),
			number("loss", func(r *engine.Ring) string { return api.LossText(r.Loss) }),
			text("first seen", func(r *engine.Ring) string { return day(r.FirstSeen) }),
			status,
		},
		first: first, more: "--limit or --output json shows all",
		empty: "no rings",
	}.write(a)
}

// lossCSV is the loss in one cell: amount and currency, several with "; ".
func lossCSV(r *engine.Ring) string {
	cell := ""
	for i, l := range r.Loss {
		if i > 0 {
			cell += "; "
		}
		cell += l.Amount
		if l.Currency != "" {
			cell += " " + l.Currency
		}
	}
	return cell
}

func day(t graph.Time) string {
	if !t.Known() {
		return ""
	}
	return t.Std().Format("2006-01-02")
}

func newScores(a *app) *cobra.Command {
	var run string
	cmd := &cobra.Command{
		Use:   "scores",
		Short: "Score of every account in the store, by account",
		Args:  takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withStore(cmd.Context(), toRead, func(s store) error {
				r, err := api.ReadRun(cmd.Context(), s, run)
				if err != nil {
					return err
				}
				scores, err := everyAccount(cmd.Context(), s, r)
				if err != nil {
					return err
				}
				return writeScores(a, r.Info, scores)
			})
		},
	}
	cmd.Flags().StringVar(&run, "run", "", "ID of a run; the latest if not given")
	return cmd
}

// statusNotYet marks an account that was loaded after the run.
const statusNotYet engine.Status = "not_scored_new"

// everyAccount is the scores of a run brought to the accounts that the store
// holds now: those loaded since have no score yet, those erased since are gone.
func everyAccount(ctx context.Context, s graph.Store, run *engine.Run) ([]engine.AccountScore, error) {
	var out []engine.AccountScore
	next := run.Scores
	query := graph.SearchQuery{Kind: graph.Account, Limit: 10_000}
	for {
		refs, cursor, err := s.Search(ctx, query)
		if err != nil {
			return nil, err
		}
		for _, ref := range refs {
			for len(next) > 0 && next[0].Account < ref.Key {
				next = next[1:]
			}
			if len(next) > 0 && next[0].Account == ref.Key {
				out = append(out, next[0])
				continue
			}
			out = append(out, engine.AccountScore{Account: ref.Key, Status: statusNotYet})
		}
		if cursor == "" {
			return out, nil
		}
		query.Cursor = cursor
	}
}

func writeScores(a *app, info engine.RunInfo, scores []engine.AccountScore) error {
	type row = engine.AccountScore
	columns := []column[row]{
		{name: "account", value: func(s *row) string { return s.Account }},
		{name: "probability", value: func(s *row) string { return decimal(s.Probability) }, right: true},
		{name: "suspect_probability", value: func(s *row) string { return decimal(s.SuspectProbability) }, right: true},
		{name: "score", value: func(s *row) string { return decimal(s.Score) }, right: true},
		{name: "ring", value: func(s *row) string { return s.Ring }},
		{name: "role", value: func(s *row) string { return string(s.Role) }},
		{name: "status", value: func(s *row) string { return string(s.Status) }},
	}
	if info.AccountModel != "" || info.Labels != nil {
		given := func(p *float64) string {
			if p == nil {
				return ""
			}
			return decimal(*p)
		}
		columns = append(columns,
			column[row]{name: "combined_probability", value: func(s *row) string { return given(s.Combined) }, right: true},
			column[row]{name: "model_probability", value: func(s *row) string { return given(s.Model) }, right: true},
			column[row]{name: "propagated_probability", value: func(s *row) string { return given(s.Propagated) }, right: true},
			column[row]{name: "label", value: func(s *row) string { return s.Label }},
			column[row]{name: "reasons", value: func(s *row) string { return strings.Join(s.Reasons, "; ") }})
	}
	tellEstimates(a, &info)
	return listing[row]{
		whole: struct {
			Run    engine.RunInfo `json:"run"`
			Scores []row          `json:"scores"`
		}{info, scores},
		items: scores, columns: columns, table: columns[:min(len(columns), 11)],
		first: tablePage, more: "--output csv shows all", empty: "no accounts",
	}.write(a)
}

// tellEstimates says beside a table what its probabilities are; in the other
// formats the run and each ring say so themselves.
func tellEstimates(a *app, info *engine.RunInfo) {
	switch c := info.Calibration; {
	case a.Output != "table":
	case c == nil:
		a.say("probabilities are estimates from made-up worlds; enough decided rings make better ones (ringleader verdict)")
	default:
		a.say("probabilities are measured by %s decided rings of this store: %s fraud, %s cleared", count(c.Decided), count(c.Confirmed), count(c.Rejected))
	}
}
