package loaders

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"time"

	"ringleader/graph"
)

// leaseTTL is how long a store stays held after a load dies.
const leaseTTL = 30 * time.Second

// Load reads files and databases into a store, under the lease of jobs, and records itself
// in the stream of loads. A file that is loaded already is passed over; one
// that an interrupted load has begun is gone on with; of a table with a mark
// only what is new is read. The report is never nil where rows were read, error
// or not.
//
// It fails with ErrInvalid on a bad file (the others are loaded still, unless
// Strict), too many bad rows or a bad mapping; with ErrConflict while another
// job holds the store; with the context's error when interrupted, the store
// being sound then.
func Load(ctx context.Context, store graph.Store, log graph.Log, paths []string, o Options) (*Report, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	lease, err := graph.AcquireLease(ctx, log, holder("load"), leaseTTL)
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	var report *Report
	err = lease.Hold(ctx, func(ctx context.Context) error {
		inputs, err := inputsByID(ctx, store)
		if err != nil {
			return err
		}
		marks, err := readMarks(ctx, log, inputs)
		if err != nil {
			return err
		}
		found, err := findSources(ctx, paths, &o, marks)
		if err != nil {
			return err
		}
		defer found.Close()
		report, err = loadHeld(ctx, store, log, lease, found, inputs, &o)
		return err
	})
	return report, err
}

func inputsByID(ctx context.Context, store graph.Store) (map[string]graph.Input, error) {
	inputs, err := store.Inputs(ctx)
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	byID := make(map[string]graph.Input, len(inputs))
	for _, in := range inputs {
		byID[in.ID] = in
	}
	return byID, nil
}

// holder names a job to the people whom it keeps waiting.
func holder(job string) string {
	host, err := os.Hostname()
	if err != nil {
		host = "an unknown host"
	}
	return fmt.Sprintf("%s on %s, process %d", job, host, os.Getpid())
}

func loadHeld(ctx context.Context, store graph.Store, log graph.Log, lease *graph.Lease, found *sources, before map[string]graph.Input, o *Options) (*Report, error) {
	if err := openSecrets(ctx, store, log, o); err != nil {
		return nil, err
	}
	record, err := startRecord(ctx, log, found)
	if err != nil {
		return nil, err
	}
	if o.KeepSources != "" {
		k := Keeper{o.KeepSources, o.Vault.Key()}
		if err := k.keep(ctx, log, found); err != nil {
			return nil, errors.Join(err, endRecord(ctx, log, record, &Report{}, err))
		}
	}
	said, err := labelledRows(ctx, log, found.list)
	if err != nil {
		return nil, err
	}
	now := graph.TimeOf(time.Now())
	erased := make(map[string][]int64) // rows, by input
	apply := func(s *source, c *chunk) error {
		erased[s.input] = append(erased[s.input], c.erased...)
		if c.rows == 0 && (!c.done || before[s.input].Done) {
			return nil // nothing new
		}
		if err := appendLabels(ctx, log, record.ID, s.input, said[s.input], c.labels); err != nil {
			return err
		}
		if c.done {
			if err := blankErased(ctx, log, o, s.input, erased[s.input]); err != nil {
				return err
			}
		}
		in := graph.Input{ID: s.input, Name: s.name, Content: s.content, Rows: c.taken, Offset: c.offset, Done: c.done, Loaded: now}
		if old, ok := before[s.input]; ok {
			in.Loaded = old.Loaded
		}
		c.batch.Input, c.batch.Fence = &in, lease.Fence
		_, err := store.Apply(ctx, c.batch)
		return err
	}
	report, err := pump(ctx, found, before, o, asSortedBatches, apply)
	report.Load = record.ID
	return report, errors.Join(err, endRecord(ctx, log, record, report, err))
}

// Read reads files into batches, without a store. The yield function is called
// from the caller's goroutine; its error ends the reading and is returned. A
// batch is good until yield returns, but the texts and Props in it stay so.
// Labels are counted and handed to Options.Labels.
func Read(ctx context.Context, paths []string, o Options, yield func(*graph.Batch) error) (*Report, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	return readAs(ctx, paths, &o, asBatches, func(c *chunk) error {
		if c.batch.Len() == 0 {
			return nil
		}
		return yield(c.batch)
	})
}

// sheetRows is how many rows are on a sheet at most, so that it stays within the
// caches on its way.
const sheetRows = 1024

// ReadInto is [Read] straight into a snapshot under construction: facts have no
// sources and rest in no batch, in half the time.
func ReadInto(ctx context.Context, paths []string, o Options, b *graph.Builder) (*Report, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	o.BatchRows = min(o.BatchRows, sheetRows)
	return readAs(ctx, paths, &o, asSheets, func(c *chunk) error { return b.AddSheet(c.sheet) })
}

func readAs(ctx context.Context, paths []string, o *Options, as form, yield func(*chunk) error) (*Report, error) {
	found, err := findSources(ctx, paths, o, nil)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	if o.Vault != nil {
		if o.Vault, err = o.Vault.With(o.Mapping.Secrets); err != nil {
			return nil, err
		}
	}
	return pump(ctx, found, nil, o, as, func(_ *source, c *chunk) error {
		if o.Labels != nil && len(c.labels) > 0 {
			o.Labels(c.labels)
		}
		return yield(c)
	})
}

// form is the form in which chunks hold facts on their way.
type form int

const (
	asBatches       form = iota
	asSortedBatches      // for a store, which sorts what is not
	asSheets             // for a Builder
)

// pump reads all sources and applies their chunks in order, while one goroutine
// reads the next one and another sorts the one before it. At most five chunks
// are under way. It counts what has been applied, nothing else.
func pump(ctx context.Context, found *sources, before map[string]graph.Input, o *Options, as form, apply func(*source, *chunk) error) (*Report, error) {
	t := newTally(found, o)
	reading, cancel := context.WithCancel(ctx)
	defer cancel()
	read, result, spent := make(chan *chunk), make(chan error, 1), make(chan *chunk, 4)
	r := &reader{opts: o, list: found.list, before: make(map[string]graph.Input), form: as, out: read, spent: spent}
	maps.Copy(r.before, before)
	go func() {
		defer close(read)
		result <- r.run(reading)
	}()
	out := read
	if as == asSortedBatches {
		out = make(chan *chunk, 1)
		go sortChunks(read, out)
	}
	var failed error
	for c := range out {
		if failed != nil {
			continue // let the reader end
		}
		if err := apply(&found.list[c.source], c); err != nil {
			failed = fmt.Errorf("load %s: %w", found.list[c.source].name, err)
		} else if err := t.add(c); err != nil {
			failed = err
		}
		if failed != nil {
			cancel()
		}
		select {
		case spent <- c:
		default:
		}
	}
	err := <-result
	if failed != nil {
		err = failed
	} else if err == nil {
		err = errors.Join(t.failures...)
	}
	t.report.sortReasons()
	return t.report, errors.Join(err, t.rejects.close())
}

// sortChunks sorts what it hands on, so that the store need not. It ends with
// its input.
func sortChunks(in <-chan *chunk, out chan<- *chunk) {
	defer close(out)
	for c := range in {
		c.batch.Sort()
		out <- c
	}
}
