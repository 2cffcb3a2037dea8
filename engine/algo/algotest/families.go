package algotest

import (
	"math"
	"math/rand/v2"

	"ringleader/graph"
)

// maker collects the links of one graph.
type maker struct {
	rng                *rand.Rand
	want               int // links asked for
	vertices, accounts int
	links              []Link
}

// link joins u and v, dropping loops. Repeats go later.
func (m *maker) link(u, v int) {
	if u != v {
		m.links = append(m.links, Link{graph.Vertex(min(u, v)), graph.Vertex(max(u, v))})
	}
}

// powerLaw draws from the density x^−exponent on [lo, hi].
func (m *maker) powerLaw(lo, hi, exponent float64) float64 {
	a := 1 - exponent
	x := m.rng.Float64()
	return math.Pow(math.Pow(lo, a)+x*(math.Pow(hi, a)-math.Pow(lo, a)), 1/a)
}

func (m *maker) star() {
	m.accounts, m.vertices = m.want, m.want+1
	for v := range m.accounts {
		m.link(v, m.accounts)
	}
}

// rmat draws links until enough are distinct: at small sizes many repeat.
func (m *maker) rmat() {
	scale := max(8, int(math.Round(math.Log2(float64(m.want)/14))))
	m.vertices = 1 << scale
	place := m.rng.Perm(m.vertices)
	for len(m.links) < m.want*95/100 {
		for range m.want - len(m.links) {
			u, v := m.kronecker(scale)
			m.link(place[u], place[v])
		}
		m.links = distinct(m.links)
	}
}

// kronecker draws one cell of the scale-th Kronecker power of Graph500's matrix.
func (m *maker) kronecker(scale int) (u, v int) {
	for bit := range scale {
		switch x := m.rng.Float64(); {
		case x < .57:
		case x < .76:
			v |= 1 << bit
		case x < .95:
			u |= 1 << bit
		default:
			u |= 1 << bit
			v |= 1 << bit
		}
	}
	return u, v
}

// lfr pairs the half-links of each community inside it, and those that lead out
// among all.
func (m *maker) lfr() {
	const leadOut = .3
	m.vertices = max(m.want/8, 500)
	place := m.rng.Perm(m.vertices)
	degree := make([]float64, m.vertices)
	sum := 0.0
	for i := range degree {
		degree[i] = math.Floor(m.powerLaw(6, 300, 2.2))
		sum += degree[i]
	}
	scale := float64(2*m.want) / sum
	var out []int
	for lo := 0; lo < m.vertices; {
		hi := min(lo+int(m.powerLaw(20, 1000, 1.5)), m.vertices)
		var in []int
		for i := lo; i < hi; i++ {
			for range int(degree[i]*scale + m.rng.Float64()) {
				if m.rng.Float64() < leadOut {
					out = append(out, place[i])
				} else {
					in = append(in, place[i])
				}
			}
		}
		m.pair(in)
		lo = hi
	}
	m.pair(out)
}

// pair joins half-links at random.
func (m *maker) pair(half []int) {
	m.rng.Shuffle(len(half), func(i, j int) { half[i], half[j] = half[j], half[i] })
	for i := 0; i+1 < len(half); i += 2 {
		m.link(half[i], half[i+1])
	}
}
