package resolve

import (
	"math"
	"slices"
)

// model is what agreement is worth: of each column and level the share m of
// pairs of one person that are at it, and the share u of all other pairs.
type model struct {
	prior      float64 // share of pairs of records that are of one person
	m          [][]float64
	u          [][][]float64 // by column, row and level; see row
	parent     []int         // by column: the column that it follows from in part; -1: none
	iterations int
}

// row is which u of a column holds for a pattern: row 0 is that of all pairs,
// row 1+n that of pairs whose parent column is at level n.
func (m *model) row(column int, p pattern) int {
	if m.parent[column] >= 0 {
		if lv := p.level(m.parent[column]); lv != missing {
			return 1 + lv
		}
	}
	return 0
}

// How the learning ends, and how much the starting values weigh: as so many
// pairs more. Little data falls back on them, much data overrules them.
const (
	rounds        = 3
	maxIterations = 200
	tolerance     = 1e-4 // of any m
	startPairs    = 20
)

// learn fits the model to the census without labels, by expectation
// maximisation of the mixture of two classes (Winkler 1988; Dempster, Laird and
// Rubin 1977, doi:10.1111/j.2517-6161.1977.tb01600.x). A missing value says
// nothing: its factor is left out.
//
// m comes from the pairs of the strict blocking rules. Each such rule is a
// sample with a share of matches of its own, in which the fields of the rule
// itself are not looked at: they agree by choice. u comes from all pairs of
// records, weighed by how surely they are of two people. A field that follows
// from another in part, a town from a postcode, has its u for each level of the
// other. Both take turns.
//
// Time: O(iterations·patterns·rules·columns). It misleads where most pairs
// within the strict rules are of two people and alike in a field that is not
// known to depend on another.
func learn(columns []*column, c *census) *model {
	l := newLearner(columns, c)
	l.estimateU(func(pattern) float64 { return 0 })
	for range rounds {
		for range maxIterations {
			l.iterations++
			if l.step() {
				break
			}
		}
		l.estimatePrior()
		w := l.weights()
		l.estimateU(func(p pattern) float64 { return probability(w.total(p)) })
	}
	l.estimatePrior()
	return l.model
}

type learner struct {
	*model
	columns []*column
	census  *census
	shares  []float64 // of matches, by rule
}

func newLearner(columns []*column, c *census) *learner {
	l := &learner{model: &model{prior: 1 / max(c.total, 2)}, columns: columns, census: c, shares: make([]float64, len(c.rules))}
	for i := range l.shares {
		l.shares[i] = .5
	}
	for _, col := range columns {
		parent := -1
		for _, name := range col.follows {
			if at := slices.IndexFunc(columns, func(p *column) bool { return p.name == name }); at >= 0 {
				parent = at
				break
			}
		}
		l.parent = append(l.parent, parent)
		rows := 1
		if parent >= 0 {
			rows += len(columns[parent].levels)
		}
		m, u := make([]float64, len(col.levels)), make([][]float64, rows)
		for r := range u {
			u[r] = make([]float64, len(col.levels))
		}
		for i, lv := range col.levels {
			m[i] = lv.m
		}
		l.m, l.u = append(l.m, m), append(l.u, u)
	}
	return l
}

// step is one round of expectation and maximisation of m over the strict
// rules; it reports whether nothing moves any more.
func (l *learner) step() bool {
	sums := make([][]float64, len(l.columns))
	for i, col := range l.columns {
		sums[i] = make([]float64, len(col.levels))
		for j, lv := range col.levels {
			sums[i][j] = startPairs * lv.m
		}
	}
	matches, totals := make([]float64, len(l.shares)), make([]float64, len(l.shares))
	w := l.weights()
	bits := make([]float64, len(l.columns))
	for _, k := range l.census.strict {
		all := w.fields(k.pattern, bits)
		for r, rule := range l.census.rules {
			if k.rules>>r&1 == 0 {
				continue
			}
			sum := all + logit(l.shares[r])
			for _, i := range rule {
				sum -= bits[i]
			}
			p := k.pairs * probability(sum)
			matches[r] += p
			totals[r] += k.pairs
			for i := range l.columns {
				if lv := k.pattern.level(i); lv != missing && !slices.Contains(rule, i) {
					sums[i][lv] += p
				}
			}
		}
	}
	moved := 0.0
	for i := range sums {
		before := slices.Clone(l.m[i])
		normalise(l.m[i], sums[i])
		for j := range before {
			moved = max(moved, math.Abs(before[j]-l.m[i][j]))
		}
	}
	for r := range l.shares {
		l.shares[r] = (matches[r] + .5) / (totals[r] + 1)
	}
	return moved < tolerance
}

func logit(p float64) float64 { return math.Log2(p / (1 - p)) }

// estimateU sets u from all pairs, each as far as it is of two people.
func (l *learner) estimateU(match func(pattern) float64) {
	sums := make([][][]float64, len(l.columns))
	for i, col := range l.columns {
		sums[i] = make([][]float64, len(l.u[i]))
		for r := range sums[i] {
			sums[i][r] = make([]float64, len(col.levels))
		}
		for j, lv := range col.levels {
			sums[i][0][j] = startPairs * max(l.census.weight, 1) * lv.u
		}
	}
	for _, k := range l.census.patterns {
		other := k.pairs * (1 - match(k.pattern))
		for i := range l.columns {
			if lv := k.pattern.level(i); lv != missing {
				sums[i][0][lv] += other
				if r := l.row(i, k.pattern); r > 0 {
					sums[i][r][lv] += other
				}
			}
		}
	}
	for i := range sums {
		normalise(l.u[i][0], sums[i][0])
		for r := 1; r < len(sums[i]); r++ {
			for j := range sums[i][r] {
				sums[i][r][j] += startPairs * l.u[i][0][j]
			}
			normalise(l.u[i][r], sums[i][r])
		}
	}
}

// estimatePrior sets the prior to the share of all pairs that match. Pairs that
// no rule compares count as of two people.
func (l *learner) estimatePrior() {
	l.prior = 1 / max(l.census.total, 2)
	for range maxIterations {
		w, matches := l.weights(), 0.0
		for _, k := range l.census.blocked {
			matches += k.pairs * probability(w.total(k.pattern))
		}
		before := l.prior
		l.prior = min(.5, (matches+.5)/(l.census.total+1))
		if math.Abs(l.prior-before) <= tolerance*before {
			return
		}
	}
}

// normalise sets shares to sums over their total.
func normalise(shares, sums []float64) {
	total := 0.0
	for _, s := range sums {
		total += s
	}
	for i, s := range sums {
		shares[i] = s / total
	}
}

// weights is a model in bits.
type weights struct {
	*model
	prior float64
	bits  [][][]float64 // by column, row and level
}

func (m *model) weights() *weights {
	w := &weights{model: m, prior: logit(m.prior), bits: make([][][]float64, len(m.m))}
	for i := range m.m {
		w.bits[i] = make([][]float64, len(m.u[i]))
		for r := range m.u[i] {
			w.bits[i][r] = make([]float64, len(m.m[i]))
			for j := range m.m[i] {
				w.bits[i][r][j] = math.Log2(m.m[i][j] / m.u[i][r][j])
			}
		}
	}
	return w
}

// fields is the bits of a pattern without the prior; it sets each to those of
// each column.
func (w *weights) fields(p pattern, each []float64) float64 {
	sum := 0.0
	for i := range w.bits {
		each[i] = 0
		if lv := p.level(i); lv != missing {
			each[i] = w.bits[i][w.row(i, p)][lv]
			sum += each[i]
		}
	}
	return sum
}

// total is the bits of a pattern, the prior's included.
func (w *weights) total(p pattern) float64 {
	sum := w.prior
	for i := range w.bits {
		if lv := p.level(i); lv != missing {
			sum += w.bits[i][w.row(i, p)][lv]
		}
	}
	return sum
}

// probability is that of evidence in bits, by even odds at zero.
func probability(bits float64) float64 { return 1 / (1 + math.Exp2(-bits)) }
