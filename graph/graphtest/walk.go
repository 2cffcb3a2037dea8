package graphtest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
)

var walkCases = []conformance{
	{"a-random-walk-agrees-with-a-model", randomWalk},
}

// walkSteps is the length of the walk: enough that facts come, go and come back
// several times, each with several sources.
const walkSteps = 40

// randomWalk loads, reverts, erases and replaces at random (one seed, so a
// failure repeats) and compares the store after each step with a plain model;
// and the changes since a random earlier step with what they must amount to.
func randomWalk(k *kit) {
	rng := rand.New(rand.NewPCG(2018, 10))
	model := newFacts()
	states := map[graph.Revision]map[string]*fact{}
	var revisions []graph.Revision
	rev := graph.Revision(0)
	for step := range walkSteps {
		b := randomBatch(rng)
		what := fmt.Sprintf("step %d: derived %t, retract %v, %d facts", step, b.Derived, b.Retract, b.Len())
		before := model.content()
		model.apply(b)
		now := k.apply(b)
		got, at := k.scan(graph.ScanQuery{Sources: true, Limit: 1 + rng.IntN(40)})
		require.Equal(k, model.lines(), got.lines(), what)
		require.Equal(k, now, at)
		if slices.Equal(before, model.content()) {
			require.LessOrEqual(k, now-rev, graph.Revision(1), what)
		} else {
			require.Equal(k, rev+1, now, what)
		}
		if rev = now; rev == 0 {
			continue
		}
		states[rev] = maps.Clone(got.by)
		revisions = append(revisions, rev)

		since := revisions[rng.IntN(len(revisions))]
		changes, _ := k.scan(graph.ScanQuery{Since: since})
		copied := newFacts()
		copied.by = maps.Clone(states[since])
		for _, line := range changes.gone {
			require.NotContains(k, got.by, line, "a tombstone of what is there")
			delete(copied.by, line)
		}
		for line, one := range changes.by {
			copied.by[line] = one
		}
		require.Equal(k, model.content(), copied.content(), "%s, changes since %d", what, since)
	}
}

// randomBatch draws one of the things that jobs do.
func randomBatch(rng *rand.Rand) *graph.Batch {
	input := func() string { return string(rune('A' + rng.IntN(4))) }
	rows := func() *graph.Batch {
		first := 1 + rng.Int64N(9)
		return load(input(), first, first+rng.Int64N(4))
	}
	refs := func() []graph.Ref {
		return []graph.Ref{account(fmt.Sprintf("u%06d", 1+rng.IntN(12))), device(fmt.Sprintf("d%d", rng.IntN(6)))}
	}
	switch rng.IntN(10) {
	case 0, 1:
		return retract(graph.Retract{Inputs: []string{input()}})
	case 2:
		return retract(graph.Retract{Refs: refs()})
	case 3:
		b := rows()
		b.Retract = graph.Retract{Inputs: []string{input(), input()}}
		return b
	case 4:
		b := rows()
		b.Retract.Refs = refs()
		return b
	case 5:
		b := members("r1", "u000001", fmt.Sprintf("u%06d", 2+rng.IntN(12)))
		b.Retract.Refs = []graph.Ref{ring("r1")}
		return b
	case 6:
		return statement(account(fmt.Sprintf("u%06d", 1+rng.IntN(12))), "note", fmt.Sprint(rng.IntN(2)), day0, src(input(), rng.Int64N(3)))
	}
	return rows()
}

// apply does to the facts what a store must do to its observed ones.
func (f *facts) apply(b *graph.Batch) {
	if b.Derived {
		return
	}
	for line, one := range f.by {
		one.sources = slices.DeleteFunc(one.sources, func(s graph.Source) bool { return slices.Contains(b.Retract.Inputs, s.Input) })
		if len(one.sources) == 0 || slices.ContainsFunc(b.Retract.Refs, one.names) {
			delete(f.by, line)
		}
	}
	_ = f.add(b, true) // repetitions join
}
