package eval

import "ringleader/engine"

// Nearest is the true ring that some accounts are most like.
type Nearest struct {
	Ring     string // empty: none has any of them
	Typology engine.Typology
	Jaccard  float64
}

// Nearest says which true ring some accounts are most like; of equals the first
// by name. sizes is [Truth.Sizes].
func (t *Truth) Nearest(accounts []string, sizes map[string]int) Nearest {
	common := make(map[string]int)
	var best Nearest
	for _, a := range accounts {
		if m, ok := t.Members[a]; ok {
			common[m.Ring]++
		}
	}
	for _, a := range accounts {
		m, ok := t.Members[a]
		if !ok {
			continue
		}
		n := common[m.Ring]
		j := ratio(n, len(accounts)+sizes[m.Ring]-n)
		if j > best.Jaccard || j == best.Jaccard && m.Ring < best.Ring {
			best = Nearest{m.Ring, m.Typology, j}
		}
	}
	return best
}

// Sizes is the number of accounts of each true ring.
func (t *Truth) Sizes() map[string]int {
	out := make(map[string]int)
	for _, m := range t.Members {
		out[m.Ring]++
	}
	return out
}
