package engine

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ringleader/engine/policy"
	"ringleader/graph"
)

// seen is n accounts of age that come to one identifier, one each step, and
// are seen there again after each of the times in again.
func seen(n int, on string, step time.Duration, again ...time.Duration) []fact {
	x := &fixture{}
	x.honest(300)
	ref, _ := graph.ParseRef(on)
	begin := graph.TimeOf(time.Date(2018, 3, 1, 9, 0, 0, 0, time.UTC))
	for i := range n {
		name := fmt.Sprintf("s%05d", i)
		at := begin.Add(time.Duration(i) * step)
		x.attr(account(name), propOpened, begin.Add(-time.Duration(400+i%500)*24*time.Hour).String(), 0)
		x.sight(name, ref, at, 0, "")
		for _, later := range again {
			x.sight(name, ref, at.Add(later), 0, "")
		}
	}
	return x.facts
}

const aDay = 24 * time.Hour

// TestClassesThatShip: what many share without being a ring gets the name of what
// it is, and makes no probable ring, with and without the model that ships.
func TestClassesThatShip(t *testing.T) {
	for name, c := range map[string]struct {
		facts []fact
		class string
	}{
		"a carrier's address, strangers by and by":       {seen(3000, "ip:hub", 10*time.Minute), "carrier_nat"},
		"a carrier's address, strangers within a day":    {seen(3000, "ip:hub", 20*time.Second), "carrier_nat"},
		"a campus: two thousand who come back all term":  {seen(2000, "ip:hub", 5*time.Minute, 30*aDay, 60*aDay), "campus"},
		"an office of forty who stay":                    {seen(40, "ip:hub", 3*time.Hour, 20*aDay, 90*aDay), "office"},
		"a café: sixty guests in three months":           {seen(60, "ip:hub", 36*time.Hour), "cafe"},
		"a demo phone: a visitor every hour and a half":  {seen(400, "device:hub", 90*time.Minute), "demo_phone"},
		"a demo phone: visitors who play for some hours": {seen(200, "device:hub", 3*time.Hour, 2*time.Hour), "demo_phone"},
	} {
		for model, m := range map[string]*Model{"no model": NoModel(), "shipped model": nil} {
			t.Run(name+", "+model, func(t *testing.T) {
				run := detect(t, c.facts, 1<<20, Options{Model: m})
				i := slices.IndexFunc(run.Info.Cuts, func(c Cut) bool { return c.Ref.Key == "hub" })
				require.GreaterOrEqual(t, i, 0)
				require.Equal(t, c.class, run.Info.Cuts[i].Class)
				for _, r := range run.Rings {
					require.Less(t, r.Probability, .5, sketch(&r))
				}
			})
		}
	}
}

// TestFarmsHaveNoHarmlessClass: the accounts of a farm are opened on its device.
func TestFarmsHaveNoHarmlessClass(t *testing.T) {
	for _, n := range []int{21, 200, 5000} {
		for model, m := range map[string]*Model{"no model": NoModel(), "shipped model": nil} {
			run := detect(t, star(n, time.Minute), 1<<20, Options{Model: m})
			require.Len(t, run.Rings, 1, "%d accounts, %s", n, model)
			require.Equal(t, n, run.Rings[0].Size, "%d accounts, %s", n, model)
			require.GreaterOrEqual(t, run.Rings[0].Probability, .5, "%d accounts, %s: %s", n, model, sketch(&run.Rings[0]))
			require.Empty(t, run.Info.Cuts[0].Class)
		}
	}
}

// TestClassesDecide: what a class says follows, above the cap and under it.
func TestClassesDecide(t *testing.T) {
	farm := star(21, time.Minute) // above the cap of 12, tied by its burst
	small := star(9, time.Minute) // under the cap
	class := policy.Class{Name: "ours", Kinds: []graph.Kind{graph.Device}, When: policy.Conditions{Accounts: policy.Range{Min: 5}}, Reason: "a test"}
	for name, c := range map[string]struct {
		facts []fact
		then  policy.Consequence
		bits  float64
		ties  int // over the device
		rule  string
	}{
		"above, the cap decides": {farm, "", 0, 1, cutCap},
		"above, bursts":          {farm, policy.ThenBursts, 0, 1, cutCap},
		"above, never":           {farm, policy.ThenNever, 0, 0, cutClass},
		"under, the cap decides": {small, "", 0, 1, ""},
		"under, bursts":          {small, policy.ThenBursts, 0, 1, cutClass}, // nine natives within minutes are a burst
		"under, never":           {small, policy.ThenNever, 0, 0, cutClass},
		"under, fewer bits":      {small, "", -3, 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := policy.Default()
			require.NoError(t, err)
			class.Then, class.Bits = c.then, c.bits
			p.Classes = []policy.Class{class}
			require.NoError(t, p.Validate())
			d, found := grounded(t, c.facts, Options{Policy: p})
			v, ok := d.g.Lookup(graph.Ref{Kind: graph.Device, Key: "hub"})
			require.True(t, ok)
			ties := slices.DeleteFunc(found.ties, func(x tie) bool { return x.on != v || x.found != policy.DetectorShared })
			require.GreaterOrEqual(t, len(ties), c.ties)
			require.Equal(t, c.ties == 0, len(ties) == 0)
			if c.rule == "" {
				require.Empty(t, found.cuts)
			} else {
				require.Equal(t, c.rule, found.cuts[0].Rule)
				require.Equal(t, "ours", found.cuts[0].Class)
			}
			for i := range ties {
				whole := d.boundBy(graph.Device, ties[i].burst).bits(d.people(ties[i].accounts))
				require.InDelta(t, max(0, whole+c.bits), ties[i].bits, 1e-9)
				require.InDelta(t, ties[i].bits, d.boundBits(&ties[i]), 1e-9)
			}
		})
	}
}

func grounded(t *testing.T, facts []fact, o Options) (*ground, *tied) {
	t.Helper()
	require.NoError(t, o.complete())
	d, err := newGround(t.Context(), snapshot(t, facts, 1<<20), &o)
	require.NoError(t, err)
	found, err := d.findTies(t.Context())
	require.NoError(t, err)
	return d, found
}

// TestStatsByHand: three accounts, the holds of a device (30 days).
func TestStatsByHand(t *testing.T) {
	x := &fixture{}
	hub := graph.Ref{Kind: graph.Device, Key: "hub"}
	begin := graph.TimeOf(time.Date(2018, 3, 1, 0, 0, 0, 0, time.UTC))
	for i, name := range []string{"a", "b", "c"} {
		x.attr(account(name), propOpened, begin.Add(time.Duration(i-1)*40*aDay).String(), 0)
		x.sight(name, hub, begin.Add(time.Duration(i)*40*aDay), 0, "") // days 0, 40, 80
	}
	x.sight("a", hub, begin.Add(20*aDay), 0, "") // held to day 50, so a meets b, who lapses on day 70
	d, _ := grounded(t, x.facts, Options{})
	v, _ := d.g.Lookup(hub)
	s := d.statsOf(d.sightingsOf(v, nil), d.rules[graph.Device], true)
	require.Equal(t, 3, s.Accounts)
	require.False(t, s.AboveCap)
	require.Equal(t, begin, s.First)
	require.Equal(t, begin.Add(80*aDay), s.Last)
	require.Zero(t, s.Stay, "two of three were there once")
	require.Equal(t, 2, s.AtOnce)
	require.InDelta(t, 1./3, s.Returning, 1e-9, "a came back")
	require.InDelta(t, 3./80, s.PerDay, 1e-9)
	require.Zero(t, s.Natives, "each was opened 40 days before it came")
}

// TestHouseholdByItsClass: a family's tablet, seen once by each with a stated end.
func TestHouseholdByItsClass(t *testing.T) {
	x, err := readFixture("testdata/sharing.txt")
	require.NoError(t, err)
	e, err := Explain(t.Context(), snapshot(t, x.facts, 1<<20), graph.Ref{Kind: graph.Device, Key: "tab"}, nil, 0, 3)
	require.NoError(t, err)
	require.NotNil(t, e.Identifier.Class)
	require.Equal(t, "household", e.Identifier.Class.Name)
	require.Empty(t, e.Identifier.Cut, "the cap decides, and lets five tie")
	require.Len(t, e.Identifier.Ties, 1)
	require.Equal(t, []policy.Ascertained{{What: "cap", Found: "under", Wanted: "under"}, {What: "people", Found: "5", Wanted: "6 or less"},
		{What: "lasts", Found: "699 days", Wanted: "30d or more"}, {What: "stay", Found: "699 days", Wanted: "30d or more"}},
		e.Identifier.Class.Why, "2017-01-01 to 2018-12-01")
}

// TestClassesThatShipOnlyName: the classes that ship change no ring and no score.
func TestClassesThatShipOnlyName(t *testing.T) {
	facts := append(append(everything(t), seen(3000, "ip:nat", 10*time.Minute)...), seen(400, "device:demo", 90*time.Minute)...)
	p, err := policy.Default()
	require.NoError(t, err)
	require.NotEmpty(t, p.Classes)
	p.Classes = nil
	with, without := detect(t, facts, 1<<20, Options{}), detect(t, facts, 1<<20, Options{Policy: p})
	for _, run := range []*Run{with, without} {
		require.NotEmpty(t, run.Rings)
		for i := range run.Rings {
			run.Rings[i].Meta, run.Rings[i].Lineage = RingMeta{}, nil
		}
		for i := range run.Scores {
			run.Scores[i].CutBy = nil
		}
	}
	require.Equal(t, without.Rings, with.Rings)
	require.Equal(t, without.Scores, with.Scores)
	require.Equal(t, without.Info.Ties, with.Info.Ties)
	require.True(t, slices.ContainsFunc(with.Info.Cuts, func(c Cut) bool { return c.Class == "carrier_nat" }))
	require.False(t, slices.ContainsFunc(without.Info.Cuts, func(c Cut) bool { return c.Class != "" }))
}
