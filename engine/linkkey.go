package engine

import (
	"ringleader/graph"
)

// LinkKey names a link in evidence: the reference of the event that states it
// (payment:P1), or for a bare sighting its ends, type and time, as in
// account:u1>USED_DEVICE>device:d9@2018-10-09T18:14:00Z. It is the same in every
// snapshot that holds the link.
func LinkKey(g *graph.Snapshot, l graph.LinkID) string {
	if e := g.Event(l); e != "" {
		return e
	}
	key := g.Ref(g.From(l)).String() + ">" + string(g.Type(l)) + ">" + g.Ref(g.To(l)).String()
	if at := g.At(l); at.Known() {
		key += "@" + at.String()
	}
	return key
}
