package engine

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

// AccountColumns is the version of what the columns of [MeasureAccounts] mean. A
// model learned from one version says nothing about another.
const AccountColumns = 1

// AccountModel is a learned model of accounts: boosted trees over the columns of
// [MeasureAccounts] that give the probability of fraud. It is read-only and safe
// for concurrent use. nil has learned nothing.
type AccountModel struct {
	Card  AccountModelCard
	trees *tree.Model
}

// AccountModelCard is what is known of a model of accounts.
type AccountModelCard struct {
	Version string   `json:"version"` // 120-trees-3f9ac21b
	SHA256  string   `json:"sha256"`
	Bytes   int      `json:"bytes"`
	Columns int      `json:"columns"`           // version of the columns, see [AccountColumns]
	Names   []string `json:"names"`             // of the columns that it reads
	Without []string `json:"without,omitempty"` // properties that are left out of its columns
	Cap     int      `json:"cap,omitempty"`     // of the columns, see [AccountOptions]

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

// ParseAccountModel reads a model as LightGBM's save_model writes it, trained
// with the objective binary or cross_entropy. name is what errors call it. It
// fails with graph.ErrInvalid on what is no such model.
func ParseAccountModel(name string, text []byte) (*AccountModel, error) {
	trees, err := tree.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%w account model %s: %w", graph.ErrInvalid, name, err)
	}
	if trees.Sigmoid == 0 {
		return nil, fmt.Errorf("%w account model %s: it gives no probabilities; train with the objective binary or cross_entropy", graph.ErrInvalid, name)
	}
	sum := sha256.Sum256(text)
	return &AccountModel{trees: trees, Card: AccountModelCard{
		Version: fmt.Sprintf("%d-trees-%s", trees.Trees(), hex.EncodeToString(sum[:4])), SHA256: hex.EncodeToString(sum[:]),
		Bytes: len(text), Columns: AccountColumns, Names: trees.Features}}, nil
}

// Version names the model by its content; empty for none.
func (m *AccountModel) Version() string {
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
func (m *AccountModel) Compare(columns []string) (lacking, unread []string) {
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

// reads maps the model's columns to those given.
func (m *AccountModel) reads(columns []string) ([]int, error) {
	lacking, _ := m.Compare(columns)
	if len(lacking) > 0 {
		return nil, fmt.Errorf("%w account model %s: it reads columns that these data do not have: %s", graph.ErrInvalid, m.Card.Version, shortList(lacking))
	}
	return m.trees.Index(ModelColumns(columns))
}

// Probabilities are the model's of rows, given by column. It fails with
// graph.ErrInvalid if the model reads a column that is not there. Time: O(rows ·
// trees · depth).
func (m *AccountModel) Probabilities(names []string, columns [][]float64) ([]float64, error) {
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

// explain names the columns that moved the model most for a row: each one's
// Shapley value, in bits.
func (m *AccountModel) explain(x []float64) string {
	moved := movedMost(m.trees, x, func(i int) string { return m.trees.Features[i] })
	return fmt.Sprintf("account model %s; what moved it most, in bits: %s", m.Card.Version, moved)
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
