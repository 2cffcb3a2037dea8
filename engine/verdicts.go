package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"ringleader/graph"
)

// Decision is what people made of a ring.
type Decision string

// Decisions. Withdrawn undoes what was decided before.
const (
	Confirmed Decision = "confirmed"
	Rejected  Decision = "rejected"
	Withdrawn Decision = "withdrawn"
)

// Verdict is a decision on a ring as a run showed it.
type Verdict struct {
	Ring     string     `json:"ring"`
	Run      string     `json:"run"`
	Decision Decision   `json:"decision"`
	By       string     `json:"by"`
	At       graph.Time `json:"-"` // when it was decided
}

// recordVerdict is the type of the records of [graph.StreamVerdicts].
const recordVerdict = "verdict"

// AddVerdict appends a decision to the log. A zero At is now. It fails with
// graph.ErrInvalid on a decision that is none of the three, or without ring,
// run or a name.
func AddVerdict(ctx context.Context, log graph.Log, v Verdict) error {
	if v.Decision != Confirmed && v.Decision != Rejected && v.Decision != Withdrawn {
		return fmt.Errorf("%w verdict: want %s, %s or %s", graph.ErrInvalid, Confirmed, Rejected, Withdrawn)
	}
	if v.Ring == "" || v.Run == "" || v.By == "" {
		return fmt.Errorf("%w verdict: it names a ring, a run and who decided", graph.ErrInvalid)
	}
	return appendRecord(ctx, log, graph.StreamVerdicts, recordVerdict, v.At, v)
}

// Verdicts are the decisions that stand at a moment (zero: now), the last one
// on each ring, by ring. Decisions that were withdrawn are left out. Time:
// O(records log records).
func Verdicts(ctx context.Context, log graph.Log, until graph.Time) ([]Verdict, error) {
	last := make(map[string]Verdict)
	err := log.Read(ctx, graph.StreamVerdicts, 0, func(r graph.Record) error {
		if r.Type != recordVerdict || until.Known() && r.At > until {
			return nil
		}
		var v Verdict
		if err := json.Unmarshal(r.Data, &v); err != nil {
			return fmt.Errorf("record %d: %w", r.Seq, err)
		}
		v.At = r.At
		last[v.Ring] = v
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read verdicts: %w", err)
	}
	var out []Verdict
	for _, ring := range sortedStrings(last) {
		if v := last[ring]; v.Decision != Withdrawn {
			out = append(out, v)
		}
	}
	return out, nil
}

// DecidedRing is a verdict beside the ring that it is about.
type DecidedRing struct {
	Verdict
	Shown Ring   // as the run of the verdict has it
	Model string // version of the scorer of that run
}

// DecidedRings looks the rings of [Verdicts] up in their runs, by ring, and
// counts those whose run, or whose place in it, is gone. Time and memory: the
// rings of the runs that verdicts name, one run at a time.
func DecidedRings(ctx context.Context, log graph.Log, until graph.Time) (decided []DecidedRing, gone int, err error) {
	verdicts, err := Verdicts(ctx, log, until)
	if err != nil || len(verdicts) == 0 {
		return nil, 0, err
	}
	byRun := make(map[string][]Verdict)
	for _, v := range verdicts {
		byRun[v.Run] = append(byRun[v.Run], v)
	}
	for _, id := range sortedStrings(byRun) {
		run, err := readRingsOf(ctx, log, id)
		if errors.Is(err, graph.ErrNotFound) {
			gone += len(byRun[id])
			continue
		}
		if err != nil {
			return nil, 0, fmt.Errorf("decided rings: %w", err)
		}
		rings := make(map[string]*Ring)
		for _, list := range [][]Ring{run.Rings, run.Suppressed} {
			for i := range list {
				rings[list[i].ID] = &list[i]
			}
		}
		for _, v := range byRun[id] {
			if r := rings[v.Ring]; r != nil {
				decided = append(decided, DecidedRing{v, *r, run.Info.Model})
			} else {
				gone++
			}
		}
	}
	slices.SortFunc(decided, func(a, b DecidedRing) int { return cmp.Compare(a.Ring, b.Ring) })
	return decided, gone, nil
}

// DecidedLabels is what verdicts say of accounts: suspects of a confirmed ring
// are fraud, and the accounts of a rejected one honest, each since the decision.
// Victims and bystanders are neither.
func DecidedLabels(decided []DecidedRing) []AccountLabel {
	var out []AccountLabel
	for i := range decided {
		v := &decided[i]
		for _, m := range v.Shown.Members {
			if m.Ref.Kind != graph.Account || m.Role == RoleBystander || v.Decision == Confirmed && !m.Role.Suspect() {
				continue
			}
			out = append(out, AccountLabel{Account: m.Ref, Fraud: v.Decision == Confirmed, At: v.At})
		}
	}
	return out
}

// appendTries bounds how often an append yields to other writers of a stream.
const appendTries = 100

// appendRecord adds a record wherever the stream now ends.
func appendRecord(ctx context.Context, log graph.Log, stream, kind string, at graph.Time, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("record for %s: %w", stream, err)
	}
	for try := 0; ; try++ {
		tail, err := log.Tail(ctx, stream)
		if err == nil {
			err = log.Append(ctx, stream, tail.Seq, graph.Record{Type: kind, At: at, Data: text})
		}
		if err == nil {
			return nil
		}
		if !errors.Is(err, graph.ErrConflict) || try == appendTries {
			return fmt.Errorf("record for %s: %w", stream, err)
		}
	}
}
