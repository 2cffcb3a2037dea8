package api

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"ringleader/graph"
)

// PathQuery bounds a search for paths.
type PathQuery struct {
	MaxHops   int          // links on a path; 0: 6
	AvoidHubs int          // nodes with more links than this are not passed through; 0: 200
	Kinds     []graph.Kind // of the nodes between; none: any
	MaxPaths  int          // 0: 3
	MaxNodes  int          // nodes looked at before the search gives up; 0: 20,000
}

func (q PathQuery) withDefaults() PathQuery {
	q.MaxHops = cmp.Or(q.MaxHops, 6)
	q.AvoidHubs = cmp.Or(q.AvoidHubs, 200)
	q.MaxPaths = cmp.Or(q.MaxPaths, 3)
	q.MaxNodes = cmp.Or(q.MaxNodes, 20_000)
	return q
}

// Paths are the shortest ways from one node to another.
type Paths struct {
	From   graph.Ref   `json:"from"`
	To     graph.Ref   `json:"to"`
	Paths  []Path      `json:"paths"`  // in order of the nodes they pass
	Hubs   []graph.Ref `json:"hubs"`   // not passed through, for their many links; ascending
	Nodes  int         `json:"nodes"`  // looked at
	Limits []string    `json:"limits"` // each limit that was hit, in words
}

// Path is one way, hop by hop.
type Path struct {
	Hops []Hop `json:"hops"`
}

// Hop is one step and the links it rests on, at most a handful of them.
type Hop struct {
	From  graph.Ref    `json:"from"`
	To    graph.Ref    `json:"to"`
	Links []EntityLink `json:"links"` // as seen from From
}

// linksPerHop is enough to see what a hop rests on.
const linksPerHop = 5

// FindPaths finds the shortest paths between two nodes by breadth-first search
// over the links of the store, followed both ways. It fails with
// [graph.ErrNotFound] where the store does not know one of the ends; where no
// path exists within the bounds, Paths is empty. Hubs and the bounds may hide a
// path, and the answer says when they could have.
//
// Time: one read of the store per node looked at. Deterministic: ties by Ref.
func FindPaths(ctx context.Context, store graph.Store, from, to graph.Ref, q PathQuery) (*Paths, error) {
	for _, end := range []graph.Ref{from, to} {
		if _, err := store.Get(ctx, end); err != nil {
			return nil, fmt.Errorf("path end %s: %w", end, err)
		}
	}
	s := &pathSearch{
		store: store, q: q.withDefaults(),
		out:   &Paths{From: from, To: to, Paths: []Path{}, Hubs: []graph.Ref{}, Limits: []string{}},
		depth: map[graph.Ref]int{from: 0}, parents: make(map[graph.Ref][]graph.Ref),
		links: make(map[[2]graph.Ref][]EntityLink),
	}
	if err := s.search(ctx, from, to); err != nil {
		return nil, err
	}
	s.out.Nodes = len(s.depth)
	slices.SortFunc(s.out.Hubs, graph.Ref.Compare)
	if from != to {
		s.walkBack(from, to, nil)
	}
	return s.out, nil
}

type pathSearch struct {
	store   graph.Store
	q       PathQuery
	out     *Paths
	depth   map[graph.Ref]int
	parents map[graph.Ref][]graph.Ref
	links   map[[2]graph.Ref][]EntityLink
}

// search widens the circle around from until it holds to.
func (s *pathSearch) search(ctx context.Context, from, to graph.Ref) error {
	frontier := []graph.Ref{from}
	for hop := 1; hop <= s.q.MaxHops && len(frontier) > 0; hop++ {
		var next []graph.Ref
		for _, at := range frontier {
			if len(s.depth) >= s.q.MaxNodes {
				s.out.Limits = append(s.out.Limits, fmt.Sprintf("gave up after looking at %d nodes", s.q.MaxNodes))
				return nil
			}
			links, hub, err := s.linksOf(ctx, at)
			if err != nil {
				return err
			}
			switch {
			case hub && at != from:
				s.out.Hubs = append(s.out.Hubs, at)
				continue
			case hub:
				s.out.Limits = append(s.out.Limits, fmt.Sprintf("looked at the first %d links of %s only", len(links), at))
			}
			next = append(next, s.reach(at, to, hop, links)...)
		}
		if _, found := s.depth[to]; found {
			return nil
		}
		slices.SortFunc(next, graph.Ref.Compare)
		frontier = next
	}
	if len(frontier) > 0 {
		s.out.Limits = append(s.out.Limits, fmt.Sprintf("looked no further than %d hops", s.q.MaxHops))
	}
	return nil
}

// reach notes what links lead to from at, and returns what is new.
func (s *pathSearch) reach(at, to graph.Ref, hop int, links []EntityLink) []graph.Ref {
	var fresh []graph.Ref
	for _, l := range links {
		o := l.Other
		if o != to && len(s.q.Kinds) > 0 && !slices.Contains(s.q.Kinds, o.Kind) {
			continue
		}
		depth, seen := s.depth[o]
		if seen && depth != hop {
			continue
		}
		if !seen {
			s.depth[o] = hop
			fresh = append(fresh, o)
		}
		if !slices.Contains(s.parents[o], at) {
			s.parents[o] = append(s.parents[o], at)
		}
		key := [2]graph.Ref{at, o}
		if len(s.links[key]) < linksPerHop {
			s.links[key] = append(s.links[key], l)
		}
	}
	return fresh
}

// linksOf reads the links of a node; hub reports that it has more than the
// query wants to pass through.
func (s *pathSearch) linksOf(ctx context.Context, at graph.Ref) (links []EntityLink, hub bool, err error) {
	cursor := ""
	for {
		page, next, err := s.store.Neighbors(ctx, at, graph.NeighborQuery{Limit: min(s.q.AvoidHubs+1, 1000), Cursor: cursor})
		if err != nil {
			return nil, false, fmt.Errorf("links of %s: %w", at, err)
		}
		for i := range page.Links {
			links = append(links, linkOf(page, &page.Links[i], at))
		}
		if len(links) > s.q.AvoidHubs {
			return links, true, nil
		}
		if next == "" {
			return links, false, nil
		}
		cursor = next
	}
}

// walkBack lists the paths that end at to, in order of their nodes.
func (s *pathSearch) walkBack(from, to graph.Ref, tail []Hop) {
	if to == from {
		s.out.Paths = append(s.out.Paths, Path{tail})
		return
	}
	parents := s.parents[to]
	slices.SortFunc(parents, graph.Ref.Compare)
	for _, p := range parents {
		if len(s.out.Paths) >= s.q.MaxPaths {
			limit := fmt.Sprintf("shows %d paths of this length; there may be more", s.q.MaxPaths)
			if !slices.Contains(s.out.Limits, limit) {
				s.out.Limits = append(s.out.Limits, limit)
			}
			return
		}
		hop := Hop{p, to, s.links[[2]graph.Ref{p, to}]}
		s.walkBack(from, p, append([]Hop{hop}, tail...))
	}
}
