package main

import (
	"context"
	"fmt"
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
// midnights (UTC), the first after the first account went bad; each run is the
// successor of the one before.
func (a *app) evalNights(ctx context.Context, f *evalFlags, c *comparison, seed uint64, dir string, whole *graph.Snapshot, truth *eval.Truth) error {
	var first graph.Time
	for _, m := range truth.Members {
		if m.FirstBad.Known() && (!first.Known() || m.FirstBad < first) {
			first = m.FirstBad
		}
	}
	if !first.Known() {
		return fmt.Errorf("%w world for nights: no account goes bad at a known time", graph.ErrInvalid)
	}
	at := graph.TimeOf(first.Std().UTC().Truncate(oneNight).Add(oneNight))
	var series []eval.Night
	var prev *engine.Run
	for range f.Nights {
		g, err := readWorld(ctx, []string{dir}, graph.BuildOptions{AsOf: at}, 0)
		if err != nil {
			return err
		}
		prev, err = a.detect(ctx, g, prev, engine.Options{Seed: 1, Threads: a.Threads, AsOf: at, Version: buildVersion()})
		if err != nil {
			return err
		}
		series = append(series, eval.Night{At: at, Run: prev})
		at = at.Add(oneNight)
	}
	measured, err := eval.MeasureNights(ctx, truth, series, eval.NightsOptions{Threshold: f.Threshold, Graph: whole})
	if err != nil {
		return err
	}
	c.Nights = append(c.Nights, seedNights{seed, measured})
	return nil
}
