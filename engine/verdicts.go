package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"ringleader/engine/accounts"
	"ringleader/graph"
)

// Decision is what people made of a ring.
type Decision string

// Decisions. Unsure says that somebody looked and could not tell; Withdrawn
// undoes what was decided before.
const (
	Fraud     Decision = "fraud"
	Cleared   Decision = "cleared"
	Unsure    Decision = "unsure"
	Withdrawn Decision = "withdrawn"
)

// ParseDecision checks the word for a decision.
func ParseDecision(s string) (Decision, error) {
	switch d := Decision(s); d {
	case Fraud, Cleared, Unsure, Withdrawn:
		return d, nil
	}
	return "", fmt.Errorf("%w decision: want %s, %s, %s or %s", graph.ErrInvalid, Fraud, Cleared, Unsure, Withdrawn)
}

// Verdict is a decision on a ring as a run showed it.
type Verdict struct {
	Ring     string     `json:"ring"`
	Run      string     `json:"run"`
	Decision Decision   `json:"decision"`
	Why      string     `json:"why,omitempty"`
	By       string     `json:"by"`
	At       graph.Time `json:"at,omitzero"` // when it was decided; in the log the time of the record
}

func (v *Verdict) check() error {
	if _, err := ParseDecision(string(v.Decision)); err != nil {
		return err
	}
	if v.Ring == "" || v.Run == "" || v.By == "" {
		return fmt.Errorf("%w verdict: it names a ring, a run and who decided", graph.ErrInvalid)
	}
	return nil
}

// recordVerdict is the type of the records of [graph.StreamVerdicts].
const recordVerdict = "verdict"

// AddVerdicts appends decisions to the log, all or none. A zero At is now. It
// fails with graph.ErrInvalid on a decision that is none of those above, or
// without ring, run or a name.
func AddVerdicts(ctx context.Context, log graph.Log, verdicts ...Verdict) error {
	records := make([]graph.Record, len(verdicts))
	for i, v := range verdicts {
		if err := v.check(); err != nil {
			return err
		}
		records[i] = graph.Record{Type: recordVerdict, At: v.At}
		v.At = 0
		var err error
		if records[i].Data, err = json.Marshal(v); err != nil {
			return fmt.Errorf("verdict: %w", err)
		}
	}
	if err := graph.AppendNext(ctx, log, graph.StreamVerdicts, records...); err != nil {
		return fmt.Errorf("verdicts: %w", err)
	}
	return nil
}

// VerdictHistory yields every verdict that was given until a moment (zero: now),
// in the order of the log. Time: O(records).
func VerdictHistory(ctx context.Context, log graph.Log, until graph.Time, yield func(Verdict) error) error {
	err := log.Read(ctx, graph.StreamVerdicts, 0, func(r graph.Record) error {
		if r.Type != recordVerdict || until.Known() && r.At > until {
			return nil
		}
		var v Verdict
		if err := json.Unmarshal(r.Data, &v); err != nil {
			return fmt.Errorf("record %d: %w", r.Seq, err)
		}
		if err := v.check(); err != nil {
			return fmt.Errorf("record %d: %w", r.Seq, err)
		}
		v.At = r.At
		return yield(v)
	})
	if err != nil {
		return fmt.Errorf("read verdicts: %w", err)
	}
	return nil
}

// Verdicts are the decisions that stand at a moment (zero: now), the last one
// on each ring, by ring. Those that were withdrawn are left out. Time: O(records
// · log records).
func Verdicts(ctx context.Context, log graph.Log, until graph.Time) ([]Verdict, error) {
	last := make(map[string]Verdict)
	err := VerdictHistory(ctx, log, until, func(v Verdict) error {
		last[v.Ring] = v
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []Verdict
	for _, ring := range sortedKeys(last) {
		if v := last[ring]; v.Decision != Withdrawn {
			out = append(out, v)
		}
	}
	return out, nil
}

// ShowVerdicts notes in rings what was decided of them: verdicts by ring, as
// [Verdicts] lists them. A ring keeps its ID from run to run, and its verdict
// with it, until somebody gives another.
func ShowVerdicts(rings []Ring, verdicts []Verdict) {
	for i := range rings {
		k, ok := slices.BinarySearchFunc(verdicts, rings[i].ID, func(v Verdict, id string) int { return cmp.Compare(v.Ring, id) })
		if ok {
			v := verdicts[k]
			rings[i].Meta.Status, rings[i].Meta.Verdict = string(v.Decision), &v
		}
	}
}

// DecidedRing is a verdict beside the ring that it is about.
type DecidedRing struct {
	Verdict
	Shown Ring   // as the run of the verdict has it
	Model string // version of the scorer of that run
}

// DecidedRings looks the rings that [Verdicts] call fraud or cleared up in their
// runs, by ring, and counts those whose run, or whose place in it, is gone. Time and memory: the
// rings of the runs that verdicts name, one run at a time.
func DecidedRings(ctx context.Context, log graph.Log, until graph.Time) (decided []DecidedRing, gone int, err error) {
	verdicts, err := Verdicts(ctx, log, until)
	if err != nil {
		return nil, 0, err
	}
	byRun := make(map[string][]Verdict)
	for _, v := range verdicts {
		if v.Decision != Unsure {
			byRun[v.Run] = append(byRun[v.Run], v)
		}
	}
	for _, id := range sortedKeys(byRun) {
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

// DecidedLabels is what verdicts say of accounts: suspects of a ring of
// fraud are fraud, and the accounts of a cleared one honest, each since the decision.
// Victims and bystanders are neither.
func DecidedLabels(decided []DecidedRing) []accounts.Label {
	var out []accounts.Label
	for i := range decided {
		v := &decided[i]
		for _, m := range v.Shown.Members {
			if m.Ref.Kind != graph.Account || m.Role == RoleBystander || v.Decision == Fraud && !m.Role.Suspect() {
				continue
			}
			out = append(out, accounts.Label{Account: m.Ref, Fraud: v.Decision == Fraud, At: v.At})
		}
	}
	return out
}
