package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"

	"ringleader/graph"
)

// Types of the records that hold a run: pages of its document in the stream
// run/<id>, each a JSON value compressed with zstd, and the record of
// [graph.StreamRuns] that makes it visible.
const (
	recordInfo   = "info+zstd"
	recordRings  = "rings+zstd"
	recordScores = "scores+zstd"

	recordSuppressed = "suppressed+zstd"
	recordRun        = "run"
)

// RunRecord says that a run is whole and where its pages are.
type RunRecord struct {
	ID     string     `json:"id"`
	Replay bool       `json:"replay,omitempty"` // of the past; never the latest
	After  uint64     `json:"after"`            // the pages are the records above this
	Pages  int        `json:"pages"`
	Digest string     `json:"digest"` // of the result; equal for equal results
	Info   RunInfo    `json:"info"`
	At     graph.Time `json:"-"` // when it became visible
}

// WriteRun stores a run: its document in pages, then what people see in the
// store (for all but replays), then the record that makes it visible. Until the
// last step readers see the run before; a write that breaks off leaves nothing
// that they see, and may be repeated. Writing the latest run again changes
// nothing. fence is the lease's; zero for none.
func WriteRun(ctx context.Context, store graph.Store, log graph.Log, fence uint64, run *Run) error {
	records, err := Runs(ctx, log)
	if err != nil {
		return err
	}
	text, err := encodeRun(run)
	if err != nil {
		return fmt.Errorf("write run %s: %w", run.Info.ID, err)
	}
	for _, r := range latestFirst(records) {
		if r.ID == run.Info.ID && r.Digest == text.digest {
			return nil
		}
		if !r.Replay {
			break
		}
	}
	stream := runStream(run.Info.ID)
	tail, err := log.Tail(ctx, stream)
	if err != nil {
		return fmt.Errorf("write run %s: %w", run.Info.ID, err)
	}
	for i, p := range text.pages {
		if err := log.Append(ctx, stream, tail.Seq+uint64(i), p); err != nil {
			return fmt.Errorf("write run %s: page %d of %d: %w", run.Info.ID, i+1, len(text.pages), err)
		}
	}
	if !run.Info.Replay() {
		if err := project(ctx, store, fence, run, text.rings); err != nil {
			return fmt.Errorf("write run %s: show its rings: %w", run.Info.ID, err)
		}
	}
	data, err := json.Marshal(RunRecord{ID: run.Info.ID, Replay: run.Info.Replay(), After: tail.Seq, Pages: len(text.pages), Digest: text.digest, Info: run.Info})
	if err != nil {
		return fmt.Errorf("write run %s: %w", run.Info.ID, err)
	}
	last, err := log.Tail(ctx, graph.StreamRuns)
	if err != nil {
		return fmt.Errorf("write run %s: %w", run.Info.ID, err)
	}
	if err := log.Append(ctx, graph.StreamRuns, last.Seq, graph.Record{Type: recordRun, Data: data}); err != nil {
		return fmt.Errorf("write run %s: make it visible: %w", run.Info.ID, err)
	}
	return nil
}

// Runs lists the runs that are whole, oldest first.
func Runs(ctx context.Context, log graph.Log) ([]RunRecord, error) {
	var out []RunRecord
	err := log.Read(ctx, graph.StreamRuns, 0, func(r graph.Record) error {
		var run RunRecord
		if err := json.Unmarshal(r.Data, &run); err != nil {
			return fmt.Errorf("record %d: %w", r.Seq, err)
		}
		run.At = r.At
		out = append(out, run)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	return out, nil
}

// LatestInfo is the record of the latest run that is no replay; ErrNotFound if
// there is none.
func LatestInfo(ctx context.Context, log graph.Log) (RunRecord, error) { return findRun(ctx, log, "") }

// ReadRun reads a run by its ID; an empty ID asks for the latest that is no
// replay. It fails with ErrNotFound if there is none. Memory: the run.
func ReadRun(ctx context.Context, log graph.Log, id string) (*Run, error) {
	rec, err := findRun(ctx, log, id)
	if err != nil {
		return nil, err
	}
	return readPages(ctx, log, &rec, func(string) bool { return true })
}

// readRingsOf is [ReadRun] without the scores of accounts.
func readRingsOf(ctx context.Context, log graph.Log, id string) (*Run, error) {
	rec, err := findRun(ctx, log, id)
	if err != nil {
		return nil, err
	}
	return readPages(ctx, log, &rec, func(page string) bool { return page != recordScores })
}

// readPages reads the pages of a run whose types are wanted.
func readPages(ctx context.Context, log graph.Log, rec *RunRecord, wanted func(page string) bool) (*Run, error) {
	run := &Run{Rings: []Ring{}, Scores: []AccountScore{}}
	left := rec.Pages
	err := log.Read(ctx, runStream(rec.ID), rec.After, func(r graph.Record) error {
		if left == 0 {
			return errPagesDone
		}
		left--
		if !wanted(r.Type) {
			return nil
		}
		return run.addPage(r)
	})
	if err != nil && !errors.Is(err, errPagesDone) {
		return nil, fmt.Errorf("read run %s: %w", rec.ID, err)
	}
	if left > 0 {
		return nil, fmt.Errorf("read run %s: %d of %d pages %w", rec.ID, left, rec.Pages, graph.ErrNotFound)
	}
	return run, nil
}

// errPagesDone ends the reading of a stream that holds pages of a later write.
var errPagesDone = errors.New("all pages read")

func runStream(id string) string { return "run/" + id }

func findRun(ctx context.Context, log graph.Log, id string) (RunRecord, error) {
	records, err := Runs(ctx, log)
	if err != nil {
		return RunRecord{}, err
	}
	for _, r := range latestFirst(records) {
		if r.ID == id || id == "" && !r.Replay {
			return r, nil
		}
	}
	if id == "" {
		return RunRecord{}, fmt.Errorf("run %w: nothing has been detected yet", graph.ErrNotFound)
	}
	return RunRecord{}, fmt.Errorf("run %q %w", id, graph.ErrNotFound)
}

func latestFirst(records []RunRecord) []RunRecord {
	out := make([]RunRecord, len(records))
	for i, r := range records {
		out[len(out)-1-i] = r
	}
	return out
}

// maxPage bounds what one page may unpack to, so that a damaged record cannot
// take all memory.
const maxPage = 256 << 20

func (r *Run) addPage(rec graph.Record) error {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPage))
	if err != nil {
		return err
	}
	defer dec.Close()
	text, err := dec.DecodeAll(rec.Data, nil)
	if err != nil {
		return fmt.Errorf("page %d: %w", rec.Seq, err)
	}
	switch rec.Type {
	case recordInfo:
		if err = json.Unmarshal(text, &r.Info); r.Info.CutBy == nil {
			r.Info.CutBy = []RuleCut{} // of a run from before there was one
		}
	case recordRings:
		var rings []Ring
		err = json.Unmarshal(text, &rings)
		r.Rings = append(r.Rings, rings...)
	case recordSuppressed:
		var rings []Ring
		err = json.Unmarshal(text, &rings)
		r.Suppressed = append(r.Suppressed, rings...)
	case recordScores:
		var scores []AccountScore
		err = json.Unmarshal(text, &scores)
		r.Scores = append(r.Scores, scores...)
	default:
		err = fmt.Errorf("%w type %q", graph.ErrInvalid, rec.Type)
	}
	if err != nil {
		return fmt.Errorf("page %d: %w", rec.Seq, err)
	}
	return nil
}
