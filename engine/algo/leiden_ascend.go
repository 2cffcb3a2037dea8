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
	if cap(out.Start) <= parts {
		out.Start = make([]uint32, 0, parts+1)
	}
	out.Start = out.Start[:1]
	out.Start[0] = 0
	out.Targets, out.Weights = out.Targets[:0], out.Weights[:0]

	// The rows of a round are made side by side and then appended in order.
	const grain = 1 << 10
	pieces := make([]graph.Adjacency, min(4*l.threads, (parts+grain-1)/grain))
	for done := 0; done < parts; {
		round := min(parts-done, grain*len(pieces))
		if err := parallel(l.ctx, l.threads, round, grain, func(worker, lo, hi int) {
			l.joinRows(g, &l.workers[worker], &pieces[lo/grain], done+lo, done+hi)
		}); err != nil {
			return level{}, err
		}
		done += round
		for i := range (round + grain - 1) / grain {
			appendRows(out, &pieces[i], min(done, done-round+(i+1)*grain), parts, len(g.Targets))
		}
	}
	return level{*out, l.spare[:parts]}, nil
}

// joinRows makes the rows of the parts lo to hi.
func (l *leiden) joinRows(g level, w *worker, out *graph.Adjacency, lo, hi int) {
	out.Start, out.Targets, out.Weights = out.Start[:0], out.Targets[:0], out.Weights[:0]
	begin := uint32(0)
	if lo > 0 {
		begin = l.partEnd[lo-1]
	}
	for p := lo; p < hi; p++ {
		members := l.members[begin:l.partEnd[p]]
		begin = l.partEnd[p]
		arcs := 0
		for _, v := range members {
			arcs += len(g.Row(graph.Vertex(v)))
		}
		w.begin(arcs)
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
}

// appendRows appends the rows of a piece. Where out is full it grows to what the
// parts done so far foretell: arcs are many, and doubling would hold three times
// their memory.
func appendRows(out, piece *graph.Adjacency, done, parts, most int) {
	at := len(out.Targets)
	if need := at + len(piece.Targets); need > cap(out.Targets) {
		foretold := int(1.1 * float64(need) / float64(done) * float64(parts))
		size := min(max(foretold, need+need/8), most)
		out.Targets = append(make([]graph.Vertex, 0, size), out.Targets...)
		out.Weights = append(make([]float32, 0, size), out.Weights...)
	}
	for _, end := range piece.Start {
		out.Start = append(out.Start, uint32(at)+end)
	}
	out.Targets = append(out.Targets, piece.Targets...)
	out.Weights = append(out.Weights, piece.Weights...)
}
