package accounts

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"ringleader/engine/tree"
	"ringleader/graph"
)

// Columns is the version of what the columns of [Measure] mean. A
// model learned from one version says nothing about another.
const Columns = 1

// Model is a learned model of accounts: boosted trees over the columns of
// [Measure] that give the probability of fraud. It is read-only and safe
// for concurrent use. nil has learned nothing.
type Model struct {
	Card  Card
	trees *tree.Model
}

// Card is what is known of a model of accounts.
type Card struct {
	Version string   `json:"version"` // 120-trees-3f9ac21b
	SHA256  string   `json:"sha256"`
	Bytes   int      `json:"bytes"`
	Columns int      `json:"columns"`           // version of the columns, see [Columns]
	Names   []string `json:"names"`             // of the columns that it reads
	Without []string `json:"without,omitempty"` // properties that are left out of its columns
	Cap     int      `json:"cap,omitempty"`     // of the columns, see [Options]

	Holdout *Holdout   `json:"holdout,omitempty"` // nil: it was not judged
	Forced  bool       `json:"forced,omitempty"`  // added though a check failed
	By      string     `json:"by"`
	At      graph.Time `json:"at,omitzero"`
}

// Holdout is how a model fares on rows that it has not seen.
type Holdout struct {
	Rows      int     `json:"rows"`
	Positives int     `json:"positives"`
	AUROC     float64 `json:"auroc"`
	AUPRC     float64 `json:"auprc"`
	ECE       float64 `json:"ece"` // calibration error, ten bins
}

// Parse reads a model as LightGBM's save_model writes it, trained
// with the objective binary or cross_entropy. name is what errors call it. It
// fails with graph.ErrInvalid on what is no such model.
func Parse(name string, text []byte) (*Model, error) {
	trees, err := tree.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%w account model %s: %w", graph.ErrInvalid, name, err)
	}
	if trees.Sigmoid == 0 {
		return nil, fmt.Errorf("%w account model %s: it gives no probabilities; train with the objective binary or cross_entropy", graph.ErrInvalid, name)
	}
	sum := sha256.Sum256(text)
	return &Model{trees: trees, Card: Card{
		Version: fmt.Sprintf("%d-trees-%s", trees.Trees(), hex.EncodeToString(sum[:4])), SHA256: hex.EncodeToString(sum[:]),
		Bytes: len(text), Columns: Columns, Names: trees.Features}}, nil
}

// Version names the model by its content; empty for none.
func (m *Model) Version() string {
	if m == nil {
		return ""
	}
	return m.Card.Version
}

// modelColumn is how a model calls a column: LightGBM takes no white space and
// none of the signs of JSON in names.
func modelColumn(name string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || strings.ContainsRune(`",:[]{}`, r) {
			return '_'
		}
		return r
	}, name)
}

// ModelColumns is names of columns as models call them, in the same order.
func ModelColumns(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = modelColumn(n)
	}
	return out
}

// Compare says which columns the model reads that are not among those given, and
// which of those given it does not read, both in the order of their lists.
func (m *Model) Compare(columns []string) (lacking, unread []string) {
	given := ModelColumns(columns)
	for _, n := range m.trees.Features {
		if !slices.Contains(given, n) {
			lacking = append(lacking, n)
		}
	}
	for _, n := range given {
		if !slices.Contains(m.trees.Features, n) {
			unread = append(unread, n)
		}
	}
	return lacking, unread
}

// Lacking names, in a few words, the columns that the model reads and that are
// not among those given; empty where all are.
func (m *Model) Lacking(columns []string) string {
	lacking, _ := m.Compare(columns)
	return shortList(lacking)
}

// reads maps the model's columns to those given.
func (m *Model) reads(columns []string) ([]int, error) {
	if lacking := m.Lacking(columns); lacking != "" {
		return nil, fmt.Errorf("%w account model %s: it reads columns that these data do not have: %s", graph.ErrInvalid, m.Card.Version, lacking)
	}
	return m.trees.Index(ModelColumns(columns))
}

// Probabilities are the model's of rows, given by column. It fails with
// graph.ErrInvalid if the model reads a column that is not there. Time: O(rows ·
// trees · depth).
func (m *Model) Probabilities(names []string, columns [][]float64) ([]float64, error) {
	at, err := m.reads(names)
	if err != nil || len(columns) == 0 {
		return nil, err
	}
	out, x := make([]float64, len(columns[0])), make([]float64, len(at))
	for i := range out {
		for k, c := range at {
			x[k] = columns[c][i]
		}
		out[i] = m.trees.Probability(x)
	}
	return out, nil
}

// Asked is a model before the rows of a table.
type Asked struct {
	model *Model
	table *Table
	at    []int
}

// Ask puts the rows of a table before the model. It fails with graph.ErrInvalid
// if the model reads a column that is not there.
func (m *Model) Ask(t *Table) (*Asked, error) {
	at, err := m.reads(t.Names)
	if err != nil {
		return nil, err
	}
	return &Asked{m, t, at}, nil
}

// row is what the model reads of a row of the table.
func (a *Asked) row(i int) []float64 {
	x := make([]float64, len(a.at))
	for k, c := range a.at {
		x[k] = a.table.Columns[c][i]
	}
	return x
}

// Probability is the model's, of the account in a row.
func (a *Asked) Probability(row int) float64 { return a.model.trees.Probability(a.row(row)) }

// shownColumns is how many columns a reason names.
const shownColumns = 3

// Explain names the columns that moved the model most for a row: each one's
// Shapley value, in bits.
func (a *Asked) Explain(row int) string {
	moved := a.model.trees.MovedMost(a.row(row), shownColumns, func(i int) string { return a.model.trees.Features[i] })
	return fmt.Sprintf("account model %s; what moved it most, in bits: %s", a.model.Card.Version, moved)
}

// shortList names the first few.
func shortList(names []string) string {
	const shown = 8
	text := strings.Join(names[:min(shown, len(names))], ", ")
	if n := len(names) - shown; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}
