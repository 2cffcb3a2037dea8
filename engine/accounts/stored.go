package accounts

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/klauspost/compress/zstd"

	"ringleader/graph"
)

// Types of the records that hold models of accounts: pieces of the text, each
// compressed, in the stream model/<hash>, and in [graph.StreamModels] the record
// that makes a model speak and the one that ends that.
const (
	recordModelText    = "text+zstd"
	recordModelAdded   = "account_model"
	recordModelRemoved = "account_model_removed"
)

// modelPiece is how much of a text goes into a record before it is compressed.
const modelPiece = 8 << 20

// modelRecord says that a model is whole and where its text is.
type modelRecord struct {
	Card
	After  uint64 `json:"after"` // the pieces are the records above this
	Pieces int    `json:"pieces"`
}

// modelRemoval ends a model.
type modelRemoval struct {
	Version string `json:"version"`
	By      string `json:"by"`
}

func modelStream(m *Card) string { return "model/" + m.SHA256[:16] }

// Add stores a model with its text; from the next run on it speaks.
// Until the last step nobody sees it; an addition that breaks off may be
// repeated. It fails with graph.ErrInvalid if text is not the model's.
func Add(ctx context.Context, log graph.Log, m *Model, text []byte) error {
	same, err := Parse("to be added", text)
	if err != nil {
		return err
	}
	if same.Card.SHA256 != m.Card.SHA256 {
		return fmt.Errorf("%w account model %s: this is the text of %s", graph.ErrInvalid, m.Card.Version, same.Card.Version)
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	defer func() { _ = enc.Close() }()
	stream := modelStream(&m.Card)
	tail, err := log.Tail(ctx, stream)
	if err != nil {
		return fmt.Errorf("add account model: %w", err)
	}
	r := modelRecord{Card: m.Card, After: tail.Seq}
	r.At = 0
	for len(text) > 0 {
		n := min(modelPiece, len(text))
		piece := graph.Record{Type: recordModelText, Data: enc.EncodeAll(text[:n], nil)}
		if err := log.Append(ctx, stream, tail.Seq+uint64(r.Pieces), piece); err != nil {
			return fmt.Errorf("add account model: piece %d: %w", r.Pieces+1, err)
		}
		text = text[n:]
		r.Pieces++
	}
	return note(ctx, log, recordModelAdded, m.Card.At, r)
}

// Models lists the models that a store holds at a moment (zero: now),
// oldest first. The last one speaks.
func Models(ctx context.Context, log graph.Log, until graph.Time) ([]Card, error) {
	records, err := modelRecords(ctx, log, until)
	var out []Card
	for i := range records {
		out = append(out, records[i].Card)
	}
	return out, err
}

func modelRecords(ctx context.Context, log graph.Log, until graph.Time) ([]modelRecord, error) {
	var out []modelRecord
	drop := func(version string) {
		kept := out[:0]
		for _, m := range out {
			if m.Version != version {
				kept = append(kept, m)
			}
		}
		out = kept
	}
	err := log.Read(ctx, graph.StreamModels, 0, func(r graph.Record) error {
		if until.Known() && r.At > until {
			return nil
		}
		var m modelRecord
		var gone modelRemoval
		var err error
		switch r.Type {
		case recordModelAdded:
			if err = json.Unmarshal(r.Data, &m); err == nil {
				m.At = r.At
				drop(m.Version) // added again: the latest
				out = append(out, m)
			}
		case recordModelRemoved:
			if err = json.Unmarshal(r.Data, &gone); err == nil {
				drop(gone.Version)
			}
		}
		if err != nil {
			return fmt.Errorf("record %d: %w", r.Seq, err)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list account models: %w", err)
	}
	return out, nil
}

// Read reads a model by its version; an empty one asks for the model
// that speaks at a moment (zero: now). It fails with graph.ErrNotFound if there
// is none.
func Read(ctx context.Context, log graph.Log, version string, until graph.Time) (*Model, error) {
	records, err := modelRecords(ctx, log, until)
	if err != nil {
		return nil, err
	}
	for i := len(records) - 1; i >= 0; i-- {
		if r := &records[i]; version == "" || r.Version == version {
			return r.read(ctx, log)
		}
	}
	if version == "" {
		return nil, fmt.Errorf("account model %w: none has been added", graph.ErrNotFound)
	}
	return nil, fmt.Errorf("account model %q %w", version, graph.ErrNotFound)
}

func (r *modelRecord) read(ctx context.Context, log graph.Log) (*Model, error) {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(modelPiece))
	if err != nil {
		return nil, err
	}
	defer dec.Close()
	var text bytes.Buffer
	pieces := 0
	err = log.Read(ctx, modelStream(&r.Card), r.After, func(p graph.Record) error {
		if pieces == r.Pieces {
			return nil // of a later addition
		}
		pieces++
		piece, err := dec.DecodeAll(p.Data, nil)
		text.Write(piece)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read account model %s: %w", r.Version, err)
	}
	m, err := Parse(r.Version, text.Bytes())
	if err != nil {
		return nil, err
	}
	if m.Card.SHA256 != r.SHA256 {
		return nil, fmt.Errorf("%w account model %s: the stored text is damaged; add it again", graph.ErrInvalid, r.Version)
	}
	m.Card = r.Card
	return m, nil
}

// Remove ends a model; the one added before it speaks again. Its
// text stays in the log for runs of the past. It fails with graph.ErrNotFound if
// the store has no such model.
func Remove(ctx context.Context, log graph.Log, version, by string) error {
	models, err := Models(ctx, log, 0)
	if err != nil {
		return err
	}
	for i := range models {
		if models[i].Version == version {
			return note(ctx, log, recordModelRemoved, 0, modelRemoval{version, by})
		}
	}
	return fmt.Errorf("account model %q %w", version, graph.ErrNotFound)
}

// note adds a record to the stream of models.
func note(ctx context.Context, log graph.Log, kind string, at graph.Time, data any) error {
	text, err := json.Marshal(data)
	if err == nil {
		err = graph.AppendNext(ctx, log, graph.StreamModels, graph.Record{Type: kind, At: at, Data: text})
	}
	if err != nil {
		return fmt.Errorf("note an account model: %w", err)
	}
	return nil
}
