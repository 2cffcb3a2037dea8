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

// next is the spans to read of a table, in order: those that interrupted loads
// have begun, as they were, so that their rows are found to be known; then all
// after them. Spans count from the beginning and without a gap: where the load of
// one was reverted, everything after it is read again.
func (m *marks) next(of string, r *ReadRule, full bool) []Span {
	if m == nil || r.Mark == "" || full {
		return []Span{{Of: of}}
	}
	done := chain(m.done, Span{Of: of})
	rest := chain(m.pending, done[len(done)-1])
	for i := range rest[:len(rest)-1] {
		rest[i].UpTo = rest[i+1].After
	}
	return rest
}

// chain is where spans lead from one: it, then the beginnings of those that each
// ends at. Of two that begin alike the later one is taken. Marks only grow, so
// no chain is longer than the list.
func chain(list []Span, from Span) []Span {
	steps := []Span{from}
	for range list {
		at := steps[len(steps)-1].After
		next := ""
		for _, s := range slices.Backward(list) {
			if s.Of == from.Of && s.After == at && s.UpTo != at {
				next = s.UpTo
				break
			}
		}
		if next == "" {
			break
		}
		steps = append(steps, Span{Of: from.Of, After: next})
	}
	return steps
}
