package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"ringleader/engine/accounts"
	"ringleader/engine/eval"
	"ringleader/graph"
	"ringleader/loaders"
)

// leastHeldOut is how many rows of each class a held-out check takes: with
// fewer its numbers say nothing.
const leastHeldOut = 10

// heldOut is rows that a model is judged on, by column.
type heldOut struct {
	names    []string
	columns  [][]float64
	positive []bool
}

// judgeModel notes how the model fares on held-out rows, and refuses it if that
// is too little, or less than what the present one reaches there.
func (a *app) judgeModel(ctx context.Context, s store, m *accounts.Model, f *modelAddFlags) error {
	rows, err := readHeldOut(ctx, f.Holdout, f.Label)
	if err != nil {
		return err
	}
	if m.Card.Holdout, err = rows.judge(m); err != nil {
		return err
	}
	h := m.Card.Holdout
	a.say("held out: %s rows, %s of fraud: AUROC %.4f, AUPRC %.4f, calibration error %.4f", count(h.Rows), count(h.Positives), h.AUROC, h.AUPRC, h.ECE)
	if h.AUROC < f.MinAUROC {
		m.Card.Forced = true
		if !f.Force {
			return fmt.Errorf("%w model: AUROC %.4f is below --min-auroc %g; nothing was added (--force adds it)", graph.ErrInvalid, h.AUROC, f.MinAUROC)
		}
	}
	now, err := accounts.Read(ctx, s, "", 0)
	if errors.Is(err, graph.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	was, err := rows.judge(now)
	if err != nil {
		a.say("  the model that speaks now, %s, cannot be judged on these rows: %v", now.Card.Version, err)
		return nil
	}
	a.say("  the model that speaks now, %s: AUROC %.4f, AUPRC %.4f, calibration error %.4f", now.Card.Version, was.AUROC, was.AUPRC, was.ECE)
	if h.AUPRC < was.AUPRC {
		m.Card.Forced = true
		if !f.Force {
			return fmt.Errorf("%w model: AUPRC %.4f is below the %.4f of the model that speaks now, %s; nothing was added (--force adds it)", graph.ErrInvalid, h.AUPRC, was.AUPRC, now.Card.Version)
		}
	}
	return nil
}

func (r *heldOut) judge(m *accounts.Model) (*accounts.Holdout, error) {
	p, err := m.Probabilities(r.names, r.columns)
	if err != nil {
		return nil, err
	}
	n := eval.Judge(p, r.positive)
	return &accounts.Holdout{Rows: n.Accounts, Positives: n.Positives, AUROC: n.AUROC, AUPRC: n.AUPRC, ECE: n.ECE}, nil
}

// readHeldOut reads rows as "features" writes them. Memory: 8 bytes a number.
func readHeldOut(ctx context.Context, path, label string) (*heldOut, error) {
	r := new(heldOut)
	at, positives := -1, 0
	err := loaders.ReadTable(ctx, path, func(columns, values []string) error {
		if r.names == nil {
			if at = slices.Index(columns, label); at < 0 {
				return fmt.Errorf("%w column: there is no %q; --label names the column with the labels", graph.ErrInvalid, label)
			}
			r.names, r.columns = slices.Clone(columns), make([][]float64, len(columns))
		}
		var positive bool
		switch values[at] {
		case "":
			return nil
		case "0", "0.0":
		case "1", "1.0":
			positive = true
			positives++
		default:
			return fmt.Errorf("%w column %s: want 1, 0 or nothing", graph.ErrInvalid, label)
		}
		r.positive = append(r.positive, positive)
		for k, name := range r.names {
			x := math.NaN()
			if k < len(values) && values[k] != "" && name != "account" && k != at {
				var err error
				if x, err = strconv.ParseFloat(values[k], 64); err != nil {
					return fmt.Errorf("%w column %s: want a number", graph.ErrInvalid, name)
				}
			}
			r.columns[k] = append(r.columns[k], x)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("--holdout: %w", err)
	}
	if honest := len(r.positive) - positives; positives < leastHeldOut || honest < leastHeldOut {
		return nil, fmt.Errorf("%w --holdout: %d rows of fraud and %d honest ones; a check takes %d of each", graph.ErrInvalid, positives, honest, leastHeldOut)
	}
	return r, nil
}
