// Package graphtest holds every store to the same behaviour. A store's test is
// one call:
//
//	func TestStore(t *testing.T) {
//		dir := t.TempDir()
//		graphtest.Run(t, func(t testing.TB, name string) graphtest.Subject { … })
//	}
//
// There are no opt-outs: what one store may leave out, its callers could not
// rely on. Where a doc comment of [graph.Store] or [graph.Log] leaves freedom
// (the order of a scan, the number of facts in a batch, whether a new source
// advances the revision), the suite leaves it too.
//
// After each case the suite looks at the whole store through every method at
// once: what Get, Neighbors, Search and Stats say must be what a scan says.
//
// [Dump] is the whole store as text, sorted, so that two stores, or one store
// at two times, can be compared by any test.
package graphtest
