package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/lmittmann/tint"
	"golang.org/x/term"
)

// settings are the flags that every command has.
type settings struct {
	Store        string
	PasswordFile string
	Shared       bool
	KeyFile      string
	SourcesDir   string
	Output       string
	Config       string
	LogFormat    string
	Timezone     string
	Threads      int
	Quiet        bool
	NoColor      bool
	NoSnapshot   bool
}

// app is one invocation: its streams, its settings, and what follows from both.
type app struct {
	settings
	stdin     io.Reader
	stdout    io.Writer
	stderr    io.Writer
	lookupEnv func(string) (string, bool)

	stdoutTerminal bool
	stderrTerminal bool
	log            *slog.Logger
}

func newApp(stdin io.Reader, stdout, stderr io.Writer, lookupEnv func(string) (string, bool)) *app {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, lookupEnv: lookupEnv}
	a.stdoutTerminal, a.stderrTerminal = isTerminal(stdout), isTerminal(stderr)
	a.log = a.newLogger()
	return a
}

// run parses the arguments, does the work and reports how it ended.
func run(ctx context.Context, a *app, args []string) int {
	root := newRoot(a)
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	err := root.ExecuteContext(ctx)
	code := exitCode(ctx, err)
	switch code {
	case exitDone:
	case exitInterrupted:
		_, _ = fmt.Fprintln(a.stderr, "ringleader: interrupted; the store is sound")
	default:
		_, _ = fmt.Fprintln(a.stderr, "ringleader:", err)
	}
	return code
}

// newLogger logs for people on a terminal and for programs elsewhere.
func (a *app) newLogger() *slog.Logger {
	level := slog.LevelInfo
	if a.Quiet {
		level = slog.LevelWarn
	}
	if a.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(a.stderr, &slog.HandlerOptions{Level: level}))
	}
	return slog.New(tint.NewTextHandler(a.stderr, &tint.Options{
		Level: level, TimeFormat: time.TimeOnly, NoColor: a.NoColor || !a.stderrTerminal,
	}))
}

// say tells the person what happened, on standard error, unless --quiet.
func (a *app) say(format string, args ...any) {
	if !a.Quiet {
		_, _ = fmt.Fprintf(a.stderr, format+"\n", args...)
	}
}

// location is the zone of times that name none.
func (a *app) location() (*time.Location, error) {
	loc, err := time.LoadLocation(a.Timezone)
	if err != nil || a.Timezone == "Local" {
		return nil, usagef("--timezone %q: want a zone such as UTC or Asia/Shanghai", a.Timezone)
	}
	return loc, nil
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
