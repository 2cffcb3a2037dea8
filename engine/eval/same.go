package eval

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"ringleader/engine"
)

// SameResult reports whether two runs have the same result: everything but what
// stands under meta, byte for byte.
func SameResult(a, b *engine.Run) (bool, error) {
	left, err := resultBytes(a)
	if err != nil {
		return false, err
	}
	right, err := resultBytes(b)
	return bytes.Equal(left, right), err
}

func resultBytes(run *engine.Run) ([]byte, error) {
	r := *run
	r.Info.Meta = engine.RunMeta{}
	r.Rings = slices.Clone(run.Rings)
	for i := range r.Rings {
		r.Rings[i].Meta = engine.RingMeta{}
	}
	data, err := json.Marshal(&r)
	if err != nil {
		return nil, fmt.Errorf("compare runs: %w", err)
	}
	return data, nil
}
