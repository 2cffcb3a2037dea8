package resolve

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// pattern is the levels of agreement of two records, four bits a column, 15
// where one of them has no value. There are few patterns, so learning is cheap
// however many pairs there are.
type pattern uint64

const missing = 15

func (p pattern) level(column int) int { return int(p >> (4 * column) & missing) }

// comparer compares records. It remembers the last answers for values that are
// not equal; each worker has its own.
type comparer struct {
	*table
	memo [][]remembered // by column
}

type remembered struct {
	a, b  uint32
	level uint8
}

const memoSize = 1 << 14 // a column

func (t *table) comparer() *comparer {
	c := &comparer{table: t, memo: make([][]remembered, len(t.columns))}
	for i := range c.memo {
		c.memo[i] = make([]remembered, memoSize)
	}
	return c
}

func (c *comparer) pattern(x, y uint32) pattern {
	var p pattern
	for i, col := range c.columns {
		a, b := col.of[x], col.of[y]
		switch {
		case a == 0 || b == 0:
			p |= missing << (4 * i)
		case a != b:
			p |= pattern(c.level(i, min(a, b), max(a, b))) << (4 * i)
		}
	}
	return p
}

func (c *comparer) level(column int, a, b uint32) uint8 {
	slot := &c.memo[column][mix(uint64(a)<<32|uint64(b))%memoSize]
	if slot.a != a || slot.b != b {
		col := c.columns[column]
		*slot = remembered{a, b, uint8(col.level(&col.values[a], &col.values[b]))}
	}
	return slot.level
}

// task is some blocks of one rule.
type task struct{ rule, lo, hi int }

// tasks cuts the blocks into pieces of like size.
func (b *blocking) tasks() []task {
	const records = 2048
	var out []task
	for n := range b.rules {
		r := &b.rules[n]
		for lo := 0; lo < len(r.big); {
			hi := lo + 1
			for hi < len(r.big) && r.starts[hi]-r.starts[lo] < records {
				hi++
			}
			out = append(out, task{n, lo, hi})
			lo = hi
		}
	}
	return out
}

// parallel runs tasks on some threads; each thread has a worker of its own.
func parallel[W any](ctx context.Context, threads, tasks int, progress func(done int), workers []W, run func(w W, task int)) error {
	group, ctx := errgroup.WithContext(ctx)
	var next, done atomic.Int64
	for i := range workers[:threads] {
		group.Go(func() error {
			for {
				n := int(next.Add(1)) - 1
				if n >= tasks {
					return nil
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				run(workers[i], n)
				d := int(done.Add(1))
				if i == 0 {
					progress(d)
				}
			}
		})
	}
	return group.Wait()
}

// counted is a pattern and how many pairs have it.
type counted struct {
	kindOfPair
	pairs float64
}

// kindOfPair is all that learning needs to know of a pair: its pattern, and a
// bit for each strict rule that compares it.
type kindOfPair struct {
	pattern pattern
	rules   uint32
}

// census is every pair of records by pattern: those of the blocks one by one,
// the others by a sample that stands for all of them.
type census struct {
	patterns []counted // all pairs; ascending, without rules
	blocked  []counted // those of the blocks; ascending, without rules
	strict   []counted // those of strict rules; ascending
	rules    [][]int   // the columns of each strict rule
	compared int       // pairs of the blocks
	total    float64   // pairs of records
	sampled  int       // pairs of the sample that no rule compares
	weight   float64   // of a pair of the sample
}

type counter struct {
	*comparer
	blocked map[kindOfPair]int
	outside map[kindOfPair]int
}

const sampleChunk = 10_000

// count compares the pairs of the blocks and a random sample of the others.
func (r *resolver) count(ctx context.Context) (*census, error) {
	tasks := r.blocking.tasks()
	n := len(r.table.refs)
	c := &census{total: float64(n) * float64(n-1) / 2, rules: r.blocking.strict()}
	chunks := (int(min(c.total, float64(r.Sample))) + sampleChunk - 1) / sampleChunk
	workers := make([]*counter, r.Threads)
	for i := range workers {
		workers[i] = &counter{r.table.comparer(), make(map[kindOfPair]int), make(map[kindOfPair]int)}
	}
	progress := func(done int) { r.Progress(Progress{"learning", done, len(tasks) + chunks}) }
	err := parallel(ctx, r.Threads, len(tasks)+chunks, progress, workers, func(w *counter, i int) {
		if i >= len(tasks) {
			w.sample(r.blocking, rand.New(rand.NewPCG(r.Seed, uint64(i-len(tasks)))))
			return
		}
		for b := tasks[i].lo; b < tasks[i].hi; b++ {
			r.blocking.pairs(tasks[i].rule, b, func(x, y uint32) {
				w.blocked[kindOfPair{w.pattern(x, y), r.blocking.strictly(tasks[i].rule, x, y)}]++
			})
		}
	})
	if err != nil {
		return nil, err
	}
	c.add(workers)
	return c, nil
}

// add sums up what the workers counted.
func (c *census) add(workers []*counter) {
	all, blocked, strict := make(map[kindOfPair]float64), make(map[kindOfPair]float64), make(map[kindOfPair]float64)
	for _, w := range workers {
		for k, n := range w.blocked {
			c.compared += n
			all[kindOfPair{pattern: k.pattern}] += float64(n)
			blocked[kindOfPair{pattern: k.pattern}] += float64(n)
			if k.rules != 0 {
				strict[k] += float64(n)
			}
		}
		for _, n := range w.outside {
			c.sampled += n
		}
	}
	c.weight = max(c.total-float64(c.compared), 0) / float64(max(c.sampled, 1))
	outside := make(map[kindOfPair]int)
	for _, w := range workers {
		for k, n := range w.outside {
			outside[k] += n
		}
	}
	for k, n := range outside {
		all[k] += float64(n) * c.weight
	}
	c.patterns, c.blocked, c.strict = ascending(all), ascending(blocked), ascending(strict)
}

func ascending(sums map[kindOfPair]float64) []counted {
	list := make([]counted, 0, len(sums))
	for k, n := range sums {
		list = append(list, counted{k, n})
	}
	slices.SortFunc(list, func(a, b counted) int {
		return cmp.Or(cmp.Compare(a.pattern, b.pattern), cmp.Compare(a.rules, b.rules))
	})
	return list
}

// sample draws pairs and keeps those that no rule compares.
func (w *counter) sample(b *blocking, rng *rand.Rand) {
	n := uint32(len(w.refs))
	for range sampleChunk {
		x, y := rng.Uint32N(n), rng.Uint32N(n-1)
		if y >= x {
			y++
		}
		if !b.before(len(b.rules), x, y) {
			w.outside[kindOfPair{pattern: w.pattern(x, y)}]++
		}
	}
}
