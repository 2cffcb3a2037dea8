package resolve

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"

	"ringleader/graph"
)

// Options are what a resolution may be told. The zero value is the default.
type Options struct {
	Kind     graph.Kind // of the records; empty: customer, or account where no customer has a field
	Fields   Fields     // which attributes say what
	MinBits  float64    // evidence that makes a pair a link; 0: DefaultMinBits
	MaxBlock int        // records in a block that are all compared with each other; 0: DefaultMaxBlock
	MaxLinks int        // links a record may have, the strongest; 0: DefaultMaxLinks
	Sample   int        // random pairs to learn from; 0: a million
	Seed     uint64     // of the sample
	Threads  int        // 0: one a processor; the result does not depend on it
	Progress func(Progress)
}

// Defaults of Options.
const (
	DefaultMinBits  = 1
	DefaultMaxBlock = 500
	DefaultMaxLinks = 100
)

// Progress is how far a resolution is.
type Progress struct {
	Stage       string
	Done, Total int
}

// Result is who may be whom. It is a function of the records and the options.
type Result struct {
	Info   Info
	Pairs  []Pair   // strongest first
	People []Person // of two records or more, by first record
	scorer *scorer
}

// Info is how a result came about.
type Info struct {
	Kind       graph.Kind `json:"kind"`
	Records    int        `json:"records"`  // with at least one field
	Compared   int        `json:"compared"` // pairs
	AllPairs   float64    `json:"all_pairs"`
	Links      int        `json:"links"`
	People     int        `json:"people"` // records of one person counted once
	MinBits    float64    `json:"min_bits"`
	Prior      float64    `json:"prior"` // share of pairs that are of one person, as learned
	Iterations int        `json:"iterations"`
	Fields     []Field    `json:"fields"`
	Capped     []Capped   `json:"capped"`
	LinksCut   int        `json:"links_cut"` // pairs left out because a record had MaxLinks
}

// Field is what was learned of one field.
type Field struct {
	Name    string  `json:"name"`
	Records int     `json:"records"` // that have it
	Levels  []Level `json:"levels"`
}

// Level is one degree of agreement: how often pairs of one person and other
// pairs are at it, and what it says in bits before term frequencies.
type Level struct {
	Text string  `json:"text"`
	M    float64 `json:"m"`
	U    float64 `json:"u"`
	Bits float64 `json:"bits"`
}

// Pair is two records that may be one person.
type Pair struct {
	A, B   graph.Ref // A before B
	Bits   float64   // evidence; at zero the odds are even
	Person int       // 1 + the index in Result.People if both belong to one person, else 0

	scored
}

// Probability is that of the pair's bits.
func (p *Pair) Probability() float64 { return probability(p.Bits) }

// Person is records that hang together.
type Person struct {
	Refs []graph.Ref `json:"refs"` // ascending
}

// Line is what one field says of a pair. The lines of a pair add up to its bits.
type Line struct {
	Field string  `json:"field"`
	Text  string  `json:"text"`
	Bits  float64 `json:"bits"`
}

// PriorField is the field of the line that says how rare it is that two records
// are one person.
const PriorField = "prior"

// resolver is a resolution under way.
type resolver struct {
	Options
	table    *table
	blocking *blocking
	model    *model
}

// Resolve finds the records of one kind that may be one person. It fails with
// graph.ErrInvalid for options that make no sense and graph.ErrNotFound where
// no two records have a field in common. Memory: the distinct values, about 12
// bytes a record and blocking rule, and the pairs that become links. Time:
// nearly linear in records, at most MaxBlock/2 comparisons a record and rule.
func Resolve(ctx context.Context, g *graph.Snapshot, o Options) (*Result, error) {
	r := &resolver{Options: o}
	if err := r.setDefaults(g); err != nil {
		return nil, err
	}
	r.table = readTable(g, r.Kind, r.Fields)
	if len(r.table.columns) == 0 {
		return nil, fmt.Errorf("%w: no two records of kind %s have a field to compare; name the attributes with fields such as birth_date=born",
			graph.ErrNotFound, r.Kind)
	}
	r.blocking = newBlocking(r.table, r.MaxBlock)
	census, err := r.count(ctx)
	if err != nil {
		return nil, err
	}
	r.model = learn(r.table.columns, census)
	found, err := r.score(ctx)
	if err != nil {
		return nil, err
	}
	return r.result(ctx, census, found)
}

func (r *resolver) setDefaults(g *graph.Snapshot) error {
	for _, n := range []int{r.MaxBlock, r.MaxLinks, r.Sample, r.Threads} {
		if n < 0 {
			return fmt.Errorf("%w option: a limit of %d", graph.ErrInvalid, n)
		}
	}
	if r.MinBits < 0 || math.IsNaN(r.MinBits) {
		return fmt.Errorf("%w option: min bits %v; want zero or more", graph.ErrInvalid, r.MinBits)
	}
	r.MinBits = cmp.Or(r.MinBits, DefaultMinBits)
	r.MaxBlock = cmp.Or(r.MaxBlock, DefaultMaxBlock)
	r.MaxLinks = cmp.Or(r.MaxLinks, DefaultMaxLinks)
	r.Sample = cmp.Or(r.Sample, 1_000_000)
	r.Threads = cmp.Or(r.Threads, runtime.GOMAXPROCS(0))
	if r.Progress == nil {
		r.Progress = func(Progress) {}
	}
	if r.Kind == "" {
		r.Kind = "customer"
		if t := readTable(g, r.Kind, r.Fields); len(t.columns) == 0 {
			r.Kind = graph.Account
		}
	}
	return nil
}

type collector struct {
	*scorer
	found []scored
}

// score compares the pairs of the blocks again and keeps those of enough bits.
// Comparing twice costs time and saves holding every pair.
func (r *resolver) score(ctx context.Context) ([]scored, error) {
	tasks := r.blocking.tasks()
	workers := make([]*collector, r.Threads)
	for i := range workers {
		workers[i] = &collector{scorer: r.scorer()}
	}
	progress := func(done int) { r.Progress(Progress{"comparing", done, len(tasks)}) }
	err := parallel(ctx, r.Threads, len(tasks), progress, workers, func(w *collector, i int) {
		for b := tasks[i].lo; b < tasks[i].hi; b++ {
			r.blocking.pairs(tasks[i].rule, b, func(x, y uint32) {
				p := w.comparer.pattern(x, y)
				if bits := w.scorer.bits(x, p); bits >= r.MinBits {
					w.found = append(w.found, scored{x, y, p, bits})
				}
			})
		}
	})
	if err != nil {
		return nil, err
	}
	var found []scored
	for _, w := range workers {
		found = append(found, w.found...)
	}
	slices.SortFunc(found, strongestFirst)
	return found, nil
}

func (r *resolver) result(ctx context.Context, c *census, found []scored) (*Result, error) {
	res := &Result{scorer: r.scorer(), Info: Info{
		Kind: r.Kind, Records: len(r.table.refs), Compared: c.compared, AllPairs: c.total, MinBits: r.MinBits,
		Prior: r.model.prior, Iterations: r.model.iterations, Fields: r.fields(), Capped: r.blocking.capped(),
	}}
	labels, err := res.scorer.people(found, len(r.table.refs), func(done int) error {
		r.Progress(Progress{"joining", done, len(found)})
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	person := res.gather(r.table.refs, labels)
	links := make([]int, len(labels))
	for _, f := range found {
		if links[f.x] >= r.MaxLinks || links[f.y] >= r.MaxLinks {
			res.Info.LinksCut++
			continue
		}
		links[f.x]++
		links[f.y]++
		p := Pair{A: r.table.refs[f.x], B: r.table.refs[f.y], Bits: f.bits, scored: f}
		if labels[f.x] == labels[f.y] {
			p.Person = person[labels[f.x]]
		}
		res.Pairs = append(res.Pairs, p)
	}
	res.Info.Links = len(res.Pairs)
	return res, nil
}

// gather makes people of labelled records, and gives the number of each by its
// label. Labels are first records, so people come by those.
func (r *Result) gather(refs []graph.Ref, labels []uint32) (person map[uint32]int) {
	size := make(map[uint32]int)
	for _, l := range labels {
		size[l]++
	}
	r.Info.People = len(size)
	person = make(map[uint32]int)
	for rec, l := range labels {
		if size[l] < 2 {
			continue
		}
		if person[l] == 0 {
			r.People = append(r.People, Person{})
			person[l] = len(r.People)
		}
		p := &r.People[person[l]-1]
		p.Refs = append(p.Refs, refs[rec])
	}
	return person
}

func (r *resolver) fields() []Field {
	w := r.model.weights()
	var out []Field
	for i, c := range r.table.columns {
		f := Field{Name: c.name, Records: c.known}
		for j, lv := range c.levels {
			f.Levels = append(f.Levels, Level{lv.text, r.model.m[i][j], r.model.u[i][0][j], w.bits[i][0][j]})
		}
		out = append(out, f)
	}
	return out
}

// Lines is what each field says of a pair of the result, the prior first. They
// add up to the pair's bits.
func (r *Result) Lines(p *Pair) []Line {
	s := r.scorer
	lines := []Line{{PriorField, "two records at random are one person once in " + odds(s.model.prior), s.weights.prior}}
	for i, c := range s.columns {
		lv := p.pattern.level(i)
		if lv == missing {
			continue
		}
		text := c.levels[lv].text
		if part := c.levels[lv].exact; part > 0 {
			text += fmt.Sprintf("; %d records of %d have it", c.values[c.of[p.x]].part[part-1].records, c.known)
		}
		lines = append(lines, Line{c.name, text, s.field(i, lv, p.x, p.pattern)})
	}
	return lines
}

// odds is one over a share, in two digits at most.
func odds(share float64) string {
	n := 1 / max(share, 1e-15)
	scale := math.Pow(10, max(0, math.Floor(math.Log10(n))-1))
	return fmt.Sprintf("%.0f", math.Round(n/scale)*scale)
}
