package loaders

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ringleader/graph"
)

// States of a load.
const (
	LoadRunning     = "running" // or died without a word
	LoadDone        = "done"
	LoadInterrupted = "interrupted"
	LoadFailed      = "failed"
	LoadReverted    = "reverted"
)

// LoadRecord is what the log knows of a load.
type LoadRecord struct {
	ID       string      `json:"id"`
	State    string      `json:"state"`
	Started  graph.Time  `json:"started"`
	Finished graph.Time  `json:"finished,omitzero"`
	Reverted graph.Time  `json:"reverted,omitzero"`
	Mapping  string      `json:"mapping"`
	Inputs   []LoadInput `json:"inputs"`
	Rows     int64       `json:"rows"`
	Rejected int64       `json:"rejected"`
	Links    int64       `json:"links"`
	Attrs    int64       `json:"attrs"`
	Labels   int64       `json:"labels"`
	Error    string      `json:"error,omitempty"`
}

// LoadInput is one file of a load, or one span of a table of a database. Several loads may claim the same.
type LoadInput struct {
	ID      string `json:"id"` // of the graph.Input
	Name    string `json:"name"`
	Table   string `json:"table"`
	Content string `json:"content"`        // hex SHA-256
	Span    *Span  `json:"span,omitempty"` // of a table of a database
}

// Types of records in the stream of loads. Each holds a whole LoadRecord,
// which replaces the one before it of the same load.
const (
	recordStart  = "start"
	recordEnd    = "end"
	recordRevert = "revert"
)

// startRecord notes a load and all that it claims, before its first fact.
func startRecord(ctx context.Context, log graph.Log, found *sources) (LoadRecord, error) {
	tail, err := log.Tail(ctx, graph.StreamLoads)
	if err != nil {
		return LoadRecord{}, fmt.Errorf("load record: %w", err)
	}
	r := LoadRecord{
		ID: fmt.Sprintf("l-%d", tail.Seq+1), State: LoadRunning,
		Started: graph.TimeOf(time.Now()), Mapping: found.mapping.Name,
	}
	for _, s := range found.list {
		in := LoadInput{ID: s.input, Name: s.name, Table: s.table.File, Content: s.content}
		if s.span != (Span{}) {
			in.Span = &s.span
		}
		r.Inputs = append(r.Inputs, in)
	}
	return r, appendRecord(ctx, log, graph.StreamLoads, recordStart, r)
}

// endRecord notes how a load ended, also one whose context has.
func endRecord(ctx context.Context, log graph.Log, r LoadRecord, report *Report, failure error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	r.State, r.Finished = LoadDone, graph.TimeOf(time.Now())
	r.Rows, r.Rejected = report.Rows, report.Rejected
	r.Links, r.Attrs, r.Labels = report.Links, report.Attrs, report.Labels
	switch {
	case errors.Is(failure, context.Canceled), errors.Is(failure, context.DeadlineExceeded):
		r.State = LoadInterrupted
	case failure != nil:
		r.State, r.Error = LoadFailed, failure.Error()
	}
	return appendRecord(ctx, log, graph.StreamLoads, recordEnd, r)
}

// appendRecord adds a record wherever the stream now ends.
func appendRecord(ctx context.Context, log graph.Log, stream, typ string, data any) error {
	encoded, err := json.Marshal(data)
	if err == nil {
		err = graph.AppendNext(ctx, log, stream, graph.Record{Type: typ, Data: encoded})
	}
	if err != nil {
		return fmt.Errorf("record for %s: %w", stream, err)
	}
	return nil
}

// Loads lists the loads of a store, oldest first. Time: O(records).
func Loads(ctx context.Context, log graph.Log) ([]LoadRecord, error) {
	var list []LoadRecord
	index := make(map[string]int)
	err := log.Read(ctx, graph.StreamLoads, 0, func(rec graph.Record) error {
		var r LoadRecord
		if err := json.Unmarshal(rec.Data, &r); err != nil {
			return fmt.Errorf("load record %d: %w", rec.Seq, err)
		}
		if i, ok := index[r.ID]; ok {
			list[i] = r
			return nil
		}
		index[r.ID] = len(list)
		list = append(list, r)
		return nil
	})
	return list, err
}

// RevertReport is what a revert took back.
type RevertReport struct {
	Load      string         `json:"load"`
	Retracted []LoadInput    `json:"retracted,omitempty"`
	Kept      []LoadInput    `json:"kept,omitempty"` // claimed by other loads too
	Revision  graph.Revision `json:"revision"`
}

// Revert takes back a load: every fact and label that its files alone state.
// A file that another load claims too, unreverted, stays. It fails with
// ErrNotFound if there is no such load and with ErrConflict if it is reverted
// already or another job holds the store. Time: O(facts of the store).
func Revert(ctx context.Context, store graph.Store, log graph.Log, loadID string) (*RevertReport, error) {
	lease, err := graph.AcquireLease(ctx, log, holder("load revert"), leaseTTL)
	if err != nil {
		return nil, fmt.Errorf("revert load %s: %w", loadID, err)
	}
	report := &RevertReport{Load: loadID}
	err = lease.Hold(ctx, func(ctx context.Context) error {
		return revertHeld(ctx, store, log, lease, report)
	})
	if err != nil {
		return nil, fmt.Errorf("revert load %s: %w", loadID, err)
	}
	return report, nil
}

func revertHeld(ctx context.Context, store graph.Store, log graph.Log, lease *graph.Lease, report *RevertReport) error {
	loads, err := Loads(ctx, log)
	if err != nil {
		return err
	}
	var load *LoadRecord
	claims := make(map[string]bool)
	for i := range loads {
		switch l := &loads[i]; {
		case l.ID == report.Load:
			load = l
		case l.State != LoadReverted:
			for _, in := range l.Inputs {
				claims[in.ID] = true
			}
		}
	}
	if load == nil {
		return graph.ErrNotFound
	}
	if load.State == LoadReverted {
		return fmt.Errorf("%w: reverted at %s", graph.ErrConflict, load.Reverted)
	}
	var ids []string
	for _, in := range load.Inputs {
		if claims[in.ID] {
			report.Kept = append(report.Kept, in)
			continue
		}
		claims[in.ID] = true // the same file may stand in a load twice
		report.Retracted = append(report.Retracted, in)
		ids = append(ids, in.ID)
	}
	if err := retractLabels(ctx, log, load.ID, ids); err != nil {
		return err
	}
	if len(ids) > 0 {
		b := &graph.Batch{Retract: graph.Retract{Inputs: ids}, Fence: lease.Fence}
		if report.Revision, err = store.Apply(ctx, b); err != nil {
			return err
		}
	}
	load.State, load.Reverted = LoadReverted, graph.TimeOf(time.Now())
	return appendRecord(ctx, log, graph.StreamLoads, recordRevert, *load)
}
