package accounts

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"ringleader/graph"
)

// Label says that an account is known to be of fraud, or known not to be.
type Label struct {
	Account graph.Ref
	Fraud   bool
	At      graph.Time // since when it is known; zero counts as always
}

// Options say what [Measure] may read.
type Options struct {
	Labels []Label
	// Hidden are accounts whose labels count for nobody: what a model is judged
	// on. A row's numbers are then made in one way, whether it is hidden or not.
	Hidden []graph.Ref
	// AsOf leaves out labels that came later. Facts that came later are left out
	// of the snapshot by [graph.BuildOptions].
	AsOf graph.Time
	// Without are properties of accounts that are not to be read.
	Without []string
	// Cap is how many accounts may share an identifier that makes them
	// neighbours; zero: 200. Identifiers above it are counted in Notes.
	Cap int
	// Threads; zero: all. The numbers do not depend on it.
	Threads int
}

// Table is a row of numbers per account of a snapshot.
type Table struct {
	// First is the vertex of the first row; rows are the accounts in the
	// snapshot's order.
	First graph.Vertex
	Names []string
	// Columns are the numbers by name, then account. NaN is not known.
	Columns [][]float64
	// Label is 1 for fraud, 0 for honest, NaN where nothing is known or the
	// label is hidden.
	Label []float64
	Notes []string // what was left out, in words
}

// defaultCap bounds the pairs that one identifier makes to 20,000.
const defaultCap = 200

// Measure describes every account of g by numbers: what its
// properties say, how it is linked, what it pays and gets, the same of its
// neighbours one and two steps away, and how many of those are known to be of
// fraud. Neighbours are accounts that share an identifier or are linked
// directly. docs/account-model.md says what each number is.
//
// Nothing later than the snapshot counts, and an account's own label never
// does: its rates are those of the others, reckoned in whole numbers so that no
// rounding betrays it. Amounts are in units of the median amount of their
// currency, ages in days before the latest moment of the data.
//
// Neighbourhood means follow GADBench (Tang et al. 2023, arXiv:2306.12251),
// where trees on them beat graph neural networks. Time: O(links log links + cap ·
// sightings + neighbours · columns). Memory: 8 bytes a number.
func Measure(ctx context.Context, g *graph.Snapshot, o Options) (*Table, error) {
	if o.Cap <= 0 {
		o.Cap = defaultCap
	}
	if o.Threads <= 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	m := measuring{g: g, o: &o}
	m.lo, m.hi = g.OfKind(graph.Account)
	for l := range graph.LinkID(g.Links()) {
		m.last = max(m.last, g.At(l))
	}
	for v := m.lo; v < m.hi; v++ {
		for a := range g.History(v) {
			m.last = max(m.last, a.At)
		}
	}
	m.takeLabels()
	for _, stage := range []func(context.Context) error{m.attributes, m.links, m.money, m.cycles, m.findNeighbours, m.neighbourMeans, m.labelRates} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := stage(ctx); err != nil {
			return nil, fmt.Errorf("measure accounts: %w", err)
		}
	}
	m.table.First, m.table.Label = m.lo, m.label
	return &m.table, nil
}

// measuring fills a table, stage by stage.
type measuring struct {
	g      *graph.Snapshot
	o      *Options
	lo, hi graph.Vertex
	last   graph.Time // the latest moment of the data
	label  []float64  // 1, 0, NaN
	table  Table
	near   neighbours
}

func (m *measuring) accounts() int { return int(m.hi - m.lo) }

// column adds a column of unknown numbers.
func (m *measuring) column(name string) []float64 {
	c := make([]float64, m.accounts())
	for i := range c {
		c[i] = math.NaN()
	}
	m.table.Names, m.table.Columns = append(m.table.Names, name), append(m.table.Columns, c)
	return c
}

// count adds a column of zeros.
func (m *measuring) count(name string) []float64 {
	c := m.column(name)
	clear(c)
	return c
}

// takeLabels notes the labels that may be known.
func (m *measuring) takeLabels() {
	m.label = LatestLabels(m.g, m.o.Labels, m.o.AsOf)
	for _, r := range m.o.Hidden {
		if v, ok := m.g.Lookup(r); ok && v >= m.lo && v < m.hi {
			m.label[v-m.lo] = math.NaN()
		}
	}
}

// LatestLabels is the latest label of each account of g that was known at a
// moment: 1 fraud, 0 honest, NaN none. Of two that came together, fraud holds.
func LatestLabels(g *graph.Snapshot, labels []Label, asOf graph.Time) []float64 {
	lo, hi := g.OfKind(graph.Account)
	out, since := make([]float64, hi-lo), make([]graph.Time, hi-lo)
	for i := range out {
		out[i] = math.NaN()
	}
	for _, l := range labels {
		v, ok := g.Lookup(l.Account)
		if !ok || v < lo || v >= hi || asOf.Known() && l.At > asOf {
			continue
		}
		i := v - lo
		if known := !math.IsNaN(out[i]); known && (l.At < since[i] || l.At == since[i] && !l.Fraud) {
			continue
		}
		since[i], out[i] = l.At, 0
		if l.Fraud {
			out[i] = 1
		}
	}
	return out
}

// days is how long before the latest moment t was.
func (m *measuring) days(t graph.Time) float64 { return m.last.Sub(t).Hours() / 24 }

// each calls f for every account, in chunks on all threads.
func (m *measuring) each(ctx context.Context, f func(i int)) error {
	const chunk = 256
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(m.o.Threads)
	for lo := 0; lo < m.accounts(); lo += chunk {
		group.Go(func() error {
			for i := lo; i < min(lo+chunk, m.accounts()) && ctx.Err() == nil; i++ {
				f(i)
			}
			return ctx.Err()
		})
	}
	return group.Wait()
}

// places is where the columns of names are.
func (m *measuring) places(keep func(name string) bool) []int {
	var at []int
	for i, n := range m.table.Names {
		if keep(n) {
			at = append(at, i)
		}
	}
	return slices.Clip(at)
}
