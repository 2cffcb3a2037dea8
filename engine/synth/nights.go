package synth

import (
	"path/filepath"
	"time"

	"ringleader/graph"
	"ringleader/loaders"
)

// unfold gives each of the last nights of the world a folder of its own, named
// by its date in UTC, and what came before the folder of the day before those.
// Nought leaves all in one.
func (o *output) unfold(nights int64) error {
	if nights == 0 {
		return nil
	}
	for n := range nights + 1 {
		name := time.Unix(end+(n-nights-1)*day, 0).UTC().Format(time.DateOnly)
		w, err := loaders.NewWriter(filepath.Join(o.dir, name), o.format)
		if err != nil {
			return err
		}
		o.nights = append(o.nights, w)
	}
	return nil
}

// book is where a row belongs that came to be known at a time. What has no
// time was always known.
func (o *output) book(when graph.Time) *loaders.Writer {
	if len(o.nights) == 0 {
		return o.facts
	}
	last := int64(len(o.nights)) - 1
	if !when.Known() {
		return o.nights[0]
	}
	n := last - (end-1-when.Millis()/1000)/day
	return o.nights[min(max(n, 0), last)]
}

// lived writes something planted in the life of a ring.
func (o *output) lived(when int64, ring, event, other string) {
	o.truthRow("nights", []string{"at", "ring", "event", "other"}, at(when).String(), ring, event, other)
}
