package loaders

import (
	"fmt"
	"testing"

	"ringleader/graph"
)

// BenchmarkForm is the cost of one form: of a number seen before, and of one
// seen for the first time.
func BenchmarkForm(b *testing.B) {
	refs := make([]graph.Ref, maxSeen/2)
	for i := range refs {
		refs[i] = graph.Ref{Kind: graph.Phone, Key: fmt.Sprintf("+49 30 %07d", i+1_000_000)}
	}
	for name, n := range map[string]int{"seen": len(refs), "new": 0} {
		b.Run(name, func(b *testing.B) {
			f := newNormaliser(&Options{})
			for _, r := range refs[:n] {
				f.form(r)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if n == 0 && i%len(refs) == 0 {
					clear(f.seen)
				}
				f.form(refs[i%len(refs)])
			}
		})
	}
}
