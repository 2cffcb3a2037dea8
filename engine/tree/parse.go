package tree

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// maxModel is the largest model file that is read, in bytes. Files of some
// hundred kilobytes are usual.
const maxModel = 256 << 20

// Parse reads a model as LightGBM's save_model writes it (text, versions v3 and
// v4). It takes one margin a row and splits on numbers; a file with several
// classes, categorical splits, linear leaves or averaged trees is refused with
// the reason, and so is one that is cut off or does not hang together. Errors
// name the line or the tree. Time and memory: O(size).
func Parse(r io.Reader) (*Model, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxModel+1))
	if err != nil {
		return nil, fmt.Errorf("read model: %w", err)
	}
	if len(text) > maxModel {
		return nil, fmt.Errorf("model: more than %d bytes", maxModel)
	}
	p := parser{lines: strings.Split(string(text), "\n")}
	m, err := p.model()
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	return m, nil
}

// parser goes over a file of blocks: lines "name=value" up to an empty line.
type parser struct {
	lines []string
	at    int // next line
}

var errCutOff = errors.New("the file is cut off: \"end of trees\" is missing")

func (p *parser) model() (*Model, error) {
	if strings.TrimSpace(p.lines[0]) != "tree" {
		return nil, errors.New("line 1: want \"tree\"; this is no LightGBM text model")
	}
	p.at = 1
	head, err := p.block()
	if err != nil {
		return nil, err
	}
	m, err := head.model()
	if err != nil {
		return nil, err
	}
	for {
		line, ok := p.next()
		switch {
		case !ok:
			return nil, errCutOff
		case line == "end of trees":
			if len(m.trees) == 0 {
				return nil, errors.New("it has no trees")
			}
			return m, nil
		case !strings.HasPrefix(line, "Tree="):
			return nil, fmt.Errorf("line %d: want a tree or \"end of trees\"", p.at)
		}
		b, err := p.block()
		if err != nil {
			return nil, err
		}
		t, err := b.tree(len(m.Features))
		if err != nil {
			return nil, fmt.Errorf("tree %d: %w", len(m.trees), err)
		}
		m.trees = append(m.trees, *t)
	}
}

// next is the next line that is not empty.
func (p *parser) next() (line string, ok bool) {
	for p.at < len(p.lines) {
		line = strings.TrimRight(p.lines[p.at], "\r")
		p.at++
		if line != "" {
			return line, true
		}
	}
	return "", false
}

// block is a set of values by name.
type block map[string]string

func (p *parser) block() (block, error) {
	b := make(block)
	for p.at < len(p.lines) {
		line := strings.TrimRight(p.lines[p.at], "\r")
		p.at++
		if line == "" {
			if len(b) == 0 {
				continue
			}
			return b, nil
		}
		name, value, _ := strings.Cut(line, "=") // "average_output" has no value
		if _, ok := b[name]; ok {
			return nil, fmt.Errorf("line %d: %s stands twice in one block", p.at, name)
		}
		b[name] = value
	}
	return nil, errCutOff
}

// model reads the head of a file.
func (b block) model() (*Model, error) {
	if v := b["version"]; v != "v3" && v != "v4" {
		return nil, fmt.Errorf("version %q: want v3 or v4", v)
	}
	for _, name := range []string{"num_class", "num_tree_per_iteration"} {
		if b[name] != "1" {
			return nil, fmt.Errorf("%s is %q: want 1, a model of one margin a row", name, b[name])
		}
	}
	if _, ok := b["average_output"]; ok {
		return nil, errors.New("it averages its trees (a random forest): want a sum of boosted trees")
	}
	last, err := strconv.Atoi(b["max_feature_idx"])
	if err != nil {
		return nil, fmt.Errorf("max_feature_idx %q: want a number", b["max_feature_idx"])
	}
	m := &Model{Features: strings.Fields(b["feature_names"])}
	if len(m.Features) != last+1 || last < 0 {
		return nil, fmt.Errorf("feature_names has %d names, max_feature_idx says %d", len(m.Features), last+1)
	}
	kind, options, _ := strings.Cut(b["objective"], " ")
	if kind == "binary" || kind == "cross_entropy" {
		m.Sigmoid = 1
		for _, o := range strings.Fields(options) {
			value, ok := strings.CutPrefix(o, "sigmoid:")
			if !ok {
				continue
			}
			m.Sigmoid, err = strconv.ParseFloat(value, 64)
			if err != nil || !(m.Sigmoid > 0) || math.IsInf(m.Sigmoid, 0) {
				return nil, fmt.Errorf("objective: sigmoid %q: want a number above 0", value)
			}
		}
	}
	return m, nil
}

// tree reads the block of one tree.
func (b block) tree(features int) (*tree, error) {
	leaves, err := strconv.Atoi(b["num_leaves"])
	if err != nil || leaves < 1 || leaves > maxModel {
		return nil, fmt.Errorf("num_leaves %q: want 1 or more", b["num_leaves"])
	}
	if b["num_cat"] != "0" {
		return nil, errors.New("it splits on categories: train on numbers only")
	}
	if linear, ok := b["is_linear"]; ok && linear != "0" {
		return nil, errors.New("it has linear leaves: train with linear_tree=false")
	}
	c := columns{b: b}
	t := &tree{leaf: c.floats("leaf_value", leaves)}
	if leaves > 1 {
		t.leafRows = c.floats("leaf_count", leaves)
		t.nodeRows = c.floats("internal_count", leaves-1)
		t.nodes = c.nodes(leaves-1, features)
	}
	if c.err == nil {
		c.err = t.validate()
	}
	return t, c.err
}

// columns reads lists of known length; the first error stays.
type columns struct {
	b   block
	err error
}

func (c *columns) fields(name string, n int) []string {
	f := strings.Fields(c.b[name])
	if c.err == nil && len(f) != n {
		c.err = fmt.Errorf("%s has %d values, want %d", name, len(f), n)
	}
	if c.err != nil {
		return nil
	}
	return f
}

func (c *columns) floats(name string, n int) []float64 {
	out := make([]float64, 0, min(n, 1<<16))
	for i, f := range c.fields(name, n) {
		v, err := strconv.ParseFloat(f, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) || math.IsNaN(v) {
			c.err = fmt.Errorf("%s, value %d: %q is no number", name, i+1, f)
			return nil
		}
		out = append(out, v)
	}
	return out
}

func (c *columns) ints(name string, n int) []int {
	out := make([]int, 0, min(n, 1<<16))
	for i, f := range c.fields(name, n) {
		v, err := strconv.Atoi(f)
		if err != nil {
			c.err = fmt.Errorf("%s, value %d: %q is no whole number", name, i+1, f)
			return nil
		}
		out = append(out, v)
	}
	return out
}

// Bits of decision_type.
const (
	categorical  = 1
	defaultLeft  = 2
	missingShift = 2 // a [missing] in two bits
)

func (c *columns) nodes(n, features int) []node {
	feature, threshold := c.ints("split_feature", n), c.floats("threshold", n)
	decision := c.ints("decision_type", n)
	left, right := c.ints("left_child", n), c.ints("right_child", n)
	if c.err != nil {
		return nil
	}
	out := make([]node, n)
	for i := range out {
		d := decision[i]
		kind := missing(d >> missingShift & 3)
		switch {
		case feature[i] < 0 || feature[i] >= features:
			c.err = fmt.Errorf("node %d splits on feature %d of %d", i, feature[i], features)
		case d&categorical != 0 || kind > missingNaN:
			c.err = fmt.Errorf("node %d: decision_type %d is not a split on a number", i, d)
		}
		out[i] = node{feature[i], threshold[i], left[i], right[i], kind, d&defaultLeft != 0}
	}
	return out
}

// maxDepth bounds what SHAP costs: leaves times half the depth.
const maxDepth = 256

// validate makes sure that every node and leaf hangs below exactly one node and
// that no way down comes back: children are numbered after their parents.
func (t *tree) validate() error {
	for _, v := range t.leaf {
		if math.IsInf(v, 0) {
			return errors.New("a leaf is infinite")
		}
	}
	if len(t.nodes) == 0 {
		return nil
	}
	seenNode, seenLeaf := make([]bool, len(t.nodes)), make([]bool, len(t.leaf))
	depth := make([]int, len(t.nodes))
	for i, n := range t.nodes {
		if depth[i] == maxDepth {
			return fmt.Errorf("node %d lies %d splits deep: train with a max_depth", i, maxDepth)
		}
		for _, c := range [2]int{n.left, n.right} {
			seen, at := seenNode, c
			if c < 0 {
				seen, at = seenLeaf, ^c
			}
			if at >= len(seen) || c >= 0 && c <= i || seen[at] {
				return fmt.Errorf("node %d: child %d is not below it alone", i, c)
			}
			seen[at] = true
			if c >= 0 {
				depth[c] = depth[i] + 1
			}
			if !(t.rows(c) > 0) || math.IsInf(t.rows(c), 0) {
				return fmt.Errorf("node %d: child %d has no training rows to weigh it by", i, c)
			}
		}
		if !(t.nodeRows[i] > 0) || math.IsInf(t.nodeRows[i], 0) {
			return fmt.Errorf("node %d has no training rows to weigh it by", i)
		}
	}
	return nil
}
