package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ringleader/api"
	"ringleader/engine"
	"ringleader/graph"
	"ringleader/loaders"
	"ringleader/vault"
)

// readVerdicts reads a verdict on a ring of run from each row of a table that
// has one. Errors name file, row and column.
func readVerdicts(ctx context.Context, path string, run *engine.Run, f *verdictFlags) ([]engine.Verdict, error) {
	var out []engine.Verdict
	seen := make(map[string]bool)
	err := loaders.ReadTable(ctx, path, func(columns, values []string) error {
		get := func(names ...string) string {
			for i, c := range columns {
				if i < len(values) && values[i] != "" && slices.Contains(names, strings.ToLower(c)) {
					return values[i]
				}
			}
			return ""
		}
		if !slices.Contains(columns, "verdict") {
			return fmt.Errorf("%w columns: there is no %q; want ring (or id), verdict and, if they differ from --why and --by, why and by", graph.ErrInvalid, "verdict")
		}
		word, id := get("verdict"), get("ring", "id")
		if word == "" {
			return nil
		}
		d, err := engine.ParseDecision(word)
		if err != nil {
			return fmt.Errorf("column verdict: %w", err)
		}
		if id == "" {
			return fmt.Errorf("%w column ring: it is empty; want the ID of a ring", graph.ErrInvalid)
		}
		r, err := findRing(run, id)
		if err != nil {
			return fmt.Errorf("column ring: %w", err)
		}
		if seen[r.ID] {
			return fmt.Errorf("%w column ring: an earlier row decides %s already", graph.ErrInvalid, r.ID)
		}
		seen[r.ID] = true
		v := engine.Verdict{Ring: r.ID, Run: run.Info.ID, Decision: d, Why: f.why, By: f.by}
		if why := get("why"); why != "" {
			v.Why = why
		}
		if by := get("by"); by != "" {
			v.By = by
		}
		if err := vault.CheckWhy(v.Why); err != nil {
			return fmt.Errorf("column why: %w; --why gives one for the rows without", err)
		}
		out = append(out, v)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("--from: %w; nothing was noted", err)
	}
	return out, nil
}

// leastPrefix is how many letters of an ID tell rings apart well enough to be
// looked for, "r-" included.
const leastPrefix = 6

// findRing is the ring of run with an ID, or the only one whose ID begins so.
func findRing(run *engine.Run, id string) (*engine.Ring, error) {
	ring, err := api.FindRing(run, id)
	if err == nil {
		return ring, nil
	}
	var ids []string
	for _, rings := range [][]engine.Ring{run.Rings, run.Suppressed} {
		for i := range rings {
			ids = append(ids, rings[i].ID)
		}
	}
	whole, wrong := oneBeginning(ids, id)
	if wrong != nil {
		return nil, wrong
	}
	if whole == "" {
		return nil, fmt.Errorf("%w; \"ringleader rings\" lists them", err)
	}
	return api.FindRing(run, whole)
}

// oneBeginning is the only ID that begins with prefix, or the one that it is;
// empty where there is none.
func oneBeginning(ids []string, prefix string) (string, error) {
	if slices.Contains(ids, prefix) {
		return prefix, nil
	}
	var fit []string
	for _, id := range ids {
		if len(prefix) >= leastPrefix && strings.HasPrefix(id, prefix) {
			fit = append(fit, id)
		}
	}
	switch len(fit) {
	case 0:
		return "", nil
	case 1:
		return fit[0], nil
	}
	slices.Sort(fit)
	return "", usagef("ring %s: the IDs of %d rings begin so: %s; give more of it", prefix, len(fit), strings.Join(fit[:min(3, len(fit))], ", ")+also(len(fit) > 3, ", …"))
}
