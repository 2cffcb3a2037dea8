package graphtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"ringleader/graph"
)

// breakages are mistakes that stores make, each with a case that must notice.
var breakages = map[string]struct {
	fails string
	how   func(*faulty)
}{
	"every apply is a revision": {"apply-twice-is-once", func(f *faulty) {
		f.apply = func(ctx context.Context, b *graph.Batch) (graph.Revision, error) {
			if _, err := f.memory.Apply(ctx, b); err != nil {
				return 0, err
			}
			f.shelf.mu.Lock()
			defer f.shelf.mu.Unlock()
			f.shelf.rev++
			return f.shelf.rev, nil
		}
	}},
	"a second source is lost": {"one-fact-from-two-sources", func(f *faulty) {
		f.scanned(func(b *graph.Batch, _ graph.ScanQuery) {
			for i := range b.Links {
				b.Links[i].Sources = b.Links[i].Sources[:min(1, len(b.Links[i].Sources))]
			}
		})
	}},
	"the last property wins": {"every-version-of-a-property-stays", func(f *faulty) {
		f.get = func(ctx context.Context, r graph.Ref) (*graph.Batch, error) {
			b, err := f.memory.Get(ctx, r)
			if err == nil {
				b.Attrs = b.Attrs[max(0, len(b.Attrs)-1):]
			}
			return b, err
		}
	}},
	"the record of an input stays": {"a-reverted-load-leaves-no-trace", func(f *faulty) {
		f.apply = func(ctx context.Context, b *graph.Batch) (graph.Revision, error) {
			before, _ := f.Inputs(ctx)
			rev, err := f.memory.Apply(ctx, b)
			for _, in := range before {
				if slices.Contains(b.Retract.Inputs, in.ID) {
					f.shelf.inputs[in.ID] = in
				}
			}
			return rev, err
		}
	}},
	"a purge forgets that it was one": {"changes-from-before-a-purge-are-refused", func(f *faulty) {
		f.purge = func(ctx context.Context) error {
			err := f.memory.Purge(ctx)
			f.shelf.purged = 0
			return err
		}
	}},
	"a purge takes facts too": {"a-purge-leaves-what-is-alive", func(f *faulty) {
		f.purge = func(ctx context.Context) error {
			clear(f.shelf.derived)
			return f.memory.Purge(ctx)
		}
	}},
	"no tombstones": {"tombstones-of-what-went", func(f *faulty) {
		f.scan = func(ctx context.Context, q graph.ScanQuery, yield func(*graph.Batch) error) (graph.Revision, error) {
			return f.memory.Scan(ctx, q, func(b *graph.Batch) error {
				if b.Gone {
					return nil
				}
				return yield(b)
			})
		}
	}},
	"a scan runs on": {"a-scan-stays-where-it-began", func(f *faulty) {
		f.scan = func(ctx context.Context, q graph.ScanQuery, yield func(*graph.Batch) error) (graph.Revision, error) {
			if _, err := f.memory.Scan(ctx, q, yield); err != nil {
				return 0, err
			}
			stats, err := f.memory.Stats(ctx)
			return stats.Revision, err
		}
	}},
	"changes since, inclusive": {"changes-are-exact", func(f *faulty) {
		f.scan = func(ctx context.Context, q graph.ScanQuery, yield func(*graph.Batch) error) (graph.Revision, error) {
			if q.Since > 1 {
				q.Since--
			}
			return f.memory.Scan(ctx, q, yield)
		}
	}},
	"a batch comes twice": {"apply-counts-revisions", func(f *faulty) {
		f.scan = func(ctx context.Context, q graph.ScanQuery, yield func(*graph.Batch) error) (graph.Revision, error) {
			return f.memory.Scan(ctx, q, func(b *graph.Batch) error {
				if err := yield(b); err != nil {
					return err
				}
				return yield(b)
			})
		}
	}},
	"no limit": {"batches-of-a-scan-are-bounded", func(f *faulty) {
		f.scan = func(ctx context.Context, q graph.ScanQuery, yield func(*graph.Batch) error) (graph.Revision, error) {
			q.Limit = 0
			return f.memory.Scan(ctx, q, yield)
		}
	}},
	"a wrapped error": {"a-callback-ends-the-scan", func(f *faulty) {
		f.scan = func(ctx context.Context, q graph.ScanQuery, yield func(*graph.Batch) error) (graph.Revision, error) {
			rev, err := f.memory.Scan(ctx, q, yield)
			if err != nil {
				err = fmt.Errorf("scan: %w", err)
			}
			return rev, err
		}
	}},
	"derived facts among the observed": {"derived-facts-do-not-feed-back", func(f *faulty) {
		f.scan = func(ctx context.Context, q graph.ScanQuery, yield func(*graph.Batch) error) (graph.Revision, error) {
			if !q.Derived && q.Since == 0 {
				if _, err := f.memory.Scan(ctx, graph.ScanQuery{Derived: true}, yield); err != nil {
					return 0, err
				}
			}
			return f.memory.Scan(ctx, q, yield)
		}
	}},
	"a run erases what was observed": {"derived-facts-are-replaced-by-reference", func(f *faulty) {
		f.apply = func(ctx context.Context, b *graph.Batch) (graph.Revision, error) {
			if b.Derived {
				if _, err := f.memory.Apply(ctx, retract(b.Retract)); err != nil {
					return 0, err
				}
			}
			return f.memory.Apply(ctx, b)
		}
	}},
	"a type erases what was observed": {"derived-links-are-replaced-by-type", func(f *faulty) {
		f.apply = func(ctx context.Context, b *graph.Batch) (graph.Revision, error) {
			for line, one := range f.shelf.facts {
				if len(one.ends) == 2 && slices.Contains(b.Retract.Types, one.link.Type) {
					delete(f.shelf.facts, line)
				}
			}
			return f.memory.Apply(ctx, b)
		}
	}},
	"erasing leaves the derived": {"retract-by-reference", func(f *faulty) {
		f.apply = func(ctx context.Context, b *graph.Batch) (graph.Revision, error) {
			derived := sorted(f.shelf.derived, alive)
			rev, err := f.memory.Apply(ctx, b)
			for _, one := range derived {
				if !b.Derived {
					f.shelf.derived[one.line] = &one
				}
			}
			return rev, err
		}
	}},
	"links in order of arrival": {"neighbors-in-one-order-whatever-the-way-there", func(f *faulty) {
		f.neighbors = arrivalOrder(f.memory)
	}},
	"a cursor that counts": {"a-cursor-is-stable-while-others-write", func(f *faulty) {
		f.neighbors = countingCursor(f.memory)
	}},
	"a prefix without case": {"search-by-kind-and-prefix", func(f *faulty) {
		f.search = func(ctx context.Context, q graph.SearchQuery) ([]graph.Ref, string, error) {
			q.Prefix = strings.ToLower(q.Prefix)
			return f.memory.Search(ctx, q)
		}
	}},
	"a page in another order": {"search-in-the-order-of-references", func(f *faulty) {
		f.search = func(ctx context.Context, q graph.SearchQuery) ([]graph.Ref, string, error) {
			refs, next, err := f.memory.Search(ctx, q)
			slices.SortStableFunc(refs, func(a, b graph.Ref) int { return strings.Compare(strings.ToLower(a.Key), strings.ToLower(b.Key)) })
			return refs, next, err
		}
	}},
	"counts never fall": {"a-fact-goes-with-its-last-source", func(f *faulty) {
		var mu sync.Mutex
		var most int64
		f.stats = func(ctx context.Context) (graph.Stats, error) {
			s, err := f.memory.Stats(ctx)
			mu.Lock()
			defer mu.Unlock()
			most = max(most, s.Attrs)
			s.Attrs = most
			return s, err
		}
		f.apply = func(ctx context.Context, b *graph.Batch) (graph.Revision, error) {
			rev, err := f.memory.Apply(ctx, b)
			_, _ = f.stats(ctx)
			return rev, err
		}
	}},
	"no fence": {"an-old-fence-is-refused", func(f *faulty) {
		f.applied(func(b *graph.Batch) { b.Fence = 0 })
	}},
	"half a batch": {"an-invalid-batch-leaves-nothing", func(f *faulty) {
		f.apply = func(ctx context.Context, b *graph.Batch) (graph.Revision, error) {
			if b.Validate() != nil {
				_, _ = f.memory.Apply(ctx, retract(b.Retract))
			}
			return f.memory.Apply(ctx, b)
		}
	}},
	"progress without facts": {"inputs-are-recorded-with-the-facts", func(f *faulty) {
		f.apply = func(ctx context.Context, b *graph.Batch) (graph.Revision, error) {
			if b.Input != nil {
				_, _ = f.memory.Apply(ctx, &graph.Batch{Input: b.Input})
			}
			return f.memory.Apply(ctx, b)
		}
	}},
	"deaf to cancellation": {"a-cancelled-apply-is-whole-or-nothing", func(f *faulty) {
		f.apply = func(ctx context.Context, b *graph.Batch) (graph.Revision, error) {
			return f.memory.Apply(context.WithoutCancel(ctx), b)
		}
	}},
	"a cancelled scan goes on": {"a-cancelled-scan-ends", func(f *faulty) {
		f.scan = func(ctx context.Context, q graph.ScanQuery, yield func(*graph.Batch) error) (graph.Revision, error) {
			return f.memory.Scan(context.WithoutCancel(ctx), q, yield)
		}
	}},
	"amounts in floating point": {"amounts-are-exact", func(f *faulty) {
		f.applied(func(b *graph.Batch) {
			for i := range b.Links {
				b.Links[i].Money.Minor = int64(float64(b.Links[i].Money.Minor))
			}
		})
	}},
	"no time before 1970": {"times-are-exact", func(f *faulty) {
		f.applied(func(b *graph.Batch) {
			for i := range b.Links {
				b.Links[i].At = max(0, b.Links[i].At)
			}
		})
	}},
	"rows of 32 bits": {"sources-are-exact", func(f *faulty) {
		f.scanned(func(b *graph.Batch, _ graph.ScanQuery) {
			for i := range b.Attrs {
				for j := range b.Attrs[i].Sources {
					b.Attrs[i].Sources[j].Row &= 1<<32 - 1
				}
			}
		})
	}},
	"keys without case": {"unicode-survives", func(f *faulty) {
		f.applied(func(b *graph.Batch) {
			for i := range b.Refs {
				b.Refs[i].Key = strings.ToLower(b.Refs[i].Key)
			}
		})
	}},
	"keys of 255 bytes": {"keys-of-512-bytes-and-no-more", func(f *faulty) {
		f.applied(func(b *graph.Batch) {
			for i := range b.Refs {
				b.Refs[i].Key = strings.ToValidUTF8(b.Refs[i].Key[:min(255, len(b.Refs[i].Key))], "")
			}
		})
	}},
	"the last writer wins": {"records-are-kept-in-order", func(f *faulty) {
		f.append = func(ctx context.Context, stream string, _ uint64, r ...graph.Record) error {
			tail, err := f.Tail(ctx, stream)
			if err != nil {
				return err
			}
			return f.memory.Append(ctx, stream, tail.Seq, r...)
		}
	}},
	"look, then write": {"writers-race-for-numbers", func(f *faulty) {
		f.append = func(ctx context.Context, stream string, after uint64, r ...graph.Record) error {
			tail, err := f.Tail(ctx, stream)
			if err != nil {
				return err
			}
			if tail.Seq != after {
				return fmt.Errorf("%w: moved on", graph.ErrConflict)
			}
			time.Sleep(time.Millisecond)
			if tail, err = f.Tail(ctx, stream); err != nil {
				return err
			}
			return f.memory.Append(ctx, stream, tail.Seq, r...)
		}
	}},
	"a record at a time": {"an-append-is-all-or-nothing", func(f *faulty) {
		f.append = func(ctx context.Context, stream string, after uint64, records ...graph.Record) error {
			for i, r := range records {
				if err := f.memory.Append(ctx, stream, after+uint64(i), r); err != nil {
					return err
				}
			}
			return nil
		}
	}},
	"it never closes": {"a-closed-store-fails", func(f *faulty) {
		f.close = func() error { return nil }
	}},
	"it forgets": {"reopened-it-is-the-same", func(f *faulty) {
		f.close = func() error {
			f.shelf.mu.Lock()
			defer f.shelf.mu.Unlock()
			clear(f.shelf.streams)
			return f.memory.Close()
		}
	}},
}

// arrivalOrder gives the links of a node in the order of their revisions.
func arrivalOrder(m *memory) func(context.Context, graph.Ref, graph.NeighborQuery) (*graph.Batch, string, error) {
	return func(ctx context.Context, r graph.Ref, q graph.NeighborQuery) (*graph.Batch, string, error) {
		b, next, err := m.Neighbors(ctx, r, graph.NeighborQuery{Types: q.Types, Derived: q.Derived, Limit: 1 << 30})
		if err != nil || q.Derived {
			return b, next, err
		}
		slices.SortStableFunc(b.Links, func(x, y graph.Link) int {
			return int(m.shelf.facts[linkLine(b, &x)].added) - int(m.shelf.facts[linkLine(b, &y)].added)
		})
		return b, "", nil
	}
}

// countingCursor pages by the number of links seen so far.
func countingCursor(m *memory) func(context.Context, graph.Ref, graph.NeighborQuery) (*graph.Batch, string, error) {
	return func(ctx context.Context, r graph.Ref, q graph.NeighborQuery) (*graph.Batch, string, error) {
		from := 0
		_, _ = fmt.Sscan(q.Cursor, &from)
		b, _, err := m.Neighbors(ctx, r, graph.NeighborQuery{Types: q.Types, Derived: q.Derived, Limit: 1 << 30})
		if err != nil {
			return nil, "", err
		}
		to := min(from+q.Limit, len(b.Links))
		next := ""
		if to < len(b.Links) {
			next = fmt.Sprint(to)
		}
		b.Links = b.Links[min(from, to):to]
		return b, next, nil
	}
}
