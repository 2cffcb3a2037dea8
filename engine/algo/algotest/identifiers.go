package algotest

import "math/rand/v2"

// identifiers links accounts to what they use. Nine in ten households are one
// account or two; one group in 1,250 is a ring whose accounts share a few
// devices, phones, cards and two addresses. With hubs, every account also visits
// merchants and public addresses, by Zipf's law; without, one in eight has once
// used somebody else's thing.
func (m *maker) identifiers(hubs bool) {
	perAccount := 5.0
	if hubs {
		perAccount = 8.25
	}
	m.accounts = max(int(float64(m.want)/perAccount), 1)
	m.vertices = m.accounts
	c := &crowd{maker: m, place: m.rng.Perm(m.accounts)}
	if hubs {
		c.merchants = m.zipf(m.accounts/200+10, 1.3, 8)
		c.addresses = m.zipf(m.accounts/20+10, 1.2, 16)
	}
	for at := 0; at < m.accounts; {
		switch x := m.rng.Float64(); {
		case x < .0008:
			at += c.ring(at, int(m.powerLaw(5, 120, 1.9)))
		case x > .9:
			at += c.household(at, 3+m.rng.IntN(3))
		case x > .7:
			at += c.household(at, 2)
		default:
			at += c.household(at, 1)
		}
	}
}

// zipf makes n identifiers and returns a draw from them, the first the most
// frequent.
func (m *maker) zipf(n int, s, v float64) func() int {
	first := m.vertices
	m.vertices += n
	z := rand.NewZipf(m.rng, s, v, uint64(n-1))
	return func() int { return first + int(z.Uint64()) }
}

// crowd places accounts in groups.
type crowd struct {
	*maker
	place                []int      // the account that stands at each place of the crowd
	merchants, addresses func() int // nil without hubs
}

func (c *crowd) fresh() int {
	c.vertices++
	return c.vertices - 1
}

func (c *crowd) some(n int) []int {
	ids := make([]int, n)
	for i := range ids {
		ids[i] = c.fresh()
	}
	return ids
}

func (c *crowd) pick(ids []int) int { return ids[c.rng.IntN(len(ids))] }

// ring groups up to size accounts from a place on, and returns how many it took.
func (c *crowd) ring(at, size int) int {
	size = min(size, c.accounts-at)
	devices, phones, cards, addresses := c.some(size/4+1), c.some(size/3+1), c.some(size/2+1), c.some(2)
	for _, a := range c.place[at : at+size] {
		for _, ids := range [][]int{devices, devices, phones, cards, addresses} {
			c.link(a, c.pick(ids))
		}
		if c.merchants != nil {
			c.link(a, c.merchants())
			c.link(a, c.addresses())
		}
	}
	return size
}

// household is accounts under one roof, some with the family's tablet.
func (c *crowd) household(at, size int) int {
	size = min(size, c.accounts-at)
	home, tablet := c.fresh(), c.fresh()
	c.link(c.place[at], tablet)
	for _, a := range c.place[at : at+size] {
		c.link(a, home)
		if c.rng.Float64() < .5 {
			c.link(a, tablet)
		}
		own := 3 // phone, device, card
		for _, second := range []float64{.4, .3} {
			if c.rng.Float64() < second {
				own++
			}
		}
		for range own {
			c.link(a, c.fresh())
		}
		switch {
		case c.merchants != nil:
			c.link(a, c.addresses())
			for range 1 + c.rng.IntN(4) {
				c.link(a, c.merchants())
			}
		case c.rng.Float64() < .12:
			c.link(a, c.accounts+c.rng.IntN(c.vertices-c.accounts))
		}
	}
	return size
}
