package eval

import (
	"context"
	"slices"

	"ringleader/graph"
)

// sharing is who shares which identifier in a snapshot, whenever that was. It
// is all that the baselines and the single features see of sightings.
type sharing struct {
	g      *graph.Snapshot
	lo, hi graph.Vertex // accounts
	// users of each identifier, ascending and distinct, by vertex; nil where a
	// vertex is none.
	users map[graph.Vertex][]graph.Vertex
	ids   []graph.Vertex // identifiers that have users, ascending
}

// newSharing reads the sightings of a snapshot: links from accounts whose type
// is that of a sighting of the kind they lead to. Payments, transfers and what
// belongs to customers are none. Time: O(links log links).
func newSharing(ctx context.Context, g *graph.Snapshot) (*sharing, error) {
	s := &sharing{g: g, users: make(map[graph.Vertex][]graph.Vertex)}
	s.lo, s.hi = g.OfKind(graph.Account)
	for v := range graph.Vertex(g.Len()) {
		if v%4096 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		t, ok := g.TypeIndex(graph.SightingType(g.Kind(v)))
		if !ok || s.isAccount(v) {
			continue
		}
		var users []graph.Vertex
		for _, l := range g.In(v) {
			if from := g.From(l); g.TypeOf(l) == t && s.isAccount(from) {
				users = append(users, from)
			}
		}
		if len(users) > 0 {
			slices.Sort(users)
			s.users[v] = slices.Compact(users)
			s.ids = append(s.ids, v)
		}
	}
	return s, nil
}

func (s *sharing) isAccount(v graph.Vertex) bool { return v >= s.lo && v < s.hi }

// accounts is how many there are. Account i is vertex lo + i.
func (s *sharing) accounts() int { return int(s.hi - s.lo) }

func (s *sharing) index(v graph.Vertex) uint32 { return uint32(v - s.lo) }
