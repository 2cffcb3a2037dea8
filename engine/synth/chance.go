package synth

import (
	"context"
	"math"
	"math/rand/v2"
	"strconv"

	"ringleader/graph"
	"ringleader/loaders"
)

// chanceWorld is identifiers that accounts have at random: all that two accounts
// share is coincidence, so whatever is flagged is wrong.
func chanceWorld() world {
	return world{name: "chance", about: "identifiers at random, nothing else: whatever two accounts share is coincidence, so whatever is flagged is wrong",
		habits: []func(*maker) func(*account){coincidences}}
}

// lottery is how identifiers of one kind fall to accounts, which the seed says.
type lottery struct {
	kind     graph.Kind
	prefix   string
	pool     float64 // identifiers
	mean     float64 // that an account has
	steep    float64 // how much more often the first ones fall: 1 is even, from 3 on the first one falls to hundreds
	lasts    int64   // between the first sighting and the last
	sighting bool    // two sightings rather than one with an end
}

// lotteries draws one for devices and one for some other kinds.
func lotteries(r *rand.Rand, accounts uint64) []lottery {
	var list []lottery
	for i, k := range []graph.Kind{graph.Device, graph.Phone, graph.IP, graph.Email, graph.Address, graph.Card, graph.NationalID} {
		l := lottery{kind: k, prefix: string(k)[:2] + "-", pool: max(10, float64(accounts)*math.Exp2(4*r.Float64()-2.5)),
			mean: .3 + 1.7*r.Float64(), steep: 1 + 4*r.Float64()*r.Float64(), lasts: between(r, 1, 60) * day, sighting: chance(r, .5)}
		if i == 0 || chance(r, .4) {
			list = append(list, l)
		}
	}
	return list
}

// coincidences writes one account and what falls to it. In half of the worlds
// accounts say when they were opened.
func coincidences(m *maker) func(*account) {
	streams, odds := m.seeds.of("coincidences"), m.seeds.of("lotteries").at(0)
	list, opens := lotteries(odds, m.people.size), chance(odds, .5)
	return func(a *account) {
		r := streams.at(a.index)
		row := loaders.Account{Account: a.key}
		if opens {
			row.OpenedAt = at(a.opened)
		}
		m.out.account(row)
		for _, l := range list {
			for range poisson(r, l.mean) {
				key := l.prefix + strconv.FormatUint(uint64(l.pool*math.Pow(r.Float64(), l.steep)), 36)
				first := between(r, max(start, min(a.opened, end-2*day)), end-day)
				last := min(end-1, first+between(r, 0, l.lasts))
				if l.sighting {
					m.out.use(a.key, l.kind, key, first, 0)
					m.out.use(a.key, l.kind, key, last, 0)
					continue
				}
				m.out.use(a.key, l.kind, key, first, last)
			}
		}
	}
}

// accidents lets accounts, those of rings too, be seen on things of others at
// random.
func accidents(ctx context.Context, m *maker) error {
	streams := m.seeds.of("accidents")
	for i := range m.people.size {
		if i%1024 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		r, key := streams.at(i), m.people.key(i)
		for range poisson(r, m.knobs.accidents) {
			other := m.people.account(r.Uint64N(m.people.size))
			when := moment(r, start, end, other.zone)
			switch r.IntN(4) {
			case 0:
				m.out.use(key, graph.Phone, other.phone, when, 0)
			case 1:
				m.out.use(key, graph.IP, other.home.ip, when, 0)
			default:
				m.out.use(key, graph.Device, other.device, when, 0)
			}
		}
	}
	return nil
}
