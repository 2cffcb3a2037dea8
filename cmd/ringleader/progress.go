package main

import (
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows how far a job is: on a terminal, a line with rate and time
// left; elsewhere nothing.
type progress struct {
	bar  *progressbar.ProgressBar
	what string
}

// newProgress starts a line. unit is what is counted: rows, accounts.
func (a *app) newProgress(what, unit string) *progress {
	if a.Quiet || !a.stderrTerminal {
		return &progress{}
	}
	return &progress{what: what, bar: progressbar.NewOptions64(-1,
		progressbar.OptionSetWriter(a.stderr),
		progressbar.OptionSetDescription(what),
		progressbar.OptionSetItsString(unit),
		progressbar.OptionShowIts(),
		progressbar.OptionShowCount(),
		progressbar.OptionSetWidth(20),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionUseANSICodes(true),
		progressbar.OptionClearOnFinish(),
	)}
}

// set shows the state; total is 0 where it is not known. Progress never fails
// a job, so errors of the terminal are dropped.
func (p *progress) set(what string, done, total int64) {
	if p.bar == nil {
		return
	}
	if what != p.what {
		p.what = what
		p.bar.Describe(what)
	}
	if total > 0 && total != p.bar.GetMax64() {
		p.bar.ChangeMax64(total)
	}
	_ = p.bar.Set64(done)
}

// done removes the line.
func (p *progress) done() {
	if p.bar != nil {
		_ = p.bar.Clear()
		_ = p.bar.Exit()
	}
}
