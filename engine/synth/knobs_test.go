package synth

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStaggerSpreadsARing turns the knob and measures how long farms last.
func TestStaggerSpreadsARing(t *testing.T) {
	lasts := func(stagger float64) float64 {
		w := only(deviceFarm())
		w.knobs.stagger = stagger
		p := plant(t, w, Options{Seed: 51, Accounts: 3000})
		var spans []float64
		for _, members := range p.rings {
			first, last := 1e9, 0.0
			for _, m := range members {
				when := hours(t, m["first_bad_at"])
				first, last = min(first, when), max(last, when)
			}
			spans = append(spans, last-first)
		}
		slices.Sort(spans)
		return spans[len(spans)/2]
	}
	none, half, full := lasts(0), lasts(.5), lasts(1)
	require.Less(t, none, 6.0, "hours")
	require.Greater(t, half, 5*24.0, "days")
	require.Greater(t, full, 1.5*half)
}

// TestCamouflageAddsHonestLife turns the knob and counts what members do that
// is no fraud.
func TestCamouflageAddsHonestLife(t *testing.T) {
	honest := func(camouflage float64) float64 {
		w := only(deviceFarm())
		w.knobs.camouflage = camouflage
		p := plant(t, w, Options{Seed: 52, Accounts: 3000})
		lost, n := p.refs("payment"), 0
		for _, r := range rows(t, p.dir, "payments.csv") {
			if p.ring[r["account"]] != "" && lost[r["id"]] == "" {
				n++
			}
		}
		return float64(n) / float64(len(p.truth))
	}
	require.Zero(t, honest(0), "nothing but fraud")
	require.Greater(t, honest(.5), 1.0)
	require.Greater(t, honest(1), 1.5*honest(.5))
}

// TestPrevalenceAndSizes turns the knobs and counts rings.
func TestPrevalenceAndSizes(t *testing.T) {
	members := func(k knobs) (rings, members int) {
		m := &maker{seeds: 3, knobs: k, people: newPopulation(3, 100_000, k)}
		all := draft(m, everyTypology())
		for _, g := range all.gangs {
			members += g.size
		}
		return len(all.gangs), members
	}
	rings, n := members(knobs{prevalence: .006, size: .6, stagger: .5})
	require.InDelta(t, 600, n, 60)
	require.Greater(t, rings, 70, "smaller rings, so more of them")
	rings, n = members(knobs{size: 1})
	require.Zero(t, rings+n, "no fraud at all")
}

// TestZones counts who lives outside the zone of most: 4.5 in a hundred as the
// calendar has it, and as many more as the knob says.
func TestZones(t *testing.T) {
	away := func(k knobs) float64 {
		p := newPopulation(3, 20_000, k)
		n := 0
		for i := range p.size {
			if p.account(i).zone != zones[0] {
				n++
			}
		}
		return float64(n) / float64(p.size)
	}
	require.InDelta(t, .045, away(knobs{}), .015)
	require.InDelta(t, .45, away(knobs{zones: 10}), .05)
}
