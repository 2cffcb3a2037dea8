package accounts

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"ringleader/graph"
)

// neighbourUnit is the weight of a direct link. An identifier of n accounts
// gives each pair a part 1/(n−1) of it. Weights are whole numbers: sums of them
// are exact, and taking one's own part out of a sum leaves nothing behind.
const neighbourUnit = 1 << 10

// neighbour is another account and how near it is.
type neighbour struct {
	row    uint32
	weight int64
}

// neighbours are the neighbours of every account, ascending, in compressed
// sparse rows. They are symmetric.
type neighbours struct {
	start []int
	list  []neighbour
}

func (n *neighbours) of(i int) []neighbour { return n.list[n.start[i]:n.start[i+1]] }

// TiesNobody is the types of links over which accounts are no neighbours of each
// other: those that the sharing policy that ships never lets tie.
func TiesNobody() []graph.LinkType {
	return []graph.LinkType{graph.Paid, graph.PaidTo, graph.TransferredTo, graph.OwnedBy, graph.Claimed, graph.ClaimedAt,
		graph.Received, graph.Sent, graph.SentFrom}
}

// findNeighbours joins accounts that share an identifier of at most Cap
// accounts, and those that are linked directly.
func (m *measuring) findNeighbours(ctx context.Context) error {
	never := make([]bool, len(m.g.Types()))
	for i, t := range m.g.Types() {
		never[i] = slices.Contains(TiesNobody(), t)
	}
	holders, above := m.holders(never)
	if above > 0 {
		m.table.Notes = append(m.table.Notes, fmt.Sprintf("%d identifiers that more than %d accounts share make no neighbours", above, m.o.Cap))
	}
	rows := make([][]neighbour, m.accounts())
	err := m.each(ctx, func(i int) {
		a := m.lo + graph.Vertex(i)
		var all []neighbour
		for _, v := range m.ends(a) {
			switch {
			case v == a:
			case v >= m.lo && v < m.hi:
				all = append(all, neighbour{uint32(v - m.lo), neighbourUnit})
			default:
				if _, holds := slices.BinarySearch(holders[v], uint32(i)); !holds {
					continue
				}
				for _, b := range holders[v] {
					if b != uint32(i) {
						all = append(all, neighbour{b, max(1, neighbourUnit/int64(len(holders[v])-1))})
					}
				}
			}
		}
		slices.SortFunc(all, func(x, y neighbour) int { return int(x.row) - int(y.row) })
		kept := all[:0]
		for _, x := range all {
			if n := len(kept); n > 0 && kept[n-1].row == x.row {
				kept[n-1].weight += x.weight
			} else {
				kept = append(kept, x)
			}
		}
		rows[i] = slices.Clip(slices.Clone(kept))
	})
	m.near.start = make([]int, 1, len(rows)+1)
	for _, r := range rows {
		m.near.list = append(m.near.list, r...)
		m.near.start = append(m.near.start, len(m.near.list))
	}
	near := m.count("neighbours")
	for i := range near {
		near[i] = float64(len(m.near.of(i)))
	}
	return err
}

// ends is the distinct other ends of an account's links, ascending.
func (m *measuring) ends(a graph.Vertex) []graph.Vertex {
	var all []graph.Vertex
	for l, hi := m.g.Out(a); l < hi; l++ {
		all = append(all, m.g.To(l))
	}
	for _, l := range m.g.In(a) {
		all = append(all, m.g.From(l))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// holders is the distinct accounts, ascending, of each identifier that two or
// more share, and how many identifiers are above the cap.
func (m *measuring) holders(never []bool) (of [][]uint32, above int) {
	of = make([][]uint32, m.g.Len())
	for v := range graph.Vertex(m.g.Len()) {
		if v >= m.lo && v < m.hi {
			continue
		}
		var list []uint32
		add := func(a graph.Vertex, l graph.LinkID) {
			if a >= m.lo && a < m.hi && !never[m.g.TypeOf(l)] {
				list = append(list, uint32(a-m.lo))
			}
		}
		for _, l := range m.g.In(v) {
			add(m.g.From(l), l)
		}
		for l, hi := m.g.Out(v); l < hi; l++ {
			add(m.g.To(l), l)
		}
		slices.Sort(list)
		list = slices.Compact(list)
		switch {
		case len(list) > m.o.Cap:
			above++
		case len(list) > 1:
			of[v] = slices.Clip(slices.Clone(list))
		}
	}
	return of, above
}

// neighbourMeans adds the weighted mean of every number over the neighbours,
// and the mean of that over theirs.
func (m *measuring) neighbourMeans(ctx context.Context) error {
	own := m.places(func(string) bool { return true })
	for _, step := range []string{"near1_", "near2_"} {
		at := m.places(func(name string) bool { return step == "near1_" || strings.HasPrefix(name, "near1_") })
		if step == "near1_" {
			at = own
		}
		columns := make([][2][]float64, len(at))
		for k, c := range at {
			name := strings.TrimPrefix(m.table.Names[c], "near1_")
			from := m.table.Columns[c]
			columns[k] = [2][]float64{from, m.column(step + name)}
		}
		if err := m.each(ctx, func(i int) {
			for _, c := range columns {
				sum, weight := 0.0, 0.0
				for _, n := range m.near.of(i) {
					if x := c[0][n.row]; !math.IsNaN(x) {
						sum += float64(n.weight) * x
						weight += float64(n.weight)
					}
				}
				if weight > 0 {
					c[1][i] = sum / weight
				}
			}
		}); err != nil {
			return err
		}
	}
	return nil
}

// labelRates adds, for one and two steps, how much of the neighbourhood is
// known and which part of that is fraud. Steps back to the account itself do
// not count, so its own label is in none of them.
func (m *measuring) labelRates(ctx context.Context) error {
	n := m.accounts()
	known, fraud := make([]int64, n), make([]int64, n) // over the neighbours of each
	if err := m.each(ctx, func(i int) {
		for _, x := range m.near.of(i) {
			k, f := m.labelOf(x.row)
			known[i] += x.weight * k
			fraud[i] += x.weight * f
		}
	}); err != nil {
		return err
	}
	known1, rate1, counted, any1 := m.count("label1_known"), m.column("label1_rate"), m.count("label1_fraud"), m.count("label1_accounts")
	share1, odds1 := m.column("label1_share"), m.count("label1_bits")
	known2, rate2 := m.count("label2_known"), m.column("label2_rate")
	return m.each(ctx, func(i int) {
		known1[i] = float64(known[i]) / neighbourUnit
		if known[i] > 0 {
			rate1[i] = float64(fraud[i]) / float64(known[i])
		}
		ownKnown, ownFraud := m.labelOf(uint32(i))
		var k2, f2 int64
		for _, x := range m.near.of(i) {
			k, f := m.labelOf(x.row)
			any1[i] += float64(k)
			counted[i] += float64(f)
			k2 += x.weight * (known[x.row] - x.weight*ownKnown)
			f2 += x.weight * (fraud[x.row] - x.weight*ownFraud)
		}
		if any1[i] > 0 {
			share1[i] = counted[i] / any1[i]
		}
		odds1[i] = math.Log2(float64(counted[i]+1) / float64(any1[i]-counted[i]+1))
		known2[i] = float64(k2) / (neighbourUnit * neighbourUnit)
		if k2 > 0 {
			rate2[i] = float64(f2) / float64(k2)
		}
	})
}

// labelOf is 1 if the label of a row is known, and 1 if it is fraud.
func (m *measuring) labelOf(row uint32) (known, fraud int64) {
	switch x := m.label[row]; {
	case math.IsNaN(x):
		return 0, 0
	case x > 0:
		return 1, 1
	}
	return 1, 0
}
