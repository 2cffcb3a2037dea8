package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"ringleader/api"
	"ringleader/engine"
	"ringleader/engine/synth"
	"ringleader/graph"
	"ringleader/loaders"
	"ringleader/vault"
)

// demoFlags are what "demo" takes.
type demoFlags struct {
	Dir      string
	NoServe  bool
	Accounts int
	Seed     uint64
	Listen   string
}

func newDemo(a *app) *cobra.Command {
	var f demoFlags
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Make a world, load it, find its rings, and answer in plain words",
		Long: "Make the world apple-id-2018, load it into a store of its own, find the rings, and\n" +
			"answer: who is hit, how much is lost, through whom, what is behind it, who is next.\n" +
			"Then serve the page until Ctrl-C, unless standard output is no terminal.",
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			a.Store = filepath.Join(f.Dir, "rings.db")
			world, err := a.demoWorld(cmd, &f)
			if err != nil {
				return fmt.Errorf("demo: %w", err)
			}
			return a.withStore(cmd.Context(), toCreate, func(s store) error { return a.demo(cmd.Context(), s, &f, world) })
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.Dir, "dir", "ringleader-demo", "folder for the world and the store; an earlier demo in it is replaced")
	flags.BoolVar(&f.NoServe, "no-serve", false, "answer and end")
	flags.IntVar(&f.Accounts, "accounts", 20_000, "how many accounts")
	flags.Uint64Var(&f.Seed, "seed", 1, "another seed makes another world")
	flags.StringVar(&f.Listen, "listen", "127.0.0.1:8080", "where to serve")
	return cmd
}

// demoWorld makes the world and removes the store of an earlier demo: two
// worlds in one store would be one muddle.
func (a *app) demoWorld(cmd *cobra.Command, f *demoFlags) (string, error) {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(a.Store + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
	}
	start := time.Now()
	world := filepath.Join(f.Dir, "world")
	summary, err := makeWorld(cmd, a, synth.Options{Accounts: f.Accounts, Seed: f.Seed, Dir: world, Replace: true})
	if err != nil {
		return "", err
	}
	var rows int64
	for _, n := range summary.Rows {
		rows += n
	}
	a.step("made a world of %s accounts, %s rows, in %s", start, count(summary.Accounts), count(rows), world)
	return world, nil
}

// demoVault gives the store a key that follows from the seed, so that one seed
// gives one result: a made world has nothing to hide.
func (a *app) demoVault(ctx context.Context, s store, seed uint64) (*vault.Vault, error) {
	key := vault.FixedKey(fmt.Sprintf("demo %d", seed))
	if err := vault.WriteKey(a.Store+".key", key, true); err != nil {
		return nil, err
	}
	return vault.Adopt(ctx, s, s, key)
}

// demo loads, detects, answers and serves.
func (a *app) demo(ctx context.Context, s store, f *demoFlags, world string) error {
	start := time.Now()
	v, err := a.demoVault(ctx, s, f.Seed)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	report, err := a.load(ctx, s, []string{world}, loaders.Options{Vault: v})
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	a.step("loaded %s links into %s", start, count(report.Links), a.Store)

	start = time.Now()
	var g *graph.Snapshot
	var run *engine.Run
	err = a.job(ctx, s, "demo", func(ctx context.Context, fence uint64) error {
		if g, err = a.readSnapshot(ctx, s, graph.BuildOptions{}); err != nil {
			return err
		}
		if run, err = a.detect(ctx, g, nil, engine.Options{Seed: f.Seed, Threads: a.Threads, Version: buildVersion()}); err != nil {
			return err
		}
		return engine.WriteRun(ctx, s, s, fence, run)
	})
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	a.step("looked at %s ties in %s groups of accounts", start, count(run.Info.Ties), count(run.Info.Components))

	w := bufio.NewWriter(a.stdout)
	tellAnswers(a, w, g, run)
	tellNextSteps(a, w, run)
	if err := w.Flush(); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if f.NoServe || !a.stdoutTerminal {
		return nil
	}
	key, err := a.serveKey(ctx, serveOptions{Listen: f.Listen})
	if err != nil {
		return err
	}
	return a.serve(ctx, s, f.Listen, api.Config{Key: key})
}

// step reports one step of the demo and how long it took.
func (a *app) step(format string, start time.Time, args ...any) {
	a.say("· %s (%s)", fmt.Sprintf(format, args...), time.Since(start).Round(100*time.Millisecond))
}
