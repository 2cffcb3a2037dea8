package eval

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/engine"
	"ringleader/engine/synth"
	"ringleader/graph"
	"ringleader/graph/sqlitestore"
	"ringleader/loaders"
)

// TestAReplayIsBlindToTheRest looks at a world as of several moments, and at one
// that never held what came later: rings and scores are the same to the byte.
func TestAReplayIsBlindToTheRest(t *testing.T) {
	f := readFacts(t, synth.Options{World: "mixed", Accounts: 2000, Seed: 5})
	for _, day := range []string{"2018-06-03T11:20:07Z", "2018-08-20T00:00:00Z", "2018-10-11T21:47:30Z"} {
		var moment graph.Time
		require.NoError(t, moment.UnmarshalText([]byte(day)))
		b := graph.NewBuilder(graph.BuildOptions{AsOf: moment})
		for _, batch := range f.batches {
			require.NoError(t, b.Add(batch))
		}
		whole, err := b.Build(1)
		require.NoError(t, err)
		never := f.tell(t, teller{}, func(at graph.Time) bool { return !at.Known() || at <= moment })
		then := replay(t, whole, engine.Options{AsOf: moment})
		require.NotEmpty(t, then.Rings, day)
		same, err := SameResult(then, replay(t, never, engine.Options{AsOf: moment}))
		require.NoError(t, err)
		require.True(t, same, day)
	}
}

// TestAReplayIsBlindToWhatWasLoadedLater loads a world file by file and looks at
// what was known after each: as at a store that never held the rest.
func TestAReplayIsBlindToWhatWasLoadedLater(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	world := filepath.Join(dir, "world")
	_, err := synth.Generate(ctx, synth.Options{World: "mixed", Accounts: 1500, Seed: 6, Dir: world})
	require.NoError(t, err)
	load := func(s *sqlitestore.Store, files []string) {
		paths := make([]string, len(files))
		for i, name := range files {
			paths[i] = filepath.Join(world, name+".csv")
		}
		_, err := loaders.Load(ctx, s, s, paths, loaders.Options{Strict: true})
		require.NoError(t, err)
	}
	open := func(name string) *sqlitestore.Store {
		s, err := sqlitestore.Open(ctx, filepath.Join(dir, name), sqlitestore.Options{})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s
	}
	steps := [][]string{{"accounts", "uses", "links"}, {"entities"}, {"transfers"}, {"payments"}, {"events", "claims"}}
	all, part := open("all.db"), open("part.db")
	var moments []graph.Time
	for _, files := range steps {
		load(all, files)
		time.Sleep(20 * time.Millisecond)
		moments = append(moments, graph.TimeOf(time.Now()))
		time.Sleep(20 * time.Millisecond)
	}
	read := func(s *sqlitestore.Store, known, moment graph.Time) *engine.Run {
		g, err := graph.ReadSnapshot(ctx, s, graph.BuildOptions{KnownAt: known})
		require.NoError(t, err)
		return replay(t, g, engine.Options{KnownAt: moment})
	}
	for i, files := range steps {
		load(part, files)
		then := read(all, moments[i], moments[i])
		require.NotEmpty(t, then.Rings)
		same, err := SameResult(then, read(part, 0, moments[i]))
		require.NoError(t, err)
		require.True(t, same, "after %v", files)
		same, err = SameResult(then, read(all, 0, moments[i]))
		require.NoError(t, err)
		require.Equal(t, i == len(steps)-1, same, "what came after %v does tell more", files)
	}
}

func replay(t *testing.T, g *graph.Snapshot, o engine.Options) *engine.Run {
	t.Helper()
	run, err := engine.Detect(context.Background(), g, engine.Scope{}, nil, o)
	require.NoError(t, err)
	return run
}
