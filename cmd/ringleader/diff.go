package main

import (
	"fmt"
	"slices"
	"strings"

	"ringleader/engine"
)

// ringChange is one line of what two runs disagree on.
type ringChange struct {
	Change string  `json:"change"` // new, gone, grown, shrunk, scored, suppressed
	Ring   string  `json:"ring"`
	Size   int     `json:"size"`
	Before int     `json:"size_before"`
	Score  float64 `json:"score"`
	Was    float64 `json:"score_before"`
}

// diffRuns lists the rings that differ, by change, then ID. A ring keeps its ID
// from run to run, so IDs are what to compare by.
func diffRuns(prev, run *engine.Run) []ringChange {
	changes := []ringChange{}
	before := make(map[string]*engine.Ring)
	if prev != nil {
		for i := range prev.Rings {
			before[prev.Rings[i].ID] = &prev.Rings[i]
		}
	}
	for i := range run.Rings {
		r := &run.Rings[i]
		old := before[r.ID]
		delete(before, r.ID)
		var change string
		switch {
		case old == nil:
			changes = append(changes, ringChange{Change: "new", Ring: r.ID, Size: r.Size, Score: r.Score})
			continue
		case r.Size > old.Size:
			change = "grown"
		case r.Size < old.Size:
			change = "shrunk"
		case r.Score != old.Score:
			change = "scored"
		default:
			continue
		}
		changes = append(changes, ringChange{change, r.ID, r.Size, old.Size, r.Score, old.Score})
	}
	for i := range run.Suppressed {
		r := &run.Suppressed[i]
		if old := before[r.ID]; old != nil {
			delete(before, r.ID)
			changes = append(changes, ringChange{"suppressed", r.ID, r.Size, old.Size, r.Score, old.Score})
		}
	}
	for id, old := range before {
		changes = append(changes, ringChange{Change: "gone", Ring: id, Before: old.Size, Was: old.Score})
	}
	slices.SortFunc(changes, func(x, y ringChange) int {
		return strings.Compare(x.Change+" "+x.Ring, y.Change+" "+y.Ring)
	})
	return changes
}

func writeDiff(a *app, prev, run *engine.Run) error {
	changes := diffRuns(prev, run)
	whole := struct {
		Run     string       `json:"run"`
		Before  string       `json:"before,omitempty"`
		Changes []ringChange `json:"changes"`
	}{Run: run.Info.ID, Changes: changes}
	if prev != nil {
		whole.Before = prev.Info.ID
	}
	return listing[ringChange]{whole: whole, items: changes, empty: "nothing changed", columns: []column[ringChange]{
		{name: "change", value: func(c *ringChange) string { return c.Change }},
		{name: "ring", value: func(c *ringChange) string { return c.Ring }},
		{name: "size", value: func(c *ringChange) string { return fmt.Sprint(c.Size) }, right: true},
		{name: "size_before", value: func(c *ringChange) string { return fmt.Sprint(c.Before) }, right: true},
		{name: "score", value: func(c *ringChange) string { return decimal(c.Score) }, right: true},
		{name: "score_before", value: func(c *ringChange) string { return decimal(c.Was) }, right: true},
	}}.write(a)
}
