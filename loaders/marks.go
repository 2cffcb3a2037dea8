package loaders

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"ringleader/graph"
)

// Span is the part of a table of a database that one input is: the rows with
// marks greater than After, up to UpTo. Of says of which table of which
// database, as one mapping reads it. The zero Span is that of a file.
type Span struct {
	Of    string `json:"of"`
	After string `json:"after,omitempty"` // empty: from the beginning
	UpTo  string `json:"up_to,omitempty"` // greatest mark in it
}

// readID identifies what a table reads of a database, and what it makes of it:
// where a mapping changes, all is read again.
func (o *Options) readID(db Database, t *Table) string {
	h := sha256.New()
	text, err := json.Marshal(struct {
		Name  string
		Table *Table
	}{db.Name(), t})
	if err != nil {
		text = nil // a struct of strings always marshals
	}
	h.Write(text)
	h.Write([]byte(o.Location.String()))
	h.Write([]byte(o.Normal.fingerprint()))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// marks is what earlier loads have read of databases: their spans, oldest first.
type marks struct {
	done    []Span
	pending []Span // of loads that were interrupted
}

// readMarks finds the spans that are loaded: those of loads that are not
// reverted. Time: O(records).
func readMarks(ctx context.Context, log graph.Log, inputs map[string]graph.Input) (*marks, error) {
	loads, err := Loads(ctx, log)
	if err != nil {
		return nil, err
	}
	m := new(marks)
	for i := range loads {
		for _, in := range loads[i].Inputs {
			switch {
			case in.Span == nil || loads[i].State == LoadReverted:
			case inputs[in.ID].Done:
				m.done = append(m.done, *in.Span)
			default:
				m.pending = append(m.pending, *in.Span)
			}
		}
	}
	return m, nil
}

// next is the spans to read of a table, in order: one that an interrupted load
// has begun, as it was, so that its rows are found to be known; then all after
// it. Spans count from the beginning and without a gap: where the load of one
// was reverted, everything after it is read again.
func (m *marks) next(of string, r *ReadRule, full bool) []Span {
	if m == nil || r.Mark == "" || full {
		return []Span{{Of: of}}
	}
	at := Span{Of: of}
	for step := range m.done { // each span at most once
		i := lastIndex(m.done, func(s Span) bool { return s.Of == of && s.After == at.After && s.UpTo != s.After })
		if i < 0 || step > len(m.done) {
			break
		}
		at.After = m.done[i].UpTo
	}
	i := lastIndex(m.pending, func(s Span) bool { return s.Of == of && s.After == at.After && s.UpTo != s.After })
	if i < 0 {
		return []Span{at}
	}
	return []Span{m.pending[i], {Of: of, After: m.pending[i].UpTo}}
}

func lastIndex(list []Span, fits func(Span) bool) int {
	for i, s := range slices.Backward(list) {
		if fits(s) {
			return i
		}
	}
	return -1
}
