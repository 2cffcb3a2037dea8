package engine

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"ringleader/engine/policy"
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
		ties = append(ties, tie{accounts: upTo(9*i, 9*i+10), found: policy.DetectorTakeover, bits: patternBits})
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
		{accounts: upTo(0, 100), found: policy.DetectorSpam, bits: patternBits},
		{accounts: upTo(95, 120), found: policy.DetectorTakeover, bits: patternBits},
		{accounts: upTo(119, 130), found: policy.DetectorTakeover, bits: patternBits},
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
			ties = append(ties, tie{accounts: upTo(from, to), found: policy.DetectorFlows, bits: float64(rapid.IntRange(1, 3).Draw(r, "bits")), from: graph.Millis(int64(1000 + i))})
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

// farmsAmongRelatives is two farms on one device each, whose accounts each have a
// relative at the same address, and a demo phone that all relatives once tried:
// one component.
func farmsAmongRelatives(wide, narrow int) []fact {
	x := &fixture{}
	x.honest(2000)
	born := graph.TimeOf(time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC))
	long := graph.TimeOf(time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC))
	family := func(i int, a string) {
		home := graph.Ref{Kind: graph.Address, Key: fmt.Sprintf("home%05d", i)}
		r := fmt.Sprintf("r%05d", i)
		x.sight(a, home, long, 0, "")
		x.attr(account(r), propOpened, long.String(), 0)
		x.sight(r, home, long, 0, "")
		if i%7 == 0 { // families that are in touch with the next
			x.sight(r, graph.Ref{Kind: graph.Card, Key: fmt.Sprintf("card%05d", i)}, long, 0, "")
			x.sight(fmt.Sprintf("r%05d", i+1), graph.Ref{Kind: graph.Card, Key: fmt.Sprintf("card%05d", i)}, long, 0, "")
		}
		x.sight(r, graph.Ref{Kind: graph.Device, Key: "demo"}, long.Add(time.Duration(i)*9*time.Hour), 0, "")
	}
	for i := range wide + narrow {
		a, device := fmt.Sprintf("w%05d", i), "wide"
		if i >= wide {
			a, device = fmt.Sprintf("n%05d", i), "narrow"
		}
		at := born.Add(time.Duration(i) * time.Minute)
		x.attr(account(a), propOpened, at.String(), 0)
		x.sight(a, graph.Ref{Kind: graph.Device, Key: device}, at, 0, "")
		family(i, a)
	}
	// One of the wide farm and one of the narrow one are of one family.
	x.sight("w00000", graph.Ref{Kind: graph.Address, Key: fmt.Sprintf("home%05d", wide)}, long, 0, "")
	return x.facts
}

// A farm that is wider than max_component, and one that is not but whose
// relatives are, come out whole; their relatives, and who tried the demo phone,
// do not come with them.
func TestFarmsAmongRelativesStayWhole(t *testing.T) {
	p, err := policy.Default()
	require.NoError(t, err)
	p.MaxComponent = 150
	facts := farmsAmongRelatives(400, 100)
	for _, threads := range []int{1, 3} {
		run := detect(t, facts, 1<<20, Options{Policy: p, Model: NoModel(), Threads: threads})
		likely := 0
		for i := range run.Rings {
			likely += one(run.Rings[i].Probability >= .5)
		}
		require.Equal(t, 2, likely)
		for i, n := range []int{400, 100} {
			r := ringOf(run, fmt.Sprintf("%c", "wn"[i])+fmt.Sprintf("%05d", i*400))
			require.NotNil(t, r)
			require.Equal(t, n, r.Size)
			require.Equal(t, DeviceFarm, r.Typology)
			require.Greater(t, r.Probability, .99)
		}
		require.Len(t, run.Info.Limits, 1)
		require.Contains(t, run.Info.Limits[0], "a component of 1000 accounts was tightened")
		require.Contains(t, run.Info.Limits[0], "1 of them larger than the limit, each bound by a single tie")
	}
}

// A farm of thousands makes it common to be in so wide a tie; it is one tie all
// the same, and firmer than the many of two.
func TestAWideTieIsFirm(t *testing.T) {
	_, found := grounded(t, farmsAmongRelatives(400, 100), Options{})
	firm := make(map[string]float64)
	for i := range found.ties {
		x := &found.ties[i]
		firm[fmt.Sprint(len(x.accounts))] = x.firm()
	}
	require.Greater(t, firm["400"], firm["2"])
	require.Greater(t, firm["100"], firm["2"])
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
