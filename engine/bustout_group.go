package engine

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"ringleader/engine/algo"
	"ringleader/graph"
)

// groupSplurges joins splurges at one merchant that came closer together than its
// pace explains, however many merchants are looked at, and leaves out of each
// group those that are small beside it: a popular merchant has such at any time.
func (d *ground) groupSplurges(t *splurgeTable) {
	u := algo.NewUnionFind(len(t.all))
	bar := d.policy.BustOut.Bits + math.Log2(float64(max(1, len(t.at))))
	for _, m := range sortedVertices(t.at) {
		list := t.at[m]
		slices.SortFunc(list, func(i, j int) int { return cmp.Or(cmp.Compare(t.all[i].from, t.all[j].from), cmp.Compare(i, j)) })
		for _, run := range d.crowds(t, m, list, bar) {
			for _, k := range run[1:] {
				u.Union(uint32(run[0]), uint32(k))
			}
		}
	}
	for _, g := range algo.Groups(u.Labels()) {
		sizes := make([]float64, len(g))
		for i, k := range g {
			sizes[i] = t.all[k].usual
		}
		slices.Sort(sizes)
		g = slices.DeleteFunc(g, func(k uint32) bool { return t.all[k].usual < sideShare*middle(sizes) })
		if len(g) >= d.policy.BustOut.Accounts {
			t.groups = d.fallApart(t, t.groups, g, nil)
		}
	}
}

// ownMerchants is the part of a group that must splurge at merchants of their
// own for the group to fall apart.
const ownMerchants = .75

// fallApart appends a group, or the parts that it falls into where the merchant at
// which most of it splurges is left out, and theirs in turn: rings that meet at a
// popular merchant within days of each other have merchants of their own besides.
// Who splurged at the popular one alone goes with the splurge before.
func (d *ground) fallApart(t *splurgeTable, groups [][]uint32, g []uint32, without []graph.Vertex) [][]uint32 {
	g = slices.Clone(g)
	slices.SortFunc(g, func(i, j uint32) int { return cmp.Or(cmp.Compare(t.all[i].from, t.all[j].from), cmp.Compare(i, j)) })
	by := t.placesAt(g, without)
	shops := sortedVertices(by)
	if len(shops) < 2 {
		return append(groups, g)
	}
	most := slices.MaxFunc(shops, func(a, b graph.Vertex) int { return cmp.Compare(len(by[a]), len(by[b])) })
	u := algo.NewUnionFind(len(g))
	for _, m := range shops {
		for k := 1; k < len(by[m]); k++ {
			i, j := by[m][k-1], by[m][k]
			if m != most && t.all[g[j]].from-t.all[g[i]].from <= d.policy.BustOut.Apart.Millis() {
				u.Union(uint32(i), uint32(j))
			}
		}
	}
	parts, covered := make(map[uint32][]uint32), 0 // by the first of each
	labels := u.Labels()
	for _, part := range algo.Groups(labels) {
		if len(part) >= d.policy.BustOut.Accounts {
			parts[part[0]], covered = nil, covered+len(part)
		}
	}
	if len(parts) < 2 || float64(covered) < ownMerchants*float64(len(g)) {
		return append(groups, g)
	}
	last := slices.Min(slices.Collect(maps.Keys(parts)))
	for i, k := range g {
		if _, ok := parts[labels[i]]; ok {
			last = labels[i]
		}
		parts[last] = append(parts[last], k)
	}
	for _, first := range slices.Sorted(maps.Keys(parts)) {
		groups = d.fallApart(t, groups, parts[first], append(slices.Clone(without), most))
	}
	return groups
}

// crowd is a run of splurges at one merchant, by time: from lo to before hi.
type crowd struct {
	bits   float64
	lo, hi int
}

// latecomers is the part of its bits that a crowd may lose to those who came
// somewhat before or after the others.
const latecomers = .25

// strangers is the part of a crowd that chance may have brought: at the most popular
// merchants of a large world somebody splurges at any hour, and would be tied.
const strangers = .2

// crowds are the runs of splurges at a merchant that are the least likely at
// their number and length, each as wide as it goes, none of which overlap: of a
// stream of splurges that never ends, as a popular merchant has it, the days in
// which it swells. The list is by time; a run has at most as many as the policy's
// cap, each within its span of the one before. O(splurges · cap).
func (d *ground) crowds(t *splurgeTable, m graph.Vertex, list []int, bar float64) [][]int {
	var found []crowd
	for lo := range list {
		for hi := lo + 2; hi <= min(len(list), lo+d.policy.BustOut.Cap); hi++ {
			if t.all[list[hi-1]].from-t.all[list[hi-2]].from > d.policy.BustOut.Apart.Millis() {
				break
			}
			if bits, chance := d.splurgeBits(t, m, list[lo:hi]); bits >= bar && chance <= strangers*float64(hi-lo) {
				found = append(found, crowd{bits, lo, hi})
			}
		}
	}
	slices.SortFunc(found, func(a, b crowd) int {
		return cmp.Or(cmp.Compare(b.bits, a.bits), cmp.Compare(a.lo, b.lo), cmp.Compare(a.hi, b.hi))
	})
	taken := make([]bool, len(list))
	var runs [][]int
	for i, best := range found {
		if slices.Contains(taken[best.lo:best.hi], true) {
			continue
		}
		widest := best
		for _, w := range found[i+1:] {
			if w.bits < (1-latecomers)*best.bits {
				break
			}
			if w.lo <= best.lo && w.hi >= best.hi && w.hi-w.lo > widest.hi-widest.lo && !slices.Contains(taken[w.lo:w.hi], true) {
				widest = w
			}
		}
		for k := widest.lo; k < widest.hi; k++ {
			taken[k] = true
		}
		runs = append(runs, list[widest.lo:widest.hi])
	}
	return runs
}

// placesAt lists by merchant, but for some, where in a group the splurges at it stand.
func (t *splurgeTable) placesAt(g []uint32, without []graph.Vertex) map[graph.Vertex][]int {
	by := make(map[graph.Vertex][]int)
	for i, k := range g {
		for _, m := range t.all[k].merchants {
			if !slices.Contains(without, m) {
				by[m] = append(by[m], i)
			}
		}
	}
	return by
}

// splurgeBits is how unlikely so many splurges at a merchant in so short a time
// are at its own pace, less the places in time where they could stand; or, if that
// says less, how unlikely they are if whoever splurges in these days anywhere goes
// to merchants by how much is bought there: in the weeks before a feast many
// spend more than ever, and some of them meet at any popular merchant. chance is how
// many of them by the null model that expects more.
func (d *ground) splurgeBits(t *splurgeTable, m graph.Vertex, run []int) (bits, chance float64) {
	first, last := t.all[run[0]].from, t.all[run[len(run)-1]].from
	took := float64(max(last-first, 24*hour))
	pace := float64(len(t.at[m])-len(run)+1) / max(t.span-took, 24*hour) // of all other time
	from, _ := slices.BinarySearch(t.starts, first)
	to, _ := slices.BinarySearch(t.starts, last+1)
	elsewhere := float64(max(0, to-from-len(run)))
	own, season := pace*took, elsewhere*min(1, t.visits*t.popular[m])
	return min(surprise(float64(len(run)), own)-math.Log2(max(1, t.span/took)), surprise(float64(len(run)), season)), max(own, season)
}
