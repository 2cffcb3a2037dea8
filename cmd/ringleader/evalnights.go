package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"ringleader/engine"
	"ringleader/engine/eval"
	"ringleader/graph"
)

// seedNights is a series of nights over one world.
type seedNights struct {
	Seed uint64 `json:"seed"`
	*eval.Nights
}

// oneNight is the time from run to run.
const oneNight = 24 * time.Hour

// evalNights runs the engine on a world as it was at each of so many
// midnights; each run is the successor of the one before.
func (a *app) evalNights(ctx context.Context, f *evalFlags, c *comparison, seed uint64, dir string, whole *graph.Snapshot, truth *eval.Truth) error {
	moments, err := midnights(dir, truth, f.Nights)
	if err != nil {
		return err
	}
	var series []eval.Night
	var prev *engine.Run
	for _, at := range moments {
		g, err := readWorld(ctx, []string{dir}, graph.BuildOptions{AsOf: at}, 0)
		if err != nil {
			return err
		}
		prev, err = a.detect(ctx, g, prev, engine.Options{Policy: f.policy, Seed: 1, Threads: a.Threads, AsOf: at, Version: buildVersion(), Model: f.model})
		if err != nil {
			return err
		}
		series = append(series, eval.Night{At: at, Run: prev})
	}
	measured, err := eval.MeasureNights(ctx, truth, series, eval.NightsOptions{Threshold: f.Threshold, Graph: whole})
	if err != nil {
		return err
	}
	c.Nights = append(c.Nights, seedNights{seed, measured})
	return nil
}

// midnights are n moments in UTC: the ends of the last dated folders where a
// world unfolds in such, else the midnights after the first account went bad.
func midnights(dir string, truth *eval.Truth, n int) ([]graph.Time, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var moments []graph.Time
	for _, e := range entries { // in the order of their names
		if date, err := time.Parse(time.DateOnly, e.Name()); err == nil && e.IsDir() {
			moments = append(moments, graph.TimeOf(date.Add(oneNight)))
		}
	}
	if len(moments) > 0 {
		return moments[max(0, len(moments)-n):], nil
	}
	var first graph.Time
	for _, m := range truth.Members {
		if m.FirstBad.Known() && (!first.Known() || m.FirstBad < first) {
			first = m.FirstBad
		}
	}
	if !first.Known() {
		return nil, fmt.Errorf("%w world for nights: no account goes bad at a known time", graph.ErrInvalid)
	}
	start := first.Std().UTC().Truncate(oneNight)
	for i := range n {
		moments = append(moments, graph.TimeOf(start.Add(time.Duration(i+1)*oneNight)))
	}
	return moments, nil
}
