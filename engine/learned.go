package engine

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"os"

	"ringleader/engine/tree"
	"ringleader/graph"
)

//go:embed model/rings.txt
var shippedModel []byte

// Model is a learned scorer of candidates: boosted trees over their [FeatureNames].
// It corrects the evidence by one line of its own. It is read-only and safe for
// concurrent use. The zero value has learned nothing and says nothing.
type Model struct {
	version string
	trees   *tree.Model
	at      []int // by feature of the model: its place among ours
}

// DefaultModel is the model that ships with the engine, trained on made-up
// worlds; see docs/model-card.md.
func DefaultModel() (*Model, error) { return ParseModel("shipped", bytes.NewReader(shippedModel)) }

// NoModel leaves the evidence as it is.
func NoModel() *Model { return &Model{} }

// LoadModel reads a model from a file.
func LoadModel(path string) (*Model, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w model: %w", graph.ErrInvalid, err)
	}
	defer func() { _ = f.Close() }()
	return ParseModel(path, f)
}

// ParseModel reads a model as LightGBM's save_model writes it, trained with the
// objective cross_entropy or binary: its margin is the natural logarithm of the
// odds that a candidate is a ring. It fails with graph.ErrInvalid on what is no
// such model and on features that the engine does not know; name is what errors
// call it.
func ParseModel(name string, r io.Reader) (*Model, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read model %s: %w", name, err)
	}
	m := &Model{}
	if m.trees, err = tree.Parse(bytes.NewReader(text)); err != nil {
		return nil, fmt.Errorf("%w model %s: %w", graph.ErrInvalid, name, err)
	}
	if m.at, err = m.trees.Index(FeatureNames()); err != nil {
		return nil, fmt.Errorf("%w model %s: %w", graph.ErrInvalid, name, err)
	}
	sum := sha256.Sum256(text)
	m.version = fmt.Sprintf("%d-trees-%s", m.trees.Trees(), hex.EncodeToString(sum[:4]))
	return m, nil
}

// Version names the model by its content: 200-trees-3f9ac21b; none if it has
// learned nothing.
func (m *Model) Version() string {
	if m.trees == nil {
		return "none"
	}
	return m.version
}

// notes says what a reader of probabilities must know.
func (m *Model) notes() []string {
	if m.trees == nil {
		return nil
	}
	return []string{"probabilities are estimates: the scorer learned from made-up worlds, and no verdicts stand behind it"}
}

// FeatureNames are the numbers of a candidate that a model may read.
func FeatureNames() []string {
	var names []string
	for _, f := range features() {
		names = append(names, f.name)
	}
	return names
}

// kindLearned is the kind of the line that the model speaks.
const kindLearned = "learned"

// shownFeatures is how many features a learned line names.
const shownFeatures = 3

// What a model may take from the evidence, as it may come to a world unlike those
// that it was trained on, and what it may add: so much that a hint of evidence comes
// to even odds. Less than that is no reason to name anybody.
const (
	stubborn = 3 // a third of the evidence stays,
	doubt    = 6 // and what is likelier than not with so many bits less stays so, what speaks against it counted three times
	hint     = 2 // bits that the evidence itself must have
)

// weighty is so much evidence against a candidate that the model may add nothing
// to the rest of it: wages that are paid month after month, a family under one
// roof. The model weighs numbers of a candidate, and has not seen every honest
// reason for them.
const weighty = 10

// against is the sum of the lines that speak against a candidate, but for what
// is said of accounts without evidence.
func (r *candidate) against() float64 {
	sum := 0.0
	for i := range r.lines {
		if l := &r.lines[i]; l.bits < 0 && l.kind != kindUnsupported {
			sum += l.bits
		}
	}
	return sum
}

// adjust adds the model's line, so that the score becomes the model's log-odds
// less the policy's prior: the line is what the evidence alone gets wrong.
func (m *Model) adjust(d *ground, r *candidate) {
	if m.trees == nil {
		r.merit = r.score
		return
	}
	x := make([]float64, len(m.at))
	for i, k := range m.at {
		x[i] = r.features[k]
	}
	even, against := -d.policy.PriorBits, r.against()
	least, most := max(r.score/stubborn, min(r.score+2*against-doubt, even)), r.score+even-hint
	if against <= -weighty {
		least, most = math.Inf(-1), r.score
	}
	r.merit = min(m.trees.Predict(x)*math.Log2E, most-even)
	score := max(r.merit+even, min(least, most))
	r.lines = append(r.lines, line{kind: kindLearned, bits: score - r.score, reads: x})
	r.sumBits(d.g)
}

// explain opens the learned lines of some candidates by the features that moved
// each most: by their Shapley values.
func (m *Model) explain(d *ground, some []*candidate) {
	var opened []*line
	var rows [][]float64
	for _, r := range some {
		for i := range r.lines {
			if l := &r.lines[i]; l.reads != nil {
				opened, rows = append(opened, l), append(rows, l.reads)
			}
		}
	}
	if len(rows) == 0 {
		return
	}
	for i, moved := range m.trees.MovedMostOf(rows, shownFeatures, func(i int) string { return d.features[m.at[i]].about }) {
		opened[i].text = "learned adjustment; what moved the model most, in bits: " + moved
	}
}
