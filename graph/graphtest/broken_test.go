package graphtest

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

// breakageEnv names the broken store that TestMemory is to run on.
const breakageEnv = "GRAPHTEST_BROKEN"

// faulty is a memory some of whose methods are replaced.
type faulty struct {
	*memory
	apply     func(context.Context, *graph.Batch) (graph.Revision, error)
	scan      func(context.Context, graph.ScanQuery, func(*graph.Batch) error) (graph.Revision, error)
	get       func(context.Context, graph.Ref) (*graph.Batch, error)
	neighbors func(context.Context, graph.Ref, graph.NeighborQuery) (*graph.Batch, string, error)
	search    func(context.Context, graph.SearchQuery) ([]graph.Ref, string, error)
	stats     func(context.Context) (graph.Stats, error)
	append    func(context.Context, string, uint64, ...graph.Record) error
	purge     func(context.Context) error
	close     func() error
}

func (f *faulty) Apply(ctx context.Context, b *graph.Batch) (graph.Revision, error) {
	return f.apply(ctx, b)
}
func (f *faulty) Scan(ctx context.Context, q graph.ScanQuery, yield func(*graph.Batch) error) (graph.Revision, error) {
	return f.scan(ctx, q, yield)
}
func (f *faulty) Get(ctx context.Context, r graph.Ref) (*graph.Batch, error) { return f.get(ctx, r) }
func (f *faulty) Neighbors(ctx context.Context, r graph.Ref, q graph.NeighborQuery) (*graph.Batch, string, error) {
	return f.neighbors(ctx, r, q)
}
func (f *faulty) Search(ctx context.Context, q graph.SearchQuery) ([]graph.Ref, string, error) {
	return f.search(ctx, q)
}
func (f *faulty) Stats(ctx context.Context) (graph.Stats, error) { return f.stats(ctx) }
func (f *faulty) Append(ctx context.Context, stream string, after uint64, r ...graph.Record) error {
	return f.append(ctx, stream, after, r...)
}
func (f *faulty) Purge(ctx context.Context) error { return f.purge(ctx) }
func (f *faulty) Close() error                    { return f.close() }

// scanned passes every batch of a scan through change.
func (f *faulty) scanned(change func(*graph.Batch, graph.ScanQuery)) {
	f.scan = func(ctx context.Context, q graph.ScanQuery, yield func(*graph.Batch) error) (graph.Revision, error) {
		return f.memory.Scan(ctx, q, func(b *graph.Batch) error {
			change(b, q)
			return yield(b)
		})
	}
}

// applied passes every batch through change before it is applied.
func (f *faulty) applied(change func(*graph.Batch)) {
	f.apply = func(ctx context.Context, b *graph.Batch) (graph.Revision, error) {
		changed := *b
		changed.Refs, changed.Attrs, changed.Links = slices.Clone(b.Refs), slices.Clone(b.Attrs), slices.Clone(b.Links)
		change(&changed)
		return f.memory.Apply(ctx, &changed)
	}
}

// broken opens stores with one breakage.
func broken(name string, open Open) Open {
	return func(t testing.TB, store string) Subject {
		how, ok := breakages[name]
		require.True(t, ok, "no breakage is called %q", name)
		m := open(t, store).(*memory)
		f := &faulty{
			memory: m, apply: m.Apply, scan: m.Scan, get: m.Get, neighbors: m.Neighbors,
			search: m.Search, stats: m.Stats, append: m.Append, purge: m.Purge, close: m.Close,
		}
		how.how(f)
		return f
	}
}

// TestBrokenStoresFail runs, for each mistake, the case that must notice it in
// a process of its own, where it may fail.
func TestBrokenStoresFail(t *testing.T) {
	for name, b := range breakages {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMemory$/^"+b.fails+"$", "-test.timeout=1m")
			cmd.Env = append(os.Environ(), breakageEnv+"="+name)
			out, err := cmd.CombinedOutput()
			require.Error(t, err, "the suite passes a store in which %q\n%s", name, out)
			require.Contains(t, string(out), "--- FAIL: TestMemory/"+b.fails)
			require.NotContains(t, string(out), "panic:", "a broken store fails, it does not blow up the suite")
		})
	}
}
