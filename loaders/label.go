package loaders

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"ringleader/graph"
)

// What a label says of an account.
const (
	Fraud  = "fraud"
	Victim = "victim"
	Honest = "honest"
)

// Label is what a file says of an account.
type Label struct {
	Account graph.Ref         `json:"account"`
	Label   string            `json:"label"`           // Fraud, Victim or Honest
	At      graph.Time        `json:"at,omitzero"`     // since when
	Row     int64             `json:"row"`             // row of the input that says so
	Props   map[string]string `json:"props,omitempty"` // further columns
}

// Types of the records that loads write to the stream of labels. Others may
// write records of other types there.
const (
	RecordLabels  = "labels"  // data: LabelRecord
	RecordRetract = "retract" // data: LabelRetraction
)

// LabelRecord is labels of one input.
type LabelRecord struct {
	Load   string  `json:"load"`
	Input  string  `json:"input"`
	Labels []Label `json:"labels"`
}

// LabelRetraction takes back all labels of some inputs.
type LabelRetraction struct {
	Load   string   `json:"load"`
	Inputs []string `json:"inputs"`
}

// labelsPerRecord keeps a record far below graph.MaxRecord.
const labelsPerRecord = 2000

// appendLabels adds the labels of rows above said, which the stream holds
// already: an earlier load may have died between its labels and its facts.
func appendLabels(ctx context.Context, log graph.Log, load, input string, said int64, labels []Label) error {
	labels = slices.DeleteFunc(slices.Clone(labels), func(l Label) bool { return l.Row <= said })
	for part := range slices.Chunk(labels, labelsPerRecord) {
		if err := appendRecord(ctx, log, graph.StreamLabels, RecordLabels, LabelRecord{load, input, part}); err != nil {
			return err
		}
	}
	return nil
}

// labelledRows finds, for each source with labels, the last row whose label
// the stream holds.
func labelledRows(ctx context.Context, log graph.Log, list []source) (map[string]int64, error) {
	rows := make(map[string]int64)
	if !slices.ContainsFunc(list, func(s source) bool { return len(s.table.Labels) > 0 }) {
		return rows, nil
	}
	return rows, readLabels(ctx, log, 0, func(l LabelRecord) {
		for _, label := range l.Labels {
			rows[l.Input] = max(rows[l.Input], label.Row)
		}
	}, func(r LabelRetraction) {
		for _, input := range r.Inputs {
			delete(rows, input)
		}
	})
}

// readLabels goes over the records that were written by knownAt; zero: all.
func readLabels(ctx context.Context, log graph.Log, knownAt graph.Time, labels func(LabelRecord), retract func(LabelRetraction)) error {
	return log.Read(ctx, graph.StreamLabels, 0, func(rec graph.Record) error {
		if knownAt.Known() && rec.At > knownAt {
			return nil
		}
		var err error
		switch rec.Type {
		case RecordLabels:
			var l LabelRecord
			if err = json.Unmarshal(rec.Data, &l); err == nil {
				labels(l)
			}
		case RecordRetract:
			var r LabelRetraction
			if err = json.Unmarshal(rec.Data, &r); err == nil {
				retract(r)
			}
		}
		if err != nil {
			return fmt.Errorf("label record %d: %w", rec.Seq, err)
		}
		return nil
	})
}

// retractLabels notes that labels of inputs are taken back, if there are any.
func retractLabels(ctx context.Context, log graph.Log, load string, inputs []string) error {
	had := make(map[string]bool)
	err := readLabels(ctx, log, 0, func(l LabelRecord) { had[l.Input] = true }, func(r LabelRetraction) {
		for _, input := range r.Inputs {
			delete(had, input)
		}
	})
	if err != nil {
		return err
	}
	gone := slices.DeleteFunc(slices.Clone(inputs), func(input string) bool { return !had[input] })
	if len(gone) == 0 {
		return nil
	}
	return appendRecord(ctx, log, graph.StreamLabels, RecordRetract, LabelRetraction{load, gone})
}

// Labels lists what loaded files say of accounts, by account, time and label.
// Time: O(records + labels log labels).
func Labels(ctx context.Context, log graph.Log) ([]Label, error) { return LabelsKnown(ctx, log, 0) }

// LabelsKnown is [Labels] as they were at a moment: what was loaded or taken
// back after it does not count. Zero: now.
func LabelsKnown(ctx context.Context, log graph.Log, knownAt graph.Time) ([]Label, error) {
	byInput := make(map[string][]Label)
	err := readLabels(ctx, log, knownAt, func(l LabelRecord) {
		byInput[l.Input] = append(byInput[l.Input], l.Labels...)
	}, func(r LabelRetraction) {
		for _, input := range r.Inputs {
			delete(byInput, input)
		}
	})
	if err != nil {
		return nil, err
	}
	var all []Label
	for _, labels := range byInput {
		all = append(all, labels...)
	}
	slices.SortFunc(all, func(a, b Label) int {
		return cmp.Or(a.Account.Compare(b.Account), cmp.Compare(a.At, b.At), cmp.Compare(a.Label, b.Label), cmp.Compare(a.Row, b.Row))
	})
	return all, nil
}
