package engine

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"ringleader/graph"
)

// chained is a component of accounts 0 to n-1 with some ties.
func chained(n int, ties []tie) *component {
	return &component{ground: &ground{hi: graph.Vertex(n)}, accounts: upTo(0, n), ties: ties}
}

func upTo(from, to int) []graph.Vertex {
	var out []graph.Vertex
	for i := from; i < to; i++ {
		out = append(out, graph.Vertex(i))
	}
	return out
}

func TestTiesOfOneStrengthThatChainAreTorn(t *testing.T) {
	// Twenty patterns of ten accounts; each shares its last with the next.
	var ties []tie
	for i := range 20 {
		ties = append(ties, tie{accounts: upTo(9*i, 9*i+10), found: nameTakeover, bits: patternBits})
	}
	c := chained(9*20+1, ties)
	pieces, how := c.tighten(50)
	torn := how.torn
	require.EqualValues(t, patternBits, how.bar)
	require.Positive(t, torn)
	whole := 0
	for _, p := range pieces {
		require.LessOrEqual(t, len(p.accounts), 50)
		for _, x := range p.ties {
			whole += one(len(x.accounts) == 10)
		}
	}
	require.GreaterOrEqual(t, whole, 20-torn, "a tie that is not torn lies in one piece")
	require.LessOrEqual(t, torn, 5, "pieces are filled")
}

func TestATieWiderThanTheLimitStaysWhole(t *testing.T) {
	c := chained(130, []tie{
		{accounts: upTo(0, 100), found: nameSpam, bits: patternBits},
		{accounts: upTo(95, 120), found: nameTakeover, bits: patternBits},
		{accounts: upTo(119, 130), found: nameTakeover, bits: patternBits},
	})
	pieces, how := c.tighten(40)
	require.Equal(t, 1, how.torn)
	require.Equal(t, 1, how.wide)
	require.Zero(t, how.bar, "the rest needs no bar")
	require.Len(t, pieces, 2)
	require.Equal(t, upTo(0, 100), pieces[0].accounts)
	require.Equal(t, upTo(100, 130), pieces[1].accounts, "the rest of the torn tie, and what hangs on it")
}

// Whatever the ties: pieces are disjoint, within the limit unless one tie binds
// them, and the order of ties does not matter where no two are alike.
func TestTearing(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n, limit := 200, rapid.IntRange(3, 60).Draw(r, "limit")
		var ties []tie
		for i := range rapid.IntRange(1, 60).Draw(r, "ties") {
			from := rapid.IntRange(0, n-2).Draw(r, "from")
			to := min(n, from+rapid.IntRange(2, 80).Draw(r, "width"))
			ties = append(ties, tie{accounts: upTo(from, to), found: nameFlows, bits: float64(rapid.IntRange(1, 3).Draw(r, "bits")), from: graph.Millis(int64(1000 + i))})
		}
		c := chained(n, ties)
		seen := make(map[graph.Vertex]bool)
		parts := accountsOfPieces(c.tighten(limit))
		for _, p := range parts {
			widest := 0
			for _, x := range ties {
				widest = max(widest, len(intersect(x.accounts, p)))
			}
			require.True(t, len(p) <= limit || widest == len(p))
			for _, a := range p {
				require.False(t, seen[a])
				seen[a] = true
			}
		}
		order := rapid.Permutation(ties).Draw(r, "order")
		require.Equal(t, parts, accountsOfPieces(chained(n, order).tighten(limit)))
	})
}

// accountsOfPieces is the accounts of pieces, in order.
func accountsOfPieces(pieces []*component, _ tightened) [][]graph.Vertex {
	var out [][]graph.Vertex
	for _, p := range pieces {
		out = append(out, p.accounts)
	}
	slices.SortFunc(out, slices.Compare[[]graph.Vertex])
	return out
}
