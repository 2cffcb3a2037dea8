package algo

import "ringleader/graph"

// ascend makes the level of the parts of g. Links inside a part are dropped: the
// sizes already hold all that they contribute.
func (l *leiden) ascend(g level, parts, depth int) (level, error) {
	if depth == 0 {
		copy(l.place, l.part)
	} else if err := parallel(l.ctx, l.threads, len(l.place), chunk, func(_, lo, hi int) {
		for v := lo; v < hi; v++ {
			l.place[v] = l.part[l.place[v]]
		}
	}); err != nil {
		return level{}, err
	}
	out := &l.graphs[depth%2]
	out.Start = append(sized(out.Start, parts+1)[:0], 0)
	out.Targets, out.Weights = out.Targets[:0], out.Weights[:0]

	// The rows of a round are made side by side and then appended in order.
	grain := max(1, min(1<<10, parts*pieceArcs/max(len(g.Targets), 1)))
	l.pieces = sized(l.pieces, max(len(l.pieces), min(4*l.threads, (parts+grain-1)/grain)))
	for done := 0; done < parts; {
		round := min(parts-done, grain*len(l.pieces))
		if done == 0 && round < parts && cap(out.Targets) < len(g.Targets) {
			makeRoom(out, l.foretell(g, parts))
		}
		if err := parallel(l.ctx, l.threads, round, grain, func(worker, lo, hi int) {
			l.joinRows(g, &l.workers[worker], &l.pieces[lo/grain], done+lo, done+hi)
		}); err != nil {
			return level{}, err
		}
		done += round
		for i := range (round + grain - 1) / grain {
			appendRows(out, &l.pieces[i])
		}
	}
	return level{Adjacency: *out, size: l.sizes}, nil
}

// pieceArcs is about how many arcs become one piece of rows.
const pieceArcs = 1 << 14

// foretell is about how many arcs the level of the parts has, and a little more.
// Arcs are most of the memory: a slice that doubles would hold three times as
// much. The rows of the sample are those on which every so many arcs of g fall,
// so that hubs count for what they are.
func (l *leiden) foretell(g level, parts int) int {
	const sample = 128
	step := max(len(g.Targets)/sample, 1)
	share, taken := 0.0, 0
	begin, passed, next := uint32(0), 0, step/2
	for p, end := range l.partEnd[:parts] {
		for _, v := range l.order[begin:end] {
			passed += len(g.Row(graph.Vertex(v)))
		}
		begin = end
		hits := 0
		for ; next < passed; next += step {
			hits++
		}
		if hits > 0 {
			arcs := l.joinRows(g, &l.workers[0], &l.pieces[0], p, p+1)
			share += float64(hits) * float64(len(l.pieces[0].Targets)) / float64(arcs)
			taken += hits
		}
	}
	return min(int(1.04*share/float64(max(taken, 1))*float64(len(g.Targets)))+pieceArcs, len(g.Targets))
}

// joinRows makes the rows of the parts lo to hi, and returns from how many arcs.
func (l *leiden) joinRows(g level, w *worker, out *graph.Adjacency, lo, hi int) (all int) {
	out.Start, out.Targets, out.Weights = out.Start[:0], out.Targets[:0], out.Weights[:0]
	begin := uint32(0)
	if lo > 0 {
		begin = l.partEnd[lo-1]
	}
	ahead, last := begin, l.partEnd[hi-1]
	for p := lo; p < hi; p++ {
		for end := min(l.partEnd[p], last); ahead < end; {
			next := min(ahead+rowsAhead, last)
			touch(g.Adjacency, l.order[ahead:next])
			ahead = next
		}
		members := l.order[begin:l.partEnd[p]]
		begin = l.partEnd[p]
		arcs := 0
		for _, v := range members {
			arcs += len(g.Row(graph.Vertex(v)))
		}
		all += arcs
		w.begin(min(arcs, len(l.partEnd)))
		for _, v := range members {
			w.keys = gather(w.keys[:0], g.Row(graph.Vertex(v)), l.part)
			w.add(w.keys, g.rowWeights(graph.Vertex(v)))
		}
		for _, i := range w.used {
			s := &w.slots[i]
			if s.key() != uint32(p) {
				out.Targets = append(out.Targets, graph.Vertex(s.key()))
				out.Weights = append(out.Weights, float32(s.weight))
			}
			*s = tallySlot{}
		}
		w.used = w.used[:0]
		out.Start = append(out.Start, uint32(len(out.Targets)))
	}
	return all
}

// appendRows appends the rows of a piece.
func appendRows(out, piece *graph.Adjacency) {
	at := len(out.Targets)
	if need := at + len(piece.Targets); need > cap(out.Targets) {
		makeRoom(out, need+need/8)
	}
	for _, end := range piece.Start {
		out.Start = append(out.Start, uint32(at)+end)
	}
	out.Targets = append(out.Targets, piece.Targets...)
	out.Weights = append(out.Weights, piece.Weights...)
}

// makeRoom gives a graph room for so many arcs.
func makeRoom(a *graph.Adjacency, arcs int) {
	if arcs <= cap(a.Targets) {
		return
	}
	if len(a.Targets) == 0 {
		a.Targets, a.Weights = nil, nil // nothing to keep until the new ones are there
	}
	a.Targets = append(make([]graph.Vertex, 0, arcs), a.Targets...)
	a.Weights = append(make([]float32, 0, arcs), a.Weights...)
}
